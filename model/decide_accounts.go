package model

// account is rows 14 to 24: which account the address, or the link, leads to.
func (l *login) account(db Database) Verdict {
	if l.family.links {
		return l.linked(db)
	}
	user, v, failed := l.byAddress(db)
	switch {
	case failed:
		return v
	case user != nil:
		return l.signIn(user, RuleSignsIn, db)
	}
	return l.register(OIDCLink{}, true, db)
}

// byAddress looks the address up; nil if nobody has it. RomM or its database may
// fail on it: rows 4c and 19.
func (l *login) byAddress(db Database) (user *LocalUser, v Verdict, failed bool) {
	switch {
	case !l.emailIsText:
		v, failed = refuse("4c", 500, detailServerError, oneAddress)
	case !askable(l.email, db):
		v, failed = refuse("19", 500, detailServerError, plainText)
	default:
		user = l.acc.byEmail(l.email, l.nth, db)
	}
	return user, v, failed
}

// What to do about usernames and addresses.
const (
	// sharedSession: two usernames differ in letter case.
	sharedSession = "rename one of the two, in more than letter case"
	plainText     = "let the provider send a username and an address of at most 255 plain characters"
	noName        = "give the account a username: RomM takes a session without one for none"
	sendName      = "let the provider send a username: RomM makes an account without one, and its session is not usable"
	plainName     = "give the account a plain ASCII username: RomM and its database lower-case this one differently"
)

// register is rows 14 to 15b, 19 and 20: nobody has the address. The new account
// gets that link, if the database takes it.
func (l *login) register(link OIDCLink, linkOK bool, db Database) (v Verdict) {
	s := &l.set
	sent, isText := l.name.(string)
	switch {
	case !l.family.threeRoles && !s.AllowRegistration:
		v, _ = refuse("14", 403, detailNoRegistration,
			"create the account in RomM with this address, or set OIDC_ALLOW_REGISTRATION=true")
		return v
	case l.name == nil:
		v, _ = refuse("8", 500, detailServerError, "let the provider send "+s.usernameAttribute()+" as text")
		return v
	case l.family.sanitises && !isText:
		v, _ = refuse("19", 500, detailServerError, plainText)
		return v
	}
	stored, ok := "", true
	if l.family.sanitises {
		sent = newUsername(sent, l.email)
		stored = sent
	} else {
		stored, ok = databaseText(l.name, db)
	}
	if !ok {
		v, _ = refuse("19", 500, detailServerError, plainText)
		return v
	}
	// Where RomM makes usernames, it looks them up as the session does; before,
	// only the unique index is in the way.
	owner := l.acc.taken(stored, db)
	if l.family.sanitises {
		owner = l.acc.byUsername(stored, db)
	}
	if owner != nil {
		return l.collision(owner, stored)
	}
	email, ok := storable(l.email, db)
	if !ok || l.acc.holdsEmail(email, db) || !linkOK {
		v, _ = refuse("19", 500, detailServerError, plainText)
		return v
	}
	v = Verdict{
		Outcome: Registers, Status: 307, Rule: "15", RoleAfter: l.role, Username: Untrusted(stored),
		EmailAfter: NullText{Untrusted(email), true}, LinkAfter: link,
	}
	if !l.decided {
		v.RoleAfter = l.fiveRole(RoleViewer)
	}
	switch {
	case sent == "" && falsy(l.name):
		v.noSession(401, sendName)
	case !isText:
		v.noSession(500, "let the provider send "+s.usernameAttribute()+" as text")
	default:
		l.session(&v, sent, stored, db)
	}
	return v
}

// collision is row 15b.
func (l *login) collision(owner *LocalUser, name string) Verdict {
	const remedy = "set the address of the RomM account to the one that Authentik sends"
	status, detail := 500, detailServerError
	if l.family.sanitises {
		status, detail = 409, "Username '"+name+detailUsernameTaken
	}
	v := l.refuseWith(owner, "15b", status, detail, remedy)
	v.Username = Untrusted(name)
	return v
}

// refuseWith refuses a login because of an account, which stays as it is.
func (l *login) refuseWith(user *LocalUser, rule string, status int, detail, remedy string) Verdict {
	v, _ := refuse(rule, status, detail, remedy)
	v.UserID, v.RoleBefore, v.RoleAfter = user.ID, user.Role, user.Role
	v.EmailAfter, v.LinkAfter = user.email(), l.linkOf(user)
	return v
}

// signIn is rows 16 to 18 and 20: an account is found, by that row. Without links
// the role is written before the account is found disabled.
func (l *login) signIn(user *LocalUser, rule string, db Database) Verdict {
	v := Verdict{
		Outcome: SignsIn, Status: 307, Rule: rule, EmailAfter: user.email(), LinkAfter: l.linkOf(user),
		UserID: user.ID, RoleBefore: user.Role, RoleAfter: user.Role,
	}
	if l.decided && (user.Enabled || !l.family.links) {
		v.RoleAfter = l.role
	}
	if !user.Enabled {
		v.Outcome, v.Status, v.Rule, v.Detail = Refused, 401, RuleDisabled, detailDisabled
		v.Remedy = "enable the account in RomM, if this person should get in"
		return v
	}
	name := user.Username.Raw()
	if name == "" {
		v.noSession(401, noName)
		return v
	}
	l.session(&v, name, name, db)
	return v
}

// noSession is row 20.
func (v *Verdict) noSession(status int, remedy string) {
	v.Outcome, v.Rule, v.SessionStatus, v.Remedy = NoSession, "20", status, remedy
}

// session finds whose session this login opens, which names the account by its
// username. PostgreSQL lets usernames differ in letter case alone, and RomM looks
// the session's up without it: there may be another account, or only another
// one, or none, where the two lower-case a letter differently. Of MariaDB's
// collations one has the latter, too.
func (l *login) session(v *Verdict, sent, stored string, db Database) {
	other := l.acc.twin(sent, stored, db)
	switch {
	case other != nil:
		v.SessionID, v.Remedy = other.ID, sharedSession
		if !other.Enabled {
			v.noSession(401, sharedSession)
		}
	case !findsItself(sent, stored, db):
		v.noSession(401, plainName)
	}
}
