package model

import (
	"fmt"
	"regexp"
	"slices"
)

// Blocked says why nobody at all can sign in to RomM through Authentik, whatever
// the claims are; "" if nothing that is known stands in the way.
func (w World) Blocked() string {
	why, _ := w.BlockedBy()
	return why
}

// BlockedBy is Blocked, with what to do.
func (w World) BlockedBy() (why, fix string) {
	if why, fix = w.unreachable(); why != "" {
		return why, fix
	}
	if why = w.Settings.wrongCallback(); why != "" {
		return why, fmt.Sprintf("set OIDC_REDIRECT_URI=%s for RomM; then romm-admin setup apply allows it in Authentik", OrNone(Clean(w.Settings.Callback())))
	}
	s, p := w.Setup, w.Setup.Provider
	if !s.Known || p == nil {
		return "", ""
	}
	back := w.Settings.RedirectURI
	switch {
	case w.OtherClient():
		return fmt.Sprintf("RomM's OIDC_CLIENT_ID is not the client id of the provider %s", p.Name),
			"set OIDC_CLIENT_ID and OIDC_CLIENT_SECRET for RomM; see `romm-admin setup env`"
	case s.SecretDiffers:
		return fmt.Sprintf("RomM's OIDC_CLIENT_SECRET is not the client secret of the provider %s", p.Name),
			"set OIDC_CLIENT_SECRET for RomM; see `romm-admin setup env`"
	case s.ProviderSlug() == "":
		return fmt.Sprintf("no application of Authentik holds the provider %s", p.Name), SetupApplies
	case p.GrantTypes != nil && !slices.Contains(p.GrantTypes, "authorization_code"):
		return fmt.Sprintf("the provider %s does not allow the grant type authorization_code", p.Name), SetupApplies
	case back != "" && len(p.RedirectURIs) > 0 && !slices.ContainsFunc(p.RedirectURIs, func(u RedirectURI) bool { return u.mayAllow(back) }):
		return fmt.Sprintf("the provider %s does not allow RomM's redirect URI %s", p.Name, Clean(back)), SetupApplies
	}
	return "", ""
}

// notSetUp reports whether Authentik has no provider for RomM, as far as whole
// lists tell.
func (w World) notSetUp() bool {
	return w.Setup.Known && w.Setup.Provider == nil && !w.Provider.Found
}

// mayAllow reports whether Authentik sends a login back to that address: a
// plain one has to be equal, letter by letter, a pattern has to match as a
// whole (docs/authentik.md 7). Of a pattern in words that only Authentik's own
// language knows nobody can tell, so it may.
func (u RedirectURI) mayAllow(back string) bool {
	if u.Logout || !u.Regex {
		return !u.Logout && u.URL == back
	}
	pattern, err := regexp.Compile(`^(?:` + u.URL + `)$`)
	return err != nil || pattern.MatchString(back)
}

// otherClient reports whether RomM signs people in through another provider
// than the one of its application: Authentik finds it by the client id.
func (w World) OtherClient() bool {
	p := w.Setup.Provider
	return p != nil && w.Settings.ClientID != "" && w.Settings.ClientID != p.ClientID
}

// unreadable says why RomM fails on every ID token of the provider
// (docs/romm.md row 2, 3 Client); "" if it does not.
func (w World) Unreadable() string {
	p := w.Setup.Provider
	switch {
	case p == nil:
	case p.SigningKey.ID == "":
		return fmt.Sprintf("the provider %s signs tokens with no key, which RomM does not accept", p.Name)
	case p.EncryptionKey.ID != "":
		return fmt.Sprintf("the provider %s encrypts tokens, which RomM cannot read", p.Name)
	}
	return ""
}
