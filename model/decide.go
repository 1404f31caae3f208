package model

import "slices"

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
	case ServerError, NoSession:
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
	email   string
	name    any // the claim that names a new account
	role    Role
	decided bool // false when the login does not write the role
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
	if v, done = l.attribute(); done {
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

// attribute is row 8. Before 4.5 a missing name stops new accounts only.
func (l *login) attribute() (v Verdict, done bool) {
	attr := l.set.usernameAttribute()
	claim := l.claims[attr]
	if claim == nil && l.set.Version.AtLeast(4, 5, 0) {
		return refuse("8", 400, "'"+attr+detailAttrMissing,
			"select the stock profile mapping on RomM's provider, or set OIDC_USERNAME_ATTRIBUTE to a claim that is sent")
	}
	l.name = claim
	return v, false
}
