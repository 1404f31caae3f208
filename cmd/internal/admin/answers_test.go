package admin

import (
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/cmd/internal/demo"
)

const previewCall = "GET /providers/oauth2/{id}/preview_user/"

// counting is one command line on the world, and how often it had claims previewed.
func counting(t *testing.T, w *demo.World, args ...string) (text string, code, previews int) {
	t.Helper()
	before := w.Authentik.Calls()[previewCall]
	out, said, code := inProcess(t, w.Env(), args...)
	return out + said, code, w.Authentik.Calls()[previewCall] - before
}

// TestVerdictsFollowWhoAnswers: wendy's group gets a role that Authentik's own
// table does not have yet. While the companion does not answer, the verdict is
// that of the table, publishing is what lets her in, and the preview of it says
// so; while it does, the role map counts and publishing changes no login. One
// preview tells which it is, and none is asked where the two do not differ.
func TestVerdictsFollowWhoAnswers(t *testing.T) {
	t.Parallel()
	for name, down := range map[string]bool{"down": true, "up": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorldOf(t, false, func(s *authentiktest.Seed) {
				if down {
					s.Native = &authentiktest.Native{}
				}
			})
			if text, _, previews := counting(t, w, "simulate", "wendy"); previews != 0 || strings.Contains(text, "companion at") {
				t.Errorf("asked %d times where the two do not differ: %s", previews, text)
			}
			if text, code, _ := counting(t, w, "roles", "set", "staff", "user", "--yes"); code != 0 {
				t.Fatal(text)
			}

			want := map[bool]struct {
				code                      int
				note, answer, publication string
			}{
				true:  {3, "does not answer now, or not by this role map", "403", "can sign in afterwards: sybil-work (as sybil), walt, wendy"},
				false: {0, " answers now. Without it Authentik would answer from the role table kept in it", "307", "nobody's next login changes"},
			}[down]
			text, code, previews := counting(t, w, "simulate", "wendy")
			if code != want.code || previews != 1 || !strings.Contains(text, want.note) || !strings.Contains(text, want.answer) {
				t.Errorf("code %d, %d previews: %s", code, previews, text)
			}
			text, _, previews = counting(t, w, "roles", "publish", "--dry-run")
			if previews != 1 || !strings.Contains(text, want.publication) {
				t.Errorf("the preview of publishing, with %d previews: %s", previews, text)
			}
			if text, code, _ := counting(t, w, "roles", "publish", "--yes"); code != 0 {
				t.Fatal(text)
			}
			if text, code, previews := counting(t, w, "simulate", "wendy"); code != 0 || previews != 0 || strings.Contains(text, "companion at") {
				t.Errorf("after it: code %d, %d previews: %s", code, previews, text)
			}
		})
	}
}

// TestWhoAnswersIsNotKnown: without the permission to preview nobody can tell,
// and both the notes and the person say so.
func TestWhoAnswersIsNotKnown(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	if text, code, _ := counting(t, w, "roles", "set", "staff", "user", "--yes"); code != 0 {
		t.Fatal(text)
	}
	w.Authentik.Inject(authentiktest.Fault{Kind: authentiktest.FaultDenied, Call: previewCall})
	text, code, _ := counting(t, w, "simulate", "wendy")
	if code != 0 || !strings.Contains(text, "It is not known whether the companion at") || !strings.Contains(text, "Uncertain: it is not known whether the companion answers; without it [] would be sent.") {
		t.Errorf("code %d: %s", code, text)
	}
	if text, _, _ := counting(t, w, "simulate", "alice"); strings.Contains(text, "Uncertain") {
		t.Errorf("alice, to whom both answer alike: %s", text)
	}
}
