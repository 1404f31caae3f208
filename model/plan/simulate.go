package plan

import (
	"context"

	"github.com/romm-admin/romm-admin/model"
)

// Simulate applies the plan to a copy of the world and judges everybody
// again. err has CodeRefused when the guard forbids the plan, see [InTheWay]; after
// and impact are valid even then, so that a person sees why. A cancelled context
// gives neither.
func Simulate(ctx context.Context, r *model.Review, p Plan) (after *model.Review, impact Impact, err error) {
	after, impact, err = foresee(ctx, r, p)
	if err != nil {
		return nil, Impact{}, err
	}
	if err := guard(judged{r, after, p, impact}); err != nil {
		return after, impact, nameCulprit(ctx, r, p, err)
	}
	return after, impact, nil
}

// foresee is Simulate without the guards.
func foresee(ctx context.Context, r *model.Review, p Plan) (*model.Review, Impact, error) {
	e := newEditor(r.World)
	for _, c := range p.Changes {
		if err := ctx.Err(); err != nil {
			return nil, Impact{}, err
		}
		if err := e.apply(c); err != nil {
			return nil, Impact{}, err
		}
	}
	after := model.Judge(e.w)
	if err := ctx.Err(); err != nil {
		return nil, Impact{}, err
	}
	return after, compare(r, after, p.subjects()), nil
}
