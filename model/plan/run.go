package plan

import "github.com/romm-admin/romm-admin/model"

// Run is a plan that is being applied: it begins with both sides read again,
// goes on change by change, and ends after the last one, after a failure, or
// where somebody stops it. It is a value; each step gives the next one.
type Run struct {
	Plan  Plan
	ID    string      // of the plan, in the journal
	World model.World // as last read back
	// Results are those of the changes that were tried, in order.
	Results []ChangeResult
}

// Next returns the change to try next; false when there is none left, or one
// has failed.
func (r Run) Next() (Change, bool) {
	done := len(r.Results)
	if done >= len(r.Plan.Changes) || done > 0 && r.Results[done-1].Err != nil {
		return Change{}, false
	}
	return r.Plan.Changes[done], true
}

// Tried is the run after its next change, with the world that was read back.
func (r Run) Tried(w model.World, err error) Run {
	done := len(r.Results)
	r.World = w
	r.Results = append(r.Results[:done:done], ChangeResult{r.Plan.Changes[done], err})
	return r
}

// Report is the result of the run so far.
func (r Run) Report() Report { return Report{r.Plan, r.Results} }

// ChangeResult is the result of one change.
type ChangeResult struct {
	Change Change
	// Err is nil when the change was made and read back.
	Err error
}

// Report is the result of a plan: those of its changes so far, in order; the
// changes after the first failure were not tried.
type Report struct {
	Plan    Plan
	Results []ChangeResult
}

// NotBegun is the report of a plan that was refused before its first change.
func NotBegun(p Plan, err error) Report {
	out := Report{Plan: p, Results: []ChangeResult{{Err: err}}}
	if len(p.Changes) > 0 {
		out.Results[0].Change = p.Changes[0]
	}
	return out
}

// Made is the part of the plan that was applied.
func (r Report) Made() Plan {
	out := Plan{Title: r.Plan.Title}
	for _, x := range r.Results {
		if x.Err == nil {
			out.Changes = append(out.Changes, x.Change)
		}
	}
	return out
}

// Done counts the changes that were made.
func (r Report) Done() int { return len(r.Made().Changes) }

// Err returns the first failure, nil if every change was made.
func (r Report) Err() error {
	for _, x := range r.Results {
		if x.Err != nil {
			return x.Err
		}
	}
	return nil
}
