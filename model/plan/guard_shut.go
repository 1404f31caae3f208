package plan

import (
	"slices"

	"github.com/romm-admin/romm-admin/model"
)

// guardShut holds a plan to what would be if nothing stood in the way of the
// logins: what keeps people out now, such as a setting of RomM that romm-admin
// was told wrongly, a binding, or OIDC that is off, goes some day without a plan
// of ours, and opens what was prepared meanwhile (S4, S5).
func guardShut(before, after *model.Review, p Plan) error {
	if !anyoneBlocked(after) {
		return nil
	}
	b, a := unblocked(before), unblocked(after)
	impact := compare(b, a, p.subjects())
	if err := guardPeople(b, a, impact); err != nil {
		return err
	}
	if !allBlocked(before) || !allBlocked(after) || p.setsUp() && !onlySettingsBlock(before.World) {
		return nil // nobody loses anything by a set-up that nobody uses yet
	}
	return guardAdmins(b, a, p, impact)
}

// closed reports whether nobody at all can sign in, whatever the claims are.
func allBlocked(r *model.Review) bool {
	w := r.World
	return !w.Provider.Found || w.Settings.Disabled || w.Blocked() != "" || w.Unreadable() != ""
}

// told reports whether only what romm-admin was told of RomM's settings says
// that nobody can sign in: they may be RomM's no longer.
func onlySettingsBlock(w model.World) bool {
	if w.Blocked() == "" || w.Settings.Disabled || w.Unreadable() != "" {
		return false
	}
	w.Settings.ClientID, w.Settings.RedirectURI, w.Setup.SecretDiffers = "", "", false
	return w.Blocked() == ""
}

// shut reports whether something besides the claims keeps anybody out.
func anyoneBlocked(r *model.Review) bool {
	if allBlocked(r) {
		return true
	}
	for _, p := range r.Pairs {
		if p.Barred != "" {
			return true
		}
	}
	return false
}

// open judges everybody as if nothing stood in the way.
func unblocked(r *model.Review) *model.Review {
	w := r.World
	w.Settings.Disabled = false
	w.Setup.Known, w.Setup.Bindings = false, nil
	if w.Setup.Provider != nil {
		p := *w.Setup.Provider
		p.SigningKey, p.EncryptionKey = model.Ref{ID: "any"}, model.Ref{}
		w.Setup.Provider = &p
	}
	return model.Judge(w)
}

// setsUp reports whether the plan changes an object of set-up.
func (p Plan) setsUp() bool {
	for _, c := range p.Changes {
		if c.ofSetup() {
			return true
		}
	}
	return false
}

// demotes returns somebody whose next login takes the role admin from their
// RomM account, and did not before, when that leaves RomM without an enabled
// admin; nil if there is nobody. RomM itself does so down to the last one
// (reference/romm.md 3, row 16), and then lets anybody create an admin.
func demotes(r *model.Review, before *model.Review) *model.Pair {
	was := make(map[int64]bool)
	for _, p := range before.Pairs {
		if p.Identity != nil && p.Has(model.FindingAdminLoss) {
			was[p.Identity.PK] = true
		}
	}
	var first *model.Pair
	lost := make(map[int64]bool)
	for i, p := range r.Pairs {
		if p.Identity == nil || !p.CanSignIn() || !p.Has(model.FindingAdminLoss) {
			continue
		}
		lost[p.Verdict.UserID] = true
		if first == nil && !was[p.Identity.PK] {
			first = &r.Pairs[i]
		}
	}
	for _, u := range r.World.Locals {
		if u.Enabled && u.Role == model.RoleAdmin && !lost[u.ID] {
			return nil // the password opens it
		}
	}
	return first
}

// guardFallback refuses to publish a table by which no admin could sign in
// while the companion does not answer, unless it is so already (S5).
func guardFallback(before, after *model.Review, p Plan) error {
	if !slices.ContainsFunc(p.Changes, func(c Change) bool { return c.Kind == ChangeScopeMapping }) {
		return nil
	}
	if b, a := fallback(before), fallback(after); b == nil || a == nil || b.Stats.UsableAdmins == 0 || a.Stats.UsableAdmins > 0 {
		return nil
	}
	return &model.Error{
		Code: model.CodeRefused, Msg: "while the companion does not answer, no admin could sign in to RomM by this table",
		Hint: "see `romm-admin roles list`: is this the right database, and does a group of admins have the role admin?",
	}
}

// fallback judges everybody as while the companion does not answer; nil where
// none is asked.
func fallback(r *model.Review) *model.Review {
	w := r.World
	if p := w.Provider; !p.RoleMap || p.Compiled == nil || p.Table != nil {
		return nil
	}
	w.Provider.Table = w.Provider.Compiled
	w.Provider.RolesMoved++ // no preview tells what the table says
	return model.Judge(w)
}
