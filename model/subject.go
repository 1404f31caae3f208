package model

import (
	"fmt"
	"net/url"
	"strconv"
)

// The subject modes of an Authentik provider: what it sends as the claim sub, by
// which RomM since 5.4 knows people again (docs/authentik.md 4.2 sub_mode).
const (
	SubHashedUserID = "hashed_user_id"
	SubUserID       = "user_id"
	SubUserUUID     = "user_uuid"
	SubUsername     = "user_username"
	SubEmail        = "user_email"
	SubUPN          = "user_upn"
)

// Subject is the claim sub that a provider with that subject mode sends for the
// user; false for a mode that we do not know. It need not be text, or anything
// at all: an attribute may hold whatever JSON can, and an address may be empty.
func (id Identity) Subject(mode string) (any, bool) {
	switch mode {
	case SubHashedUserID:
		return id.UID, true
	case SubUserID:
		return strconv.FormatInt(id.PK, 10), true
	case SubUserUUID:
		return id.UUID, true
	case SubUsername:
		return id.Username.Raw(), true
	case SubEmail:
		return id.Email.Raw(), true
	case SubUPN:
		if id.UPN != nil {
			return id.UPN, true
		}
		return id.UID, true
	}
	return nil, false
}

// LinkOwner finds the Authentik user whom RomM has linked an account to; nil if the
// provider sends that subject for nobody who was read.
func (w *World) LinkOwner(k OIDCLink) *Identity {
	if !k.Linked() {
		return nil
	}
	for i := range w.Directory.Identities {
		if l, err := w.Provider.LinkOf(w.Directory.Identities[i]); err == nil && l == k {
			return &w.Directory.Identities[i]
		}
	}
	return nil
}

// LinkedTo says in a few words whom RomM has linked the account to; "" where this
// RomM links nobody.
func (w *World) LinkedTo(u LocalUser) string {
	switch owner := w.LinkOwner(u.Link); {
	case !u.Link.Known && !w.Settings.Version.Links():
		return ""
	case !u.Link.Known:
		return "not known"
	case !u.Link.Linked():
		return "nobody yet: the next login by the address links it"
	case owner != nil:
		return fmt.Sprintf("Authentik's %s (subject %s)", owner.Username, ShortID(u.Link.Subject.Text.Raw()))
	}
	return fmt.Sprintf("subject %s of %s, who is nobody in Authentik", ShortID(u.Link.Subject.Text.Raw()), u.Link.Issuer.Text)
}

// LinkOf is the link that RomM since 5.4 stores when the user signs in through
// the provider (docs/romm.md row 23). CodeInvalid where it cannot be known, or
// where RomM would store none.
func (p Provider) LinkOf(id Identity) (OIDCLink, error) {
	subject, known := id.Subject(p.SubMode)
	text, isText := subject.(string)
	switch {
	case p.Issuer == "" || !known:
		return OIDCLink{}, &Error{
			Code: CodeInvalid, Msg: "what RomM's provider sends as issuer and subject is not known",
			Hint: "let the token read RomM's provider and its discovery document: romm-admin setup check",
		}
	case !isText || text == "":
		return OIDCLink{}, &Error{
			Code: CodeInvalid, Msg: fmt.Sprintf("for %s the provider sends no subject that RomM could link (subject mode %s)", id.Username, Clean(p.SubMode)),
			Hint: "give the user that attribute in Authentik",
		}
	}
	return NewOIDCLink(Untrusted(p.Issuer), Untrusted(text)), nil
}

// IssuerAt is an issuer of Authentik's as RomM sees it: Authentik takes scheme and
// host from each request (docs/authentik.md 7), so they are those of the address
// that RomM reads the discovery document at, and not of ours.
func (s Settings) IssuerAt(issuer string) string {
	address, _ := s.Discovery()
	seen, err := url.Parse(address)
	if err != nil || seen.Scheme == "" || seen.Host == "" {
		return issuer
	}
	return issuerOf(seen.Scheme+"://"+seen.Host, issuer)
}

// issuerOf is the issuer with another scheme and host.
func issuerOf(origin, issuer string) string {
	u, err := url.Parse(issuer)
	if err != nil || u.Host == "" {
		return issuer
	}
	return origin + u.EscapedPath()
}
