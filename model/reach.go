package model

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// The variables that name RomM's application in Authentik (docs/romm.md 3
// Client).
const (
	VarApplicationURL = "OIDC_SERVER_APPLICATION_URL"
	VarMetadataURL    = "OIDC_SERVER_METADATA_URL"
)

const wellKnown = "/.well-known/openid-configuration"

// Discovery is the address that RomM reads the discovery document at, and the
// variable that it is from; "" if it is not known. From 4.8 on the metadata URL
// counts before the application URL, which is not looked at then.
func (s Settings) Discovery() (address, variable string) {
	switch {
	case s.MetadataURL != "" && s.Version.AtLeast(4, 8, 0):
		return s.MetadataURL, VarMetadataURL
	case s.ApplicationURL != "":
		return DiscoveryOf(s.ApplicationURL), VarApplicationURL
	}
	return "", ""
}

// ApplicationSlug is the slug in the address of a discovery document of
// Authentik's; "" if it is another address.
func ApplicationSlug(discovery string) string {
	u, err := url.Parse(discovery)
	if err != nil || u.RawQuery != "" || u.Fragment != "" {
		return ""
	}
	_, rest, _ := strings.Cut(u.Path, "/application/o/")
	slug, tail, _ := strings.Cut(rest, "/")
	if "/"+tail != wellKnown {
		return ""
	}
	return slug
}

// ApplicationURL is the address of an application of Authentik's, without a slash
// at the end.
func ApplicationURL(root, slug string) string {
	return strings.TrimRight(root, "/") + "/application/o/" + slug
}

// DiscoveryOf is the address of the discovery document of an application.
func DiscoveryOf(applicationURL string) string {
	return strings.TrimRight(applicationURL, "/") + wellKnown
}

// AuthentikRoot is the address of Authentik in one of a discovery document; "" if
// it is none.
func AuthentikRoot(discovery string) string {
	if ApplicationSlug(discovery) == "" || misspelt(discovery) {
		return ""
	}
	root, _, _ := strings.Cut(discovery, "/application/o/")
	return root
}

// misspelt reports whether an address has no scheme or host, so that no program
// can ask there.
func misspelt(address string) bool {
	u, err := url.Parse(address)
	return err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == ""
}

// unreachable says why RomM does not find its application in Authentik, so that
// it answers 500 to everybody, and what to do; "" if it does, or if that is not
// known.
func (w World) unreachable() (why, fix string) {
	address, variable := w.Settings.Discovery()
	s, slug, have := w.Setup, ApplicationSlug(address), w.Setup.ProviderSlug()
	switch {
	case address == "":
		return "", ""
	case misspelt(address):
		return fmt.Sprintf("RomM's %s, %s, does not begin with https://, so RomM fails with 500 before it sends anybody to Authentik",
			variable, Clean(strings.TrimSuffix(address, wellKnown))), "put https:// in front of RomM's " + variable
	case slug == "":
		return fmt.Sprintf("RomM's %s leads to %s, which is not the discovery document of an application of Authentik", variable, Clean(address)),
			"see `romm-admin setup env` for RomM's variables"
	case !s.Known || slug != s.Slug:
		return "", "" // what was read is about another one
	case s.Application != nil && s.Application.Slug == slug && (s.Provider != nil || s.Application.Provider != ""):
		return "", ""
	case s.Provider == nil && !s.NoDiscovery:
		return "", "" // it may be hidden from the token
	}
	why = fmt.Sprintf("RomM's %s asks for the application with the slug %s, and Authentik has none of that slug with a provider", variable, Clean(slug))
	if have == "" {
		return why, SetupApplies
	}
	return why + fmt.Sprintf("; the provider %s belongs to the one with the slug %s", s.Provider.Name, Clean(have)),
		fmt.Sprintf("set RomM's %s to the address of the application with the slug %s; see `romm-admin setup env`", variable, Clean(have))
}

// ReachedElsewhere says that RomM asks Authentik under another address than
// romm-admin, and what that means; "" if it does not, or if that is not known.
// Hazard is true where that address cannot be the one of browsers, or where what
// RomM asks is unprotected on the way.
func (w World) ReachedElsewhere() (why string, hazard bool) {
	address, variable := w.Settings.Discovery()
	root := AuthentikRoot(address)
	if root == "" || w.Setup.Root == "" || strings.EqualFold(root, strings.TrimRight(w.Setup.Root, "/")) {
		return "", false
	}
	u, err := url.Parse(root)
	own, ownErr := url.Parse(w.Setup.Root)
	if err != nil || ownErr != nil {
		return "", false
	}
	hazard = !Loopback(u.Hostname()) && (u.Scheme == "http" || inner(u.Hostname()))
	if !hazard && Loopback(own.Hostname()) {
		return "", false // romm-admin runs beside Authentik
	}
	return fmt.Sprintf("RomM's %s reaches Authentik at %s, and AUTHENTIK_URL is %s: the issuer, and the address that browsers are sent to, follow the one that RomM asks",
		variable, Clean(root), Clean(w.Setup.Root)), hazard
}

// inner reports whether a host is one that only machines nearby can reach: an
// address of a private network, or a name without a dot.
func inner(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.IsPrivate() || addr.IsLinkLocalUnicast() || addr.IsLoopback()
	}
	return !strings.Contains(host, ".")
}
