package users_test

import (
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// A person with one side only is shown who may be the other one, from both sides,
// and nobody is chosen by that.
func TestCandidatesFromBothSides(t *testing.T) {
	t.Parallel()
	w := tuitest.World()
	for i := range w.Directory.Identities {
		if id := &w.Directory.Identities[i]; id.Username == "ivan" { // has no account
			id.Username, id.Email = "heidi-b", "hb@example.org"
		}
	}
	c := tuitest.NewConsole(w)
	d := tuitest.New(t, c)
	d.Press("/", "heidi-b", "enter", "d").Want("Likely     heidi (", "%: RomM's username is like Authentik's username); p pins one")
	d.Press("p").Want("Which RomM account is heidi-b?")
	if rows := after(d, "Which RomM account"); !strings.Contains(rows[0], "heidi") || !strings.Contains(rows[0], "likely: RomM's username") {
		t.Errorf("the first account is %q:\n%s", rows[0], d.Screen())
	}
	d.Press("esc", "/", "ctrl+u", "elsewhere", "enter").Want("Likely     heidi-b (").Press("p")
	if rows := after(d, "Which Authentik user"); !strings.Contains(rows[0], "heidi-b") || !strings.Contains(rows[0], "likely: ") {
		t.Errorf("the first user is %q:\n%s", rows[0], d.Screen())
	}
	d.Press("esc", "/", "ctrl+u", "dave", "enter").Want("Likely     no RomM account without an Authentik user looks alike")
	if len(c.Applied()) > 0 {
		t.Error("something was written")
	}
}

// after are the lines below the input of the dialog with that title.
func after(d *tuitest.Driver, title string) []string {
	_, rest, _ := strings.Cut(d.Screen(), title)
	_, rest, _ = strings.Cut(rest, "│ /")
	return strings.Split(rest, "\n")[1:]
}
