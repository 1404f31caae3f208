package plan

import "github.com/romm-admin/romm-admin/model"

// ChangeLocalRole writes the role of a RomM account. Object is the account's id
// in decimal.
const ChangeLocalRole ChangeKind = "local-role"

type localRole struct{ scalar }

func (localRole) now(e *editor, c Change) (model.Untrusted, bool) {
	u := e.account(c.Object)
	if u == nil {
		return "", false
	}
	return model.Untrusted(u.Role), true
}

func (localRole) set(e *editor, c Change) error {
	e.editAccount(c.Object).Role = model.Role(c.After)
	return nil
}

func (localRole) subject(c Change) (subject, bool) { return subject{account: c.Object}, true }

func (localRole) keepsAdmin(_ *admins, c Change) bool { return takesAdminRole(c) }

func (localRole) accountEdit() accountEdit { return editsSwitches }

func (localRole) words() Words {
	return Words{Sets: "RomM role", About: "RomM role of", None: "no role", TellApart: true}
}

// takesAdminRole reports whether a value that is a role was admin.
func takesAdminRole(c Change) bool { return model.Role(c.Before) == model.RoleAdmin }
