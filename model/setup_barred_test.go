package model

import (
	"testing"
	"time"
)

// TestBars: who is kept out by bindings, with inherited membership, negation,
// policies and groups that cannot be seen.
func TestBars(t *testing.T) {
	t.Parallel()
	id := Identity{PK: 5}
	group := func(g GroupID) Binding { return Binding{Application: "romm", Group: g} }
	change := func(b Binding, f func(*Binding)) Binding { f(&b); return b }
	negated := change(group(gUsers), func(b *Binding) { b.Negate = true })
	off := change(group(gAdmins), func(b *Binding) { b.Disabled = true })
	policy := Binding{Application: "romm", Policy: "p"}
	for name, c := range map[string]struct {
		bindings []Binding
		mode     string
		groups   []GroupID
		whole    bool
		barred   bool
	}{
		"none":               {nil, "", nil, true, false},
		"of the group":       {[]Binding{group(gUsers)}, "", []GroupID{gChild, gUsers}, true, false},
		"of another":         {[]Binding{group(gAdmins)}, "", []GroupID{gUsers}, true, true},
		"one of two":         {[]Binding{group(gAdmins), group(gUsers)}, "all", []GroupID{gUsers}, true, false},
		"the person":         {[]Binding{{Application: "romm", User: 5}}, "", nil, true, false},
		"another person":     {[]Binding{{Application: "romm", User: 6}}, "", nil, true, true},
		"not this group":     {[]Binding{negated}, "", []GroupID{gUsers}, true, true},
		"others than it":     {[]Binding{negated}, "", nil, true, false},
		"switched off":       {[]Binding{off}, "", nil, true, false},
		"hidden groups":      {[]Binding{group(gAdmins)}, "", nil, false, false},
		"a policy may":       {[]Binding{group(gAdmins), policy}, "any", nil, true, false},
		"a policy cannot":    {[]Binding{group(gAdmins), policy}, "all", nil, true, true},
		"only a policy":      {[]Binding{policy}, "all", nil, true, false},
		"hidden, by user id": {[]Binding{{Application: "romm", User: 6}}, "", nil, false, true},
	} {
		s := Setup{Bindings: c.bindings, Application: &Application{Name: "RomM", Mode: c.mode}, Engine: EngineTogether}
		door := s.admits(visitor{id, c.groups, c.whole}, func(g GroupID) Untrusted { return Untrusted(g) }, time.Time{})
		if (door.denied != "") != c.barred || door.denied != "" && door.doubt != "" {
			t.Errorf("%s: %+v", name, door)
		}
	}
}
