package tui_test

import (
	"errors"
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// past is the small world with a journal.
func past(t *testing.T, options ...tuitest.Option) (*tuitest.Driver, *tuitest.Console) {
	t.Helper()
	c := tuitest.NewConsole(tuitest.World())
	entries, cut := tuitest.Past()
	c.Journal(entries, cut)
	return tuitest.New(t, c, options...), c
}

func TestHistoryShowsWhoChangedWhat(t *testing.T) {
	t.Parallel()
	d, _ := past(t)
	d.Press("5").Want("[5 History]", "1 interrupted", "interrupted, 1 of 2 made: set 2 addresses").WantCursor("interrupted")
	d.Want("kim@old.example → kim@example.org", "user → admin", "x 2026-11-23 02:37 bea        erin")
	d.Press("G").Want("- no address", "+ heidi@wrong.example", "By ann, 2026-11-22 12:07:00", "Plan: set the RomM e-mail of heidi", "session tty1")
	d.Press("g", "j", "j").WantCursor("erin").Want("Failed: RomM answered 409.")
}

func TestHistoryFilters(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ typed, want, status string }{
		{"actor:bea", "erin", "2 of 7"},
		{"person:bob", "bob", "1 of 7"},
		{"plan:match", "kim", "2 of 7"},
		{"is:failed", "erin", "1 of 7"},
		{"is:interrupted", "interrupted", "1 of 7"},
		{"actor:ann !is:done", "interrupted", "1 of 7"},
		{"example.org kim", "kim", "1 of 7"},
		{"role", "romm-admins", "1 of 7"},
	} {
		d, _ := past(t)
		d.Press("5", "/").Paste(tc.typed).Want(tc.status).WantCursor(tc.want)
	}
	d, _ := past(t)
	d.Press("5", "/", "nothing", "enter").Want("Nothing matches “nothing”").Press("esc").WantCursor("interrupted")
}

func TestHistoryUndoesOneChange(t *testing.T) {
	t.Parallel()
	d, c := past(t)
	d.Press("5", "/", "person:bob", "enter", "u").Want("Undo: match addresses", "- bob@old.example", "+ robert@old.example")
	wantApplied(t, c, 0)
	d.Press("tab", "enter").Want("bob: RomM e-mail is now robert@old.example")
	d.Press("esc").Want("bob@old.example → robert@old.example") // the undo is an entry too
}

func TestHistoryUndoesAPlan(t *testing.T) {
	t.Parallel()
	d, c := past(t)
	d.Press("5", "/", "person:kim", "enter", "U").Want("2 changes to 2 objects", "+ kim@old.example", "+ robert@old.example")
	d.Press("tab", "enter").Want("2 of 2 changes made.", "+ kim")
	wantApplied(t, c, 1)
}

// proves S35: what was changed since is not undone blindly.
func TestHistoryRefusesWhatChangedSince(t *testing.T) {
	t.Parallel()
	d, c := past(t)
	d.Press("5", "G", "u").Want("heidi@elsewhere.example", "neither", "It was changed again since").WantNot("[ Apply ]")
	d.Press("esc", "/", "is:failed", "enter", "u").Want("this change failed, so there is nothing to undo").WantNot("┌")
	wantApplied(t, c, 0)
}

// proves R15: a plan that was cut short is finished or undone, and closed.
func TestHistoryEndsInterruptedPlans(t *testing.T) {
	t.Parallel()
	d, c := past(t)
	d.Want("! A plan was cut short: finish it or undo it")
	d.Press("5", "enter").Want("Finish: set 2 addresses", "RomM account carol", "+ carol@example.org").WantNot("RomM account grace")
	d.Press("tab", "enter").Want("the interrupted plan is closed: set 2 addresses").WantNot("1 interrupted", "was cut short")
	if got := c.Settled(); len(got) != 1 || got[0] != "plan-c" {
		t.Errorf("settled %v", got)
	}
	d, c = past(t)
	d.Press("5", "u").Want("Undo: set 2 addresses", "RomM account grace", "- grace@example.org").Press("tab", "enter").Want("is closed")
	wantApplied(t, c, 1)
	// Nothing is left to do: the record is closed alone.
	d, c = past(t)
	c.Edit(func(w *model.World) {
		w.Locals = append([]model.LocalUser(nil), w.Locals...)
		w.Locals[3].Email = "carol@example.org"
	})
	d.Press("r", "5", "enter").Want("Nothing is left to change").Press("tab", "enter").Want("is closed")
	wantApplied(t, c, 0)
}

// A plan that fails on the way is not closed.
func TestHistoryKeepsWhatCouldNotBeEnded(t *testing.T) {
	t.Parallel()
	d, c := past(t)
	c.FailChanges(errors.New("RomM is down"))
	d.Press("5", "enter", "tab", "enter").Want("RomM is down", "1 interrupted")
	if len(c.Settled()) != 0 {
		t.Error("a plan that failed again was closed")
	}
}

func TestHistoryWithoutAJournal(t *testing.T) {
	t.Parallel()
	c := tuitest.NewConsole(tuitest.World())
	tuitest.New(t, c).Press("5").Want("Nothing was changed yet.")
	c.FailJournal(errors.New("disk gone"))
	d := tuitest.New(t, c).Press("5").Want("The journal could not be read.", "Disk gone.")
	c.FailJournal(nil)
	d.Press("r").Want("Nothing was changed yet.")
}

// A change that was undone says so, also when somebody else did it, and one
// that was made again after that does not.
func TestHistorySaysWhatWasSetBack(t *testing.T) {
	t.Parallel()
	d, _ := past(t)
	d.Press("5", "/", "person:bob", "enter").WantNot("Undone by").Press("u", "tab", "enter").Want("robert@old.example").Press("esc")
	d.Press("5", "/", "ctrl+u", "person:bob", "enter", "g").WantNot("Undone by").Press("j").Want("Undone by entry ")
	d.Press("g", "u", "tab", "enter").Press("esc", "/", "ctrl+u", "person:bob", "enter", "g").WantNot("Undone by")
	d.Press("j").Want("Undone by entry ")
}
