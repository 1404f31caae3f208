package model

import "strings"

// HideUser replaces the user part of every address in a text, as in
// https://user:password@host, by ***: what net/http, a proxy or somebody's
// setting says may carry a password, and output is pasted into issues and chats
// (S32). Whatever prints text does it, because [Clean] does; the user part ends
// at the last @ before the path, as net/url reads it.
func HideUser(text string) string {
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
