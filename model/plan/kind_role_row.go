package plan

import "github.com/romm-admin/romm-admin/model"

// ChangeRoleRow gives a group a role in the role map. Object is the group's
// UUID.
const ChangeRoleRow ChangeKind = "role-row"

type roleRow struct{ scalar }

func (roleRow) now(e *editor, c Change) (model.Untrusted, bool) {
	row, _ := e.w.Roles.Row(model.GroupID(c.Object))
	return model.Untrusted(row.Role), true
}

func (roleRow) set(e *editor, c Change) error {
	row, _ := e.w.Roles.Row(model.GroupID(c.Object))
	row.Group, row.Name, row.Role = model.GroupID(c.Object), c.Label, model.Role(c.After)
	e.w = e.w.WithRoles(e.w.Roles.With(row))
	return nil
}

func (roleRow) keepsAdmin(_ *admins, c Change) bool { return takesAdminRole(c) }

func (roleRow) writesRoleMap() bool { return true }

func (roleRow) words() Words {
	return Words{Sets: "role", About: "group", None: "no role", TellApart: true}
}
