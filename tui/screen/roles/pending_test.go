package roles_test

import (
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// keeps adds a role that is kept for a group of that name.
func keeps(name model.Untrusted, role model.Role) func(*model.World) {
	return func(w *model.World) {
		w.Pending = append(w.Pending, model.PendingRole{Name: name, Role: role, ChangedBy: "bea", ChangedAt: tuitest.Now()})
	}
}

// appears adds a group of that name to Authentik, with these people in it.
func appears(id model.GroupID, name model.Untrusted, people ...model.Untrusted) func(*model.World) {
	return func(w *model.World) {
		w.Directory.Groups = append(w.Directory.Groups[:len(w.Directory.Groups):len(w.Directory.Groups)], model.Group{ID: id, Name: name})
		ids := append([]model.Identity(nil), w.Directory.Identities...)
		for i := range ids {
			for _, p := range people {
				if ids[i].Username == p {
					ids[i].Groups = append([]model.GroupID{id}, ids[i].Groups...)
				}
			}
		}
		w.Directory.Identities = ids
	}
}

const (
	oneLater  model.GroupID = "0b6ff4f0-96d1-4b3c-8a52-4f5a00000b01"
	twoLaters model.GroupID = "0b6ff4f0-96d1-4b3c-8a52-4f5a00000b02"
)

// proves S8: a role may be kept for a name that no group has; it grants
// nothing, and the table says so in words.
func TestKeepARoleForAGroupThatDoesNotExist(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	d.Press("a", "guests").WantCursor("guests", "no such group yet: keep a role").Press("enter")
	d.Want("Role to keep for a group named guests", "The role grants nothing until there is one", "Nobody's next login changes.")
	d.Press("j", "enter").Want("Keep the role user for a group guests that does not exist yet", "role kept for a group named guests",
		"- none is kept", "+ user", "Nobody's next login changes.", "Same as: romm-admin roles set guests user --pending")
	d.Press("tab", "enter").Want("guests: pending role is now user", "1 pending")
	d.Press("G").WantCursor("guests", "user", "—", "pending: no such group yet").Want("Pending: Authentik has no group named guests.")
	if got := c.Applied(); len(got) != 1 || got[0].Changes[0].Kind != plan.ChangePendingRole {
		t.Errorf("applied %+v", got)
	}
	d.Press("b").Want("Authentik has no group of this name yet").WantNot("┌")
	d.Press("c").Want("Role to keep for a group named guests").WantCursor("user", "now").Press("k", "enter", "tab", "enter")
	d.WantCursor("guests", "admin")
	d.Press("x").Want("Keep no role for a group guests any more", "- admin", "+ none is kept").Press("tab", "enter")
	d.Want("guests: pending role is removed").WantNot("▌guests", "1 pending")
}

// A name that a group has is not kept: the group itself can get the role.
func TestOnlyNewNamesAreKept(t *testing.T) {
	t.Parallel()
	d, _ := start(t)
	d.Press("a", "family").WantCursor("family", "1 person").WantNot("no such group yet")
	d.Press("backspace").Want("no such group yet").WantCursor("family", "1 person") // what exists comes first
	d, _ = start(t)
	d.Press("a", "romm-admins").WantCursor("romm-admins", "has admin ..").WantNot("no such group yet").Press("enter").Want("Role for the group romm-admins")
	d, _ = start(t, func(w *model.World) { w.Directory.Groups = w.Directory.Groups[:2] })
	d.Press("a").Want("that does not exist yet.").Press("later", "enter").Want("Role to keep for a group named later")
}

// proves S8: a group that appears under the name gets nothing until somebody
// binds the role to it, by its id.
func TestBindAPendingRole(t *testing.T) {
	t.Parallel()
	d, c := start(t, keeps("later", model.RoleUser))
	d.Want("1 pending")
	c.Edit(appears(oneLater, "later", "ivan"))
	d.Press("r", "G").WantCursor("later", "! pending: exists now, b binds it")
	d.Want("1 to bind", "Authentik has a group named later now: id ..00000b01 with 1 person.", "b bind it").WantNot("c change role")
	d.Press("c").Want("bind the role to it, or remove the row").WantNot("┌")
	d.Press("b").Want("2 changes to 2 objects", "group later (id ..00000b01)", "ivan gets a new account as user",
		"Same as: romm-admin roles bind later", " 0b6ff4f0-")
	d.Press("tab", "enter").Want("2 of 2 changes made.").Press("esc").WantCursor("later", "user", "1").WantNot("1 to bind")
	if row, ok := c.Applied()[0].Changes[0], true; !ok || row.Object != string(oneLater) {
		t.Errorf("bound to %+v", row)
	}
	d.Press("b").Want("the role is bound to its group already")
	d.Press("g", "j", "j").WantCursor("old-guild").Press("b").Want("a group that was made again is another group").WantNot("┌")
}

// proves S8 and S31: groups of one name are distinguished by their ids, and
// nothing is chosen by itself.
func TestBindAsksWhichOfSeveralGroups(t *testing.T) {
	t.Parallel()
	d, c := start(t, keeps("later", model.RoleAdmin), appears(oneLater, "later"), appears(twoLaters, "later", "ivan", "erin"))
	d.Press("G").Want("Authentik has 2 groups named later now: id ..00000b01 with 0 people, id ..00000b02 with 2 people.")
	d.Press("b").Want("Which group gets the role admin?", "0 people, id ..00000b01", "2 people, id ..00000b02").WantCursor("..00000b01")
	d.Want("Nobody's next login changes.").Press("j").Want("ivan gets a new account as admin")
	d.Press("enter").Want("group later (id ..00000b02)").Press("tab", "enter", "esc")
	if got := c.Applied(); len(got) != 1 || got[0].Changes[0].Object != string(twoLaters) {
		t.Errorf("applied %+v", got)
	}
}

// A pending row may be dropped also when its group exists.
func TestDropAPendingRoleWhoseGroupExists(t *testing.T) {
	t.Parallel()
	d, c := start(t, keeps("later", model.RoleUser), appears(oneLater, "later", "ivan"))
	d.Press("G", "x").Want("Keep no role for a group later any more", "Nobody's next login changes.").Press("tab", "enter")
	d.WantNot("▌later")
	if len(c.Applied()) != 1 {
		t.Errorf("%d plans applied", len(c.Applied()))
	}
}

func TestAVanishedRowNamesItsNamesake(t *testing.T) {
	t.Parallel()
	d, _ := start(t, appears(oneLater, "old-guild", "ivan"))
	d.Press("G").WantCursor("old-guild", "vanished").Want("x removes it", "Authentik has another group named old-guild now: id ..00000b01 with 1 person. If it is",
		"a adds it.")
}

// Every state has words of its own at every width, so that no colour is needed.
func TestPendingRowsAtEveryWidth(t *testing.T) {
	t.Parallel()
	for _, width := range []int{60, 61, 75, 76, 80, 100, 120, 200} {
		w := tuitest.World()
		keeps("guests", model.RoleUser)(&w)
		keeps("later", model.RoleUser)(&w)
		appears(oneLater, "later")(&w)
		d := tuitest.New(t, tuitest.NewConsole(w), tuitest.Size(width, 24),
			tuitest.With(func(o *tui.Options) { o.NoColor, o.ASCII = true, true })).Press("2")
		for _, row := range [][]string{{"guests", " pending"}, {"later", "! pending", " b"}, {"old-guild", "! vanished"}} {
			if d.Row(row...) == "" {
				t.Errorf("width %d: no row has %v:\n%s", width, row, d.Screen())
			}
		}
	}
}

// The reasons of what cannot be done now.
func TestNothingIsEditedWhenNothingMayBe(t *testing.T) {
	t.Parallel()
	d := tuitest.New(t, tuitest.NewConsole(tuitest.World()), tuitest.With(func(o *tui.Options) { o.ReadOnly = true })).Press("2")
	for _, key := range []string{"a", "enter", "c", "b", "x", "D", "m"} {
		d.Press(key).Want("this session is read-only").WantNot("┌").Press("esc")
	}
	d.Press("t").Want("Test the rules") // looking is free
}

func TestFilter(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"gue": "guests", "is:pending": "guests", "is:vanished": "old-guild", "role:admin": "romm-admins", "by:bea !is:pending": "old-guild", "note:call": "romm-admins",
		"call": "romm-admins",
	} {
		d, _ := start(t, keeps("guests", model.RoleUser))
		d.Press("/").Paste(typed).Want("1 of 4 match").WantCursor(want).Press("enter").WantCursor(want)
		d.Press("esc").WantNot("of 4 match").WantCursor(want) // the cursor stays
	}
	d, _ := start(t)
	d.Press("/", "nobody").Want(`Nothing matches “nobody”`).Press("enter", "x").Want("no row is selected").WantNot("┌")
	d.Press("esc", "esc").Want("romm-users").Press("esc").Want("no filter is set")
	d.Press("/", "old", "up", "down", "esc").WantNot("of 3 match")
}

// What the pane has no room for can be read in a dialog at every size.
func TestDetails(t *testing.T) {
	t.Parallel()
	w := tuitest.World()
	keeps("later", model.RoleUser)(&w)
	appears(oneLater, "later")(&w)
	appears(twoLaters, "later")(&w)
	gives(tuitest.Night, "night-shift", model.RoleUser)(&w)
	d := tuitest.New(t, tuitest.NewConsole(w), tuitest.Size(60, 15)).Press("2", "G")
	d.Want("more lines, d shows all").Press("d").Want("later · pending", "Until then the role grants nothing.", "Authentik's copy differs:")
	d.Press("G").Want("Changed on 2026-11-23 by bea.").Press("esc").WantNot("┌")
	d.Press("/", "zzz", "enter", "d").Want("no row is selected").WantNot("┌")
}
