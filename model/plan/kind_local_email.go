package plan

import "github.com/romm-admin/romm-admin/model"

// ChangeLocalEmail sets the address of a RomM account. Object is the account's
// id in decimal.
const ChangeLocalEmail ChangeKind = "local-email"

type localEmail struct{ scalar }

func (localEmail) now(e *editor, c Change) (model.Untrusted, bool) {
	u := e.account(c.Object)
	if u == nil {
		return "", false
	}
	return u.Email, true
}

func (localEmail) set(e *editor, c Change) error {
	u := e.editAccount(c.Object)
	u.Email, u.EmptyEmail = c.After, false
	return nil
}

func (localEmail) subject(c Change) (subject, bool) { return subject{account: c.Object}, true }

func (localEmail) keepsAdmin(a *admins, c Change) bool {
	u := a.editor.account(c.Object)
	return u != nil && u.Role == model.RoleAdmin && c.Before != ""
}

func (localEmail) accountEdit() accountEdit { return editsAccount }

func (localEmail) words() Words {
	return Words{Sets: "RomM e-mail", About: "RomM account", None: "no address", TellApart: true}
}
