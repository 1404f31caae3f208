package model

import "testing"

func storeReview() *Review {
	return &Review{World: World{
		Directory: Directory{
			Groups:     []Group{{ID: "g1", Name: "admins now"}, {ID: "g2", Name: "family"}},
			Identities: []Identity{{PK: 1, UID: "u1", Username: "alice"}, {PK: 2, UID: "u2", Username: "bob"}},
		},
		Roles: RoleMap{Default: RoleUser, Rows: []RoleRow{
			{Group: "g1", Name: "admins", Role: RoleAdmin}, {Group: "g2", Name: "family", Role: RoleUser}, {Group: "g9", Name: "gone", Role: RoleAdmin},
		}},
		Links:      []Link{{UID: "u1", LocalID: 1}, {UID: "u2", LocalID: 2}},
		Assertions: []Assertion{{Name: "alice", Role: RoleAdmin}},
		Pending:    []PendingRole{{Name: "later", Role: RoleUser}, {Name: "never", Role: RoleUser}},
	}}
}

// store is all that a world keeps.
func (r *Review) store() Store {
	w := r.World
	return Store{Roles: w.Roles, Links: w.Links, Assertions: w.Assertions, Pending: w.Pending}
}

// A file from before roles were kept for groups says nothing of them.
func TestPlanStoreLeavesWhatIsNotSaid(t *testing.T) {
	t.Parallel()
	r := storeReview()
	to := r.store()
	to.Pending = nil
	if p := r.PlanStore("import", "cmd", to); len(p.Changes) != 0 {
		t.Errorf("changes %s", show(p))
	}
	to.Pending = []PendingRole{}
	if p := r.PlanStore("import", "cmd", to); len(p.Changes) != 2 {
		t.Errorf("changes %s", show(p))
	}
}

// TestPlanStore applies the plan to the world and wants exactly what was
// asked for; asked again it has nothing to do.
func TestPlanStore(t *testing.T) {
	t.Parallel()
	r := storeReview()
	to := Store{
		Roles:      RoleMap{Rows: []RoleRow{{Group: "g2", Name: "old name", Role: RoleAdmin}, {Group: "g3", Name: "unseen", Role: RoleViewer}}},
		Links:      []Link{{UID: "u1", LocalID: 2}, {UID: "u2", LocalID: 1}}, // swapped
		Assertions: []Assertion{{Group: true, Name: "kids", Role: RoleUser}},
		Pending:    []PendingRole{{Name: "later", Role: RoleAdmin}, {Name: "soon", Role: RoleUser}},
	}
	p := r.PlanStore("import", "cmd", to)
	want := "g2:user>admin g3:>viewer :user> g1:admin> g9:admin> u1:1> u2:2> u1:>2 u2:>1 user:alice is admin:user:alice is admin> group:kids at most user:>group:kids at most user later:user>admin soon:>user never:user>"
	if got := show(p); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if p.Changes[0].Label != "family" || p.Changes[3].Label != "admins now" || p.Changes[5].Label != "alice" {
		t.Errorf("labels %+v", p.Changes)
	}
	w := r.World
	for _, c := range p.Changes {
		next, err := w.With(c)
		if err != nil {
			t.Fatal(err)
		}
		w = next
	}
	after := &Review{World: w}
	if again := after.PlanStore("import", "cmd", to); len(again.Changes) != 0 {
		t.Errorf("not there yet: %s", show(again))
	}
	if back := after.PlanStore("import", "cmd", storeReview().store()); len(back.Changes) != len(p.Changes) {
		t.Errorf("the way back has %d changes", len(back.Changes))
	}
}
