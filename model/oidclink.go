package model

import "fmt"

// NullText is a column of RomM's database that may be NULL.
type NullText struct {
	Text  Untrusted
	Valid bool // false is NULL
}

// OIDCLink is what RomM from 5.4 on remembers of who signs in to an account
// (docs/romm.md 3 Links).
type OIDCLink struct {
	// Known is false where nobody could tell: RomM's API does not.
	Known           bool
	Issuer, Subject NullText
}

// NewOIDCLink is a link as RomM writes it: to that subject of that issuer.
func NewOIDCLink(issuer, subject Untrusted) OIDCLink {
	return OIDCLink{Known: true, Issuer: NullText{issuer, true}, Subject: NullText{subject, true}}
}

// Unlinked is the link of an account that is known to have none.
func Unlinked() OIDCLink { return OIDCLink{Known: true} }

// Linked reports whether the account is known to be linked to somebody.
func (k OIDCLink) Linked() bool { return k.Known && k.Issuer.Valid && k.Subject.Valid }

// String says in words whom the account is linked to.
func (k OIDCLink) String() string {
	switch {
	case !k.Known:
		return "somebody or nobody"
	case k == Unlinked():
		return "nobody"
	}
	part := func(t NullText) string {
		if !t.Valid {
			return "NULL"
		}
		return t.Text.String()
	}
	return fmt.Sprintf("subject %s of %s", part(k.Subject), part(k.Issuer))
}
