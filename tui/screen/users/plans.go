package users

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
)

// job is an action on one person or many: whom it can be about, and the plan.
type job struct {
	verb string // "verify the address of"
	// id is the key that the plan needs; false when the person has none.
	id func(model.Pair) (int64, bool)
	// lacks says why somebody has no such key.
	lacks string
	plan  func(r *model.Review, ids ...int64) (plan.Plan, error)
}

func localID(p model.Pair) (int64, bool) {
	if p.Local == nil {
		return 0, false
	}
	return p.Local.ID, true
}

func identityPK(p model.Pair) (int64, bool) {
	if p.Identity == nil {
		return 0, false
	}
	return p.Identity.PK, true
}

const (
	noLocal    = "no RomM account"
	noIdentity = "no Authentik user"
)

func matchEmails() job {
	return job{"set the RomM e-mail of", localID, noLocal, plan.MatchEmails}
}

func trust() job {
	return job{"verify the address of", identityPK, noIdentity, plan.Trust}
}

func applyRole() job {
	return job{"write the role of", localID, noLocal, plan.RoleNow}
}

func enable(on bool) job {
	verb := map[bool]string{true: "enable", false: "disable"}[on]
	return job{verb, localID, noLocal, func(r *model.Review, ids ...int64) (plan.Plan, error) {
		return plan.Enabled(r, on, ids...)
	}}
}

// matchIdentities is the other direction: Authentik gets RomM's addresses.
func matchIdentities() job {
	return job{"set the Authentik e-mail of", identityPK, noIdentity, eachIdentity("set the Authentik e-mail of %d people to RomM's", toLocal)}
}

// pinPairs pins who is paired.
func pinPairs() job {
	return job{"pin", identityPK, noIdentity, eachIdentity("pin %d people to the RomM accounts that they pair with", toPin)}
}

// togglePin pins one pair, or takes its pin away.
func togglePin() job {
	return job{"pin", identityPK, noIdentity, func(r *model.Review, ids ...int64) (plan.Plan, error) {
		return eachIdentity("unpin or pin %d people", func(r *model.Review, p model.Pair) (plan.Plan, error) {
			if pinned(r, p) {
				return plan.Pin(r, p.Identity.PK, 0)
			}
			return toPin(r, p)
		})(r, ids...)
	}}
}

func pinned(r *model.Review, p model.Pair) bool {
	if p.Identity == nil {
		return false
	}
	now, _ := plan.Now(r.World, plan.Change{Kind: plan.ChangePin, Object: p.Identity.UID})
	return now != ""
}

func toLocal(r *model.Review, p model.Pair) (plan.Plan, error) {
	if p.Local == nil || !p.Local.HasEmail() {
		return plan.Plan{}, &model.Error{Code: model.CodeInvalid, Msg: "RomM has no address for this person"}
	}
	return plan.IDPEmail(r, p.Identity.PK, p.Local.Email.Raw())
}

func toPin(r *model.Review, p model.Pair) (plan.Plan, error) {
	if p.Local == nil {
		return plan.Plan{}, &model.Error{Code: model.CodeInvalid, Msg: "no RomM account is paired with this person"}
	}
	return plan.Pin(r, p.Identity.PK, p.Local.ID)
}

// eachIdentity joins the plans of several Authentik users into one; a single
// one keeps its own title and command.
func eachIdentity(title string, one func(*model.Review, model.Pair) (plan.Plan, error)) func(*model.Review, ...int64) (plan.Plan, error) {
	return func(r *model.Review, pks ...int64) (plan.Plan, error) {
		byPK := make(map[int64]model.Pair, len(r.Pairs))
		for _, p := range r.Pairs {
			if p.Identity != nil {
				byPK[p.Identity.PK] = p
			}
		}
		var out plan.Plan
		for _, pk := range pks {
			p, ok := byPK[pk]
			if !ok {
				return plan.Plan{}, &model.Error{Code: model.CodeNotFound, Msg: "this Authentik user is gone", Hint: "reload and look again"}
			}
			draft, err := one(r, p)
			if err != nil {
				return plan.Plan{}, err
			}
			if len(pks) == 1 {
				return draft, nil
			}
			out.Changes = append(out.Changes, draft.Changes...)
		}
		out.Title = fmt.Sprintf(title, len(pks))
		return out, nil
	}
}

// request asks for the plan of a job for these people. It is made in a
// command, and again when newer data comes in.
func (j job) request(people []model.Pair) screen.PlanReq {
	title := j.verb + " " + strconv.Itoa(len(people)) + " people"
	if len(people) == 1 {
		title = j.verb + " " + theme.Escape(people[0].Username().Raw())
	}
	return screen.PlanReq{Title: title, Make: func(r *model.Review) (screen.Draft, error) { return j.draft(r, people) }}
}

// draft plans for everybody for whom it is possible, and says of the others
// why it is not. That is asked one by one only if it is not possible for all.
func (j job) draft(r *model.Review, people []model.Pair) (screen.Draft, error) {
	var d screen.Draft
	var ids []int64
	names := map[int64]string{}
	for _, p := range people {
		name := theme.Escape(p.Username().Raw())
		id, ok := j.id(p)
		if !ok {
			d.Left = append(d.Left, screen.LeftOut{Who: name, Why: j.lacks})
			continue
		}
		ids, names[id] = append(ids, id), name
	}
	if len(ids) == 0 {
		return d, &model.Error{Code: model.CodeInvalid, Msg: "nobody of those selected " + hasNeeded(j.lacks), Hint: "select somebody else"}
	}
	draft, err := j.plan(r, ids...)
	if err != nil && len(ids) > 1 {
		var able []int64
		for _, id := range ids {
			if _, err := j.plan(r, id); err != nil {
				d.Left = append(d.Left, screen.LeftOut{Who: names[id], Why: brief(err)})
			} else {
				able = append(able, id)
			}
		}
		if len(able) == 0 {
			return d, &model.Error{Code: model.CodeInvalid, Msg: "this is possible for nobody of those selected", Hint: "the reasons stand below"}
		}
		draft, err = j.plan(r, able...)
		ids = able
	}
	if err != nil {
		return d, err
	}
	d.Plan = draft
	d.Left = append(d.Left, unchanged(draft, ids, names)...)
	return d, nil
}

func hasNeeded(lacks string) string {
	if lacks == noLocal {
		return "has a RomM account"
	}
	return "has an Authentik user"
}

// soAlready is why somebody is left out of whom nothing is to be changed.
const soAlready = "it is so already"

// brief is an error without its operation and cause.
func brief(err error) string {
	if model.CodeOf(err) == model.CodeNothing {
		return soAlready
	}
	var e *model.Error
	if errors.As(err, &e) {
		return model.Clean(e.Msg)
	}
	return model.Clean(err.Error())
}

// unchanged names the people of whom the plan changes nothing. Pins are known
// by another key, so plans of them are left alone.
func unchanged(p plan.Plan, ids []int64, names map[int64]string) []screen.LeftOut {
	has := make(map[string]bool, len(p.Changes))
	for _, c := range p.Changes {
		if c.Kind == plan.ChangePin {
			return nil
		}
		has[c.Object] = true
	}
	var out []screen.LeftOut
	for _, id := range ids {
		if !has[strconv.FormatInt(id, 10)] {
			out = append(out, screen.LeftOut{Who: names[id], Why: soAlready})
		}
	}
	return out
}
