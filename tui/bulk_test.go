package tui_test

import (
	"fmt"
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

func TestSelectionSurvivesFilterOrderAndReload(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	d.Press("space").Want("1 selected").WantCursor("carol").Press("space").Want("2 selected")
	d.Press("/", "kim", "enter", "space").Want("3 selected", "1 of 11 match")
	d.Press("esc").WantNot("match “").Want("3 selected") // the first esc clears the filter alone
	d.Press("s", "down", "enter").Want("RomM user↑", "3 selected").WantCursor("kim")
	d.Press("s", "enter").Want("RomM user↓").WantCursor("kim")
	c.Edit(func(w *model.World) { w.Locals = w.Locals[1:] })
	d.Press("r").Want("3 selected")
	c.Edit(func(w *model.World) { // bob is gone on both sides
		w.Locals = append([]model.LocalUser{w.Locals[0]}, w.Locals[2:]...)
		w.Directory.Identities = append(append([]model.Identity(nil), w.Directory.Identities[:2]...), w.Directory.Identities[3:]...)
	})
	d.Press("r").Want("2 selected")
	d.Press("/", "is:selected").Want("2 of 10 match").Press("esc", "esc").WantNot("selected")
}

func TestSelectingRanges(t *testing.T) {
	t.Parallel()
	d, _ := start(t)
	d.Press("space", "j", "j", "V").Want("4 selected") // bob, then down to ivan
	d.Press("space").Want("3 selected").Press("esc").WantNot("selected")
	d.Press("g", "shift+down", "J").Want("3 selected").Press("shift+up").Want("3 selected")
	d.Press("esc", "*").Want("11 selected").Press("*").WantNot("selected")
	d.Press("/", "is:disabled", "enter", "*").Want("1 selected").Press("esc").Want("1 selected", "●frank")
}

// Every action on many opens one preview that counts, names who is left out,
// and writes nothing by itself.
func TestBulkActionsPreviewEverybody(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		key  string
		want []string
	}{
		{"e", []string{
			"Set 2 RomM addresses to what Authentik sends", "2 changes to 2 objects, 2 in RomM",
			"bob can sign in", "- bob@old.example", "+ bob@example.org", "+ carol@example.org",
			"ivan, dave: no RomM account", "heidi: no address in Authentik belongs to the RomM account", "erin, frank, grace, kim, alice, ann: it is so already",
		}},
		{"v", []string{"Vouch for the address erin@example.org of erin in Authentik", "erin can sign in", "heidi: no Authentik user", "alice, ann: it is so"}},
		{"x", []string{"Disable 8 RomM accounts", "This is refused:", "Afterwards no admin could sign in"}},
		{"o", []string{"Enable the RomM account frank", "- disabled", "+ enabled"}},
		{"A", []string{"Write the roles of 1 RomM account now", "RomM role of kim", "- user", "+ admin"}},
		{"E", []string{"Set the Authentik e-mail of bob to bob@old.example", "Authentik user bob", "+ bob@old.example", "carol, ivan, dave: RomM has no address"}},
		{"p", []string{"Pin 8 people to the RomM accounts that they pair with", "8 in the role map", "not pinned", "RomM account with id 3"}},
		{"F", []string{"Set 2 RomM addresses to what Authentik sends, verified"}},
	} {
		t.Run(tc.key, func(t *testing.T) {
			t.Parallel()
			d, c := start(t, tuitest.Size(120, 100))
			d.Press("*", tc.key).Want(tc.want...)
			d.Press("enter")
			wantApplied(t, c, 0)
		})
	}
}

func TestBulkApplyShowsHowFarItIs(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	d.Press("*", "e", "tab").Hold().Press("enter").Want("0 of 2 changes made", "Now: bob, RomM e-mail", "esc stop")
	d.Press("q", "1", "2", "e").Want("0 of 2") // nothing else takes keys now
	d.ReleaseOne().Want("0 of 2").ReleaseOne().Want("1 of 2 changes made", "Now: carol")
	d.Release().Want("2 of 2 changes made.", "+ bob: RomM e-mail is now bob@example.org", "+ carol: RomM e-mail").WantNot("Not tried", "Failed")
	wantApplied(t, c, 1)
	d.Press("esc").WantNot("What was done").Want("3 cannot sign in")
}

// proves that a plan can be stopped between two changes, and that the report
// says what was made and what was not.
func TestBulkApplyStopsBetweenChanges(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	d.Press("*", "e", "tab").Hold().Press("enter").ReleaseOne()
	d.Press("s").Want("0 of 2 changes made").Press("esc").Want("Stop after this change?", "s stop", "esc go on")
	d.Press("esc").WantNot("Stop after").Press("esc", "s").Want("Stopping after this change.")
	d.Press("esc").WantNot("Stop after this change?")
	d.Release().Want("1 of 2 changes made.", "Not tried", "- carol: RomM e-mail", "+ bob: RomM e-mail is now", "stopped: 1 of 2 changes made")
	if c.Steps() != 1 {
		t.Errorf("%d changes were made after the stop, want 1", c.Steps())
	}
	d.Press("esc").WantCursor("bob", "bob@example.org").Want("●carol ")
	// From now on it can be finished, here and elsewhere.
	if got := c.Ended(); len(got) != 1 || got[0] != "plan-1" {
		t.Errorf("ended %q", got)
	}
	d.Want("! A plan was cut short").Press("5").Want("1 of 2 made").WantCursor("interrupted")
	d.Press("enter").Want("+ carol@example.org").Press("tab", "enter").Want("the interrupted plan is closed").WantNot("was cut short")
}

// While it is asked whether to stop, nothing more is written.
func TestBulkApplyWaitsForTheAnswer(t *testing.T) {
	t.Parallel()
	begin := func() (*tuitest.Driver, *tuitest.Console) {
		d, c := start(t)
		d.Press("*", "e", "tab").Hold().Press("enter").ReleaseOne().Press("esc").Want("Now: bob", "Stop after this change?")
		return d.Release().Want("1 of 2 changes made.", "Next: carol", "Nothing is being written now. Stop here?"), c
	}
	d, c := begin()
	if c.Steps() != 1 {
		t.Errorf("%d changes were made while it was asked, want 1", c.Steps())
	}
	d.Press("esc").Want("2 of 2 changes made.", "carol: RomM e-mail is now")
	d, c = begin()
	d.Press("s").Want("Not tried", "- carol: RomM e-mail", "stopped: 1 of 2 changes made")
	if c.Steps() != 1 {
		t.Errorf("%d changes were made after the stop, want 1", c.Steps())
	}
	d, _ = begin()
	d.Press("ctrl+c").Want("a change is being written; ctrl+c again").Press("ctrl+c")
	if !d.Left() {
		t.Error("a plan that waits cannot be left")
	}
}

func TestBulkApplyStopsAtAFailure(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	c.FailAfter(1, &model.Error{Code: model.CodeUnavailable, Msg: "RomM does not answer", Hint: "check the network"})
	d.Press("*", "e", "tab", "enter").Want("1 of 2 changes made.", "Failed", "! carol: RomM e-mail: RomM does not answer", "Check the network.", "+ bob")
	d.Press("esc").Want("1 of 2 changes made, then stopped; not changed: carol, RomM e-mail: ")
	d.Want("●carol ").WantCursor("bob@example.org").WantNot("bob@old.example")
}

// The guard sees the whole plan before its first change (S5).
func TestBulkApplyAsksTheGuardFirst(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	d.Hold().Press("*", "e").ReleaseNewest().Press("tab")
	c.Edit(func(w *model.World) { w.Locals = append([]model.LocalUser(nil), w.Locals...) })
	d.Want("[ Apply ]")
	if c.Steps() != 0 {
		t.Error("something was written before Apply")
	}
}

func TestUndoTakesTheLastPlanBack(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	d.Press("ctrl+z").Want("nothing was changed yet").WantNot("┌")
	d.Press("*", "e", "tab", "enter", "esc").Press("ctrl+z").Want("Undo: set 2 RomM addresses", "[ Cancel ]", "+ bob@old.example")
	wantApplied(t, c, 1)
	d.Press("tab", "enter", "esc", "esc").Want("5 cannot sign in", "bob@old.example")
	d.Press("ctrl+z").Want("+ bob@example.org") // and the undo itself
}

func TestLongPlansScroll(t *testing.T) {
	t.Parallel()
	d := tuitest.New(t, tuitest.NewConsole(crowd(1000)))
	d.Press("/", "is:fixable", "enter", "*").Want("20 selected").Press("e").Want("20 changes to 20 objects", "of ", "↑ and ↓ scroll")
	d.WantNot(fmt.Sprintf("person%06d@old.example", 950)).Press("pgdown", "pgdown", "pgdown", "pgdown").Want(fmt.Sprintf("- person%06d@old.example", 950), "[ Cancel ]")
	d.Press("pgup", "pgup", "pgup", "pgup", "k").Want("20 changes to 20 objects")
}

func TestPinning(t *testing.T) {
	t.Parallel()
	d, c := start(t, tuitest.Size(120, 60))
	d.Press("p").Want("Pin Authentik's bob to the RomM account bob", "+ RomM account with id 3").Press("tab", "enter").Want("bob: pin is now RomM account with id 3")
	d.Press("p").Want("Unpin bob", "- RomM account with id 3", "+ not pinned").Press("esc")
	wantApplied(t, c, 1)
	d.Press("/", "dave", "enter", "p").Want("Which RomM account is dave?", "paired with").Press("heidi", "enter").Want("Pin Authentik's dave to the RomM account heidi")
	d.Press("esc", "esc", "/", "ctrl+u", "heidi", "enter", "p").Want("Which Authentik user is heidi?", "dave@example.org")
}
