package model

import (
	"fmt"
	"regexp"
	"slices"
)

// blocked says why Authentik lets nobody at all sign in to RomM, whatever the
// claims are; "" if nothing that is known stands in the way.
func (w World) Blocked() string {
	s, p := w.Setup, w.Setup.Provider
	if !s.Known || p == nil {
		return ""
	}
	back := w.Settings.RedirectURI
	switch {
	case w.OtherClient():
		return fmt.Sprintf("RomM's OIDC_CLIENT_ID is not the client id of the provider %s", p.Name)
	case s.SecretDiffers:
		return fmt.Sprintf("RomM's OIDC_CLIENT_SECRET is not the client secret of the provider %s", p.Name)
	case s.ProviderSlug() == "":
		return fmt.Sprintf("no application of Authentik holds the provider %s", p.Name)
	case p.GrantTypes != nil && !slices.Contains(p.GrantTypes, "authorization_code"):
		return fmt.Sprintf("the provider %s does not allow the grant type authorization_code", p.Name)
	case back != "" && len(p.RedirectURIs) > 0 && !slices.ContainsFunc(p.RedirectURIs, func(u RedirectURI) bool { return u.mayAllow(back) }):
		return fmt.Sprintf("the provider %s does not allow RomM's redirect URI %s", p.Name, Clean(back))
	}
	return ""
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

// denialReason says why Authentik keeps this person out; "" if it does not.
func (p predictor) denialReason(id Identity) string {
	if p.blocked != "" || len(p.setup.Bindings) == 0 {
		return p.blocked
	}
	all, whole := p.members.Of(id.Groups)
	return p.setup.denialReason(id, all, whole)
}

// denialReason says why the bindings of RomM's application keep somebody out
// who is in these groups; "" if they do not, or if that depends on a policy or
// on groups that cannot be seen (whole is false). A person's and a group's
// bindings count as one answer; inherited membership counts (docs/authentik.md
// 3).
func (s Setup) denialReason(id Identity, groups []GroupID, whole bool) string {
	bound, passes, policies := false, false, false
	for _, b := range s.Bindings {
		switch {
		case b.Disabled:
			continue
		case b.Policy != "":
			policies = true
			continue
		case b.User == 0 && !whole && !slices.Contains(groups, b.Group):
			return "" // it may be one of those that cannot be seen
		}
		bound = true
		matches := b.User == id.PK
		if b.User == 0 {
			matches = slices.Contains(groups, b.Group)
		}
		passes = passes || matches != b.Negate
	}
	all := s.Application != nil && s.Application.Mode == "all"
	if !bound || passes || policies && !all {
		return ""
	}
	return fmt.Sprintf("the bindings of the application %s do not let this person in", s.Application.label())
}

func (a *Application) label() string {
	if a == nil {
		return "of RomM"
	}
	return a.Name.String()
}
