package plan

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// warned says with the plan what its changes of set-up lose that no plan brings
// back, what they open, and whom else they concern.
func warned(r *model.Review, p Plan) Plan {
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

// forgets says that a change leaves the roles mapping without the companion that
// it asked, or may have asked; "" if it does not.
func forgets(w model.World, c Change) string {
	if c.Kind != ChangeScopeMapping || c.Object != model.MarkRoles {
		return ""
	}
	before, after, err := c.ScopeMappings()
	if err != nil || before == nil || after == nil || after.Roles == nil || after.Roles.Companion != "" {
		return ""
	}
	asked := w.Setup.TextCompanion
	if before.Roles != nil {
		asked = &before.Roles.Companion
	}
	switch {
	case asked == nil:
		return "whether the text of " + c.Label.String() + " asked a companion is not known, and afterwards none is asked: name it with --companion, if there is one"
	case *asked != "":
		return "the companion at " + model.Clean(*asked) + " is not asked any more: logins get the roles of the published table"
	}
	return ""
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

func (p Plan) selectsAnew() []model.Ref {
	var out []model.Ref
	for _, c := range p.Changes {
		if c.Kind != ChangeProvider {
			continue
		}
		before, after, err := c.Providers()
		if err != nil || after == nil {
			continue
		}
		for _, ref := range after.Mappings {
			if (ref.ID == model.MarkEmail || ref.ID == model.MarkRoles) && (before == nil || !before.Selects(ref.ID)) {
				out = append(out, ref)
			}
		}
	}
	return out
}

// joined puts one warning after another.
func joined(warnings ...string) string {
	return strings.Join(slices.DeleteFunc(warnings, func(w string) bool { return w == "" }), "; ")
}

// Inverse builds the plan that takes p back, which was made a moment ago.
func Inverse(r *model.Review, p Plan) Plan { return warned(r, p.Inverse()) }

// CanUndo reports whether the guard would let p be undone now.
func CanUndo(ctx context.Context, r *model.Review, p Plan) bool {
	_, _, err := Simulate(ctx, r, p.Inverse())
	return err == nil && len(p.Changes) > 0
}
