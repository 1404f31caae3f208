package plan

import (
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// TestPlanReassert: a sentence is put in place of another in one plan, which
// the guard judges by the new one alone, and which can be undone.
func TestPlanReassert(t *testing.T) {
	w := rooted()
	w.Assertions = []model.Assertion{{Name: "root", Role: model.RoleUser}, {Group: true, Name: "romm-users", Role: model.RoleUser}} // the first is broken
	r := model.Judge(w)
	p, err := Reassert(r, "user:root is user", "user:root is admin")
	if err != nil || len(p.Changes) != 2 || p.Changes[0].After != "" || p.Changes[1].Before != "" {
		t.Fatalf("%+v, %v", p, err)
	}
	if want := "romm-admin roles unassert 'user:root is user' && romm-admin roles assert 'user:root is admin'"; p.Command != want {
		t.Errorf("command %q, want %q", p.Command, want)
	}
	after, impact, err := Simulate(t.Context(), r, p)
	if err != nil || !impact.Empty() || len(after.World.Assertions) != 2 {
		t.Fatalf("%+v, %v", impact, err)
	}
	if back, _, err := Simulate(t.Context(), after, p.Inverse()); model.CodeOf(err) != model.CodeRefused { // it would be broken again
		t.Errorf("undo: %+v, %v", back, err)
	}
	p, err = Reassert(r, "user:root is user", "user:root is viewer")
	if _, _, err = Simulate(t.Context(), r, plan(t, p, err)); model.CodeOf(err) != model.CodeRefused {
		t.Errorf("another broken sentence: %v", err)
	}
	for name, c := range map[string]struct {
		old, sentence string
		code          model.Code
	}{
		"not kept":       {"user:root is admin", "user:root is viewer", model.CodeNothing},
		"the same":       {"user:root is user", "user:root is user", model.CodeNothing},
		"kept already":   {"user:root is user", "group:romm-users at most user", model.CodeNothing},
		"not a sentence": {"user:root is user", "root is admin", model.CodeInvalid},
	} {
		if p, err := Reassert(r, c.old, c.sentence); model.CodeOf(err) != c.code {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}

// TestSuggestionsNeverAct: a suggestion changes neither the pairing nor a plan,
// and people who pair are not offered.
func TestSuggestionsNeverAct(t *testing.T) {
	w := testWorld()
	local(&w, "bob.baker", "", model.RoleUser)
	local(&w, "ann", "ann@x.org", model.RoleUser)
	identity(&w, "bob_baker", "bob@x.org", gUsers)
	identity(&w, "ann", "ann@x.org", gUsers)
	r := model.Judge(w)
	if len(r.Suggestions()[1]) != 1 || len(r.Suggestions()[2]) != 0 {
		t.Fatalf("%+v", r.Suggestions())
	}
	if len(r.Pairs) != 3 {
		t.Errorf("the suggestion paired somebody: %d rows", len(r.Pairs))
	}
	if _, err := planOf(SafeFixes(t.Context(), r)); model.CodeOf(err) != model.CodeNothing {
		t.Errorf("the suggestion is in a plan: %v", err)
	}
}

func TestAssertions(t *testing.T) {
	for in, want := range map[string]string{
		"user:alice is admin": "user:alice is admin", " group:kids at most Viewer ": "group:kids at most viewer",
		"user:who is who is user":        "user:who is who is user",
		"group:a at most b at most user": "group:a at most b at most user",
	} {
		if a, err := model.ParseAssertion(in); err != nil || a.Text() != want {
			t.Errorf("%q: %q, %v", in, a.Text(), err)
		}
	}
	for _, in := range []string{"", "alice is admin", "user:alice", "user: is admin", "user:alice at most user", "group:kids is user", "user:alice is king", "role:x is user"} {
		if a, err := model.ParseAssertion(in); model.CodeOf(err) != model.CodeInvalid {
			t.Errorf("%q: %+v, %v", in, a, err)
		}
	}

	w := testWorld()
	local(&w, "root", "root@x.org", model.RoleAdmin)
	identity(&w, "root", "root@x.org", gAdmins)
	identity(&w, "kid", "kid@x.org", gChild)
	for text, holds := range map[string]bool{
		"user:root is admin": true, "user:root is user": false, "user:nobody is user": false,
		"group:kids at most user": true, "group:romm-admins at most user": false, "group:none at most user": false,
		"user:kid is viewer": true, // user and viewer are one rung
	} {
		a, err := model.ParseAssertion(text)
		if err != nil {
			t.Fatal(err)
		}
		if why := a.Broken(model.Judge(w)); (why == "") != holds {
			t.Errorf("%s: %q", text, why)
		}
	}
	kids, _ := model.ParseAssertion("group:kids at most user")
	gone, _ := model.ParseAssertion("user:gone is admin") // broken from the start: stops nothing
	w.Assertions = []model.Assertion{gone, kids}
	r := model.Judge(w)
	p, err := RoleRow(r, gUsers, model.RoleAdmin)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Simulate(t.Context(), r, p); model.CodeOf(err) != model.CodeRefused || model.HintOf(err) == "" {
		t.Errorf("a plan that breaks an assertion: %v", err)
	}
	if p, err = RoleRow(r, gUsers, model.RoleNone); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Simulate(t.Context(), r, p); err != nil {
		t.Errorf("a plan that breaks none: %v", err)
	}
	// Keeping one that does not hold is refused, dropping it is not.
	if p, err = Assert(r, "user:root is user", true); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Simulate(t.Context(), r, p); model.CodeOf(err) != model.CodeRefused {
		t.Errorf("a sentence that does not hold: %v", err)
	}
	for _, sentence := range []string{"user:root is admin", "user:gone is admin"} {
		keep := sentence == "user:root is admin"
		if p, err = Assert(r, sentence, keep); err != nil {
			t.Fatal(err)
		}
		after, _, err := Simulate(t.Context(), r, p)
		if err != nil || len(after.World.Assertions) != map[bool]int{true: 3, false: 1}[keep] {
			t.Errorf("%s: %v", sentence, err)
		}
		if _, err := Assert(after, sentence, keep); model.CodeOf(err) != model.CodeNothing {
			t.Errorf("%s twice: %v", sentence, err)
		}
	}
}
