package tui_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// TestWaitsForAnotherPlan: while another program applies a plan the console says
// so, and writes once that has ended; esc gives up, and nothing was written.
func TestWaitsForAnotherPlan(t *testing.T) {
	t.Parallel()
	for name, key := range map[string]string{"its turn": "", "given up": "esc"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := tuitest.NewConsole(tuitest.World())
			c.Busy(2)
			d := tuitest.New(t, c).Press("1", "/bob", "enter", "e", "enter", "tab").Hold().Press("enter")
			for range 20 { // until the console is told that it is not its turn
				if d.ReleaseOne(); strings.Contains(d.Screen(), "Waiting: ") {
					break
				}
			}
			d.Want("Waiting: another program is applying a plan", "give up")
			if key != "" {
				d.Press(key).Want("Giving up")
			}
			d.Release()
			if key != "" {
				d.Want("not changed", "another program is applying a plan").WantNot("Giving up")
				if n := len(c.Applied()); n != 0 {
					t.Errorf("%d plans were begun", n)
				}
				return
			}
			d.Want("bob: RomM e-mail is now bob@example.org").WantNot("Waiting")
		})
	}
}

// TestNoAdminLeft: when somebody on another machine took the other admins at the
// same time, the undo is on the screen before anything else (S5).
func TestNoAdminLeft(t *testing.T) {
	t.Parallel()
	c := tuitest.NewConsole(tuitest.World())
	c.NoAdmin()
	d := tuitest.New(t, c).Press("1", "/bob", "enter", "e", "enter", "tab", "enter")
	d.Want("no admin can sign in to RomM any more", "Undo: set the RomM e-mail of bob", "[ Cancel ]")
	d.Press("tab", "enter")
	if !slices.ContainsFunc(c.World().Locals, func(u model.LocalUser) bool { return u.Email == "bob@old.example" }) {
		t.Error("the address is not back")
	}
}
