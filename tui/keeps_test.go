package tui_test

import (
	"slices"
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// leaving is a console over a world in which bob, an admin in RomM, gets in only
// by the group of the users.
func leaving(t *testing.T) (*tuitest.Driver, *tuitest.Console) {
	t.Helper()
	w := tuitest.World()
	w.Locals = slices.Clone(w.Locals)
	w.Locals[2].Email, w.Locals[2].Role = "bob@example.org", model.RoleAdmin
	c := tuitest.NewConsole(w)
	return tuitest.New(t, c), c
}

// proves S13: the preview of a plan that takes somebody's last role says that RomM
// keeps it, and takes the role or the account into the same plan on a key.
func TestPreviewOffersToTakeAdmin(t *testing.T) {
	t.Parallel()
	for key, c := range map[string]struct {
		shown, other string
		kind         plan.ChangeKind
	}{
		"A": {"The lower role in RomM is in this plan: A leaves it out", "RomM role of bob", plan.ChangeLocalRole},
		"x": {"Disabling the account in RomM is in this plan: x leaves it out", "RomM account bob", plan.ChangeLocalEnabled},
	} {
		d, console := leaving(t)
		d.Want("3 admins, 1 by role only").Press("2", "/").Press("r", "o", "m", "m", "-", "u", "enter", "x").
			Want("bob can no longer sign in (403", "keeps the role admin and open sessions", "In the same plan: A writes a lower role")
		d.Press(key).Want(c.shown, "2 changes to 2 objects").WantNot("but keeps the role admin", "In the same plan")
		d.Press(key).Want("In the same plan: A writes a lower role").WantNot("2 changes to")
		d.Press(key, "tab", "enter").Want("2 changes made")
		wantApplied(t, console, 1)
		if p := console.Applied()[0]; len(p.Changes) != 2 || p.Changes[1].Kind != c.kind || p.Changes[1].Label != "bob" {
			t.Errorf("%s: %+v", key, p)
		}
		d.Press("esc").Want("2 admins").WantNot("by role only")
	}
}

// Left as it is, the person is shown as what they are, and A and x help later.
func TestWhoKeepsAdminIsShown(t *testing.T) {
	t.Parallel()
	d, c := leaving(t)
	d.Press("2", "/").Press("r", "o", "m", "m", "-", "u", "enter", "x").Press("tab", "enter").Want("3 admins, 1 by role only")
	d.Press("1", "/").Press("b", "o", "b", "@", "enter").WantCursor("no role").
		Want("The account bob keeps the role admin and open sessions in RomM", "lower the role now", "disable the RomM account or write a lower role now")
	d.Press("A").Want("- admin", "+ user").Press("tab", "enter").Want("2 admins").WantNot("by role only", "keeps the role admin")
	wantApplied(t, c, 2)
}
