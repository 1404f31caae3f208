package model

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// RomM's own texts (reference/romm.md 3).
const (
	detailServerError    = "Internal Server Error"
	detailOIDCOff        = "OAuth disabled"
	detailNoUserinfo     = "Userinfo is missing from token."
	detailEmailMissing   = "Email is missing from token."
	detailUnverified     = "Email is not verified."
	detailAttrMissing    = "'%s' attribute is missing from token."
	detailNoRoles        = "User has not been granted any roles for this application."
	detailNoRegistration = "User registration is disabled. Please contact an administrator to create an account."
	detailUsernameTaken  = "Username '%s' is already taken. Please contact an administrator."
	detailDisabled       = "Disabled user"
)

// Decide says what RomM does with a login that brings these claims: the
// decision table of reference/romm.md 3, row by row, for RomM 4.3.1 and later.
// It follows the ugly rows too. A nil Claims is a token without userinfo. With
// an unknown database it answers for MariaDB and for PostgreSQL and returns
// the graver of the two.
func Decide(c Claims, acc *Accounts, s Settings) Verdict {
	if s.Database == DatabaseMariaDB || s.Database == DatabasePostgreSQL {
		return login{c, acc, s, s.Database}.decide()
	}
	maria := login{c, acc, s, DatabaseMariaDB}.decide()
	pg := login{c, acc, s, DatabasePostgreSQL}.decide()
	if maria == pg {
		return maria
	}
	worse, db := maria, "MariaDB"
	if gravity(pg, c, acc) > gravity(maria, c, acc) {
		worse, db = pg, "PostgreSQL"
	}
	worse.Depends = "this is so when RomM runs on " + db + "; set ROMM_DB_DRIVER to know"
	return worse
}

// gravity orders verdicts for the case that the database is not known: a
// session or an account of somebody else is worse than any refusal.
func gravity(v Verdict, c Claims, acc *Accounts) int {
	email, _ := c["email"].(string)
	switch v.Outcome {
	case SignsIn, Registers:
		if v.SessionID != 0 {
			return 5
		}
		if u, ok := acc.User(v.UserID); ok && !SameAddress(u.Email, Untrusted(email)) {
			return 4
		}
		if v.Outcome == Registers {
			return 1
		}
		return 0
	case ServerError:
		return 3
	case Refused:
	}
	return 2
}

// login is one run through the table for one kind of database.
type login struct {
	claims Claims
	acc    *Accounts
	set    Settings
	db     Database
}

func refuse(rule string, status int, detail, remedy string) Verdict {
	v := Verdict{Outcome: Refused, Rule: rule, Status: status, Detail: detail, Remedy: remedy}
	if status >= 500 {
		v.Outcome = ServerError
	}
	return v
}

func (l login) decide() Verdict {
	if l.set.Disabled {
		return refuse("1", 500, detailOIDCOff, "set OIDC_ENABLED=true in RomM's environment and restart RomM")
	}
	if l.claims == nil {
		return refuse("3", 400, detailNoUserinfo, "let the provider issue an ID token")
	}
	email, bad := l.email()
	if bad != nil {
		return *bad
	}
	username, hasName, bad := l.username()
	if bad != nil {
		return *bad
	}
	role, decided, bad := l.role()
	if bad != nil {
		return *bad
	}
	user, found := l.acc.byEmail(email, l.db)
	if !found {
		return l.register(username, hasName, role, decided)
	}
	return l.signIn(user, role, decided)
}

// email is rows 4 to 7.
func (l login) email() (string, *Verdict) {
	v, ok := l.claims["email"]
	if !ok || v == nil {
		r := refuse("4", 400, detailEmailMissing,
			"select a mapping for the scope email on RomM's provider, with claims in the ID token")
		return "", &r
	}
	email, ok := v.(string)
	if !ok {
		r := refuse("4c", 500, detailServerError, "make the e-mail mapping return one string")
		return "", &r
	}
	verified, present := l.claims["email_verified"]
	value, isBool := verified.(bool)
	const remedy = "verify the address: let Authentik send email_verified true for exactly this address"
	switch {
	case isBool && value:
		return email, nil
	case isBool:
		r := refuse("5", 400, detailUnverified, remedy)
		return "", &r
	case slices.Contains(l.set.ClaimsSupported, "email_verified"):
		if present {
			r := refuse("6", 400, detailUnverified, "make the e-mail mapping return the JSON value true, not text")
			return "", &r
		}
		r := refuse("6", 400, detailUnverified, remedy)
		return "", &r
	}
	return email, nil
}

// username is row 8. Before 4.5 a missing name stops new accounts only.
func (l login) username() (name string, ok bool, bad *Verdict) {
	attr := l.set.usernameAttribute()
	v, present := l.claims[attr]
	if !present || v == nil {
		if !l.set.Version.AtLeast(4, 5, 0) {
			return "", false, nil
		}
		r := refuse("8", 400, fmt.Sprintf(detailAttrMissing, attr),
			"select the stock profile mapping on RomM's provider, or set OIDC_USERNAME_ATTRIBUTE to a claim that is sent")
		return "", false, &r
	}
	name, ok = v.(string)
	return name, ok, nil
}

// role is rows 9 to 13. decided is false when the login leaves the role alone.
func (l login) role() (role Role, decided bool, bad *Verdict) {
	s := l.set
	if s.ClaimRoles == "" {
		return RoleNone, false, nil
	}
	claim, present := l.claims[s.ClaimRoles]
	if !present {
		if s.Version.AtLeast(4, 8, 0) {
			return RoleNone, false, nil
		}
		return RoleViewer, true, nil // up to 4.7 everybody falls to viewer, admins too
	}
	if claim == nil && !s.Version.AtLeast(4, 4, 0) {
		r := refuse("12-4.3", 500, detailServerError, "make the roles mapping return a list, empty for nobody")
		return RoleNone, false, &r
	}
	if !empty(claim) && scalar(claim) {
		r := refuse("13", 500, detailServerError, "make the roles mapping return a list of role names")
		return RoleNone, false, &r
	}
	switch {
	case holds(claim, s.RoleAdmin):
		return RoleAdmin, true, nil
	case s.Version.AtLeast(5, 0, 0):
		if holds(claim, s.RoleEditor) || holds(claim, s.RoleViewer) || s.RoleViewer == "*" {
			return RoleUser, true, nil
		}
	case holds(claim, s.RoleEditor):
		return RoleEditor, true, nil
	case holds(claim, s.RoleViewer), s.RoleViewer == "*":
		return RoleViewer, true, nil
	}
	r := refuse("12", 403, detailNoRoles, "put the person in a group that has a role, or give one of their groups a role")
	return RoleNone, false, &r
}

// register is rows 14 to 15b: nobody has the address.
func (l login) register(username string, hasName bool, role Role, decided bool) Verdict {
	s := l.set
	if s.Version.AtLeast(5, 0, 0) && !s.AllowRegistration {
		return refuse("14", 403, detailNoRegistration,
			"create the account in RomM with this address, or set OIDC_ALLOW_REGISTRATION=true")
	}
	if !hasName {
		return refuse("8", 500, detailServerError, "let the provider send "+s.usernameAttribute()+" as text")
	}
	if owner, taken := l.acc.taken(username, l.db); taken {
		const remedy = "set the address of the RomM account to the one that Authentik sends"
		v := refuse("15b", 500, detailServerError, remedy)
		if s.Version.Next() {
			v = refuse("15b", 409, fmt.Sprintf(detailUsernameTaken, username), remedy)
		}
		v.UserID, v.RoleBefore, v.RoleAfter = owner.ID, owner.Role, owner.Role
		return v
	}
	if !decided {
		role = RoleViewer
		if s.Version.AtLeast(5, 0, 0) {
			role = RoleUser
		}
	}
	v := Verdict{Outcome: Registers, Status: 307, Rule: "15", RoleAfter: role}
	if username == "" {
		v.Remedy = "give the Authentik user a name: RomM makes an account without one, and its session is not usable"
	}
	if same := l.acc.byUsername(username, l.db); l.db == DatabasePostgreSQL && len(same) > 0 {
		v.SessionID = same[0].ID
		v.Remedy = "rename one of the two: RomM looks the session's user up without letter case"
	}
	return v
}

// signIn is rows 16 to 18: somebody has the address. The role is written
// before the account is found disabled.
func (l login) signIn(user LocalUser, role Role, decided bool) Verdict {
	v := Verdict{
		Outcome: SignsIn, Status: 307, Rule: "18",
		UserID: user.ID, RoleBefore: user.Role, RoleAfter: user.Role,
	}
	if decided {
		v.RoleAfter = role
	}
	if !user.Enabled {
		v.Outcome, v.Status, v.Rule, v.Detail = Refused, 401, "17", detailDisabled
		v.Remedy = "enable the account in RomM, if this person should get in"
		return v
	}
	if l.db == DatabasePostgreSQL {
		for _, other := range l.acc.byUsername(user.Username.Raw(), l.db) {
			if other.ID != user.ID {
				v.SessionID = other.ID
				v.Remedy = "rename one of the two: RomM looks the session's user up without letter case"
			}
		}
	}
	return v
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
		return slices.ContainsFunc(c, func(e any) bool { return e == any(value) })
	case string:
		return strings.Contains(c, value)
	case map[string]any:
		_, ok := c[value]
		return ok
	}
	return false
}

// empty is Python's falsehood.
func empty(v any) bool {
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
