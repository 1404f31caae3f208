package plan

import (
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// TestRestoreSaysItsWayBack: no plan takes a restored backup back, and what
// does is said exactly, also of an entry that an older release wrote.
func TestRestoreSaysItsWayBack(t *testing.T) {
	t.Parallel()
	r := model.Judge(rooted())
	command := model.CommandLine("romm-admin", "backup", "restore", "/it's here/x.db.before")
	c := Restored("sum", "b.db", "x.db.before", command)
	older := Change{Kind: ChangeRestore, Object: "sum", Label: "b.db", Before: "x.db.before", After: "b.db", Reason: "the copy named as before holds what was there"}
	for hint, change := range map[string]Change{
		"`romm-admin backup restore '/it'\\''s here/x.db.before'` brings back what was there": c,
		"restore the copy of what was there, which is beside the database: x.db.before":       older,
	} {
		if _, err := Undo(r, journal("d", change)); model.CodeOf(err) != model.CodeInvalid || model.HintOf(err) != hint {
			t.Errorf("%v: %s", err, model.HintOf(err))
		}
		if _, err := Undo(r, journal("f", change)); model.CodeOf(err) != model.CodeInvalid || model.HintOf(err) == hint {
			t.Errorf("one that failed: %v: %s", err, model.HintOf(err))
		}
	}
	if p, err := Undo(r, journal("d", mail(1, "a@x.org", "root@x.org"))); err != nil || len(p.Changes) != 1 {
		t.Errorf("another change counts as a restore: %v", err)
	}
}
