package plan

import (
	"slices"

	"github.com/romm-admin/romm-admin/model"
)

// ChangePendingRole keeps a role for a group that does not exist yet. Object is
// the group's name.
const ChangePendingRole ChangeKind = "pending-role"

type pendingRole struct{ scalar }

func (pendingRole) now(e *editor, c Change) (model.Untrusted, bool) {
	p, _ := e.w.PendingFor(model.Untrusted(c.Object))
	return model.Untrusted(p.Role), true
}

func (pendingRole) set(e *editor, c Change) error {
	e.w.Pending = slices.DeleteFunc(slices.Clone(e.w.Pending), func(p model.PendingRole) bool { return p.Name.Raw() == c.Object })
	if c.After != "" {
		e.w.Pending = append(e.w.Pending, model.PendingRole{Name: model.Untrusted(c.Object), Role: model.Role(c.After)})
	}
	return nil
}

func (pendingRole) words() Words {
	return Words{Sets: "pending role", About: "role kept for a group named", None: "none is kept"}
}
