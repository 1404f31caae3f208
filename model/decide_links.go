package model

import (
	"strconv"
	"strings"

	"github.com/romm-admin/romm-admin/model/collate"
)

// identity is who the token says that it is about, by issuer and subject.
type identity struct {
	issuer  string
	subject any
	// known is false when the claims do not say, as an ID token always does.
	known bool
	// linkable is false when RomM makes no link of it: one of the two is empty.
	linkable bool
}

func (l *login) identity() identity {
	issuer, hasIssuer := l.claims["iss"]
	subject, hasSubject := l.claims["sub"]
	id := identity{subject: subject, known: hasIssuer && hasSubject}
	text, isText := issuer.(string) // it is the issuer of the discovery document, so it is text
	id.issuer = text
	id.linkable = id.known && isText && text != "" && !falsy(subject)
	return id
}

// link is what RomM stores of the identity; false where the database refuses it.
func (id identity) link(db Database) (OIDCLink, bool) {
	switch {
	case !id.known:
		return OIDCLink{}, true
	case !id.linkable:
		return Unlinked(), true
	}
	issuer, ok := storable(id.issuer, db)
	subject, both := databaseText(id.subject, db)
	return NewOIDCLink(Untrusted(issuer), Untrusted(subject)), ok && both
}

// linked is rows 10 to 24 of a RomM that knows accounts by their link: the link
// first, then the address.
func (l *login) linked(db Database) Verdict {
	id := l.identity()
	if id.linkable {
		user, ok := l.acc.byLink(id, db)
		if !ok {
			v, _ := refuse("19", 500, detailServerError, plainText)
			return v
		}
		if user != nil {
			return l.signInByLink(user, id, db)
		}
	}
	user, v, failed := l.byAddress(db)
	switch {
	case failed:
		return v
	case user == nil:
		link, ok := id.link(db)
		v = l.register(link, ok, db)
	case !id.known && user.Link.Known && !user.Link.Linked(), id.known && (!id.linkable || user.Link.Known):
		v = l.signInByAddress(user, id, db)
	default:
		// Unlinked and linked to this person are one: the account opens. Only if it
		// is linked to somebody else of this issuer it does not (row 22), or if
		// another account is linked to this person.
		v = l.openByAddress(user, id, db)
		v.LinkUnknown = true
		v.dependsOn(dependsOnLink)
		return v
	}
	// Any account whose link is not known may be this person's.
	if id.linkable && l.acc.unknownLinks > 0 || !id.known && l.acc.unknownLinks+len(l.acc.links) > 0 {
		v.LinkUnknown = true
		v.dependsOn(dependsOnOtherLink)
	}
	return v
}

func (l *login) linkedElsewhere(user *LocalUser) Verdict {
	return l.refuseWith(user, RuleLinkedElsewhere, 403, detailLinked,
		"if this is the same person, remove the link: romm-admin users unlink; it needs RomM's database")
}

// signInByAddress is rows 22 and 23: no account is linked to the person, one has
// the address.
func (l *login) signInByAddress(user *LocalUser, id identity, db Database) Verdict {
	k := user.Link
	if id.linkable && k.Issuer.Valid && k.Issuer.Text.Raw() == id.issuer && k.Subject.Valid {
		return l.linkedElsewhere(user)
	}
	return l.openByAddress(user, id, db)
}

func (l *login) openByAddress(user *LocalUser, id identity, db Database) Verdict {
	if id.known && !id.linkable {
		return l.signIn(user, RuleSignsIn, db)
	}
	v := l.signIn(user, RuleLinks, db)
	if v.Status != 307 {
		return v
	}
	link, ok := id.link(db)
	if !ok {
		v, _ = refuse("19", 500, detailServerError, plainText)
		return v
	}
	v.LinkAfter = link
	return v
}

// signInByLink is rows 21 and 24: the account is the person's, whatever its
// address, and gets the one of the token where nobody else has it.
func (l *login) signInByLink(user *LocalUser, id identity, db Database) Verdict {
	v := l.signIn(user, RuleByLink, db)
	if v.Status != 307 {
		return v
	}
	if !l.emailIsText || !sameLower(l.email, user.Email.Raw()) {
		other, refused, failed := l.byAddress(db)
		if failed {
			return refused
		}
		if email, ok := storable(l.email, db); other == nil && !ok {
			v, _ = refuse("19", 500, detailServerError, plainText)
			return v
		} else if other == nil && !l.acc.holdsEmail(email, db) {
			v.EmailAfter = NullText{Untrusted(email), true}
		}
	}
	if _, isText := id.subject.(string); !isText {
		var ok bool
		if v.LinkAfter, ok = id.link(db); !ok {
			v, _ = refuse("19", 500, detailServerError, plainText)
		}
	}
	return v
}

// linkOf is the link of an account, where RomM has links.
func (l *login) linkOf(u *LocalUser) OIDCLink {
	if !l.family.links {
		return OIDCLink{}
	}
	return u.Link
}

// sameLower reports whether Python lower-cases two texts alike.
func sameLower(a, b string) bool {
	var x, y [foldSize]byte
	return string(collate.PostgreSQL.AppendLookup(x[:0], a)) == string(collate.PostgreSQL.AppendLookup(y[:0], b))
}

// linkKey finds accounts by their link.
type linkKey struct{ issuer, subject Untrusted }

// byLink finds the account that is linked to the identity, nil if none is known
// to be; false where the database fails on it. Texts are compared exactly. MariaDB
// compares a subject that is a number with the number at the beginning of each.
func (a *Accounts) byLink(id identity, db Database) (*LocalUser, bool) {
	if !askable(id.issuer, db) {
		return nil, false
	}
	subject, isText := id.subject.(string)
	if !isText {
		n, isNumber := pythonNumber(id.subject)
		if isNumber && db != DatabasePostgreSQL {
			return a.byNumber(id.issuer, n), true
		}
		var ok bool
		if subject, ok = lookupText(id.subject, db); !ok {
			return nil, false
		}
	}
	if !askable(subject, db) {
		return nil, false
	}
	if i, ok := a.links[linkKey{Untrusted(id.issuer), Untrusted(subject)}]; ok {
		return &a.users[i], true
	}
	return nil, true
}

// lookupText is databaseText for a look-up, which has no length.
func lookupText(v any, db Database) (string, bool) {
	if db == DatabasePostgreSQL {
		return postgresText(v)
	}
	return mariaText(v)
}

// byNumber: of several accounts the index of the database has the one first whose
// subject comes first.
func (a *Accounts) byNumber(issuer string, n float64) (found *LocalUser) {
	for key, i := range a.links {
		if key.issuer.Raw() == issuer && leadingNumber(key.subject.Raw()) == n && (found == nil || key.subject < found.Link.Subject.Text) {
			found = &a.users[i]
		}
	}
	return found
}

// leadingNumber is the number that MariaDB reads at the beginning of a text; 0 if
// there is none.
func leadingNumber(s string) float64 {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	digits := func(i int) int {
		for i < len(s) && '0' <= s[i] && s[i] <= '9' {
			i++
		}
		return i
	}
	sign := func(i int) int {
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		return i
	}
	end := digits(sign(0))
	if end < len(s) && s[end] == '.' {
		end = digits(end + 1)
	}
	if end < len(s) && s[end]|0x20 == 'e' {
		if from := sign(end + 1); digits(from) > from {
			end = digits(from)
		}
	}
	f, _ := strconv.ParseFloat(s[:end], 64) // 0 without a digit, infinite out of range
	return f
}
