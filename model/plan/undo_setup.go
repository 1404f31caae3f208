package plan

import (
	"fmt"

	"github.com/romm-admin/romm-admin/model"
)

// UndoSetUp builds the plan that undoes a set-up, which may have taken
// several plans. Unlike Undo it goes by the objects where the journal does
// not know: an entry that is still open, or one that failed, counts as made if
// its object is what it wanted, because the answer of Authentik may have been
// lost.
func UndoSetUp(r *model.Review, entries []JournalEntry) (Plan, error) {
	if len(entries) == 0 {
		return Plan{}, &model.Error{
			Code: model.CodeNotFound, Msg: "the journal has no set-up that could be undone", Hint: "see `romm-admin history`",
		}
	}
	entries = bySeq(entries)
	var made []Change
	for n, e := range entries {
		if e.Change.vouches() && !unchangedSince(r, e.Change, nil) {
			continue // somebody has vouched for another address since, or for none
		}
		if e.Outcome == OutcomeDone || unchangedSince(r, e.Change, entries[n+1:]) {
			made = append(made, e.Change)
		}
	}
	p, err := inversePlan(r, made)
	if err != nil {
		return Plan{}, err
	}
	if len(p.Changes) == 0 {
		return Plan{}, &model.Error{
			Code: model.CodeNothing, Msg: fmt.Sprintf("%s: this is undone already", SetupTitle), Hint: "nothing needs to be done",
		}
	}
	p.Title, p.Command, p.Purpose = "undo: "+SetupTitle, "romm-admin setup undo", PurposeUndoSetUp
	return withWarnings(r, p), nil
}

// unchangedSince reports whether the object was what the change wanted when the
// next change was made to it, or is so now.
func unchangedSince(r *model.Review, c Change, later []JournalEntry) bool {
	for _, e := range later {
		if e.Outcome == OutcomeDone && e.Change.Kind == c.Kind && e.Change.Object == c.Object {
			return c.same(e.Change.Before, c.After)
		}
	}
	now, ok := Current(r.World, c)
	return ok && c.same(now, c.After)
}
