package admin

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/reconcile"
)

// TestShellEnv runs the shell form through a real shell: every value arrives as
// it is.
func TestShellEnv(t *testing.T) {
	t.Parallel()
	const odd = `a'b "c" $d \e` + "`f`"
	var b bytes.Buffer
	if err := writeShell(&b, []variable{{"ODD", odd}, {"NEXT", "x"}}); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("sh", "-c", b.String()+`printf '%s|%s' "$ODD" "$NEXT"`).Output()
	if err != nil || string(out) != odd+"|x" {
		t.Errorf("%q, %v, from %s", out, err, b.String())
	}
}

func TestComposeEnv(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := writeCompose(&b, []variable{{"A", "it's $1"}}); err != nil || b.String() != "    environment:\n      - 'A=it''s $$1'\n" {
		t.Errorf("%q, %v", b.String(), err)
	}
}

// TestEnvFile: a value that docker and compose would read differently is
// refused, and nothing is printed.
func TestEnvFile(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	if err := writeEnv(&b, []variable{{"A", "https://x.example.org/a-b_c.d:1"}}); err != nil || b.String() != "A=https://x.example.org/a-b_c.d:1\n" {
		t.Errorf("%q, %v", b.String(), err)
	}
	for _, odd := range []string{"a b", "a#b", "a$b", `a"b`, "a'b", "a\nB=c", `a\b`} {
		b.Reset()
		if err := writeEnv(&b, []variable{{"GOOD", "x"}, {"SECRET", odd}}); model.CodeOf(err) != model.CodeInvalid || b.Len() != 0 || strings.Contains(err.Error(), odd) {
			t.Errorf("%q: %v, %q", odd, err, b.String())
		}
	}
}

// TestEnvIntoAFile proves S32: a file with the client secret is one that nobody
// else may read, is there as a whole or not at all, and replaces nothing.
func TestEnvIntoAFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "romm.env")
	say := func(text string, err error) func(io.Writer) error {
		return func(w io.Writer) error {
			_, werr := io.WriteString(w, text)
			return errors.Join(werr, err)
		}
	}
	if err := writePrivate(path, say("half", io.ErrUnexpectedEOF)); model.CodeOf(err) != model.CodeInvalid || model.HintOf(err) == "" {
		t.Errorf("a write that fails: %v", err)
	}
	if err := writePrivate(path, say("A=b\n", nil)); err != nil {
		t.Fatal(err)
	}
	if err := writePrivate(path, say("other", nil)); model.CodeOf(err) != model.CodeInvalid {
		t.Errorf("it is there: %v", err)
	}
	got, err := os.ReadFile(path)
	info, statErr := os.Stat(path)
	if err != nil || statErr != nil || string(got) != "A=b\n" || info.Mode().Perm() != 0o600 {
		t.Errorf("%q, %v, %v, %v", got, info, err, statErr)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("left over: %v, %v", left, err)
	}
	if err := writePrivate(filepath.Join(path, "no", "x"), say("x", nil)); model.CodeOf(err) != model.CodeInvalid {
		t.Errorf("no folder: %v", err)
	}
}

// TestUnprintableVariable proves S30: a client id that somebody gave control
// characters reaches no terminal.
func TestUnprintableVariable(t *testing.T) {
	t.Parallel()
	if err := checkVariables([]variable{{"A", "plain"}, {"OIDC_CLIENT_SECRET", hidden}}); err != nil {
		t.Error(err)
	}
	for _, odd := range []string{"id\x1b]0;x\x07", "id\u202e", "a\nB=c"} {
		if err := checkVariables([]variable{{"A", odd}}); model.CodeOf(err) != model.CodeInvalid || strings.Contains(err.Error(), odd) {
			t.Errorf("%q: %v", odd, err)
		}
	}
}

// TestEnvKeepsRegistrationShut: RomM registers everybody unless it is told not
// to, so what is printed goes on to say so where it was said.
func TestEnvKeepsRegistrationShut(t *testing.T) {
	t.Parallel()
	for _, allowed := range []bool{true, false} {
		r := &model.Review{World: model.World{
			Setup:    model.Setup{Provider: &model.OAuthProvider{ClientID: "id"}},
			Settings: model.Settings{AllowRegistration: allowed},
		}}
		list := (&session{Service: &reconcile.Service{}}).rommVariables(r, "secret", false)
		if got := slices.Contains(list, variable{"OIDC_ALLOW_REGISTRATION", "false"}); got == allowed {
			t.Errorf("allowed %v: %+v", allowed, list)
		}
	}
}
