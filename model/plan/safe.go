package plan

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/romm-admin/romm-admin/model"
)

// SafeFixes builds the plan of all safe e-mail fixes. Accounts that swap
// addresses, in a ring of any length, are parked: one of them is cleared
// first, so that no two accounts ever carry one address. An account that gives up
// the address with which somebody else signs in is fixed together with that
// person's own; where that is not possible, neither is, and the draft says why.
// A fix whose address is held by an account that keeps it is left out, and so is
// one for which a guard would refuse the whole plan.
func SafeFixes(ctx context.Context, r *model.Review) (Draft, error) {
	var b batch
	f := fixes{r: r, targets: map[int64]model.Untrusted{}}
	for _, p := range r.Pairs {
		if to, ok := p.SafeFix(); ok {
			f.targets[p.Local.ID] = model.Untrusted(to)
		}
	}
	f.addOwners()
	f.dropUnwritable(&b)
	changes, err := f.withoutHarm(ctx, &b)
	if err != nil {
		return Draft{}, err
	}
	if len(changes) == 0 {
		return b.Draft, nothingSafe(r)
	}
	b.add(changes...)
	b.Plan.Title = fmt.Sprintf("set %s to what Authentik sends, verified", model.Counted(len(f.targets), "RomM address", "RomM addresses"))
	b.Plan.Command, b.Everybody = "romm-admin users fix", true
	return b.Draft, nil
}

// fixes are the addresses that accounts get, while it is found out which of them
// are safe.
type fixes struct {
	r       *model.Review
	targets map[int64]model.Untrusted // by account
}

// addOwners adds those who sign in to one of the accounts by an address that it
// gives up, where their own account can have it. Their accounts may give up
// somebody else's address in turn.
func (f *fixes) addOwners() {
	opens := map[int64][]*model.Pair{} // by account, those who sign in to it and have another
	for i := range f.r.Pairs {
		p := &f.r.Pairs[i]
		if v := p.Verdict; v != nil && v.Opens() && p.LocalID() != v.UserID {
			opens[v.UserID] = append(opens[v.UserID], p)
		}
	}
	todo := make([]int64, 0, len(f.targets))
	for id := range f.targets {
		todo = append(todo, id)
	}
	for i := 0; i < len(todo); i++ {
		for _, p := range opens[todo[i]] {
			to, ok := p.SafeFixWith()
			if _, known := f.targets[p.LocalID()]; !ok || known {
				continue
			}
			f.targets[p.LocalID()] = model.Untrusted(to)
			todo = append(todo, p.LocalID())
		}
	}
}

// dropUnwritable leaves out what RomM is certain to refuse us. If that is all, it
// stays: the plan is refused for it, which says more than an empty one.
func (f *fixes) dropUnwritable(b *batch) {
	var left []LeftOut
	var ids []int64
	for _, id := range slices.Sorted(maps.Keys(f.targets)) {
		u, _ := f.r.Account(id)
		if why := callerRefuses(f.r.World, Change{Kind: ChangeLocalEmail, Object: decimal(id).Raw(), Label: u.Username}); why != nil {
			left, ids = append(left, LeftOut{u.Username, why}), append(ids, id)
		}
	}
	if len(ids) == len(f.targets) {
		return
	}
	b.Left = append(b.Left, left...)
	for _, id := range ids {
		delete(f.targets, id)
	}
}

// withoutHarm returns the changes that leave nobody outside who can sign in now,
// and give nobody a new account or somebody else's session. What would is left
// out with the reason; then everybody is judged again, because others may have
// depended on it.
func (f *fixes) withoutHarm(ctx context.Context, b *batch) ([]Change, error) {
	for {
		changes, blocked := moveEmails(f.r, f.targets)
		for _, id := range blocked {
			f.leave(b, id, "another RomM account keeps the address that Authentik sends for this one")
		}
		if len(changes) == 0 {
			return nil, nil
		}
		after, impact, err := foresee(ctx, f.r, Plan{Changes: changes})
		if err != nil {
			return nil, err
		}
		if !f.dropHarm(b, impact) && !f.dropRefused(ctx, b, judged{f.r, after, Plan{Changes: changes}, impact}) {
			return changes, nil
		}
	}
}

// dropRefused removes the change for which a guard would refuse the plan; false if
// none would. Where no change is the cause, such as from half a list, the plan
// stays as it is, and is refused.
func (f *fixes) dropRefused(ctx context.Context, b *batch, j judged) bool {
	refusal := guard(j)
	if refusal == nil {
		return false
	}
	c, found := InTheWay(nameCulprit(ctx, j.before, j.plan, refusal))
	id, err := strconv.ParseInt(c.Object, 10, 64)
	if _, ok := f.targets[id]; !found || err != nil || !ok || callerRefuses(f.r.World, c) != nil { // see dropUnwritable
		return false
	}
	b.leave(c.Label, refusal)
	delete(f.targets, id)
	return true
}

// dropHarm removes the changes by which somebody would be worse off; false if
// nobody would.
func (f *fixes) dropHarm(b *batch, impact Impact) bool {
	own := map[model.Untrusted]int64{}
	for _, p := range f.r.Pairs {
		if p.Identity != nil {
			own[p.Identity.Username] = p.LocalID()
		}
	}
	dropped := false
	drop := func(d Delta, why string) {
		for _, id := range []int64{d.Before.UserID, own[d.Who], d.After.UserID} {
			if _, ok := f.targets[id]; ok {
				f.leave(b, id, fmt.Sprintf(why, d.Who))
				delete(f.targets, id)
				dropped = true
				return
			}
		}
	}
	for _, d := range impact.CannotSignIn {
		drop(d, "%s signs in by the address that it has now, and could not any more")
	}
	for _, d := range impact.Accounts {
		if d.After.Outcome == model.Registers {
			drop(d, "%s signs in by the address that it has now, and would get a new account")
		}
	}
	for _, d := range impact.Takeovers {
		drop(d, "a login of %s might end up in somebody else's session")
	}
	return dropped
}

func (f *fixes) leave(b *batch, id int64, why string) {
	u, _ := f.r.Account(id)
	b.leave(u.Username, &model.Error{Code: model.CodeConflict, Msg: why, Hint: "see whom, and why: romm-admin users list --problems"})
}

// nothingSafe says that there is no address to fix without asking, and how many
// people need somebody who decides.
func nothingSafe(r *model.Review) error {
	left := r.Stats.Problems
	if left == 0 {
		return &model.Error{Code: model.CodeNothing, Msg: "no address has to be fixed", Hint: "nothing needs to be done"}
	}
	return &model.Error{
		Code: model.CodeNothing, Msg: "no address can be fixed safely; " + model.Counted(left, "person needs", "people need") + " a decision",
		Hint: "see whom, and why: romm-admin users list --problems",
	}
}
