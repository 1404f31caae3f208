package model

import (
	"fmt"
	"strings"
)

// Assertion is a sentence about roles that must stay true; a save that breaks
// one is refused.
type Assertion struct {
	// Group is true for "group:NAME at most ROLE", false for "user:NAME is
	// ROLE".
	Group bool
	Name  Untrusted // Authentik's username, or the group's name
	Role  Role
}

// ParseAssertion reads "user:alice is admin" or "group:kids at most viewer".
func ParseAssertion(s string) (Assertion, error) {
	bad := func() (Assertion, error) {
		return Assertion{}, &Error{
			Code: CodeInvalid, Msg: fmt.Sprintf("%q is not an assertion", Clean(s)),
			Hint: "write it like `user:alice is admin` or `group:kids at most viewer`",
		}
	}
	kind, rest, ok := strings.Cut(strings.TrimSpace(s), ":")
	if !ok || kind != "user" && kind != "group" {
		return bad()
	}
	a := Assertion{Group: kind == "group"}
	i := strings.LastIndex(rest, a.verb())
	if i < 1 {
		return bad()
	}
	var err error
	if a.Role, err = ParseRole(rest[i+len(a.verb()):]); err != nil {
		return Assertion{}, err
	}
	a.Name = Untrusted(strings.TrimSpace(rest[:i]))
	if a.Name == "" {
		return bad()
	}
	return a, nil
}

func (a Assertion) verb() string {
	if a.Group {
		return " at most "
	}
	return " is "
}

// Subject is the part of the sentence before the role: whom it is about, and
// how.
func (a Assertion) Subject() string {
	kind := "user:"
	if a.Group {
		kind = "group:"
	}
	return kind + a.Name.Raw() + a.verb()
}

// Text returns the sentence as [ParseAssertion] reads it.
func (a Assertion) Text() string { return a.Subject() + string(a.Role) }

// String returns the sentence, cleaned for a terminal.
func (a Assertion) String() string { return Clean(a.Text()) }

// Broken says how the assertion is violated; "" when it holds. It is
// about what the role map gives, and for people about the next login where
// that is known. An assertion about nobody does not hold.
func (a Assertion) Broken(r *Review) string {
	if a.Group {
		return a.brokenGroup(r)
	}
	for _, p := range r.Pairs {
		if p.Identity == nil || p.Identity.Username != a.Name {
			continue
		}
		got := given(p)
		if got.rank() == a.Role.rank() {
			return ""
		}
		return fmt.Sprintf("%s gets %s", a.Name, orNoRole(got))
	}
	return fmt.Sprintf("Authentik has no user %s", a.Name)
}

// given is the role that a person gets at the next login.
func given(p Pair) Role {
	switch {
	case p.Resolution != nil:
		return p.Resolution.Role
	case p.Verdict != nil && p.Verdict.OK():
		return p.Verdict.RoleAfter
	}
	return RoleNone
}

// brokenGroup finds groups by name: the assertion is about every one of that
// name.
func (a Assertion) brokenGroup(r *Review) string {
	m := NewMemberships(r.World.Directory.Groups)
	named := map[GroupID]bool{}
	for _, g := range r.World.Directory.Groups {
		if g.Name == a.Name {
			named[g.ID] = true
		}
	}
	if len(named) == 0 {
		return fmt.Sprintf("Authentik has no group %s", a.Name)
	}
	for _, p := range r.Pairs {
		if p.Identity == nil || !given(p).Outranks(a.Role) {
			continue
		}
		all, _ := m.Of(p.Identity.Groups)
		for _, id := range all {
			if named[id] {
				return fmt.Sprintf("%s, who is in %s, gets %s", p.Identity.Username, a.Name, given(p))
			}
		}
	}
	return ""
}

func orNoRole(r Role) string {
	if r == RoleNone {
		return "no role"
	}
	return "the role " + string(r)
}
