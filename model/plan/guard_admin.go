package plan

import (
	"fmt"
	"slices"

	"github.com/romm-admin/romm-admin/model"
)

// guardAdmins refuses to lose the last admin who can sign in, and, while the
// logins cannot be known, to touch what makes an admin.
func guardAdmins(j judged) error {
	before, after := j.before, j.after
	if before.Stats.UsableAdmins > 0 && after.Stats.UsableAdmins == 0 {
		if after.World.Provider.Found && anyoneUnknown(after) && !anyoneUnknown(before) {
			return refuse(RuleAdminNotKnown, "see `romm-admin setup check`: a mapping that was changed by hand has to be fixed first",
				"afterwards it would not be known whether any admin can sign in to RomM")
		}
		if err := lastAdmin(j); err != nil {
			return err
		}
	} else if before.Stats.UsableAdmins > 0 || after.Stats.UsableAdmins > 0 {
		return nil
	}
	if before.Stats.Admins > 0 && after.Stats.Admins == 0 && !after.World.RomM.Embedded { // see RuleLastEmbeddedAdmin
		return refuse(RuleLastAdmin, "let an admin sign in through Authentik first",
			"no admin can sign in through Authentik, and afterwards RomM would have none who only has the role either")
	}
	if p := demotes(after, before); p != nil {
		return refuse(RuleAdminDemoted, "give a group of theirs the role admin first: romm-admin roles set GROUP admin",
			"the next login of %s would take the role admin from the RomM account %s, and no admin would be left",
			p.Identity.Username, accountName(after, p.Verdict.UserID))
	}
	if j.impact.Unknown == 0 && !anyoneUnknown(before) || j.plan.acceptsLoss() {
		return nil
	}
	a := adminsOf(before)
	for _, c := range j.plan.Changes {
		if c.kind().keepsAdmin(a, c) {
			return refuse(RuleAdminShutOut, "let the token see RomM's provider in Authentik first; the notes say what is missing",
				"it is not known who can sign in, and this may keep an admin out (%s)", c.Label)
		}
	}
	return nil
}

// lastAdmin refuses to lose the last admin who can sign in, except to undo a
// set-up with a person's consent, while RomM keeps an admin. Whether that one
// has a password is not known, so that the person has to say it.
func lastAdmin(j judged) error {
	hint := "keep at least one group with the role admin that has a member who can sign in" + roleOnly(j.after)
	if j.plan.Purpose.SetsUp() {
		hint = "vouch for the admins first, or for everybody who matches in the same plan: romm-admin setup apply --verify address; then " + hint
	}
	if j.plan.Purpose != PurposeUndoSetUp {
		return refuse(RuleLastAdmin, hint, "afterwards no admin could sign in to RomM")
	}
	if w := j.after.World; !w.RomM.Embedded && j.after.Stats.Admins == 0 {
		return refuse(RuleLastAdmin, "make somebody admin in RomM first, with a password, and enable the account",
			"afterwards no admin could sign in to RomM, and no enabled account there has the role admin")
	}
	if j.plan.acceptsLoss() {
		return nil
	}
	return refuse(RuleLastAdmin, hint+"; or, if an admin of RomM signs in with a password: romm-admin setup undo --lose-access",
		"afterwards no admin could sign in to RomM")
}

// AdminsLost are the admins who can sign in before, and not after: by their
// names in Authentik.
func AdminsLost(before, after *model.Review) []model.Untrusted {
	left := make(map[int64]bool, len(after.Pairs))
	for _, p := range after.Pairs {
		if p.Identity != nil && p.UsableAdmin() {
			left[p.Identity.PK] = true
		}
	}
	var out []model.Untrusted
	for _, p := range before.Pairs {
		if p.Identity != nil && p.UsableAdmin() && !left[p.Identity.PK] {
			out = append(out, p.Identity.Username)
		}
	}
	return out
}

// roleOnly says of how many accounts only the role is left, so that nobody counts
// on them: a password may open them, a session from before ends.
func roleOnly(r *model.Review) string {
	switch n := r.Stats.RoleOnlyAdmins; n {
	case 0:
		return ""
	case 1:
		return "; 1 account would keep the role admin only"
	default:
		return fmt.Sprintf("; %d accounts would keep the role admin only", n)
	}
}

// anyoneUnknown reports whether the next login of an active person is not known.
func anyoneUnknown(r *model.Review) bool {
	return slices.ContainsFunc(r.Pairs, func(p model.Pair) bool {
		_, known := outcome(p)
		return !known && p.Identity != nil && p.Identity.Active
	})
}

// admins holds what makes an admin in a review, for checking many changes.
type admins struct {
	editor    *editor         // of the review's world; nothing is written through it
	addresses map[string]bool // keys of the addresses of enabled admins
}

func adminsOf(r *model.Review) *admins {
	a := &admins{editor: newEditor(r.World), addresses: map[string]bool{}}
	for _, u := range r.World.Locals {
		if k, ok := model.AddressKey(u.Email); ok && u.Role == model.RoleAdmin && u.Enabled {
			a.addresses[k] = true
		}
	}
	return a
}

// opens reports whether that address, which is the Authentik user's, leads into
// an admin's account.
func (a *admins) opens(pk string, address model.Untrusted) bool {
	id := a.editor.identity(pk)
	k, ok := model.AddressKey(address)
	return id != nil && ok && model.SameAddress(id.Email, address) && a.addresses[k]
}

// demotes returns somebody whose next login takes the role admin from their
// RomM account, and did not before, when that leaves RomM without an enabled
// admin; nil if there is nobody. RomM itself does so down to the last one
// (docs/romm.md row 16), and then lets anybody create an admin.
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
// while the companion does not answer, unless that is the case already (S5).
func guardFallback(j judged) error {
	if !slices.ContainsFunc(j.plan.Changes, Change.ofMapping) {
		return nil
	}
	if b, a := judgeFallback(j.before), judgeFallback(j.after); b == nil || a == nil || b.Stats.UsableAdmins == 0 || a.Stats.UsableAdmins > 0 {
		return nil
	}
	return refuse(RuleFallbackAdmin, "see `romm-admin roles list`: is this the right database, and does a group of admins have the role admin?",
		"while the companion does not answer, no admin could sign in to RomM by this table")
}

// judgeFallback judges everybody as while the companion does not answer; nil
// where none is asked.
func judgeFallback(r *model.Review) *model.Review {
	w := r.World
	if p := w.Provider; !p.RoleMap || p.Compiled == nil || p.Table != nil {
		return nil
	}
	w.Provider.Table = w.Provider.Compiled
	w.Provider.RolesMoved++ // no preview tells what the table says
	return model.Judge(w)
}
