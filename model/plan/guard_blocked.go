package plan

import (
	"github.com/romm-admin/romm-admin/model"
)

// guardBlockedLogins holds a plan to what would be if nothing stood in the way of the
// logins: what keeps people out now, such as a setting of RomM that romm-admin
// was given wrongly, a binding, or OIDC that is off, goes some day without a plan
// of ours, and opens what was prepared meanwhile (S4, S5).
func guardBlockedLogins(j judged) error {
	if !anyoneBlocked(j.after) {
		return nil
	}
	free := judged{before: unblocked(j.before), after: unblocked(j.after), plan: j.plan}
	free.impact = compare(free.before, free.after, j.plan.subjects())
	if err := guardPeople(free); err != nil {
		return err
	}
	if !allBlocked(j.before) || !allBlocked(j.after) || j.plan.setsUp() && !onlySettingsBlock(j.before.World) {
		return nil // nobody loses anything by a set-up that nobody uses yet
	}
	return guardAdmins(free)
}

// allBlocked reports whether nobody at all can sign in, whatever the claims are.
func allBlocked(r *model.Review) bool {
	w := r.World
	return !w.Provider.Found || w.Settings.Disabled || w.Blocked() != "" || w.Unreadable() != ""
}

// onlySettingsBlock reports whether only the RomM settings given to romm-admin
// say that nobody can sign in: they may be RomM's no longer.
func onlySettingsBlock(w model.World) bool {
	if w.Blocked() == "" || !w.Provider.Found || w.Settings.Disabled || w.Unreadable() != "" {
		return false
	}
	w.Settings.ClientID, w.Settings.RedirectURI, w.Setup.SecretDiffers = "", "", false
	w.Settings.ApplicationURL, w.Settings.MetadataURL = "", ""
	return w.Blocked() == ""
}

// anyoneBlocked reports whether something other than the claims keeps anybody
// out.
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

// unblocked judges everybody as if nothing stood in the way.
func unblocked(r *model.Review) *model.Review {
	w := r.World
	w.Settings.Disabled = false
	w.Settings.RedirectURI, w.Settings.ApplicationURL, w.Settings.MetadataURL = "", "", ""
	w.Setup.Known, w.Setup.Bindings = false, nil
	if w.Setup.Provider != nil {
		p := *w.Setup.Provider
		p.SigningKey, p.EncryptionKey = model.Ref{ID: "any"}, model.Ref{}
		w.Setup.Provider = &p
	}
	return model.Judge(w)
}
