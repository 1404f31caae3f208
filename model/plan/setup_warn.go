package plan

import (
	"fmt"
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
		out = append(out, c.losses()...)
		if text := shared(r.World, c); text != "" {
			out = append(out, text)
		}
	}
	p.Warning, p.Sharers = strings.Join(out, "; "), Sharers(r.World, p)
	return p
}

// PlanInverse builds the plan that takes p back, which was made a moment ago.
func Inverse(r *model.Review, p Plan) Plan { return warned(r, p.Inverse()) }

// TakesBack reports whether the guard would let p be taken back now.
func CanUndo(r *model.Review, p Plan) bool {
	_, _, err := Simulate(r, p.Inverse())
	return err == nil && len(p.Changes) > 0
}

// careful says what the change loses for good, or opens. A client secret is
// drawn by Authentik and stands in no plan or journal, and neither does a text
// that somebody else wrote, because there may be a secret in it (S32).
func (c Change) losses() (out []string) {
	say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
	switch c.Kind {
	case ChangeProvider:
		switch {
		case c.Before == "":
			say("Authentik draws a new client secret for %s: RomM has to be started with it, see `romm-admin setup env`", c.Label)
		case c.After == "":
			say("the client secret of %s goes with it: taking this back draws another one", c.Label)
		}
	case ChangeScopeMapping:
		before, after, err := c.ScopeMappings()
		if err != nil {
			return nil
		}
		if before != nil && before.Unknown != "" {
			say("the text that somebody gave the mapping %s is not kept: copy it from Authentik first, if it is needed", c.Label)
		}
		asked := ""
		if before != nil && before.Roles != nil {
			asked = before.Roles.Companion
		}
		if after != nil && after.Roles != nil && after.Roles.Companion != asked && model.Unprotected(after.Roles.Companion) {
			say(model.PlainCompanion)
		}
	}
	return out
}
