package model

// NullText is a text of a database that may be NULL, which is something else
// than the empty text. The zero value is NULL.
type NullText struct {
	Text  Untrusted
	Valid bool
}

// OIDCLink is whom RomM remembers to have signed in to an account, from 5.4 on:
// the issuer and the subject of the ID token, compared exactly. The zero value is
// no link.
type OIDCLink struct {
	Issuer, Subject NullText
}

// NewOIDCLink is the link to that subject of that issuer.
func NewOIDCLink(issuer, subject Untrusted) OIDCLink {
	return OIDCLink{Issuer: NullText{issuer, true}, Subject: NullText{subject, true}}
}
