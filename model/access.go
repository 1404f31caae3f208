package model

import "time"

// Ability is a permission that romm-admin uses, and whether the token has it.
type Ability struct {
	// Permission is the codename in Authentik.
	Permission string
	// Needs says what it is needed for, in words that are true whether the token
	// has it or not: “seeing past logins”, never “no past logins without it”.
	Needs string
	// State is whether the token has it; see the constants.
	State AbilityState
	// Why is Authentik's error when that is not known.
	Why string
}

// AbilityState says whether the token has a permission.
type AbilityState string

// The states. Writing cannot be tried out without writing, and Authentik tells
// nobody but superusers what they may write, so those stay untried.
const (
	AbilityYes     AbilityState = "yes"
	AbilityNo      AbilityState = "no"
	AbilityUnknown AbilityState = "unknown"
	AbilityUntried AbilityState = "untried"
)

// Access is what is known of the server and of the token (S34).
type Access struct {
	Version   string
	Owner     Untrusted
	Superuser bool
	// Expires is when the first of the owner's API tokens that expire does;
	// zero if none does or it is not known. Authentik does not say which of
	// them is ours.
	Expires   time.Time
	Abilities []Ability
	// Warnings are sentences for people about server and token.
	Warnings []string
}

// Missing returns the abilities that the token certainly lacks.
func (a Access) Missing() []Ability {
	var out []Ability
	for _, x := range a.Abilities {
		if x.State == AbilityNo {
			out = append(out, x)
		}
	}
	return out
}
