package users

import (
	"context"
	"slices"
	"strconv"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
)

// builder makes the plan about people, by the keys of one side.
type builder = func(ctx context.Context, r *model.Review, ids ...int64) (plan.Draft, error)

// side is the one of the two that an action needs people to have.
type side struct {
	id    func(model.Pair) int64 // 0 when the person has none
	lacks string                 // why somebody is left out
	has   string                 // what nobody of those selected does
}

var (
	onRomM      = side{model.Pair.LocalID, "no RomM account", "has a RomM account"}
	onAuthentik = side{model.Pair.IdentityPK, "no Authentik user", "has an Authentik user"}
)

// job is an action on one person or many: whom it can be about, and the plan.
type job struct {
	verb string // "verify the address of"
	side side
	plan builder
}

func matchEmails() job { return job{"set the RomM e-mail of", onRomM, plan.MatchEmails} }

func trust() job { return job{"verify the address of", onAuthentik, plan.Trust} }

func applyRole() job { return job{"write the role of", onRomM, plan.RoleNow} }

func enable(on bool) job {
	verb := map[bool]string{true: "enable", false: "disable"}[on]
	return job{verb, onRomM, func(ctx context.Context, r *model.Review, ids ...int64) (plan.Draft, error) {
		return plan.Enabled(ctx, r, on, ids...)
	}}
}

// matchIdentities is the other direction: Authentik gets RomM's addresses.
func matchIdentities() job {
	return job{"set the Authentik e-mail of", onAuthentik, plan.MatchIdentities}
}

// pinPairs pins who is paired.
func pinPairs() job { return job{"pin", onAuthentik, plan.PinPairs} }

// togglePin pins one pair, or takes its pin away.
func togglePin() job { return job{"pin", onAuthentik, plan.TogglePins} }

func pinned(r *model.Review, p model.Pair) bool {
	return p.Identity != nil && plan.Pinned(r, *p.Identity)
}

// request asks for the plan of a job for these people. It is made in a
// command, and again when newer data comes in.
func (j job) request(people []model.Pair) screen.PlanReq {
	title := j.verb + " " + strconv.Itoa(len(people)) + " people"
	if len(people) == 1 {
		title = j.verb + " " + theme.Escape(people[0].Username().Raw())
	}
	return screen.PlanReq{Title: title, Make: func(ctx context.Context, r *model.Review) (plan.Draft, error) {
		return j.draft(ctx, r, people)
	}}
}

// draft plans for everybody who is on that side.
func (j job) draft(ctx context.Context, r *model.Review, people []model.Pair) (plan.Draft, error) {
	var ids []int64
	var lacking []plan.LeftOut
	for _, p := range people {
		if id := j.side.id(p); id != 0 {
			ids = append(ids, id)
		} else {
			lacking = append(lacking, plan.LeftOut{Who: p.Username(), Why: &model.Error{Code: model.CodeInvalid, Msg: j.side.lacks}})
		}
	}
	if len(ids) == 0 {
		return plan.Draft{Left: lacking}, &model.Error{Code: model.CodeInvalid, Msg: "nobody of those selected " + j.side.has, Hint: "select somebody else"}
	}
	d, err := j.plan(ctx, r, ids...)
	d.Left = append(slices.DeleteFunc(lacking, func(l plan.LeftOut) bool { return getsAccount(d.Plan, l.Who) }), d.Left...)
	return d, err
}

// getsAccount reports whether somebody without a RomM account gets one that the
// plan gives their address, because it carried another's.
func getsAccount(p plan.Plan, who model.Untrusted) bool {
	name, _ := model.UsernameKey(who)
	return slices.ContainsFunc(p.Changes, func(c plan.Change) bool {
		account, _ := model.UsernameKey(c.Label)
		return c.Side == plan.SideRomM && c.After != "" && account == name
	})
}
