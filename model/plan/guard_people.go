package plan

import (
	"fmt"
	"slices"

	"github.com/romm-admin/romm-admin/model"
)

// guardPeople refuses plans that let somebody into what is another person's.
func guardPeople(j judged) error {
	standing := j.plan.Purpose.SetsUp() || j.plan.Purpose == PurposeUndoSetUp
	if len(j.impact.Takeovers) > 0 && !standing {
		d := j.impact.Takeovers[0]
		return refuse(RuleAnothersSession, "rename one of the two first", "a login of %s might end up in the session of %s", d.Who, d.Session)
	}
	return guardAccounts(j.before, j.after, standing)
}

// guardAccounts refuses a plan that lets somebody open an account which may be
// another person's, or that raises the role of one that somebody else opens
// already (S4). RomM writes the role of disabled accounts too. With standing, what
// two usernames bring about that differ in letter case only is no reason, nor
// is the ordinary role for somebody who shares an address: the plan has no
// part in names and addresses. What gives more power, or opens an account that
// is another's, stays one.
func guardAccounts(before, after *model.Review, standing bool) error {
	was := make(map[int64]model.Pair, len(before.Pairs))
	for _, p := range before.Pairs {
		if p.Identity != nil {
			was[p.Identity.PK] = p
		}
	}
	for _, p := range after.Pairs {
		if why := mayOpenOthers(p, was); why != "" {
			return refuse(RuleLoginNotKnown, "use this person's own address, or let the token preview logins; the notes say what is missing", "%s", why)
		}
		if p.Verdict == nil || !p.Disputed() || standing && namesAlone(p) {
			continue
		}
		old, v := was[p.Identity.PK], p.Verdict
		switch raised := v.RoleAfter.Outranks(v.RoleBefore) && (old.Verdict == nil || v.RoleAfter.Outranks(old.Verdict.RoleAfter)); {
		case opensAnother(old, p):
			return refuse(RuleAnothersAccount, "use this person's own address, or pin the two together if they are one person",
				"the next login of %s would open the RomM account %s, which is another person's", p.Identity.Username, accountName(after, v.UserID))
		case raised && v.SessionID != 0:
			return refuse(RuleAnothersSession, "rename one of the two first",
				"the next login of %s may end up in the session of %s, with the role %s", p.Identity.Username, accountName(after, v.SessionID), v.RoleAfter)
		case raised && (!standing || v.RoleAfter != model.RoleUser):
			return refuse(RuleDisputedRole, "settle the finding of that person first: "+string(p.Worst().Kind),
				"the next login of %s would make %s %s, and it is not certain whose account that is", p.Identity.Username, accountName(after, v.UserID), v.RoleAfter)
		}
	}
	return nil
}

// addressDoubts are the findings by which an address may be another person's.
func addressDoubts() []model.FindingKind {
	return []model.FindingKind{
		model.FindingSquattedEmail, model.FindingDuplicateIDPEmail, model.FindingPinMoved, model.FindingIDPEmailMissing, model.FindingEmailNotASCII,
	}
}

// namesAlone reports whether the login is in doubt only because RomM may take the
// username for another one's: the account is the person's own.
func namesAlone(p model.Pair) bool {
	if slices.ContainsFunc(addressDoubts(), func(k model.FindingKind) bool { return p.Has(k) }) {
		return false
	}
	return (p.Has(model.FindingSessionTakeover) || p.Has(model.FindingSessionSwap)) && (p.Verdict.UserID == 0 || p.Local != nil && p.Local.ID == p.Verdict.UserID)
}

// mayOpenOthers says why a login that cannot be known may open another person's
// account by the addresses alone, and did not before; "" if it does not.
func mayOpenOthers(p model.Pair, was map[int64]model.Pair) string {
	if p.Identity == nil || p.Verdict != nil || p.Barred != "" || !p.Identity.Active {
		return ""
	}
	for _, k := range addressDoubts() {
		if old := was[p.Identity.PK]; p.Has(k) && !old.Has(k) {
			return fmt.Sprintf("it is not known what the next login of %s leads to, and the address may be another person's", p.Identity.Username)
		}
	}
	return ""
}

// opensAnother reports whether the person gets into another person's account
// and did not before. Two Authentik users of one address count as one person
// here, as RomM takes them, as long as no role rises.
func opensAnother(old, p model.Pair) bool {
	v := p.Verdict
	if !v.Opens() || p.Has(model.FindingDuplicateIDPEmail) && !p.Has(model.FindingSquattedEmail) {
		return false
	}
	if p.Local != nil && p.Local.ID == v.UserID && !p.Has(model.FindingSquattedEmail) {
		return false
	}
	return old.Verdict == nil || !old.Verdict.Opens() || old.Verdict.UserID != v.UserID
}

// accountName is the username of an account, for messages.
func accountName(r *model.Review, id int64) string {
	if u, ok := r.Account(id); ok {
		return u.Username.String()
	}
	return "a new account"
}
