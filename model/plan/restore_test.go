package plan

import (
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// TestRestoreSaysItsWayBack: no plan undoes a restored backup, and what does
// is said exactly, also of an entry that an older release wrote.
func TestRestoreSaysItsWayBack(t *testing.T) {
	t.Parallel()
	r := model.Judge(rooted())
	command := model.CommandLine("romm-admin", "backup", "restore", "/it's here/x.db.before")
	e := Restored("sum", "b.db", "x.db.before", command)
	older := JournalEntry{Change: e.Change}
	for hint, e := range map[string]JournalEntry{
		"`romm-admin backup restore '/it'\\''s here/x.db.before'` restores what was there": e,
		"restore the copy of what was there, which is beside the database: x.db.before":    older,
	} {
		e.Seq, e.Outcome = 1, OutcomeDone
		if _, err := Undo(r, []JournalEntry{e}); model.CodeOf(err) != model.CodeInvalid || model.HintOf(err) != hint {
			t.Errorf("%v: %s", err, model.HintOf(err))
		}
		e.Outcome = OutcomeFailed
		if _, err := Undo(r, []JournalEntry{e}); model.CodeOf(err) != model.CodeInvalid || model.HintOf(err) == hint {
			t.Errorf("one that failed: %v: %s", err, model.HintOf(err))
		}
	}
	if p, err := Undo(r, journal("d", mail(1, "a@x.org", "root@x.org"))); err != nil || len(p.Changes) != 1 {
		t.Errorf("another change counts as a restore: %v", err)
	}
}
