package model

import (
	"cmp"
	"strings"
)

// Origin says where a secret comes from, so that hints name what was really used,
// and one that was replaced there is found.
type Origin struct {
	// Name is the variable, or the name in the configuration file; "" is not
	// known.
	Name string
	// Read reads it again, "" if that fails; nil where it cannot change while
	// the program runs, as the environment.
	Read func() Secret
}

// Or is the name, or else the variable that it would have.
func (o Origin) Or(variable string) string { return cmp.Or(o.Name, variable) }

// Renewed reads the secret again; false if there is none but the one that was
// used. Authentik replaces the key of a token when it expires (docs/authentik.md
// 4.4), and writing it to its file does not restart us.
func (o Origin) Renewed(used Secret) (Secret, bool) {
	if o.Read == nil {
		return "", false
	}
	s := Secret(strings.TrimSpace(o.Read().Reveal()))
	return s, s != "" && s != used
}
