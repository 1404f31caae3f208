package admin

import (
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/model"
)

// TestLoseLinksAsks: making the provider anew under which RomM has linked people
// by another subject is refused with their names; it takes a sentence, given or
// typed, and no yes (S14).
func TestLoseLinksAsks(t *testing.T) {
	t.Parallel()
	const sentence = "admin is locked out"
	w := linkWorldOf(t, func(*authentiktest.Seed) error { return nil })
	w.env = append(w.env, "OIDC_REDIRECT_URI=http://localhost:8080/api/oauth/openid")
	w.put("admin", model.NewOIDCLink(linkIssuer, "of a former subject mode"))
	do := func(want int, typed string, args ...string) string {
		t.Helper()
		w.typed = typed
		out, said, code := w.do(args...)
		if code != want {
			t.Fatalf("%s, typed %q: exit code %d, want %d\n%s\n%s", strings.Join(args, " "), typed, code, want, out, said)
		}
		return said
	}
	do(cli.ExitOK, "", "roles", "set", "admins", "admin", "--yes")
	if said := do(cli.ExitRefused, "", "setup", "apply", "--yes"); !strings.Contains(said, sentence) || !strings.Contains(said, "romm-admin setup apply --lose-links") {
		t.Errorf("%s", said)
	}
	do(cli.ExitUsage, "", "setup", "apply", "--yes", "--lose-links=yes")
	do(cli.ExitError, "yes\n", "setup", "apply", "--yes", "--lose-links")
	do(cli.ExitUsage, "", "setup", "apply", "--yes", "--lose-links")
	if said := do(cli.ExitOK, sentence+"\n", "setup", "apply", "--yes", "--lose-links"); !strings.Contains(said, "“"+sentence+"”") || !strings.Contains(said, "done") {
		t.Errorf("%s", said)
	}
	do(cli.ExitOK, "", "setup", "undo", "--yes") // nobody signs in through it
	do(cli.ExitOK, "", "setup", "apply", "--yes", "--lose-links="+sentence)
}
