package model

import (
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
	detailLinked         = "This account is linked to a different identity at the provider. Please contact an administrator."
)

// Decide says what RomM does with a login that brings these claims: the
// decision table of docs/romm.md 3, row by row, for RomM 4.3.1 and later. It
// follows the rows that crash or surprise too. A nil Claims is a token without
// userinfo. What is not known (the database, whether OIDC_ROLE_* are lists) it
// answers in every way that may be, and returns the graver one; of links that are
// not known it says so, and answers by the address. It allocates nothing in the
// common rows.
func Decide(c Claims, acc *Accounts, s Settings) Verdict {
	return DecideWithUserInfo(c, nil, acc, s)
}

// DecideWithUserInfo is Decide for a provider whose UserInfo endpoint gives that
// answer; nil is a provider without one.
func DecideWithUserInfo(c Claims, info *UserInfo, acc *Accounts, s Settings) Verdict {
	l := login{claims: c, acc: acc, set: s, family: s.Version.family()}
	v := l.decide(info)
	if l.listsDiffer {
		v.dependsOn(dependsOnLists)
	}
	return v
}

func (l *login) decide(info *UserInfo) Verdict {
	if v, done := l.token(info); done {
		return v
	}
	switch db := l.set.Database; db {
	case DatabaseUnknown, "":
		return l.gravest(databases[:])
	case DatabaseMySQL:
		return l.gravest(mysqls[:])
	default:
		return l.on(db)
	}
}

// What a verdict may depend on.
const (
	dependsOnLists     = "this RomM may read OIDC_ROLE_* as lists of values, or not; one value without a comma in each, and a role claim that is a list, are read alike"
	dependsOnLink      = "whom the account is linked to is not known: this person, somebody else or nobody (oidc_issuer and oidc_sub in RomM's database)"
	dependsOnOtherLink = "whether another account is linked to this person, and opens instead, is not known (oidc_issuer and oidc_sub in RomM's database)"
)

// doubt is what the verdict depends on besides links that are not known, which
// are one fact about the whole world (NoteLinksUnknown).
func (v *Verdict) doubt() string {
	for _, link := range [...]string{dependsOnLink, dependsOnOtherLink} { // they come first
		if rest, ok := strings.CutPrefix(v.Depends, link); ok {
			return strings.TrimPrefix(rest, "; ")
		}
	}
	return v.Depends
}

// dependsOn adds to what the verdict depends on.
func (v *Verdict) dependsOn(what string) {
	if v.Depends != "" {
		what = v.Depends + "; " + what
	}
	v.Depends = what
}

// gravity orders verdicts for the case that something is not known: a session or
// an account of somebody else is worse than any refusal. An account that RomM has
// linked to the person is their own.
func (l *login) gravity(v *Verdict) int {
	switch v.Outcome {
	case SignsIn, Registers:
		if v.SessionID != 0 {
			return 5
		}
		if v.Outcome == Registers {
			return 1
		}
		if u, ok := l.acc.User(v.UserID); ok && v.Rule != RuleByLink && !SameAddress(Untrusted(l.email), u.Email) {
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
	family *family
	// What rows 3 to 13 find.
	email       string
	emailIsText bool
	name        any // the claim that names a new account
	role        Role
	decided     bool // false when the login does not write the role
	listsDiffer bool // whether OIDC_ROLE_* are lists makes a difference
	nth         int  // which of the accounts with the address is found
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
// looks it up, so row 4c comes later.
func (l *login) token(info *UserInfo) (v Verdict, done bool) {
	if l.set.Disabled {
		return refuse("1", 500, detailOIDCOff, "set OIDC_ENABLED=true in RomM's environment and restart RomM")
	}
	if l.claims == nil {
		return refuse("3", 400, detailNoUserinfo, "let the provider issue an ID token")
	}
	var ok bool
	if l.claims, ok = fillGaps(l.claims, info, l.set); !ok {
		return refuse("4d", 500, detailServerError, oneAddress)
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
	l.email, l.emailIsText = l.claims["email"].(string)
	return v, false
}

const oneAddress = "make the e-mail mapping return one string"

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
	if claim == nil && !l.family.nameOptional {
		return refuse("8", 400, "'"+attr+detailAttrMissing,
			"select the stock profile mapping on RomM's provider, or set OIDC_USERNAME_ATTRIBUTE to a claim that is sent")
	}
	l.name = claim
	return v, false
}
