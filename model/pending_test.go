package model

import "testing"

// TestPendingRows proves S8: a row kept by name grants nothing, also when a
// group of that name appears; it is bound by an explicit plan, to a UUID.
func TestPendingRows(t *testing.T) {
	w := rooted()
	w.identity("kid", "kid@x.org", gHidden)
	r := Judge(w)
	p, err := r.PlanPending("later", RoleUser)
	after, impact, err := r.Simulate(plan(t, p, err))
	if err != nil || !impact.Empty() || len(after.World.Pending) != 1 {
		t.Fatalf("%+v, %v", impact, err)
	}
	w = after.World
	w.Directory.Groups = append(w.Directory.Groups, Group{ID: gHidden, Name: "later"})
	r = Judge(w)
	if got := findingsOf(t, r, "kid"); got[0] != FindingNoRole {
		t.Errorf("the name alone granted something: %v", got)
	}
	if b := r.Bindable(r.World.Pending[0]); len(b) != 1 || b[0].ID != gHidden {
		t.Errorf("bindable: %+v", b)
	}
	p, err = r.PlanBind("later", gHidden)
	after, impact, err = r.Simulate(plan(t, p, err))
	if err != nil || len(impact.CanSignIn) != 1 || len(after.World.Pending) != 0 {
		t.Errorf("bound: %+v, %v", impact, err)
	}
	if row, ok := after.World.Roles.Row(gHidden); !ok || row.Role != RoleUser {
		t.Errorf("the row: %+v", row)
	}
	back, _, err := after.Simulate(p.Inverse())
	if err != nil || len(back.World.Pending) != 1 {
		t.Errorf("undo: %v", err)
	}
	for name, build := range map[string]func() (Plan, error){
		"exists":       func() (Plan, error) { return r.PlanPending("romm-users", RoleUser) },
		"the same":     func() (Plan, error) { return r.PlanPending("later", RoleUser) },
		"nothing kept": func() (Plan, error) { return r.PlanPending("other", RoleNone) },
		"no name":      func() (Plan, error) { return r.PlanPending("", RoleUser) },
		"unknown role": func() (Plan, error) { return r.PlanPending("other", RoleViewer) },
		"bind nothing": func() (Plan, error) { return r.PlanBind("other", gUsers) },
		"bind to none": func() (Plan, error) { return r.PlanBind("later", "gone") },
	} {
		if p, err := build(); err == nil {
			t.Errorf("%s: %+v", name, p)
		}
	}
}
