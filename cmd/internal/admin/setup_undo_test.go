package admin

import (
	"bytes"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// TestLoseAccessAsks: at a terminal, setup undo --lose-access says who loses
// access and whom RomM has, and takes nothing but the sentence; --yes and a
// plain yes are not enough.
func TestLoseAccessAsks(t *testing.T) {
	t.Parallel()
	const sentence = "alice loses access, admin signs in with a password"
	w := newWorld(t, true)
	type typed struct {
		args  []string
		types string
		code  int
	}
	do := func(x typed) string {
		t.Helper()
		var out, said bytes.Buffer
		code := Main(t.Context(), x.args, Streams{
			In: strings.NewReader(x.types), Out: &out, Err: &said, Env: append([]string{"HOME=" + t.TempDir()}, w.Env()...), Actor: "ann",
			Terminal: &Terminal{Size: Size{80, 24}},
		})
		if code != x.code {
			t.Fatalf("%q, typed %q: exit code %d, want %d: %s", x.args, x.types, code, x.code, said.String())
		}
		return said.String()
	}
	do(typed{[]string{"setup", "apply", "--yes"}, "", 0})
	if said := do(typed{[]string{"setup", "undo"}, "", 4}); !strings.Contains(said, "setup undo --lose-access") {
		t.Errorf("refused without the way out: %s", said)
	}
	undo := []string{"setup", "undo", "--lose-access", "--yes"}
	for _, words := range []string{"", "yes\n", "alice loses access\n", "alice loses access, bob signs in with a password\n"} {
		do(typed{undo, words, 1})
	}
	if made := w.Authentik.Effects()["DELETE /providers/oauth2/{id}/"]; made != 0 {
		t.Fatalf("%d providers were removed", made)
	}
	said := do(typed{undo, sentence + "\n", 0})
	for _, part := range []string{"cannot sign in any more: alice", "RomM has these enabled admins: admin, alice.", "“" + sentence + "”", "type the sentence: ", "done: undo"} {
		if !strings.Contains(said, part) {
			t.Errorf("%q is missing in %s", part, said)
		}
	}
	if made := w.Authentik.Effects()["DELETE /providers/oauth2/{id}/"]; made != 1 {
		t.Errorf("%d providers were removed", made)
	}
}

func TestLossSentence(t *testing.T) {
	t.Parallel()
	many := make([]model.Untrusted, 12)
	for i := range many {
		many[i] = model.Untrusted(string(rune('a' + i)))
	}
	for want, names := range map[string][]model.Untrusted{
		"ann loses access, root signs in with a password":                                    {"ann"},
		"ann and bob lose access, root signs in with a password":                             {"ann", "bob"},
		"a, b, c, d, e, f, g, h, i, j and 2 more lose access, root signs in with a password": many,
	} {
		if got := lossSentence(names, "root"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
