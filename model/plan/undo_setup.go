package plan

import (
	"fmt"

	"github.com/romm-admin/romm-admin/model"
)

// UndoSetUp builds the plan that takes back a set-up, which may have taken
// several plans. Unlike Undo it goes by the objects where the journal does
// not know: an entry that is still open, or one that failed, counts as made if
// its object is what it wanted, because the answer of Authentik may have been
// lost.
func UndoSetUp(r *model.Review, entries []JournalEntry) (Plan, error) {
	if len(entries) == 0 {
		return Plan{}, &model.Error{
			Code: model.CodeNotFound, Msg: "the journal has no set-up that could be taken back", Hint: "see `romm-admin history`",
		}
	}
	entries = bySeq(entries)
	var made []Change
	for n, e := range entries {
		if e.Change.Kind == ChangeTrustedEmail && !stands(r, e.Change, nil) {
			continue // somebody has vouched for another address since, or for none
		}
		if e.Outcome == OutcomeDone || stands(r, e.Change, entries[n+1:]) {
			made = append(made, e.Change)
		}
	}
	p, err := back(r, made)
	if err != nil {
		return Plan{}, err
	}
	if len(p.Changes) == 0 {
		return Plan{}, &model.Error{
			Code: model.CodeNothing, Msg: fmt.Sprintf("%s: this is taken back already", SetupTitle), Hint: "nothing needs to be done",
		}
	}
	p.Title, p.Command, p.Purpose = "undo: "+SetupTitle, "romm-admin setup undo", PurposeUndoSetUp
	return warned(r, p), nil
}

// stands reports whether the object was what the change wanted when the next
// change was made to it, or is so now.
func stands(r *model.Review, c Change, later []JournalEntry) bool {
	for _, e := range later {
		if e.Outcome == OutcomeDone && e.Change.Kind == c.Kind && e.Change.Object == c.Object {
			return c.same(e.Change.Before, c.After)
		}
	}
	now, ok := Now(r.World, c)
	return ok && c.same(now, c.After)
}
