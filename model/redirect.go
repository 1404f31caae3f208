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
