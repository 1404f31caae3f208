package plan

import (
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// TestPendingRows proves S8: a row kept by name grants nothing, also when a
// group of that name appears; it is bound by an explicit plan, to a UUID.
func TestPendingRows(t *testing.T) {
	w := rooted()
	identity(&w, "kid", "kid@x.org", gHidden)
	r := model.Judge(w)
	p, err := PendingRole(r, "later", model.RoleUser)
	after, impact, err := Simulate(t.Context(), r, plan(t, p, err))
	if err != nil || !impact.Empty() || len(after.World.Pending) != 1 {
		t.Fatalf("%+v, %v", impact, err)
	}
	w = after.World
	w.Directory.Groups = append(w.Directory.Groups, model.Group{ID: gHidden, Name: "later"})
	r = model.Judge(w)
	if got := findingsOf(t, r, "kid"); got[0] != model.FindingNoRole {
		t.Errorf("the name alone granted something: %v", got)
	}
	if b := r.Bindable(r.World.Pending[0]); len(b) != 1 || b[0].ID != gHidden {
		t.Errorf("bindable: %+v", b)
	}
	p, err = Bind(r, "later", gHidden)
	after, impact, err = Simulate(t.Context(), r, plan(t, p, err))
	if err != nil || len(impact.CanSignIn) != 1 || len(after.World.Pending) != 0 {
		t.Errorf("bound: %+v, %v", impact, err)
	}
	if row, ok := after.World.Roles.Row(gHidden); !ok || row.Role != model.RoleUser {
		t.Errorf("the row: %+v", row)
	}
	back, _, err := Simulate(t.Context(), after, p.Inverse())
	if err != nil || len(back.World.Pending) != 1 {
		t.Errorf("undo: %v", err)
	}
	for name, build := range map[string]func() (Plan, error){
		"exists":       func() (Plan, error) { return PendingRole(r, "romm-users", model.RoleUser) },
		"the same":     func() (Plan, error) { return PendingRole(r, "later", model.RoleUser) },
		"nothing kept": func() (Plan, error) { return PendingRole(r, "other", model.RoleNone) },
		"no name":      func() (Plan, error) { return PendingRole(r, "", model.RoleUser) },
		"unknown role": func() (Plan, error) { return PendingRole(r, "other", model.RoleViewer) },
		"bind nothing": func() (Plan, error) { return Bind(r, "other", gUsers) },
		"bind to none": func() (Plan, error) { return Bind(r, "later", "gone") },
	} {
		if p, err := build(); err == nil {
			t.Errorf("%s: %+v", name, p)
		}
	}
}
