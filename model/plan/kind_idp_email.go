package plan

import "github.com/romm-admin/romm-admin/model"

// ChangeIDPEmail sets the address of an Authentik user. Object is the user's pk
// in decimal.
const ChangeIDPEmail ChangeKind = "idp-email"

type idpEmail struct{ scalar }

func (idpEmail) now(e *editor, c Change) (model.Untrusted, bool) {
	id := e.identity(c.Object)
	if id == nil {
		return "", false
	}
	return id.Email, true
}

func (idpEmail) set(e *editor, c Change) error {
	e.editIdentity(c.Object).Email = c.After
	return nil
}

func (idpEmail) subject(c Change) (subject, bool) { return subject{identity: c.Object}, true }

func (idpEmail) keepsAdmin(a *admins, c Change) bool { return a.opens(c.Object, c.Before) }

func (idpEmail) words() Words {
	return Words{Sets: "Authentik e-mail", About: "Authentik user", None: "no address", TellApart: true}
}
