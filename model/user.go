package model

import (
	"net/url"
	"strings"
)

// HideUser replaces the user part of every address in a text, as in
// https://user:password@host, by ***: what net/http, a proxy or somebody's
// setting says may carry a password, and output is pasted into issues and chats
// (S32). Whatever prints text does it, because [Clean] does; the user part ends
// at the last @ before the path, as net/url reads it.
func HideUser(text string) string {
	if at := strings.Index(text, badProxy); at >= 0 { // what follows quotes an address that nobody can read
		text = text[:at] + badProxy + " in HTTP_PROXY or HTTPS_PROXY"
	}
	if !strings.Contains(text, "://") {
		return text
	}
	var b strings.Builder
	for {
		at := strings.Index(text, "://")
		if at < 0 {
			b.WriteString(text)
			return b.String()
		}
		at += len("://")
		b.WriteString(text[:at])
		text = text[at:]
		end := strings.IndexAny(text, "/?# ")
		if end < 0 {
			end = len(text)
		}
		if user := strings.LastIndexByte(text[:end], '@'); user >= 0 {
			b.WriteString(redacted)
			text = text[user:]
		}
	}
}

// badProxy is how net/http begins an error that quotes the proxy's address.
const badProxy = "invalid proxy address"

// HasUser reports whether a setting that should be an address has a user part,
// or may have one: an address that cannot be read, with an @ in it, may hold a
// password anywhere.
func HasUser(address string) bool {
	if _, err := url.Parse(address); err != nil {
		return strings.Contains(address, "@")
	}
	if _, rest, ok := strings.Cut(address, "://"); ok {
		address = rest
	}
	if end := strings.IndexAny(address, "/?#"); end >= 0 {
		address = address[:end]
	}
	return strings.Contains(address, "@")
}
