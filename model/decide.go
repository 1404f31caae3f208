package model

import (
	"encoding/json"
	"slices"
	"strings"
)

// RomM's own texts (docs/romm.md 3).
const (
	detailServerError    = "Internal Server Error"
	detailOIDCOff        = "OAuth disabled"
	detailNoUserinfo     = "Userinfo is missing from token."
	detailEmailMissing   = "Email is missing from token."
	detailUnverified     = "Email is not verified."
	detailAttrMissing    = "' attribute is missing from token."
	detailNoRoles        = "User has not been granted any roles for this application."
	detailNoRegistration = "User registration is disabled. Please contact an administrator to create an account."
	detailUsernameTaken  = "' is already taken. Please contact an administrator."
	detailDisabled       = "Disabled user"
)

// Decide says what RomM does with a login that brings these claims: the
// decision table of docs/romm.md 3, row by row, for RomM 4.3.1 and later. It
// follows the rows that crash or surprise too. A nil Claims is a token without
// userinfo. With an unknown database it answers for all that it may be and
// returns the gravest verdict. It allocates nothing in the common rows.
func Decide(c Claims, acc *Accounts, s Settings) Verdict {
	l := login{claims: c, acc: acc, set: s}
	if v, done := l.token(); done {
		return v
	}
	if s.Database != DatabaseUnknown && s.Database != "" {
		return l.account(s.Database)
	}
	return l.gravest()
}

// gravity orders verdicts for the case that the database is not known: a
// session or an account of somebody else is worse than any refusal.
func (l *login) gravity(v *Verdict) int {
	switch v.Outcome {
	case SignsIn, Registers:
		if v.SessionID != 0 {
			return 5
		}
		if v.Outcome == Registers {
			return 1
		}
		if u, ok := l.acc.User(v.UserID); ok && !SameAddress(Untrusted(l.email), u.Email) {
			return 4
		}
		return 0
	case ServerError:
		return 3
	case Refused:
	}
	return 2
}

// login is one run through the table.
type login struct {
	claims Claims
	acc    *Accounts
	set    Settings
	// What rows 3 to 13 find.
	email    string
	username string
	hasName  bool // username is text
	role     Role
	decided  bool // false when the login does not write the role
}

func refuse(rule string, status int, detail, remedy string) (Verdict, bool) {
	v := Verdict{Outcome: Refused, Rule: rule, Status: status, Detail: detail, Remedy: remedy}
	if status >= 500 {
		v.Outcome = ServerError
	}
	return v, true
}

// token is rows 1 to 13, which look at the token alone; done when one of them
// ends the login. RomM stumbles over an address that is not text only when it
// looks it up, so row 4c comes last.
func (l *login) token() (v Verdict, done bool) {
	if l.set.Disabled {
		return refuse("1", 500, detailOIDCOff, "set OIDC_ENABLED=true in RomM's environment and restart RomM")
	}
	if l.claims == nil {
		return refuse("3", 400, detailNoUserinfo, "let the provider issue an ID token")
	}
	if v, done = l.verified(); done {
		return v, done
	}
	if v, done = l.name(); done {
		return v, done
	}
	if v, done = l.grant(); done {
		return v, done
	}
	email, ok := l.claims["email"].(string)
	if !ok {
		return refuse("4c", 500, detailServerError, "make the e-mail mapping return one string")
	}
	l.email = email
	return Verdict{}, false
}

// verified is rows 4 to 7 without 4c.
func (l *login) verified() (v Verdict, done bool) {
	if l.claims["email"] == nil {
		return refuse("4", 400, detailEmailMissing,
			"select a mapping for the scope email on RomM's provider, with claims in the ID token")
	}
	verified, present := l.claims["email_verified"]
	value, isBool := verified.(bool)
	const remedy = "verify the address: let Authentik send email_verified true for exactly this address"
	switch {
	case isBool && value:
	case isBool:
		return refuse("5", 400, detailUnverified, remedy)
	case slices.Contains(l.set.ClaimsSupported, "email_verified"):
		if present {
			return refuse("6", 400, detailUnverified, "make the e-mail mapping return the JSON value true, not text")
		}
		return refuse("6", 400, detailUnverified, remedy)
	}
	return v, false
}

// name is row 8. Before 4.5 a missing name stops new accounts only.
func (l *login) name() (v Verdict, done bool) {
	attr := l.set.usernameAttribute()
	claim := l.claims[attr]
	if claim == nil && l.set.Version.AtLeast(4, 5, 0) {
		return refuse("8", 400, "'"+attr+detailAttrMissing,
			"select the stock profile mapping on RomM's provider, or set OIDC_USERNAME_ATTRIBUTE to a claim that is sent")
	}
	l.username, l.hasName = claim.(string)
	return v, false
}

// grant is rows 9 to 13.
func (l *login) grant() (v Verdict, done bool) {
	s := &l.set
	if s.ClaimRoles == "" || !s.Version.AtLeast(4, 3, 1) { // there was no role claim before
		return v, false
	}
	claim, present := l.claims[s.ClaimRoles]
	if !present {
		if !s.Version.AtLeast(4, 8, 0) { // up to 4.7 everybody becomes viewer, admins too
			l.role, l.decided = RoleViewer, true
		}
		return v, false
	}
	if claim == nil && !s.Version.AtLeast(4, 4, 0) {
		return refuse("12-4.3", 500, detailServerError, "make the roles mapping return a list, empty for nobody")
	}
	// Nothing is searched for, and so nothing fails, while no value is set.
	searched := s.RoleAdmin != "" || s.RoleEditor != "" || s.RoleViewer != ""
	if searched && scalar(claim) && !falsy(claim) {
		return refuse("13", 500, detailServerError, "make the roles mapping return a list of role names")
	}
	five := s.Version.AtLeast(5, 0, 0)
	switch {
	case holds(claim, s.RoleAdmin):
		l.role = RoleAdmin
	case holds(claim, s.RoleEditor):
		l.role = RoleEditor
	case holds(claim, s.RoleViewer), s.RoleViewer == "*":
		l.role = RoleViewer
	default:
		return refuse("12", 403, detailNoRoles, "put the person in a group that has a role, or give one of their groups a role")
	}
	if five && l.role != RoleAdmin {
		l.role = RoleUser
	}
	l.decided = true
	return v, false
}

// account is rows 14 to 18: which account the address leads to.
func (l *login) account(db Database) Verdict {
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

// sharedSession is the remedy for two usernames that differ in letter case.
const sharedSession = "rename one of the two, in more than letter case"

// register is rows 14 to 15b: nobody has the address.
func (l *login) register(db Database) (v Verdict) {
	s := &l.set
	if s.Version.AtLeast(5, 0, 0) && !s.AllowRegistration {
		v, _ = refuse("14", 403, detailNoRegistration,
			"create the account in RomM with this address, or set OIDC_ALLOW_REGISTRATION=true")
		return v
	}
	if !l.hasName {
		v, _ = refuse("8", 500, detailServerError, "let the provider send "+s.usernameAttribute()+" as text")
		return v
	}
	// The code after 5.2.0 makes a username that it accepts, and looks it up
	// as the session does; before, only the unique index is in the way.
	next := s.Version.Next()
	newName := next && !rommUsername(l.username)
	owner := l.acc.taken(l.username, db)
	if next {
		owner = l.acc.byUsername(l.username, db)
	}
	if owner != nil && !newName {
		return l.collision(owner, next)
	}
	if l.acc.holdsEmail(l.email, db) {
		v, _ = refuse("19", 500, detailServerError, "set the address at the provider in plain letters: RomM does not find the account that has it")
		return v
	}
	v = Verdict{Outcome: Registers, Status: 307, Rule: "15", RoleAfter: l.role}
	if !l.decided {
		v.RoleAfter = RoleViewer
		if s.Version.AtLeast(5, 0, 0) {
			v.RoleAfter = RoleUser
		}
	}
	switch {
	case newName:
		v.Depends = dependsOnNewName
		return v
	case l.username == "":
		v.Remedy = "give the Authentik user a name: RomM makes an account without one, and its session is not usable"
	}
	l.session(&v, l.username, db)
	return v
}

// collision is row 15b.
func (l *login) collision(owner *LocalUser, next bool) Verdict {
	const remedy = "set the address of the RomM account to the one that Authentik sends"
	v, _ := refuse("15b", 500, detailServerError, remedy)
	if next {
		v, _ = refuse("15b", 409, "Username '"+l.username+detailUsernameTaken, remedy)
	}
	v.UserID, v.RoleBefore, v.RoleAfter = owner.ID, owner.Role, owner.Role
	return v
}

// signIn is rows 16 to 18: somebody has the address. The role is written
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
	l.session(&v, user.Username.Raw(), db)
	return v
}

// session finds the other account whose session this login may open:
// PostgreSQL lets usernames differ in letter case alone, and the session's
// user is looked up without it.
func (l *login) session(v *Verdict, username string, db Database) {
	if other := l.acc.twin(username, username, db); other != nil {
		v.SessionID, v.Remedy = other.ID, sharedSession
	}
}

// rommUsername reports whether RomM takes a username as it is: 3 to 255 ASCII
// letters, digits, _ and - (docs/romm.md 2 Username rule).
func rommUsername(s string) bool {
	return len(s) >= 3 && len(s) <= 255 && only(s, "_-")
}

// holds is Python's `value in claim`, guarded by `value` being set: a list
// needs an equal element, a string is searched for a substring, an object by
// key. An empty claim of any kind holds nothing.
func holds(claim any, value string) bool {
	if value == "" {
		return false
	}
	switch c := claim.(type) {
	case []any:
		for _, e := range c {
			if text, ok := e.(string); ok && text == value {
				return true
			}
		}
	case string:
		return strings.Contains(c, value)
	case map[string]any:
		_, ok := c[value]
		return ok
	}
	return false
}

// falsy is Python's falsehood.
func falsy(v any) bool {
	switch c := v.(type) {
	case nil:
		return true
	case bool:
		return !c
	case string:
		return c == ""
	case json.Number:
		f, err := c.Float64()
		return err == nil && f == 0
	case []any:
		return len(c) == 0
	case map[string]any:
		return len(c) == 0
	}
	return false
}

// scalar reports whether Python cannot search in the value.
func scalar(v any) bool {
	switch v.(type) {
	case bool, json.Number:
		return true
	}
	return false
}
