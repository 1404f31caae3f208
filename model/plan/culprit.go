package plan

import (
	"context"
	"errors"

	"github.com/romm-admin/romm-admin/model"
)

// inTheWay is the refusal of a guard with the change that is its cause.
type inTheWay struct {
	error
	change Change
	only   bool // the plan has no other
}

func (e inTheWay) Unwrap() error { return e.error }

// Error names the change where there are others that could be made.
func (e inTheWay) Error() string {
	if e.only {
		return e.error.Error()
	}
	return model.Clean(e.error.Error() + "; the change in the way: " + e.change.Words().About + " " + e.change.Label.String())
}

// InTheWay returns the change that a refused plan would have to do without; false
// if that is not known, or no change is the cause.
func InTheWay(err error) (Change, bool) {
	var e inTheWay
	ok := errors.As(err, &e)
	return e.change, ok
}

// nameCulprit adds to a refusal the change after which the guard says no for that
// reason, and before which it does not. It is found by halving, so that a plan of
// ten thousand changes is judged some fourteen times.
func nameCulprit(ctx context.Context, r *model.Review, p Plan, refusal error) error {
	rule := model.RuleOf(refusal)
	if rule == "" || model.RuleOf(guard(judged{before: r, after: r, plan: Plan{Purpose: p.Purpose}})) == rule {
		return refusal // it is so without any change
	}
	refusedAt := len(p.Changes)
	for passes := 0; refusedAt-passes > 1; {
		part := p
		part.Changes = p.Changes[:passes+(refusedAt-passes)/2]
		after, impact, err := foresee(ctx, r, part)
		switch {
		case err != nil:
			return refusal
		case model.RuleOf(guard(judged{r, after, part, impact})) == rule:
			refusedAt = len(part.Changes)
		default:
			passes = len(part.Changes)
		}
	}
	if refusedAt == 0 {
		return refusal
	}
	return inTheWay{refusal, p.Changes[refusedAt-1], len(p.Changes) == 1}
}
