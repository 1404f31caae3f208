package model

import "testing"

// TestPlanReassert: a sentence is put in place of another in one plan, which
// the guard judges by the new one alone, and which can be taken back.
func TestPlanReassert(t *testing.T) {
	w := rooted()
	w.Assertions = []Assertion{{Name: "root", Role: RoleUser}, {Group: true, Name: "romm-users", Role: RoleUser}} // the first is broken
	r := Judge(w)
	p, err := r.PlanReassert("user:root is user", "user:root is admin")
	if err != nil || len(p.Changes) != 2 || p.Changes[0].After != "" || p.Changes[1].Before != "" {
		t.Fatalf("%+v, %v", p, err)
	}
	if want := "romm-admin roles unassert 'user:root is user' && romm-admin roles assert 'user:root is admin'"; p.Command != want {
		t.Errorf("command %q, want %q", p.Command, want)
	}
	after, impact, err := r.Simulate(p)
	if err != nil || !impact.Empty() || len(after.World.Assertions) != 2 {
		t.Fatalf("%+v, %v", impact, err)
	}
	if back, _, err := after.Simulate(p.Inverse()); CodeOf(err) != CodeRefused { // it would be broken again
		t.Errorf("undo: %+v, %v", back, err)
	}
	p, err = r.PlanReassert("user:root is user", "user:root is viewer")
	if _, _, err = r.Simulate(plan(t, p, err)); CodeOf(err) != CodeRefused {
		t.Errorf("another broken sentence: %v", err)
	}
	for name, c := range map[string]struct {
		old, sentence string
		code          Code
	}{
		"not kept":       {"user:root is admin", "user:root is viewer", CodeNothing},
		"the same":       {"user:root is user", "user:root is user", CodeNothing},
		"kept already":   {"user:root is user", "group:romm-users at most user", CodeNothing},
		"not a sentence": {"user:root is user", "root is admin", CodeInvalid},
	} {
		if p, err := r.PlanReassert(c.old, c.sentence); CodeOf(err) != c.code {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}
