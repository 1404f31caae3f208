package model

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestSuggest(t *testing.T) {
	for _, c := range []struct {
		local, localMail, idp, idpName, idpMail string
		want                                    bool
	}{
		{"bob.baker", "", "bob_baker", "", "", true},
		{"bbaker", "", "robert", "Bob Baker", "", true},
		{"bobby", "bob.baker@old.org", "b17", "", "bob.baker@x.org", true},
		{"retro-bob", "", "retrobob", "", "", true},
		{"Bob Baker", "", "bobb", "Bob Baker", "", true},
		{"alexandra", "", "alexander", "", "", true},
		{"ann", "", "joe", "Joe Doe", "joe@x.org", false},
		{"admin", "", "akadmin", "authentik Default Admin", "root@x.org", true},
		{"yolanda", "yolanda@x.org", "zach", "Zach Brown", "zach@x.org", false},
		{"---", "", "___", "", "", false},
	} {
		w := testWorld()
		w.local(c.local, c.localMail, RoleUser)
		id := w.identity(c.idp, c.idpMail, gUsers)
		id.Name = Untrusted(c.idpName)
		got := Judge(w).Suggest(1)
		if (len(got) == 1 && got[0].PK == 1 && got[0].Why != "" && got[0].Score <= 1) != c.want {
			t.Errorf("%s and %s (%s): %+v", c.local, c.idp, c.idpName, got)
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

// BenchmarkSuggest scores 1,000 accounts against 1,000 Authentik users, none
// of whom pair.
func BenchmarkSuggest(b *testing.B) {
	w := testWorld()
	first := strings.Fields("ada ben cleo dan eva finn gil hana ines jon kaya lars mia nils omar pia raj suki tom vera")
	last := strings.Fields("abbott bauer costa dietz evans fuchs garcia holm ito jansen klein lopez moser novak olsen park quist rossi sato tran")
	for i := range 1000 {
		f, l := first[i%20], last[i/20%20]
		w.local(fmt.Sprintf("%s-%s-%d", l, f, i), "", RoleUser)
		w.identity(fmt.Sprintf("%s.%s%d", f, l, i), fmt.Sprintf("%s%d@x.org", f, i), gUsers).Name = Untrusted(f + " " + l)
	}
	r := Judge(w)
	b.ReportAllocs()
	for b.Loop() {
		if len(r.Suggestions()) == 0 {
			b.Fatal("nothing suggested")
		}
	}
}

func TestPath(t *testing.T) {
	m := NewMemberships([]Group{
		{ID: "a"}, {ID: "b", Parents: []GroupID{"a", "c"}}, {ID: "c", Parents: []GroupID{"b"}}, {ID: "d", Parents: []GroupID{"b"}},
	})
	for _, c := range []struct {
		direct []GroupID
		target GroupID
		want   []GroupID
	}{
		{[]GroupID{"d"}, "a", []GroupID{"d", "b", "a"}},
		{[]GroupID{"d", "b"}, "a", []GroupID{"b", "a"}},
		{[]GroupID{"a"}, "a", []GroupID{"a"}},
		{[]GroupID{"a"}, "d", nil},
		{nil, "a", nil},
		{[]GroupID{"c"}, "zz", nil}, // a ring of parents ends
	} {
		if got := m.Path(c.direct, c.target); !slices.Equal(got, c.want) {
			t.Errorf("from %v to %s: %v, want %v", c.direct, c.target, got, c.want)
		}
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
