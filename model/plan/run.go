package plan

import (
	"context"
	"errors"
	"fmt"

	"github.com/romm-admin/romm-admin/model"
)

// Run is a plan that is being applied: it begins with both sides read again,
// goes on change by change, and ends after the last one, after a failure, or
// where somebody stops it. It is a value; each step gives the next one.
type Run struct {
	Plan  Plan
	ID    string      // of the plan, in the journal
	World model.World // as last read back
	// Admins is how many admins could sign in when the plan began.
	Admins int
	// Impact is that of the whole plan, as it was when it began.
	Impact Impact
	// Results are those of the changes that were tried, in order.
	Results []ChangeResult
}

// Next returns the change to try next; false when there is none left, or one
// has failed. One that a definition of attributes refused is about one person:
// the plan goes on, see CheckRest.
func (r Run) Next() (Change, bool) {
	done := len(r.Results)
	if done >= len(r.Plan.Changes) || done > 0 && r.Results[done-1].Err != nil && !r.refused() {
		return Change{}, false
	}
	return r.Plan.Changes[done], true
}

// refused reports whether a definition refused the last change that was tried.
func (r Run) refused() bool {
	done := len(r.Results)
	return done > 0 && errors.Is(r.Results[done-1].Err, model.ErrDefinition)
}

// CheckRest holds what is left after a refused change to the guards and to what
// was shown of the whole plan (S35): without that change it is another plan, and
// may lose the last admin, or keep the person out whom it was for.
func (r Run) CheckRest(ctx context.Context) error {
	if !r.refused() {
		return nil
	}
	rest := r.Plan
	rest.Changes = rest.Changes[len(r.Results):]
	_, impact, err := Simulate(ctx, model.Judge(r.World), rest)
	if err != nil {
		return fmt.Errorf("the rest of the plan, without what was refused: %w", err)
	}
	if who := impact.WorseThan(r.Impact); len(who) > 0 {
		return &model.Error{
			Code: model.CodeRefused,
			Msg:  fmt.Sprintf("without what was refused, the rest of the plan would change the next login of %s otherwise than it was shown", model.Clean(who[0].Who.Raw())),
			Hint: "do what the refusal says first, then plan the rest again",
		}
	}
	return nil
}

// Tried is the run after its next change: what became of it, and the world that
// was read back.
func (r Run) Tried(w model.World, outcome string, err error) Run {
	done := len(r.Results)
	r.World = w
	r.Results = append(r.Results[:done:done], ChangeResult{r.Plan.Changes[done], outcome, err})
	return r
}

// Report is the result of the run so far.
func (r Run) Report() Report { return Report{Plan: r.Plan, ID: r.ID, Results: r.Results} }

// ChangeResult is the result of one change.
type ChangeResult struct {
	Change Change
	// Outcome is as in the journal: a change may be made although something
	// else went wrong with it.
	Outcome string
	// Err is nil when the change was made, read back and recorded.
	Err error
}

// Report is the result of a plan: those of its changes so far, in order; the
// changes after the last one were not tried.
type Report struct {
	Plan    Plan
	ID      string // of the plan, in the journal; "" when it was not begun
	Results []ChangeResult
	// NoAdmin says that the plan took the right to sign in from an admin and that
	// afterwards none is left: somebody else, whom no lock of this machine holds,
	// took it from the others meanwhile (S5).
	NoAdmin bool
}

// NotBegun is the report of a plan that was refused before its first change.
func NotBegun(p Plan, err error) Report {
	out := Report{Plan: p, Results: []ChangeResult{{Outcome: OutcomeFailed, Err: err}}}
	if len(p.Changes) > 0 {
		out.Results[0].Change = p.Changes[0]
	}
	return out
}

// Made is the part of the plan that was applied.
func (r Report) Made() Plan {
	out := Plan{Title: r.Plan.Title}
	for _, x := range r.Results {
		if x.Outcome == OutcomeDone {
			out.Changes = append(out.Changes, x.Change)
		}
	}
	return out
}

// Done counts the changes that were made.
func (r Report) Done() int { return len(r.Made().Changes) }

// Unknown counts the changes of which it is not known whether they were made.
func (r Report) Unknown() (n int) {
	for _, x := range r.Results {
		if x.Outcome == OutcomeUnknown {
			n++
		}
	}
	return n
}

// Count says how far the plan came: "2 of 3 changes made", with ", 1 not known".
func (r Report) Count() string {
	if n := r.Unknown(); n > 0 {
		return fmt.Sprintf("%d of %d changes made, %d not known", r.Done(), len(r.Plan.Changes), n)
	}
	return fmt.Sprintf("%d of %d changes made", r.Done(), len(r.Plan.Changes))
}

// Err returns that no admin is left, and the first failure; nil if every change
// was made and nothing is wrong.
func (r Report) Err() error {
	var err error
	for _, x := range r.Results {
		if err = x.Err; err != nil {
			break
		}
	}
	if r.NoAdmin {
		return errors.Join(&model.Error{
			Code: model.CodePartial, Msg: "no admin can sign in to RomM any more: somebody else took it from another admin at the same time",
			Hint: "undo this plan at once: romm-admin history undo --plan " + model.ShellWord(model.Untrusted(r.ID), "ID"),
		}, err)
	}
	return err
}
