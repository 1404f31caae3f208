package widget

import (
	"fmt"
	"strings"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// radius is the blast radius in one line. Who gets in and who no longer does is
// always shown, the rest where there is any.
func (p Preview) radius() string {
	objects := map[string]bool{}
	sides := map[plan.Side]int{}
	for _, c := range p.Plan.Changes {
		objects[string(c.Side)+c.Object] = true
		sides[c.Side]++
	}
	many := len(p.Plan.Changes) > 1
	parts := []string{"1 change"}
	if many {
		parts[0] = fmt.Sprintf("%d changes to %s", len(p.Plan.Changes), model.Counted(len(objects), "object", "objects"))
	}
	for _, s := range []struct {
		side plan.Side
		name string
	}{{plan.SideRomM, "in RomM"}, {plan.SideAuthentik, "in Authentik"}, {plan.SideRoleMap, "in the role map"}} {
		switch n := sides[s.side]; {
		case n > 0 && many:
			parts = append(parts, fmt.Sprintf("%d %s", n, s.name))
		case n > 0:
			parts = append(parts, s.name)
		}
	}
	im := p.impact
	logins := fmt.Sprintf(". Next logins: %d more can sign in, %d no longer", len(im.CanSignIn), len(im.CannotSignIn))
	for _, part := range []struct {
		n    int
		what string
	}{
		{len(im.Takeovers), "may get somebody else's session"},
		{len(im.Accounts), "into another account"},
		{len(im.Roles), "with another role"},
		{len(im.StillOut), "still not"},
	} {
		if part.n > 0 {
			logins += fmt.Sprintf(", %d %s", part.n, part.what)
		}
	}
	return strings.Join(parts, ", ") + logins + "."
}
