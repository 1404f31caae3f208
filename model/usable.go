package model

// UsableAdmin reports whether the person's next login surely ends in a session
// of an admin of their own (S5): in the account that is theirs by every sign,
// or in a new one.
func (p Pair) UsableAdmin() bool {
	if !p.CanSignIn() || p.Verdict.RoleAfter != RoleAdmin || p.Verdict.SessionID != 0 || p.Verdict.Depends != "" {
		return false
	}
	return !p.Disputed()
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
	return p.hasAny(FindingSessionTakeover, FindingSquattedEmail, FindingDuplicateIDPEmail,
		FindingPinMoved, FindingIDPEmailMissing, FindingEmailNotASCII)
}
