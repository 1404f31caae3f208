package model

import "fmt"

// UsableAdmin reports whether the person's next login surely ends in a session
// of an admin of their own (S5): in the account that is theirs by every sign,
// or in a new one.
func (p Pair) UsableAdmin() bool {
	if !p.CanSignIn() || p.Verdict.RoleAfter != RoleAdmin || p.Verdict.SessionID != 0 || p.Verdict.doubt() != "" || p.NoSignIn {
		return false
	}
	return !p.Disputed()
}

// SignsInBadly reports whether the person gets in, and not as they should: into
// what is or may be another's, without the role admin that they have now, or not
// by the name that is theirs.
func (p Pair) SignsInBadly() bool {
	return p.CanSignIn() && (p.Disputed() || p.hasAny(FindingAdminLoss, FindingSignInTaken))
}

// disputed reports whether the account that the login opens, or tries to, may
// be somebody else's.
func (p Pair) Disputed() bool {
	v := p.Verdict
	if v == nil {
		return false
	}
	if v.UserID != 0 && v.Rule != "15b" && (p.Local == nil || p.Local.ID != v.UserID) {
		return true
	}
	if v.Rule == RuleByLink { // whoever else has the address
		return p.hasAny(FindingSessionSwap, FindingLinkedToAnothers, FindingPinMoved)
	}
	return p.hasAny(FindingSessionTakeover, FindingSessionSwap, FindingLinkedToAnothers, FindingFirstLinkTakesOver, FindingSquattedEmail, FindingDuplicateIDPEmail,
		FindingPinMoved, FindingIDPEmailMissing, FindingEmailNotASCII)
}

// keepsAdmin finds somebody who is kept out on purpose, for want of a role or by
// Authentik, and stays admin in RomM all the same. A login that fails for what
// has to be fixed is not meant to take anything.
func (j *judge) keepsAdmin(p *Pair) {
	u := p.Local
	if u == nil || !u.Enabled || u.Role != RoleAdmin {
		return
	}
	if !p.Inactive() && (p.Barred == "" || j.blocked != "") && (p.Verdict == nil || p.Verdict.Rule != "12") {
		return
	}
	p.add(FindingKeepsAdmin, fmt.Sprintf("The account %s %s, which writes roles at logins only.", u.Username, KeepsAdmin), keepsAdminFix)
}

// KeepsAdmin says what becomes of an admin who cannot sign in any more.
const KeepsAdmin = "keeps the role admin and open sessions in RomM"

const keepsAdminFix = "if this person should not be admin any more, disable the RomM account or write a lower role now"
