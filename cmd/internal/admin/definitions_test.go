package admin

import (
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
)

// TestDefinitionsOfAttributes: on 2026.8 a definition of our attribute is warned
// of, and one that refuses a person's write is said, with what was refused; the
// others are verified all the same.
func TestDefinitionsOfAttributes(t *testing.T) {
	t.Parallel()
	w := newWorldOf(t, false, func(seed *authentiktest.Seed) {
		seed.Version, seed.Permissions = "2026.8.1", append(everyPermission(t), "authentik_core.view_objectattribute")
		seed.Definitions = []authentiktest.Definition{{Key: model.AttrTrustedEmail}, {Key: "department", Regex: "[A-Z]+"}}
		for i := range seed.Users {
			switch seed.Users[i].Username {
			case "erin":
				seed.Users[i].Attributes = map[string]any{"department": "none"}
			case "frank":
				seed.Users[i].Attributes = nil
			}
		}
	})
	out, _, _ := inProcess(t, w.Env(), "setup", "check")
	if !strings.Contains(out, "romm_trusted_email, so its form for users writes it too") {
		t.Errorf("setup check: %s", out)
	}
	out, said, code := inProcess(t, w.Env(), "users", "verify", "erin", "frank", "--yes")
	if text := out + said; code != 5 || !strings.Contains(text, "1 of 2 changes made") ||
		!strings.Contains(text, "department: Value does not match the pattern [A-Z]+.") || !strings.Contains(text, "a definition of user attributes") {
		t.Errorf("users verify: exit code %d: %s", code, text)
	}
	for who, vouched := range map[string]bool{"erin": false, "frank": true} {
		a, _ := w.Authentik.Attributes(who)
		if _, is := a[model.AttrTrustedEmail]; is != vouched {
			t.Errorf("%s is vouched for: %v", who, is)
		}
	}
}
