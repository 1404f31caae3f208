package model

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// CheckRedirectURI says why an address cannot be RomM's redirect URI; "" if it
// can. It has to be exact, and https, or http to the machine itself (S12).
func CheckRedirectURI(address string) string {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || !Untrusted(address).ASCII():
		return fmt.Sprintf("%q is not an address", Clean(address))
	case u.Scheme != "https" && (u.Scheme != "http" || !Loopback(u.Hostname())):
		return "the redirect URI must be https, or http to this machine"
	}
	return ""
}

// CallbackPath is where RomM takes people back after the login, and nowhere else
// (docs/romm.md 3 Client).
const CallbackPath = "/api/oauth/openid"

// Callback is RomM's callback: CallbackPath below ROMM_BASE_URL. Where that is
// not known, or is an address that browsers do not use, the host of
// OIDC_REDIRECT_URI counts. "" if neither is known.
func (s Settings) Callback() string {
	base := strings.TrimRight(s.BaseURL, "/")
	given, err := url.Parse(s.RedirectURI)
	if s.RedirectURI == "" || err != nil || given.Host == "" || s.CallbackElsewhere() != "" {
		if base == "" {
			return ""
		}
		return base + CallbackPath
	}
	if base != "" && s.RedirectURI == base+CallbackPath {
		return s.RedirectURI
	}
	return (&url.URL{Scheme: given.Scheme, Host: given.Host, Path: CallbackPath}).String()
}

// wrongCallback says why nobody comes back to RomM by its OIDC_REDIRECT_URI; ""
// if that is its callback, or is not given.
func (s Settings) wrongCallback() string {
	given, err := url.Parse(s.RedirectURI)
	switch {
	case s.RedirectURI == "":
		return ""
	case err != nil || given.Scheme == "" || given.Host == "":
		return fmt.Sprintf("RomM's OIDC_REDIRECT_URI, %s, is not an address; RomM's callback is %s", Clean(s.RedirectURI), OrNone(s.Callback()))
	case s.RedirectURI == s.Callback() || strings.TrimSuffix(given.EscapedPath(), "/") == CallbackPath && given.RawQuery == "" && given.Fragment == "":
		return "" // with a slash at the end RomM's web framework sends the browser on
	}
	return fmt.Sprintf("RomM's OIDC_REDIRECT_URI is %s, and RomM takes people back at %s and nowhere else: they come to a page that signs nobody in",
		Clean(s.RedirectURI), OrNone(s.Callback()))
}

// CallbackElsewhere says that OIDC_REDIRECT_URI and ROMM_BASE_URL name two addresses for
// RomM's browsers; "" if they do not. A base that is only for machines nearby,
// such as http://romm:8080, says nothing of that.
func (s Settings) CallbackElsewhere() string {
	given, err := url.Parse(s.RedirectURI)
	base, baseErr := url.Parse(s.BaseURL)
	if err != nil || baseErr != nil || given.Host == "" || base.Host == "" {
		return ""
	}
	one := strings.EqualFold(given.Host, base.Host)
	if one && given.Scheme == base.Scheme || !one && (base.Scheme != "https" || inner(base.Hostname())) {
		return ""
	}
	return fmt.Sprintf("RomM's OIDC_REDIRECT_URI is at %s://%s, and ROMM_BASE_URL at %s://%s: a login that begins at one ends at the other, where RomM does not know it",
		Clean(given.Scheme), Clean(given.Host), Clean(base.Scheme), Clean(base.Host))
}

// FurtherRedirects are the addresses, other than RomM's callback, to which the
// provider sends people with the code of a login; patterns are not among them, nor
// what only looks like one, which no address is equal to. Hazard is true where one of
// them is on another host than RomM.
func (p OAuthProvider) FurtherRedirects(callback string) (further []string, hazard bool) {
	own, err := url.Parse(callback)
	for _, r := range p.RedirectURIs {
		if r.Logout || r.Regex || r.URL == callback || r.LooksLikePattern() {
			continue
		}
		further = append(further, Clean(r.URL))
		u, uErr := url.Parse(r.URL)
		hazard = hazard || err != nil || uErr != nil || !strings.EqualFold(u.Hostname(), own.Hostname())
	}
	return further, hazard
}

// LooksLikePattern reports whether an entry that Authentik compares letter by
// letter is written like a pattern.
func (u RedirectURI) LooksLikePattern() bool { return !u.Regex && strings.ContainsAny(u.URL, `\*^$`) }

// unprotected reports whether what is asked at this address goes over the network
// unprotected (S25).
func Unprotected(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "http" && !Loopback(u.Hostname())
}

// plainCompanion says what that means for the companion, whose answers are
// roles.
const PlainCompanion = "the companion is asked over plain http: anyone who can answer in its place on the way there can make anybody admin"

// Loopback reports whether a host is the machine itself.
func Loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
