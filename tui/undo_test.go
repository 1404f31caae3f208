package tui_test

import (
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// TestDoneSaysHowToUndo: what was made says by which key it is undone, the
// one that the key has here; and says nothing where the guard would not let it.
func TestDoneSaysHowToUndo(t *testing.T) {
	t.Parallel()
	for key, m := range map[string]keys.Map{"ctrl+z": nil, "ctrl+u": {"undo": {"ctrl+u"}}, ": undo": {"undo": {}}} {
		c := tuitest.NewConsole(tuitest.World())
		d := tuitest.New(t, c, tuitest.With(func(o *tui.Options) { o.Keys = m }))
		d.Press("e", "enter", "tab", "enter").Want("bob: RomM e-mail is now bob@example.org; " + key + " undoes it")
	}
	d, _ := start(t)
	d.Press("F").Want("[ Cancel ]").Press("tab", "enter").Want("2 changes made; ctrl+z undoes them")
	d.Press("esc", "ctrl+z").Want("Undo:").Press("tab", "enter").Want("2 changes made; ctrl+z undoes them")

	d, c := start(t)
	c.Edit(func(w *model.World) { w.Locals[2].Email = "dave@example.org" }) // bob's account opens for dave
	d.Press("r").Press("/", "b", "o", "b", "enter", "e", "ctrl+u").Press(strings.Split("bob@example.org", "")...)
	d.Press("enter", "tab", "enter").Want("bob: RomM e-mail is now bob@example.org").WantNot("undoes")
	wantApplied(t, c, 1)
	d.Press("ctrl+z").Want("This is refused:")
}

// proves S35: undoing what a mapping of ours sends says whom else it changes,
// as making it did.
func TestUndoSaysWhoElseItChanges(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	c.Edit(func(w *model.World) {
		w.Roles = w.Roles.With(model.RoleRow{Group: tuitest.Night, Name: "night-shift", Role: model.RoleUser})
		w.Setup.Selectors.Names = map[string][]model.Untrusted{model.MarkRoles: {"Wiki"}}
	})
	d.Press("r", "2", "P").Want("the provider Wiki selects").Press("tab", "enter")
	wantApplied(t, c, 1)
	d.Press("ctrl+z").Want("Undo: publish", "the provider Wiki selects").Press("tab", "enter")
	wantApplied(t, c, 2)
	if p := c.Applied()[1]; len(p.Sharers) != 1 || p.Sharers[0] != "Wiki" {
		t.Errorf("%+v", p)
	}
}
