package model

import "strings"

// What RomM from 5.3 on makes of a username before it stores it (docs/romm.md 3
// Usernames from 5.3 on).

// shortest is the least length of a username.
const shortest = 3

// newUsername is what a new account is called.
func newUsername(claim, email string) string {
	if name := usernameFrom(claim); len(name) >= shortest {
		return name
	}
	local, _, _ := strings.Cut(email, "@")
	if name := usernameFrom(local); len(name) >= shortest {
		return name
	}
	return "user"
}

// usernameFrom replaces runs of other characters than ASCII letters, digits, _ and
// - by one hyphen, cuts hyphens at both ends, then what is too long.
func usernameFrom(s string) string {
	name := s
	if !only(s, "_-") {
		var b strings.Builder
		run := false
		for i := range len(s) {
			if plain := only(s[i:i+1], "_-"); plain {
				b.WriteByte(s[i])
				run = false
			} else if !run {
				b.WriteByte('-')
				run = true
			}
		}
		name = b.String()
	}
	name = strings.Trim(name, "-")
	return name[:min(len(name), maxColumn)]
}
