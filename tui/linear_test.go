package tui_test

import (
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/tui"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

func linear(o *tui.Options) { o.Linear = true }

// A screen reader gets text: no lines and borders, dialogs alone, choices by
// number, and the terminal's cursor on the row that is selected.
func TestLinearMode(t *testing.T) {
	t.Parallel()
	for _, keys := range [][]string{{}, {"d"}, {"e"}, {"e", "enter"}, {"2"}, {"2", "enter"}, {"5"}, {"?"}, {":"}, {"*", "e"}} {
		c := tuitest.NewConsole(tuitest.World())
		entries, cut := tuitest.Past()
		c.Journal(entries, cut)
		d := tuitest.New(t, c, tuitest.With(linear)).Press(keys...)
		if i := strings.IndexAny(d.Screen(), "│─┌┐└┘▌●⇄→"); i >= 0 {
			t.Errorf("%v: a line is drawn:\n%s", keys, d.Screen())
		}
		check(t, d, 120, 40)
	}
	d, _ := start(t, tuitest.With(linear))
	line := func() string {
		c := d.View().Cursor
		if c == nil {
			return ""
		}
		return strings.Split(d.Screen(), "\n")[c.Y]
	}
	if got := line(); !strings.Contains(got, "bob") || !strings.Contains(got, "mismatch") {
		t.Errorf("the cursor is on %q", got)
	}
	if d.Press("j"); !strings.Contains(line(), "carol") {
		t.Errorf("the cursor is on %q", line())
	}
	d.Press("e").Want("RomM e-mail of carol")
	if got := line(); !strings.HasPrefix(got, "> carol@example.org") {
		t.Errorf("the cursor is on %q", got)
	}
	d.Press("esc", "s").Want("1. next login", "2. RomM user").Press("2").WantNot("1. next login").Want("alice")
	d.Press("2", "D").Want("3. user").Press("3").Want("Give everybody else the role user", "[ Cancel ]").WantNot("romm-admins")
}
