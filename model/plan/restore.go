package plan

import (
	"context"
	"slices"

	"github.com/romm-admin/romm-admin/model"
)

// Restoration is what a backup changes when it is restored as a whole. Plan
// shows it and is never applied: the backup is written in one transaction.
type Restoration struct {
	Plan   Plan
	Impact Impact
	// Gone and Back are accounts of the embedded directory that only one of the
	// two has.
	Gone, Back []model.LocalUser

	before, after *model.Review // nil where nothing was compared
}

// Restore compares a backup with what is there, and holds it to the guards: of
// an embedded directory an enabled admin has to be left (S5). The restoration is
// valid even when a guard refuses it.
func Restore(ctx context.Context, r *model.Review, title string, to Store, accounts []model.LocalUser) (Restoration, error) {
	out := Restoration{Plan: FromStore(r, title, "", to), before: r}
	if r.World.RomM.Embedded {
		out.compare(r.World.Locals, accounts)
	}
	var err error
	if out.after, out.Impact, err = Simulate(ctx, r, out.Plan); err != nil {
		return out, err
	}
	if r.World.RomM.Embedded && r.Stats.Admins > 0 && countAdmins(accounts) == 0 {
		return out, refuse(RuleLastEmbeddedAdmin, "take another backup", "afterwards no account of the local directory would be an enabled admin")
	}
	return out, nil
}

// CheckShown holds a restoration, which was made from what was read again, to the
// one that was shown, as [CheckShown] does a plan: it changes the same, and what
// was promised of it still comes about (S35).
func (x Restoration) CheckShown(ctx context.Context, shown Restoration) error {
	sameAccount := func(a, b model.LocalUser) bool { return a.ID == b.ID }
	if (x.after == nil) != (shown.after == nil) || !slices.Equal(x.Plan.Changes, shown.Plan.Changes) ||
		!slices.EqualFunc(x.Gone, shown.Gone, sameAccount) || !slices.EqualFunc(x.Back, shown.Back, sameAccount) {
		return &model.Error{
			Code: model.CodeConflict, Msg: "in the meantime something else was changed that the backup would replace",
			Hint: "restore again and look at what is shown",
		}
	}
	if x.after == nil {
		return nil
	}
	return CheckShown(ctx, shown.before, x.before, x.after, x.Impact, x.Plan)
}

// compare finds accounts by id: those that both have change by themselves.
func (x *Restoration) compare(now, then []model.LocalUser) {
	old := make(map[int64]model.LocalUser, len(then))
	for _, u := range then {
		old[u.ID] = u
	}
	for _, u := range now {
		v, both := old[u.ID]
		if !both {
			x.Gone = append(x.Gone, u)
			continue
		}
		delete(old, u.ID)
		for _, c := range []Change{
			{Kind: ChangeLocalEmail, Before: u.Email, After: v.Email},
			{Kind: ChangeLocalRole, Before: model.Untrusted(u.Role), After: model.Untrusted(v.Role)},
			{Kind: ChangeLocalEnabled, Before: enabledText(u.Enabled), After: enabledText(v.Enabled)},
		} {
			if c.Before != c.After {
				c.Side, c.Object, c.Label, c.Reason = SideRomM, decimal(u.ID).Raw(), u.Username, "as in the backup"
				x.Plan.Changes = append(x.Plan.Changes, c)
			}
		}
	}
	for _, u := range then {
		if _, back := old[u.ID]; back {
			x.Back = append(x.Back, u)
		}
	}
}

func countAdmins(users []model.LocalUser) (n int) {
	for _, u := range users {
		if u.Enabled && u.Role == model.RoleAdmin {
			n++
		}
	}
	return n
}
