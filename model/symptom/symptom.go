// Package symptom reads what somebody pastes who cannot sign in: the page of a
// browser, RomM's log, Authentik's log, or what an app or a proxy shows. It knows
// the causes that such texts have, and what to do about each. It asks nobody, and
// nothing of the text comes back out of it, so that no secret does (S32).
package symptom

import (
	"regexp"
	"strings"
)

// Cause is what a text may come from.
type Cause struct {
	// ID is stable: JSON and tests use it.
	ID string
	// What is the case, in a sentence or two; Fix is what to do about it, and Look
	// how to make sure that it is this, "" where the text leaves no doubt.
	What, Fix, Look string
}

// entry is a row of the table: the cause of texts in which each of all is found,
// and none of but. The patterns ignore letter case, and a dot matches line ends.
type entry struct {
	Cause
	all, but []string
}

// maxText is how much of a text is read, in bytes. Logs are long, and what is
// wrong stands at their end.
const maxText = 64 << 10

// Causes returns the causes that the text may come from, likeliest first: the
// table is in the order in which a login meets them, and an entry that says more
// stands before one that says less. Of one step of the login only the first is
// given.
func Causes(text string) []Cause {
	if len(text) > maxText {
		text = text[len(text)-maxText:]
	}
	text = strings.ToValidUTF8(text, "�")
	var out []Cause
	for _, step := range table {
		for _, e := range step {
			if e.matches(text) {
				out = append(out, e.Cause)
				break
			}
		}
	}
	return out
}

func (e entry) matches(text string) bool {
	for _, p := range e.all {
		if !found(p, text) {
			return false
		}
	}
	for _, p := range e.but {
		if found(p, text) {
			return false
		}
	}
	return true
}

func found(pattern, text string) bool {
	return regexp.MustCompile(`(?is)` + pattern).MatchString(text)
}
