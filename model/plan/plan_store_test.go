package plan

import (
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

func storeReview() *model.Review {
	return &model.Review{World: model.World{
		Directory: model.Directory{
			Groups:     []model.Group{{ID: "g1", Name: "admins now"}, {ID: "g2", Name: "family"}},
			Identities: []model.Identity{{PK: 1, UID: "u1", Username: "alice"}, {PK: 2, UID: "u2", Username: "bob"}},
		},
		Roles: model.RoleMap{Default: model.RoleUser, Rows: []model.RoleRow{
			{Group: "g1", Name: "admins", Role: model.RoleAdmin}, {Group: "g2", Name: "family", Role: model.RoleUser}, {Group: "g9", Name: "gone", Role: model.RoleAdmin},
		}},
		Pins:       []model.Pin{{UID: "u1", LocalID: 1}, {UID: "u2", LocalID: 2}},
		Assertions: []model.Assertion{{Name: "alice", Role: model.RoleAdmin}},
		Pending:    []model.PendingRole{{Name: "later", Role: model.RoleUser}, {Name: "never", Role: model.RoleUser}},
	}}
}

// store is all that a world keeps.
func store(r *model.Review) Store {
	w := r.World
	return Store{Roles: w.Roles, Pins: w.Pins, Assertions: w.Assertions, Pending: w.Pending}
}

// A file from before roles were kept for groups says nothing of them.
func TestPlanStoreLeavesWhatIsNotSaid(t *testing.T) {
	t.Parallel()
	r := storeReview()
	to := store(r)
	to.Pending = nil
	if p := FromStore(r, "import", "cmd", to); len(p.Changes) != 0 {
		t.Errorf("changes %s", show(p))
	}
	to.Pending = []model.PendingRole{}
	if p := FromStore(r, "import", "cmd", to); len(p.Changes) != 2 {
		t.Errorf("changes %s", show(p))
	}
}

// TestPlanStore applies the plan to the world and wants exactly what was
// asked for; asked again it has nothing to do.
func TestPlanStore(t *testing.T) {
	t.Parallel()
	r := storeReview()
	to := Store{
		Roles:      model.RoleMap{Rows: []model.RoleRow{{Group: "g2", Name: "old name", Role: model.RoleAdmin}, {Group: "g3", Name: "unseen", Role: model.RoleViewer}}},
		Pins:       []model.Pin{{UID: "u1", LocalID: 2}, {UID: "u2", LocalID: 1}}, // swapped
		Assertions: []model.Assertion{{Group: true, Name: "kids", Role: model.RoleUser}},
		Pending:    []model.PendingRole{{Name: "later", Role: model.RoleAdmin}, {Name: "soon", Role: model.RoleUser}},
	}
	p := FromStore(r, "import", "cmd", to)
	want := "g2:user>admin g3:>viewer :user> g1:admin> g9:admin> u1:1> u2:2> u1:>2 u2:>1 user:alice is admin:user:alice is admin> group:kids at most user:>group:kids at most user later:user>admin soon:>user never:user>"
	if got := show(p); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if p.Changes[0].Label != "family" || p.Changes[3].Label != "admins now" || p.Changes[5].Label != "alice" {
		t.Errorf("labels %+v", p.Changes)
	}
	w := r.World
	for _, c := range p.Changes {
		next, err := After(w, c)
		if err != nil {
			t.Fatal(err)
		}
		w = next
	}
	after := &model.Review{World: w}
	if again := FromStore(after, "import", "cmd", to); len(again.Changes) != 0 {
		t.Errorf("not there yet: %s", show(again))
	}
	if back := FromStore(after, "import", "cmd", store(storeReview())); len(back.Changes) != len(p.Changes) {
		t.Errorf("the undo has %d changes", len(back.Changes))
	}
}
