package plan

import "github.com/romm-admin/romm-admin/model"

// ChangeTrustedEmail sets the address of an Authentik user that an admin vouches
// for (S1). Object is the user's pk in decimal.
const ChangeTrustedEmail ChangeKind = "idp-trusted-email"

type trustedEmail struct{ scalar }

func (trustedEmail) now(e *editor, c Change) (model.Untrusted, bool) {
	id := e.identity(c.Object)
	if id == nil {
		return "", false
	}
	return id.TrustedEmail, true
}

func (trustedEmail) set(e *editor, c Change) error {
	e.editIdentity(c.Object).TrustedEmail = c.After
	return nil
}

func (trustedEmail) subject(c Change) (subject, bool) { return subject{identity: c.Object}, true }

func (trustedEmail) keepsAdmin(a *admins, c Change) bool { return a.opens(c.Object, c.Before) }

func (trustedEmail) words() Words {
	return Words{Sets: "trusted address", About: "trusted address of", None: "none: not vouched for", TellApart: true}
}

// vouches reports whether the change vouches for an address, or stops to.
func (c Change) vouches() bool { return c.Kind == ChangeTrustedEmail }
