package model

// account is rows 14 to 20: which account the address leads to.
func (l *login) account(db Database) Verdict {
	if !askable(l.email, db) {
		v, _ := refuse("19", 500, detailServerError, plainText)
		return v
	}
	user := l.acc.byEmail(l.email, db)
	if user == nil {
		return l.register(db)
	}
	v := l.signIn(user, db)
	stored := user.Email.Raw()
	for user = l.acc.nextEmail(l.email, stored, user.ID, db); user != nil; user = l.acc.nextEmail(l.email, stored, user.ID, db) {
		v = l.either(v, l.signIn(user, db))
	}
	return v
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

// register is rows 14 to 15b, 19 and 20: nobody has the address.
func (l *login) register(db Database) (v Verdict) {
	s := &l.set
	if s.Version.AtLeast(5, 0, 0) && !s.AllowRegistration {
		v, _ = refuse("14", 403, detailNoRegistration,
			"create the account in RomM with this address, or set OIDC_ALLOW_REGISTRATION=true")
		return v
	}
	if l.name == nil {
		v, _ = refuse("8", 500, detailServerError, "let the provider send "+s.usernameAttribute()+" as text")
		return v
	}
	// The code after 5.2.0 makes a username that it accepts, and looks it up
	// as the session does; before, only the unique index is in the way.
	next := s.Version.Next()
	sent, isText := l.name.(string)
	newName := next && (!isText || !rommUsername(sent))
	stored, ok := databaseText(l.name, db)
	if !ok && !newName {
		v, _ = refuse("19", 500, detailServerError, plainText)
		return v
	}
	owner := l.acc.taken(stored, db)
	if next {
		owner = l.acc.byUsername(stored, db)
	}
	if owner != nil && !newName {
		return l.collision(owner, stored, next)
	}
	if email, ok := storable(l.email, db); !ok || l.acc.holdsEmail(email, db) {
		v, _ = refuse("19", 500, detailServerError, plainText)
		return v
	}
	v = Verdict{Outcome: Registers, Status: 307, Rule: "15", RoleAfter: l.role, Username: Untrusted(stored)}
	if !l.decided {
		v.RoleAfter = RoleViewer
		if s.Version.AtLeast(5, 0, 0) {
			v.RoleAfter = RoleUser
		}
	}
	switch {
	case newName:
		v.Username, v.Depends = "", dependsOnNewName
	case falsy(l.name):
		v.noSession(401, sendName)
	case !isText:
		v.noSession(500, "let the provider send "+s.usernameAttribute()+" as text")
	default:
		l.session(&v, sent, stored, db)
	}
	return v
}

// collision is row 15b.
func (l *login) collision(owner *LocalUser, name string, next bool) Verdict {
	const remedy = "set the address of the RomM account to the one that Authentik sends"
	v, _ := refuse("15b", 500, detailServerError, remedy)
	if next {
		v, _ = refuse("15b", 409, "Username '"+name+detailUsernameTaken, remedy)
	}
	v.UserID, v.RoleBefore, v.RoleAfter = owner.ID, owner.Role, owner.Role
	return v
}

// signIn is rows 16 to 18 and 20: somebody has the address. The role is written
// before the account is found disabled.
func (l *login) signIn(user *LocalUser, db Database) Verdict {
	v := Verdict{
		Outcome: SignsIn, Status: 307, Rule: "18",
		UserID: user.ID, RoleBefore: user.Role, RoleAfter: user.Role,
	}
	if l.decided {
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

// rommUsername reports whether RomM takes a username as it is: 3 to 255 ASCII
// letters, digits, _ and - (docs/romm.md 2 Username rule).
func rommUsername(s string) bool {
	return len(s) >= 3 && len(s) <= 255 && only(s, "_-")
}
