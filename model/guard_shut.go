package model

import "slices"

// guardShut holds a plan to what would be if nothing stood in the way of the
// logins: what keeps people out now, such as a setting of RomM that romm-admin
// was told wrongly, a binding, or OIDC that is off, goes some day without a plan
// of ours, and opens what was prepared meanwhile (S4, S5).
func guardShut(before, after *Review, p Plan) error {
	if !after.shut() {
		return nil
	}
	b, a := before.open(), after.open()
	impact := compare(b, a, p.meant())
	if err := guardPeople(b, a, impact); err != nil {
		return err
	}
	if !before.closed() || !after.closed() || p.setsUp() && !before.World.told() {
		return nil // nobody loses anything by a set-up that nobody uses yet
	}
	return guardAdmins(b, a, p, impact)
}

// closed reports whether nobody at all can sign in, whatever the claims are.
func (r *Review) closed() bool {
	w := r.World
	return !w.Provider.Found || w.Settings.Disabled || w.blocked() != "" || w.unreadable() != ""
}

// told reports whether only what romm-admin was told of RomM's settings says
// that nobody can sign in: they may be RomM's no longer.
func (w World) told() bool {
	if w.blocked() == "" || w.Settings.Disabled || w.unreadable() != "" {
		return false
	}
	w.Settings.ClientID, w.Settings.RedirectURI, w.Setup.SecretDiffers = "", "", false
	return w.blocked() == ""
}

// shut reports whether something besides the claims keeps anybody out.
func (r *Review) shut() bool {
	if r.closed() {
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
func (r *Review) open() *Review {
	w := r.World
	w.Settings.Disabled = false
	w.Setup.Known, w.Setup.Bindings = false, nil
	if w.Setup.Provider != nil {
		p := *w.Setup.Provider
		p.SigningKey, p.EncryptionKey = Ref{ID: "any"}, Ref{}
		w.Setup.Provider = &p
	}
	return Judge(w)
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
func (r *Review) demotes(before *Review) *Pair {
	was := make(map[int64]bool)
	for _, p := range before.Pairs {
		if p.Identity != nil && p.Has(FindingAdminLoss) {
			was[p.Identity.PK] = true
		}
	}
	var first *Pair
	lost := make(map[int64]bool)
	for i, p := range r.Pairs {
		if p.Identity == nil || !p.CanSignIn() || !p.Has(FindingAdminLoss) {
			continue
		}
		lost[p.Verdict.UserID] = true
		if first == nil && !was[p.Identity.PK] {
			first = &r.Pairs[i]
		}
	}
	for _, u := range r.World.Locals {
		if u.Enabled && u.Role == RoleAdmin && !lost[u.ID] {
			return nil // the password opens it
		}
	}
	return first
}

// guardFallback refuses to publish a table by which no admin could sign in
// while the companion does not answer, unless it is so already (S5).
func guardFallback(before, after *Review, p Plan) error {
	if !slices.ContainsFunc(p.Changes, func(c Change) bool { return c.Kind == ChangeScopeMapping }) {
		return nil
	}
	if b, a := before.fallback(), after.fallback(); b == nil || a == nil || b.Stats.UsableAdmins == 0 || a.Stats.UsableAdmins > 0 {
		return nil
	}
	return &Error{
		Code: CodeRefused, Msg: "while the companion does not answer, no admin could sign in to RomM by this table",
		Hint: "see `romm-admin roles list`: is this the right database, and does a group of admins have the role admin?",
	}
}

// fallback judges everybody as while the companion does not answer; nil where
// none is asked.
func (r *Review) fallback() *Review {
	w := r.World
	if p := w.Provider; !p.RoleMap || p.Compiled == nil || p.Table != nil {
		return nil
	}
	w.Provider.Table = w.Provider.Compiled
	w.Provider.RolesMoved++ // no preview tells what the table says
	return Judge(w)
}
