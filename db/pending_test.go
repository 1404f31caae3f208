package db

import (
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// TestPendingRoles proves S8: a role for a name grants nothing, whatever group
// carries the name.
func TestPendingRoles(t *testing.T) {
	t.Parallel()
	d := openNew(t)
	set := func(name string, role, before model.Role) error {
		return d.SetPendingRole(t.Context(), model.PendingRole{Name: model.Untrusted(name), Role: role, ChangedBy: "t"}, before)
	}
	must(t, set("later", model.RoleAdmin, model.RoleNone))
	must(t, set("later", model.RoleUser, model.RoleAdmin))
	wantCode(t, set("later", model.RoleAdmin, model.RoleNone), model.CodeConflict, "later")
	wantCode(t, set("", model.RoleAdmin, model.RoleNone), model.CodeInvalid)
	wantCode(t, set("x", "king", model.RoleNone), model.CodeInvalid)
	got, err := d.PendingRoles(t.Context())
	if err != nil || len(got) != 1 || got[0].Name != "later" || got[0].Role != model.RoleUser || got[0].ChangedAt.IsZero() {
		t.Fatalf("%+v, %v", got, err)
	}
	m, err := d.RoleMap(t.Context())
	if err != nil || len(m.Rows) != 0 || m.Resolve([]model.GroupID{"later"}).Role != model.RoleNone {
		t.Errorf("the role map knows it: %+v, %v", m, err)
	}
	must(t, set("later", model.RoleNone, model.RoleUser))
	if got, err := d.PendingRoles(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}
