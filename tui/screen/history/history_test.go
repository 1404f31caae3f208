package history_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// start opens History over the journal that past makes of the small world's.
func start(t *testing.T, past func([]plan.JournalEntry, plan.Interruption) ([]plan.JournalEntry, []plan.Interruption), options ...tuitest.Option) (*tuitest.Driver, *tuitest.Console) {
	t.Helper()
	c := tuitest.NewConsole(tuitest.World())
	entries, cut := tuitest.Past()
	cuts := []plan.Interruption{cut}
	if past != nil {
		entries, cuts = past(entries, cut)
	}
	c.Journal(entries, cuts...)
	return tuitest.New(t, c, options...).Press("5"), c
}

func none(e []plan.JournalEntry, _ plan.Interruption) ([]plan.JournalEntry, []plan.Interruption) {
	return e, nil
}

func TestNarrowToWhatIsAlike(t *testing.T) {
	t.Parallel()
	d, _ := start(t, none)
	d.Press("j", "j").WantCursor("kim").Press("p").Want(`2 of 6 match “plan:plan-a”`).WantCursor("kim").Want("bob")
	d.Press("esc").WantCursor("kim").Press("o").Want(`1 of 6 match “person:kim”`)
	d.Press("esc", "g", "j").WantCursor("erin").Press("w").Want(`2 of 6 match “actor:bea”`, "romm-admins")
	d, _ = start(t, nil)
	d.WantCursor("interrupted").Press("o").Want("an interrupted plan may be about several people").Press("p").Want(`2 of 7 match “plan:plan-c”`, "grace")
	d.Press("esc", "w").Want(`5 of 7 match “actor:ann”`)
	d.Press("/", "zzz", "enter", "p").Want("no change is selected")
}

// A name with blanks is found by all of its words.
func TestNarrowToANameOfSeveralWords(t *testing.T) {
	t.Parallel()
	d, _ := start(t, func(e []plan.JournalEntry, _ plan.Interruption) ([]plan.JournalEntry, []plan.Interruption) {
		e[0].Change.Label = "night  shift"
		return e, nil
	})
	d.Press("o").Want(`1 of 6 match “person:night person:shift”`)
}

// An interrupted plan is found by the people that it is about, begun or not.
func TestInterruptedPlansAreFoundByTheirPeople(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"grace", "carol"} {
		d, _ := start(t, nil)
		d.Press("/").Paste("person:" + name + " is:interrupted").Want("1 of 7").WantCursor("interrupted")
	}
}

func TestAnInterruptedPlanSaysHowFarItCame(t *testing.T) {
	t.Parallel()
	d, _ := start(t, func(e []plan.JournalEntry, cut plan.Interruption) ([]plan.JournalEntry, []plan.Interruption) {
		e[0].Outcome = plan.OutcomeOpen
		return e, []plan.Interruption{cut}
	})
	d.Want("0 of 2 changes are known to be made", "? grace RomM e-mail: — → grace@example.org, may have been made or not",
		"· carol RomM e-mail: — → carol@example.org, not begun", "Plan plan-c, by ann.")
}

// The newest line stays in sight; any other one stays under the cursor.
func TestTheCursorFollowsTheNewest(t *testing.T) {
	t.Parallel()
	newer := func(c *tuitest.Console) {
		entries, _ := tuitest.Past()
		e := entries[0]
		e.Seq, e.Change.Label, e.At = 7, "zoe", tuitest.Now().Add(time.Minute)
		c.Journal(append([]plan.JournalEntry{e}, entries...))
	}
	d, c := start(t, none)
	d.WantCursor("grace")
	newer(c)
	d.Press("r").WantCursor("zoe")
	d, c = start(t, none)
	d.Press("j").WantCursor("erin")
	newer(c)
	d.Press("r").WantCursor("erin").Want("zoe")
}

// A change of an object of several lines shows those that differ.
func TestChangesOfSeveralLines(t *testing.T) {
	t.Parallel()
	w := tuitest.World()
	w.Roles = w.Roles.With(model.RoleRow{Group: tuitest.Night, Name: "night-shift", Role: model.RoleUser})
	d := tuitest.New(t, tuitest.NewConsole(w)).Press("2", "P", "tab", "enter", "5")
	d.WantCursor("RomM Roles", "mapping", "+ night-shift (..00000a04): viewer").Want("entry 1", " + night-shift (..00000a04): viewer")
	d.Press("u").Want("Undo: publish the role map", "- night-shift (..00000a04): viewer").Press("tab", "enter")
	d.WantCursor("RomM Roles", "- night-shift (..00000a04): viewer").Press("2").Want("not published")
}

func TestALongJournalSaysThatItIsCut(t *testing.T) {
	t.Parallel()
	long := func(n int) func([]plan.JournalEntry, plan.Interruption) ([]plan.JournalEntry, []plan.Interruption) {
		return func(e []plan.JournalEntry, _ plan.Interruption) ([]plan.JournalEntry, []plan.Interruption) {
			out := make([]plan.JournalEntry, n)
			for i := range out {
				out[i] = e[0]
				out[i].Seq = int64(n - i)
			}
			return out, nil
		}
	}
	d, _ := start(t, long(screen.JournalLimit))
	d.Want(fmt.Sprintf("newest %d entries", screen.JournalLimit)).Press("U").Want("use `romm-admin history undo --plan`").WantNot("┌")
	d, _ = start(t, long(screen.JournalLimit-1))
	d.WantNot("newest")
}

func TestAJournalThatCannotBeReadAgainSaysSo(t *testing.T) {
	t.Parallel()
	d, c := start(t, nil)
	c.FailJournal(errors.New("disk gone"))
	d.Press("r").Want("journal not read again", "! The journal could not be read again: disk gone.").WantCursor("interrupted")
	c.FailJournal(nil)
	d.Press("r").WantNot("could not be read")
}

func TestNothingIsTakenBackWhenNothingMayBe(t *testing.T) {
	t.Parallel()
	d, _ := start(t, nil, tuitest.With(func(o *tui.Options) { o.ReadOnly = true }))
	for _, key := range []string{"u", "U", "enter", "c"} {
		d.Press(key).Want("this session is read-only").WantNot("┌").Press("esc")
	}
	d, _ = start(t, none)
	d.Press("c").Want("this is no interrupted plan").Press("/", "zzz", "enter", "u").Want("no change is selected").WantNot("┌")
	d, _ = start(t, func(e []plan.JournalEntry, _ plan.Interruption) ([]plan.JournalEntry, []plan.Interruption) {
		e[0].Outcome = plan.OutcomeOpen
		return e, nil
	})
	d.Press("u").Want("this change was never ended").WantNot("┌")
}

// Every mark has a word in the pane or the row, so that no colour is needed.
func TestOutcomesHaveWords(t *testing.T) {
	t.Parallel()
	d, _ := start(t, func(e []plan.JournalEntry, _ plan.Interruption) ([]plan.JournalEntry, []plan.Interruption) {
		e[0].Outcome = plan.OutcomeOpen
		return e, nil
	}, tuitest.With(func(o *tui.Options) { o.NoColor, o.ASCII = true, true }))
	d.Want(">? 2026", "Never ended").Press("j").Want(">x 2026", "Failed: RomM answered 409.")
	if strings.ContainsAny(d.Screen(), "▌→—") {
		t.Errorf("drawn characters on an ASCII terminal:\n%s", d.Screen())
	}
}

// What the pane has no room for can be read in a dialog at every size.
func TestDetails(t *testing.T) {
	t.Parallel()
	d, _ := start(t, nil, tuitest.Size(60, 15))
	d.Want("more lines, d shows all").Press("d").Want("Interrupted: set 2 addresses", "carol").Press("G").Want("Plan plan-c, by ann.")
	d.Press("esc", "G", "d").Want("+ heidi@wrong.example").Press("G").Want("session tty1")
	d.Press("esc", "/", "zzz", "enter", "d").Want("no change is selected").WantNot("┌")
}

// Who made a change is shown from 80 columns on, and leaves room for what it
// was, however long all names are; columns do not move while a filter narrows.
func TestWhoIsShownAtEightyColumns(t *testing.T) {
	t.Parallel()
	d, _ := start(t, none, tuitest.Size(80, 24))
	d.Want("11-23 02:37 bea        erin        RomM e-mail erin@example.org → x@example.…").Press("/", "actor:ann", "enter")
	d.Want("11-23 03:02 ann        grace       RomM e-mail — → grace@example.org")
	long := func(e []plan.JournalEntry, _ plan.Interruption) ([]plan.JournalEntry, []plan.Interruption) {
		e[0].Actor, e[0].Change.Label = "somebody-with-a-long-name", "another-one-with-a-long-name"
		e[1].Change.Kind = plan.ChangeTrustedEmail
		return e, nil
	}
	d, _ = start(t, long, tuitest.Size(80, 24))
	d.Want("11-23 03:02 somebody-… another-one… RomM e-mail     — → grace@example.org", "bea        erin         trusted address erin@example.org → x@ex")
	d, _ = start(t, long, tuitest.Size(79, 24))
	d.Want("11-23 03:02 another-one-wit… RomM e-mail ").WantNot("somebody-…")
}
