package tui_test

import (
	"testing"

	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// The help and the palette write the command about whom it is about.
func TestHelpNamesWhoIsSelected(t *testing.T) {
	t.Parallel()
	past := func(keys ...string) *tuitest.Driver {
		c := tuitest.NewConsole(tuitest.World())
		entries, cut := tuitest.Past()
		c.Journal(entries, cut)
		return tuitest.New(t, c, tuitest.Size(140, 160)).Press(keys...)
	}
	users := past()
	users.WantCursor("bob").Press("?").Want(
		"same as: romm-admin users set-email bob bob@example.org", "same as: romm-admin users set-email bob bob@old.example",
		"same as: romm-admin users pin bob bob", "same as: romm-admin users disable bob",
		"same as: romm-admin simulate bob", "same as: romm-admin users fix", "same as: romm-admin history undo N",
	)
	users.Press("esc", ":", "enable").Want("Same as: romm-admin users enable bob")
	many := past("space", "space", "?") // bob and carol
	many.Want("same as: romm-admin users fix bob carol", "same as: romm-admin users verify bob carol", "users set-email USER ADDRESS --side")
	past("*", "?").Want("users verify bob carol erin ivan", "frank …")
	past("2", "?").Want("same as: romm-admin roles set romm-admins ROLE", "same as: romm-admin roles unset romm-admins", "same as: romm-admin roles bind NAME GROUP")
	past("5", "?").Want("same as: romm-admin history resume plan-c", "same as: romm-admin history undo --plan plan-c")
	past("5", "down", "?").Want("same as: romm-admin history undo 6", "same as: romm-admin history undo --plan plan-c")
	past("5", "down", "down", "?").Want("not now: nothing of this plan was made, so there is")
}

// Undoing the last plan of the session has its twin too, as every plan.
func TestUndoOfTheSessionHasItsCommand(t *testing.T) {
	t.Parallel()
	d, _ := start(t, tuitest.Size(120, 160))
	d.Press("e", "enter", "tab", "enter", "ctrl+z").Want("Undo: set the RomM e-mail of bob", "Same as: romm-admin history undo --plan plan-1")
	d.Press("esc", "?").Want("same as: romm-admin history undo --plan plan-1")
}
