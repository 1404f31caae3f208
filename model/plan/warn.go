package plan

import (
	"context"
	"fmt"
	"slices"
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
		for _, text := range []string{shared(r.World, c), forgets(r.World, c)} {
			if text != "" {
				out = append(out, text)
			}
		}
	}
	p.Warning, p.Sharers = strings.Join(out, "; "), Sharers(r.World, p)
	return p
}

// WithTests says with the plan which of our mappings it has RomM's provider select
// untested, as the needs say (S11).
func (p Plan) WithTests(needs model.SetupNeeds) Plan {
	marks := p.selectsAnew()
	if needs.Untested == "" || len(marks) == 0 || p.Untested != nil { // it says so already
		return p
	}
	for _, ref := range marks {
		p.Untested = append(p.Untested, ref.Name)
	}
	p.Warning = joined(p.Warning, fmt.Sprintf("Authentik does not test %s before logins depend on it: %s", enumerated(p.Untested, maxSharers), needs.Untested))
	return p
}

// SelectsAnew reports whether RomM's provider selects one of our mappings after
// the plan and did not before, so that Authentik has to test it (S11).
func (p Plan) SelectsAnew() bool { return len(p.selectsAnew()) > 0 }

// joined puts one warning after another.
func joined(warnings ...string) string {
	return strings.Join(slices.DeleteFunc(warnings, func(w string) bool { return w == "" }), "; ")
}

// Inverse builds the plan that undoes p, which was applied a moment ago.
func Inverse(r *model.Review, p Plan) Plan { return withWarnings(r, p.Inverse()) }

// CanUndo reports whether the guard would let p be undone now.
func CanUndo(ctx context.Context, r *model.Review, p Plan) bool {
	_, _, err := Simulate(ctx, r, p.Inverse())
	return err == nil && len(p.Changes) > 0
}
