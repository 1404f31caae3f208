package model

import (
	"slices"
	"testing"
)

// The link that RomM keeps pairs before anything else, exactly and for every
// subject mode: bob has once signed in to mallory's account, whose address was
// his then, and stays there.
func TestPairedByLink(t *testing.T) {
	const issuer = "https://auth.example.org/application/o/romm/"
	world := func(mode string, link func(bob Identity) OIDCLink) (World, *LocalUser) {
		w := testWorld()
		w.Provider.Issuer, w.Provider.SubMode = issuer, mode
		w.local("bob", "bob@example.org", RoleUser)
		mallory := w.local("mallory", "mallory@example.org", RoleUser)
		bob := w.identity("bob", "bob@example.org", gUsers)
		bob.UUID, bob.UPN = "uuid-of-bob", "bob@corp"
		w.identity("mallory", "mallory@example.org", gUsers)
		mallory.Link = link(*bob)
		mallory.Link.Known = true
		return w, mallory
	}
	bobs := func(w World) Pair {
		pairs := Judge(w).Pairs
		return pairs[slices.IndexFunc(pairs, func(p Pair) bool { return p.Identity != nil && p.Identity.Username == "bob" })]
	}
	paired := func(w World) (account string, basis Basis) {
		p := bobs(w)
		return p.Local.Username.Raw(), p.Basis
	}
	for _, mode := range []string{SubHashedUserID, SubUserID, SubUserUUID, SubUsername, SubEmail, SubUPN} {
		is := func(bob Identity) OIDCLink {
			subject, _ := bob.Subject(mode)
			return NewOIDCLink(issuer, Untrusted(subject.(string)))
		}
		w, mallory := world(mode, is)
		if account, basis := paired(w); account != "mallory" || basis != BasisLink {
			t.Errorf("%s: %s by %s", mode, account, basis)
		}
		mallory.Link = OIDCLink{}
		if account, basis := paired(w); account != "bob" || basis != BasisEmail {
			t.Errorf("%s, not known: %s by %s", mode, account, basis)
		}
	}
	for name, link := range map[string]OIDCLink{
		"other issuer": NewOIDCLink("https://auth.example.org/application/o/romm", "uid-1"), "other case": NewOIDCLink(issuer, "UID-1"),
		"half": {Issuer: NullText{issuer, true}}, "empty": NewOIDCLink(issuer, ""), "nobody": NewOIDCLink(issuer, "uid-9"),
	} {
		w, _ := world(SubHashedUserID, func(Identity) OIDCLink { return link })
		if account, basis := paired(w); account != "bob" || basis != BasisEmail {
			t.Errorf("%s: %s by %s", name, account, basis)
		}
	}

	// A pin to the same account says nothing new, one to another is contradicted.
	for account, moved := range map[int64]bool{1: true, 2: false} {
		w, _ := world(SubHashedUserID, func(Identity) OIDCLink { return NewOIDCLink(issuer, "uid-1") })
		w.Pins = []Pin{{UID: "uid-1", LocalID: account}}
		if got := bobs(w).Has(FindingPinMoved); got != moved {
			t.Errorf("pinned to %d: %v", account, got)
		}
	}
}

// Whom an account is linked to is said by the person's name where the provider
// sends that subject for somebody.
func TestLinkedTo(t *testing.T) {
	const issuer = "https://auth.example.org/application/o/romm/"
	w := testWorld()
	w.Provider.Issuer, w.Provider.SubMode = issuer, SubHashedUserID
	w.identity("bob", "bob@example.org", gUsers)
	for want, of := range map[string]struct {
		link    OIDCLink
		release Version
	}{
		"": {OIDCLink{}, Version{Major: 5, Minor: 2}}, "not known": {OIDCLink{}, Version{Major: 5, Minor: 4}},
		"nobody yet: the next login by the address links it":          {Unlinked(), Version{Major: 5, Minor: 4}},
		"Authentik's bob (subject uid-1)":                             {NewOIDCLink(issuer, "uid-1"), Version{Major: 5, Minor: 4}},
		"subject uid-9 of " + issuer + ", who is nobody in Authentik": {NewOIDCLink(issuer, "uid-9"), Version{Major: 5, Minor: 4}},
		"subject uid-1 of http://other, who is nobody in Authentik":   {NewOIDCLink("http://other", "uid-1"), Version{Major: 5, Minor: 5}},
	} {
		w.Settings.Version = of.release
		if got := w.LinkedTo(LocalUser{Link: of.link}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
