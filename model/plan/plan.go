package plan

import (
	"slices"

	"github.com/romm-admin/romm-admin/model"
)

// Plan is a list of changes that is shown before it is applied. Every
// write goes through one. Texts are only shown: what a plan is for is said by
// Purpose.
type Plan struct {
	Title   string
	Purpose Purpose
	Changes []Change
	// Command is the same plan as a command line, for the help line.
	Command string
	// Warning says what else the writes lose or change; "" if nothing.
	Warning string
	// Sharers are Authentik's providers, other than RomM's, that send something
	// else afterwards: they select a mapping that the plan changes. Warning
	// names them too.
	Sharers []model.Untrusted
	// Untested are our mappings that logins depend on afterwards without that
	// Authentik tested them before, because the token may not have them tested
	// (S11). Warning says so too.
	Untested []model.Untrusted
	// Accepts are the refusals that a person has accepted in words of their own,
	// see [Plan.LosesAccess] and [Plan.LosesLinks]. They are not stored.
	Accepts []Rule
}

// Purpose says what a plan is for where something depends on it. It is stored
// with the plan.
type Purpose string

// The purposes. A set-up that was cut short may be finished by several plans,
// and is undone together with them.
const (
	PurposeNone        Purpose = ""
	PurposeSetUp       Purpose = "set-up"
	PurposeFinishSetUp Purpose = "finish-set-up"
	// PurposeUndoSetUp undoes one of them, or a part of it.
	PurposeUndoSetUp Purpose = "undo-set-up"
)

// SetsUp reports whether it is a set-up, or finishes one.
func (p Purpose) SetsUp() bool { return p == PurposeSetUp || p == PurposeFinishSetUp }

// finishes is the purpose of a plan that finishes one of this purpose.
func (p Purpose) finishes() Purpose {
	switch {
	case p.SetsUp():
		return PurposeFinishSetUp
	case p == PurposeUndoSetUp:
		return p
	}
	return PurposeNone
}

// undoes is the purpose of a plan that undoes changes of plans of these
// purposes.
func undoes(entries []JournalEntry) Purpose {
	if slices.ContainsFunc(entries, func(e JournalEntry) bool { return e.Purpose.SetsUp() }) {
		return PurposeUndoSetUp
	}
	return PurposeNone
}

// LosesAccess is the plan that undoes a set-up, with the consent of a person to
// that no admin can sign in through Authentik afterwards: they have said that
// an admin of RomM signs in with a password, which RomM tells nobody. Nothing
// else that a guard refuses is accepted with it (S5).
func (p Plan) LosesAccess() Plan {
	if p.Purpose == PurposeUndoSetUp {
		p.Accepts = append(slices.Clone(p.Accepts), RuleLastAdmin)
	}
	return p
}

func (p Plan) acceptsLoss() bool { return p.accepts(RuleLastAdmin) && p.Purpose == PurposeUndoSetUp }

func (p Plan) accepts(r Rule) bool { return slices.Contains(p.Accepts, r) }

// Inverse returns the plan that undoes p: the changes in reverse order with
// before and after swapped.
func (p Plan) Inverse() Plan {
	out := Plan{Title: "undo: " + p.Title, Changes: make([]Change, 0, len(p.Changes))}
	for _, c := range slices.Backward(p.Changes) {
		out.Changes = append(out.Changes, c.inverse())
	}
	return out
}

// NewClientID is the placeholder for the client id of a provider that does not
// exist yet. It is drawn when the plan is applied, so that nobody copies an id
// that will never exist; no plan with it is written, see [Plan.WithClientID].
const NewClientID = "(new, drawn when it is applied)"

// NeedsClientID reports whether the plan has an id that is still to be drawn.
func (p Plan) NeedsClientID() bool {
	return slices.ContainsFunc(p.Changes, func(c Change) bool { return c.MakesProvider() && c.Object == NewClientID })
}

// WithClientID is the plan with an id that was drawn in the place of
// NewClientID, on the provider and on the application that holds it.
func (p Plan) WithClientID(id string) (Plan, error) {
	if !p.NeedsClientID() {
		return p, nil
	}
	p.Changes = slices.Clone(p.Changes)
	for i, c := range p.Changes {
		var err error
		if p.Changes[i], err = c.kind().withClientID(c, id); err != nil {
			return p, err
		}
	}
	return p, nil
}

// Publishes reports whether the plan writes a table of roles into Authentik.
func (p Plan) Publishes() bool { return slices.ContainsFunc(p.Changes, Change.publishes) }

// setsUp reports whether the plan changes an object of set-up.
func (p Plan) setsUp() bool { return slices.ContainsFunc(p.Changes, Change.setsUp) }
