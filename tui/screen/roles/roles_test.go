package roles_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

func start(t *testing.T, edit ...func(*model.World)) (*tuitest.Driver, *tuitest.Console) {
	t.Helper()
	w := tuitest.World()
	for _, f := range edit {
		f(&w)
	}
	c := tuitest.NewConsole(w)
	return tuitest.New(t, c).Press("2"), c
}

func TestTableShowsCountsNotesAndTheDefault(t *testing.T) {
	t.Parallel()
	d, _ := start(t)
	d.WantCursor("romm-admins", "admin", "3", "2026-11-20", "ann", "on call")
	d.Want("everybody else    none: RomM refuses them", "It decides the role of alice, ann, kim.", "id ..00000a01")
	d.Press("j").WantCursor("romm-users", "7").Want("7 people are in it, directly") // carol is in it through family
	d, _ = start(t, func(w *model.World) { w.Roles.Default = model.RoleUser })
	d.Want("user     by default")
}

func TestCursorStaysOnTheGroupOverAReload(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	d.Press("j").WantCursor("romm-users")
	c.Edit(func(w *model.World) {
		w.Roles.Rows = slices.Clone(w.Roles.Rows) // the screen holds the older ones
		slices.Reverse(w.Roles.Rows[1:])
	})
	d.Press("r").WantCursor("romm-users")
	if d.Row("▌") == "" || strings.Index(d.Screen(), "old-guild") > strings.Index(d.Screen(), "▌romm-users") {
		t.Errorf("the rows did not change places:\n%s", d.Screen())
	}
}

func TestAddAGroup(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	d.Press("a").Want("Which group gets a role?", "family", "night-shift").WantNot("▌romm-users")
	d.Press("ni").WantCursor("night-shift").Press("enter")
	d.Want("Role for the group night-shift", "It has 1 person.").WantCursor("user").WantNot("editor", "viewer") // RomM 5; the least first
	d.Press("enter").Want("- no role", "+ user", "ivan gets a new account as user", `Same as: romm-admin roles set night-shift user`)
	d.Press("tab", "enter").Want("night-shift: role is now user").WantNot("┌")
	d.WantCursor("romm-admins") // the cursor stays where it was
	d.Press("G").WantCursor("night-shift", "user", "1")
	if got := c.Applied(); len(got) != 1 || got[0].Changes[0].Object != string(tuitest.Night) {
		t.Errorf("applied %+v", got)
	}
	d.Press("a").WantCursor("family").Press("night").WantCursor("night-shift", "has user ..")
}

func TestPickerFilters(t *testing.T) {
	t.Parallel()
	d, _ := start(t)
	d.Press("a", "down").WantCursor("night-shift").Press("f").WantCursor("family") // both match; the first one counts
	d.Press("backspace", "zz").WantCursor("zz", "no such group yet").WantNot("family")
	d.Press("backspace", "backspace").Paste("FAM\n").WantCursor("family")
	d.Press("esc").WantNot("Which group")
	d, _ = start(t, func(w *model.World) { w.Directory.Groups = w.Directory.Groups[:2] })
	d.Press("a").Want("Every group that this token can see has a role already.").WantCursor("romm-admins", "has admin ..")
	// One that has a role is found and said to have it; its role can be changed here too.
	d.Press("romm-us").WantCursor("romm-users", "has user ..").Press("ers").WantNot("no such group yet: keep")
	d.Press("enter").Want("Role for the group romm-users").Press("esc", "esc").WantNot("┌")
}

func TestOlderRomMHasThreeRoles(t *testing.T) {
	t.Parallel()
	d, _ := start(t, func(w *model.World) { w.Settings.Version = model.Version{Major: 4, Minor: 9} })
	d.Press("enter").Want("editor", "viewer").WantCursor("admin", "now")
}

func TestChangeARole(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	d.Press("j", "c").Want("Role for the group romm-users", "It has 7 people.").WantCursor("user", "now")
	d.Press("enter").Want("The group romm-users already has the role user.")
	d.Press("k", "enter").Want("- user", "+ admin", "erin", "user → admin, a new admin")
	d.Press("tab", "enter").Want("romm-users: role is now admin").WantCursor("romm-users", "admin")
	if n := len(c.Applied()); n != 1 {
		t.Errorf("%d plans applied", n)
	}
}

// proves S5: the guard's refusal is shown in words, with no way to apply.
func TestTheLastAdminCannotBeRemoved(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	d.Press("x").Want("This is refused:", "Afterwards no admin could sign in to RomM.", "Keep at least one group",
		"alice: admin → user, an admin is lost", "ann can no longer sign in", "[ Close ]").WantNot("Apply", "Same as")
	d.Press("tab", "right", "enter").WantNot("┌")
	if n := len(c.Applied()); n != 0 {
		t.Errorf("%d plans applied", n)
	}
}

func TestRemoveSaysWhoIsLockedOut(t *testing.T) {
	t.Parallel()
	d, _ := start(t)
	d.Press("j", "x").Want("- user", "+ no role", "erin", "Take the role user from the group romm-users")
	d.Press("tab", "enter").Want("romm-users: role is removed").WantNot("▌romm-users")
}

// proves S8: a group that is gone grants nothing, and its row says so.
func TestVanishedGroups(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	d.Press("G").WantCursor("old-guild", "! vanished, grants nothing", "—").Want("the row grants nothing")
	d.Press("enter").Want("its row can only be removed").WantNot("┌")
	d.Press("x", "tab", "enter").Want("old-guild: role is removed")
	c.Edit(func(w *model.World) { // made again under the same name: another group
		w.Roles = w.Roles.With(model.RoleRow{Group: tuitest.Gone, Name: "old-guild", Role: model.RoleUser})
		w.Directory.Groups = append(w.Directory.Groups, model.Group{ID: "11111111-0000-0000-0000-000000000000", Name: "old-guild"})
	})
	d.Press("r", "G").WantCursor("old-guild", "vanished")
}

func TestEmptyMapSaysWhatToDo(t *testing.T) {
	t.Parallel()
	empty := func(w *model.World) { w.Roles = model.RoleMap{} }
	d, _ := start(t, empty)
	d.Want("No group has a role yet.", "a picks a group").Press("x", "enter").WantNot("┌").Want("no group has a role yet")
	d.Press("a").Want("romm-admins")
	d, _ = start(t, empty, func(w *model.World) { w.Provider.RoleMap = false })
	d.Want("! Not in force: RomM does not read its roles from romm_roles yet.")
}

func TestAMapThatNobodyReadsSaysSo(t *testing.T) {
	t.Parallel()
	d, _ := start(t, func(w *model.World) { w.Settings.ClaimRoles = "groups" })
	d.Want("! Not in force")
	d, _ = start(t)
	d.WantNot("Not in force")
}

// proves S31: a confirmation tells groups of one name apart.
func TestConfirmationShowsTheIDsTail(t *testing.T) {
	t.Parallel()
	d, _ := start(t, func(w *model.World) { w.Directory.Groups[3].Name = "romm-аdmins" })
	d.Press("a", "dmins", "enter", "enter").Want(`group romm-аdmins (romm-\u0430dmins) (id ..00000a04)`)
}

// proves that whose login an edit changes is known before it is chosen.
func TestRolePickerShowsTheImpactLive(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	d.Press("2", "enter").Want("Role for the group romm-admins", "This is so already.")
	d.Press("j").Want("Afterwards no admin could sign in", "alice: admin → user, an admin is lost")
	d.Press("k").Want("This is so already.").WantNot("an admin is lost")
	d.Press("esc", "a", "night", "enter").Want("ivan gets a new account as user").Press("k").Want("ivan gets a new account as admin").Press("j")
	d.Hold().Press("k").Want("Working out whose next login changes").Press("j").ReleaseLate().Want("ivan gets a new account as user")
	if len(c.Applied()) != 0 {
		t.Error("looking wrote something")
	}
}

func TestDefaultRole(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	d.Press("2", "D").Want("Role for everybody else", "RomM refuses them").Press("j", "j").Want("ivan gets a new account as user")
	d.Press("enter").Want("Give everybody else the role user", "everybody else", "- no role: RomM refuses them", "+ user").Press("tab", "enter")
	d.Want("by default").WantNot("none: RomM refuses them")
	d.Press("D").Want("now").Press("g", "enter")
	if len(c.Applied()) != 1 {
		t.Errorf("%d plans applied", len(c.Applied()))
	}
}
