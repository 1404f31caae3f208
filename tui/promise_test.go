package tui_test

import (
	"slices"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// proves S35: a plan that would not do any more for the person what the preview
// said is refused in words, nothing is written, and the screen is judged from
// the fresh reading.
func TestABrokenPromiseIsShownAndReadAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		edit func(bob *model.Identity)
		said string
		then []string // the row and its pane afterwards
	}{
		"address":      {func(bob *model.Identity) { bob.Email, bob.TrustedEmail = "bob@new.example", "bob@new.example" }, "the address of bob in Authentik became bob@new.example", []string{"bob@new.example", "≠ mismatch"}},
		"is_active":    {func(bob *model.Identity) { bob.Active = false }, "bob became inactive in Authentik", []string{"4 cannot sign in"}},
		"verification": {func(bob *model.Identity) { bob.TrustedEmail = "" }, "the address of bob is no longer verified", []string{"Next login: 400 Bad Request, “Email is not verified”"}},
	} {
		d, c2 := start(t)
		d.Press("e", "enter").Want("bob can sign in as user").Press("tab")
		c2.Edit(func(w *model.World) {
			w.Directory.Identities = slices.Clone(w.Directory.Identities)
			c.edit(&w.Directory.Identities[2])
		})
		loads := c2.Loads()
		d.Press("enter").Want("not changed: bob, RomM e-mail: in the meantime " + c.said)
		if c2.Loads() != loads+1 || c2.Steps() != 0 {
			t.Errorf("%s: %d readings after the refusal, want one; %d changes, want none", name, c2.Loads()-loads, c2.Steps())
		}
		d.Press("esc", "/", "b", "o", "b", "enter").WantCursor("bob").Want(c.then...)
	}
}

// proves S5 and S35: a plan that the guard refuses at its beginning, because
// somebody took the other admin meanwhile, was shown from an old reading.
func TestARefusalAtTheBeginningReadsAgain(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	d.Press("/", "ann@", "enter", "x").Want("Disable the RomM account ann").Press("tab")
	c.Edit(func(w *model.World) {
		w.Locals = slices.Clone(w.Locals)
		w.Locals[0].Enabled = false // alice
		w.Directory.Identities = slices.Clone(w.Directory.Identities)
		w.Directory.Identities[9].Groups = nil // kim
	})
	loads := c.Loads()
	d.Press("enter").Want("no admin could sign in to RomM")
	if c.Loads() != loads+1 || c.Steps() != 0 {
		t.Errorf("%d readings after the refusal, want one; %d changes", c.Loads()-loads, c.Steps())
	}
	d.Press("esc", "/", "ctrl+u", "alice", "enter").WantCursor("disabled")
}
