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

// TestSuggestionsNeverAct: a suggestion changes neither the pairing nor a plan,
// and people who pair are not offered.
func TestSuggestionsNeverAct(t *testing.T) {
	w := testWorld()
	w.local("bob.baker", "", RoleUser)
	w.local("ann", "ann@x.org", RoleUser)
	w.identity("bob_baker", "bob@x.org", gUsers)
	w.identity("ann", "ann@x.org", gUsers)
	r := Judge(w)
	if len(r.Suggest(1)) != 1 || len(r.Suggest(2)) != 0 {
		t.Fatalf("%+v", r.Suggestions())
	}
	if len(r.Pairs) != 3 {
		t.Errorf("the suggestion paired somebody: %d rows", len(r.Pairs))
	}
	if _, err := r.PlanSafeFixes(); CodeOf(err) != CodeNothing {
		t.Errorf("the suggestion is in a plan: %v", err)
	}
}

func TestAssertions(t *testing.T) {
	for in, want := range map[string]string{
		"user:alice is admin": "user:alice is admin", " group:kids at most Viewer ": "group:kids at most viewer",
		"user:who is who is user":        "user:who is who is user",
		"group:a at most b at most user": "group:a at most b at most user",
	} {
		if a, err := ParseAssertion(in); err != nil || a.Text() != want {
			t.Errorf("%q: %q, %v", in, a.Text(), err)
		}
	}
	for _, in := range []string{"", "alice is admin", "user:alice", "user: is admin", "user:alice at most user", "group:kids is user", "user:alice is king", "role:x is user"} {
		if a, err := ParseAssertion(in); CodeOf(err) != CodeInvalid {
			t.Errorf("%q: %+v, %v", in, a, err)
		}
	}

	w := testWorld()
	w.local("root", "root@x.org", RoleAdmin)
	w.identity("root", "root@x.org", gAdmins)
	w.identity("kid", "kid@x.org", gChild)
	for text, holds := range map[string]bool{
		"user:root is admin": true, "user:root is user": false, "user:nobody is user": false,
		"group:kids at most user": true, "group:romm-admins at most user": false, "group:none at most user": false,
		"user:kid is viewer": true, // user and viewer are one rung
	} {
		a, err := ParseAssertion(text)
		if err != nil {
			t.Fatal(err)
		}
		if why := a.Broken(Judge(w)); (why == "") != holds {
			t.Errorf("%s: %q", text, why)
		}
	}
	kids, _ := ParseAssertion("group:kids at most user")
	gone, _ := ParseAssertion("user:gone is admin") // broken from the start: stops nothing
	w.Assertions = []Assertion{gone, kids}
	r := Judge(w)
	p, err := r.PlanRoleRow(gUsers, RoleAdmin)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Simulate(p); CodeOf(err) != CodeRefused || HintOf(err) == "" {
		t.Errorf("a plan that breaks an assertion: %v", err)
	}
	if p, err = r.PlanRoleRow(gUsers, RoleNone); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Simulate(p); err != nil {
		t.Errorf("a plan that breaks none: %v", err)
	}
	// Keeping one that does not hold is refused, dropping it is not.
	if p, err = r.PlanAssert("user:root is user", true); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Simulate(p); CodeOf(err) != CodeRefused {
		t.Errorf("a sentence that does not hold: %v", err)
	}
	for _, sentence := range []string{"user:root is admin", "user:gone is admin"} {
		keep := sentence == "user:root is admin"
		if p, err = r.PlanAssert(sentence, keep); err != nil {
			t.Fatal(err)
		}
		after, _, err := r.Simulate(p)
		if err != nil || len(after.World.Assertions) != map[bool]int{true: 3, false: 1}[keep] {
			t.Errorf("%s: %v", sentence, err)
		}
		if _, err := after.PlanAssert(sentence, keep); CodeOf(err) != CodeNothing {
			t.Errorf("%s twice: %v", sentence, err)
		}
	}
}
