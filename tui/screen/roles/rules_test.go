package roles_test

import (
	"regexp"
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

func TestRuleTester(t *testing.T) {
	t.Parallel()
	d, _ := start(t)
	d.Press("t").Want("Test the rules", "Somebody in no group.", "No role: RomM refuses this login.")
	d.Press("space").Want("[x] family", "Somebody in family,", "Role: user", "Decided by the group romm-users, to which family belongs.")
	d.Press("adm").WantCursor("romm-admins").Press("enter").Want("Somebody in family, romm-admins,").WantCursor("[x] romm-admins")
	d.Want("Role: admin", "Decided by the group romm-admins.", "Outranked: romm-users (user).", "[x] family")
	d.Press("space").Want("Role: user").Press("up", "up", "up", "enter").Want("No role")
	d.Press("nobody").Want("nothing matches").Press("enter").Want("Somebody in no group.")
	d.Press("esc").WantNot("Test the rules")
}

// Letters and blanks are text, also those that are keys elsewhere.
func TestRuleTesterTakesText(t *testing.T) {
	t.Parallel()
	d, _ := start(t, func(w *model.World) { w.Directory.Groups[3].Name = "quiet jokers" })
	d.Press("t", "q").WantCursor("quiet jokers").Press("uiet", "space", "j").WantCursor("quiet jokers").Want("/ quiet j")
	d.Press("pgdown", "down", "pgup", "enter").Want("Somebody in quiet jokers,")
	d, _ = start(t)
	d.Press("t").Paste("NIGHT\n").WantCursor("night-shift")
}

func TestRuleTesterTellsNamesakesApart(t *testing.T) {
	t.Parallel()
	d, _ := start(t, appears(oneLater, "romm-users"))
	d.Press("t", "romm-u").Want("id ..00000a02", "id ..00000b01").WantCursor("..00000a02").Press("enter").Want("Role: user")
	d.Press("enter").Press("romm-u", "down", "enter").Want("No role")
}

func TestRuleTesterNamesTheDefault(t *testing.T) {
	t.Parallel()
	d, _ := start(t, func(w *model.World) { w.Roles.Default = model.RoleAdmin })
	d.Press("t").Want("Role: admin", "It is the default role.").Press("romm-us", "enter").Want("Outranked: romm-users (user).")
}

// The copy of the map that stands in Authentik may answer something else.
func TestRuleTesterKnowsAuthentiksCopy(t *testing.T) {
	t.Parallel()
	table := model.RoleTable{Rank: []string{"admin", "viewer"}, Rows: []model.RoleTableRow{{Group: tuitest.Night, Token: "admin"}}}
	copied := func(w *model.World) { w.Provider.Compiled = &table }
	d, _ := start(t, copied)
	d.Press("t", "night", "enter").Want("No role", "! While the companion does not answer, Authentik's copy of the map", "answers: admin.")
	d, _ = start(t, copied, func(w *model.World) { w.Provider.Table = &table })
	d.Press("t", "romm-u", "enter").Want("Role: user", "! But Authentik's copy of the map answers: no role.")
	d, _ = start(t, copied, func(w *model.World) {
		w.Roles = model.RoleMap{Rows: []model.RoleRow{{Group: tuitest.Night, Role: model.RoleAdmin}}}
	})
	d.Press("t", "night", "enter").Want("Role: admin").Want("Decided by the group night-shift.").WantNot("copy of the map")
}

func TestRulesThatMustStayTrue(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	d.Press("m").Want("What must stay true about roles", "Nothing has to stay true yet.", "a add").WantNot("x drop", "enter edit")
	d.Press("x", "enter").Want("Nothing has to stay true yet.")
	d.Press("a").Want("Whose role must not change?", "group:night-shift at most", "user:alice is")
	d.Press("night").WantCursor("group:night-shift at most", "1 person").Press("enter").Want("group:night-shift at most …")
	d.WantCursor("user").WantNot("everything, users included").Want("Nobody's next login changes.").Press("enter").Want("Assert group:night-shift at most user", "- not kept").Press("tab", "enter")
	d.Want("must stay true from now on")
	d.Press("m").Want("enter edit", "x drop").WantCursor("group:night-shift at most user", "holds").Press("esc")
	d.Press("a", "night", "enter", "k").Want("would not hold").Press("esc", "esc") // seen before it is chosen
	d.Press("m", "enter").Want("Edit the rule", "> group:night-shift at most user").Press("enter").Want("There is nothing to do")
	d.Press("ctrl+u", "group:night-shift at most admin", "enter").Want("- group:night-shift at most user", "+ group:night-shift at most admin",
		"2 changes to 2 objects", "&&").Press("tab", "enter").Want("2 of 2 changes made").Press("esc")
	d.Press("m").WantCursor("group:night-shift at most admin").Press("x").Want("No longer assert group:night-shift at most admin", "+ not kept").Press("tab", "enter")
	d.Press("m").Want("Nothing has to stay true yet.")
	if len(c.Applied()) != 3 {
		t.Errorf("%d plans applied", len(c.Applied()))
	}
}

// A rule is picked, or written as a whole; one that does not hold is told from
// the others before it is chosen.
func TestAddARule(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	d.Press("m", "a", "user:alice").WantCursor("user:alice is", "admin").Press("enter").Want("user:alice is …").Press("j")
	d.Want("The assertion “user:alice is user” would not hold: alice gets the role").Press("k", "enter", "tab", "enter")
	d.Want("must stay true from now on: user:alice is admin")
	d.Press("m", "a").Paste("user:erin is user").WantCursor("user:erin is user", "keep this sentence").Press("enter")
	d.Want("Assert user:erin is user", "Same as: romm-admin roles assert 'user:erin is user'").Press("tab", "enter")
	d.Press("m", "a", "nobody is king").Want("nothing matches").Press("enter").Want("Whose role must not change?")
	if got := c.Applied(); len(got) != 2 {
		t.Errorf("%d plans applied", len(got))
	}
}

// A broken rule is marked, and says why in full.
func TestBrokenRulesSayWhy(t *testing.T) {
	t.Parallel()
	keep := func(text string) func(*model.World) {
		return func(w *model.World) {
			a, err := model.ParseAssertion(text)
			if err != nil {
				t.Fatal(err)
			}
			w.Assertions = append(w.Assertions, a)
		}
	}
	d, _ := start(t, keep("user:alice is admin"), keep("group:romm-admins at most user"), keep("user:nobody is user"))
	d.Press("m").WantCursor("user:alice is admin", "holds").WantNot("Broken:")
	d.Press("j").WantCursor("group:romm-admins at most user", "! broken").Want("Broken: kim, who is in romm-admins, gets admin.")
	d.Press("j").WantCursor("user:nobody is user", "! broken").Want("Broken: Authentik has no user nobody.")
}

// proves that losing an admin is shown in the colour of danger before anything
// is chosen, and with the names.
func TestLosingAnAdminIsRed(t *testing.T) {
	t.Parallel()
	d, _ := start(t)
	bold := regexp.MustCompile(`\x1b\[31;[\d;]*1m3 admins are lost: alice, ann and kim\.`)
	red := func() bool {
		return bold.MatchString(d.View().Content)
	}
	if d.Press("enter", "j"); !red() {
		t.Errorf("no line is in the danger style:\n%q", d.View().Content)
	}
	if d.Press("k"); red() {
		t.Error("it is red although nothing changes")
	}
	d = tuitest.New(t, tuitest.NewConsole(tuitest.World()), tuitest.With(func(o *tui.Options) { o.NoColor = true })).Press("2", "enter", "j")
	d.Want("admins are lost")
}

// Names can be typed or pasted one after the other, with commas between.
func TestTheTesterTakesTypedNames(t *testing.T) {
	t.Parallel()
	d := tuitest.New(t, tuitest.NewConsole(tuitest.World())).Press("2", "t")
	d.Want("type their names with commas").Press("romm-users", ",").Want("Somebody in romm-users,", "Role: user")
	d.Press("space").WantNot("family,").Press("romm").Want("/ romm").Press("-admins", ",").Want("Somebody in romm-users, romm-admins,", "Role: admin", "Outranked: romm-users (user).")
	d.Press("nobody", ",").Want("no one group is called “nobody”", "Role: admin").Press("ctrl+u").WantNot("no one group")
	d = tuitest.New(t, tuitest.NewConsole(tuitest.World())).Press("2", "t").Paste("Night-Shift, FAMILY,romm-users , fam")
	d.Want("Somebody in night-shift, family, romm-users,", "/ fam").Press("enter").Want("Somebody in night-shift, romm-users,") // out again
	w := tuitest.World()
	w.Roles = w.Roles.With(model.RoleRow{Group: tuitest.Night, Name: "night-shift", Role: model.RoleUser})
	d = tuitest.New(t, tuitest.NewConsole(w)).Press("2", "t").Paste("night-shift,romm-users,")
	d.Want("Role: user", "The same from: ").WantNot("Outranked")
}
