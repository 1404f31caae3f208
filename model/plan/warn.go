package plan

import (
	"context"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// withWarnings says with the plan what its changes of set-up lose that no plan
// restores, what they open, and whom else they concern.
func withWarnings(r *model.Review, p Plan) Plan {
	var out []string
	if p.Warning != "" {
		out = append(out, p.Warning)
	}
	for _, c := range p.Changes {
		out = append(out, c.kind().losses(c)...)
		if text := shared(r.World, c); text != "" {
			out = append(out, text)
		}
	}
	p.Warning, p.Sharers = strings.Join(out, "; "), Sharers(r.World, p)
	return p
}

// Inverse builds the plan that undoes p, which was applied a moment ago.
func Inverse(r *model.Review, p Plan) Plan { return withWarnings(r, p.Inverse()) }

// CanUndo reports whether the guard would let p be undone now.
func CanUndo(ctx context.Context, r *model.Review, p Plan) bool {
	_, _, err := Simulate(ctx, r, p.Inverse())
	return err == nil && len(p.Changes) > 0
}
