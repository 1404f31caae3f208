package plan

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// CheckShown holds a plan to what was shown of it, now that both sides were read
// again: what it does by the fresh reading must be no worse than what it did by
// the shown one, and what it promised there must still come about (S35). after
// and impact are the plan's simulation on fresh. A plan of which one part does
// not hold is refused as a whole: without that part nobody has seen it.
func CheckShown(ctx context.Context, shown, fresh, after *model.Review, impact Impact, p Plan) error {
	if p.Publishes() && !fresh.World.Roles.Same(shown.World.Roles) {
		return &model.Error{
			Code: model.CodeConflict, Msg: "in the meantime the role map changed, and the plan would publish the older one",
			Hint: "reload and look again",
		}
	}
	then, said, _ := Simulate(ctx, shown, p) // one that fails showed nothing
	if who := impact.WorseThan(said); len(who) > 0 {
		return &model.Error{
			Code: model.CodeConflict, Msg: fmt.Sprintf("in the meantime other things changed, and the plan would change the next login of %s too", model.Clean(who[0].Who.Raw())),
			Hint: "reload and look again at whom it concerns",
		}
	}
	if then != nil {
		if err := checkPromises(promises(then, said, p.subjects()), shown, fresh, after); err != nil {
			return err
		}
	}
	return CheckSharers(fresh.World, p)
}

// promises are the people of whom an impact says that they get in afterwards, or
// which role they get once they can, and those whom the plan is about and who get
// in before and after it alike. then is the review after the plan.
func promises(then *model.Review, said Impact, about subjects) []Delta {
	out := slices.Concat(said.CanSignIn, said.Accounts, said.Roles)
	for _, d := range said.StillOut {
		if d.Later() != "" && d.After.RoleAfter != model.RoleNone {
			out = append(out, d)
		}
	}
	for _, p := range then.Pairs {
		if is, known := outcome(p); known && is.OK() && about.has(p) {
			out = append(out, Delta{Who: p.Identity.Username, After: is})
		}
	}
	return out
}

// checkPromises returns a conflict that names the first person for whom the plan
// does not do any more what was promised, and why; nil if there is nobody.
func checkPromises(promised []Delta, shown, fresh, after *model.Review) error {
	if len(promised) == 0 {
		return nil
	}
	was, now, then := byUsername(shown), byUsername(fresh), byUsername(after)
	for _, d := range promised {
		p := then[d.Who]
		if p != nil && d.keptBy(*p) {
			continue
		}
		return &model.Error{
			Code: model.CodeConflict,
			Msg: fmt.Sprintf("in the meantime %s, and the plan would no longer do what was shown for %s: %s",
				moved(d.Who, was[d.Who], now[d.Who]), d.Who, brokenBy(after, p)),
			Hint: "reload and look again at what it does",
		}
	}
	return nil
}

func byUsername(r *model.Review) map[model.Untrusted]*model.Pair {
	out := make(map[model.Untrusted]*model.Pair, len(r.Pairs))
	for i, p := range r.Pairs {
		if p.Identity != nil {
			out[p.Identity.Username] = &r.Pairs[i]
		}
	}
	return out
}

// keptBy reports whether the person, as they are after the plan now, gets what
// was promised. Who was to get a new account and has made it meanwhile does.
func (d Delta) keptBy(p model.Pair) bool {
	is, known := outcome(p)
	if !d.After.OK() { // a role for the time when they can sign in
		return known && is.RoleAfter == d.After.RoleAfter ||
			p.Resolution != nil && p.Resolution.Role == d.After.RoleAfter
	}
	made := d.After.Outcome == model.Registers && is.Outcome == model.SignsIn && !p.Disputed()
	return known && is.OK() && is.RoleAfter == d.After.RoleAfter && is.SessionID == d.After.SessionID &&
		(is.UserID == d.After.UserID || made)
}

// moved says what is different about a person, as far as it can be told.
func moved(who model.Untrusted, was, now *model.Pair) string {
	switch {
	case now == nil:
		return fmt.Sprintf("%s is gone from Authentik", who)
	case was == nil:
		return fmt.Sprintf("%s is new in Authentik", who)
	case was.Identity.Active && !now.Identity.Active:
		return fmt.Sprintf("%s became inactive in Authentik", who)
	case was.Identity.Email != now.Identity.Email:
		return fmt.Sprintf("the address of %s in Authentik became %s", who, cmp.Or(now.Identity.Email, "empty"))
	case was.Verified && !now.Verified && now.Verdict != nil:
		return fmt.Sprintf("the address of %s is no longer verified", who)
	case !slices.Equal(was.Identity.Groups, now.Identity.Groups):
		return fmt.Sprintf("the groups of %s changed", who)
	case was.Local != nil && was.Local.Enabled && now.Local != nil && !now.Local.Enabled:
		return fmt.Sprintf("the RomM account of %s was disabled", who)
	}
	return fmt.Sprintf("other things changed that the next login of %s depends on", who)
}

// brokenBy says what the next login after the plan would be instead.
func brokenBy(after *model.Review, p *model.Pair) string {
	if p == nil || !p.Identity.Active {
		return "nobody could sign in so"
	}
	is, known := outcome(*p)
	switch {
	case !known:
		return "what the next login leads to would not be known"
	case !is.OK() && is.Status == 0:
		return "Authentik would refuse the next login"
	case !is.OK():
		status, text := is.Reply()
		return strings.TrimSpace(fmt.Sprintf("the next login would end in %d %s", status, model.Clean(strings.TrimSuffix(text, "."))))
	}
	return fmt.Sprintf("the next login would open %s as %s", accountName(after, is.UserID), is.RoleAfter)
}
