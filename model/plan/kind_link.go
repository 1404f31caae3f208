package plan

import (
	"fmt"

	"github.com/romm-admin/romm-admin/model"
)

// ChangeLink sets whom RomM since 5.4 takes for the owner of an account. Object
// is the account's id in decimal, the values are issuer and subject as JSON, in
// which null is SQL's NULL.
const ChangeLink ChangeKind = "romm-link"

type link struct{ scalar }

// linkValue is a link as it is stored.
type linkValue struct {
	Issuer  *model.Untrusted `json:"iss"`
	Subject *model.Untrusted `json:"sub"`
}

func linkText(l model.OIDCLink) model.Untrusted {
	if l == model.Unlinked() {
		return ""
	}
	part := func(t model.NullText) *model.Untrusted {
		if !t.Valid {
			return nil
		}
		return &t.Text
	}
	return canonicalJSON(linkValue{part(l.Issuer), part(l.Subject)})
}

func parseLink(text model.Untrusted) (model.OIDCLink, error) {
	if text == "" {
		return model.Unlinked(), nil
	}
	var v linkValue
	if err := strictJSON(text, &v); err != nil {
		return model.OIDCLink{}, err
	}
	part := func(t *model.Untrusted) model.NullText {
		if t == nil {
			return model.NullText{}
		}
		return model.NullText{Text: *t, Valid: true}
	}
	return model.OIDCLink{Known: true, Issuer: part(v.Issuer), Subject: part(v.Subject)}, nil
}

// Links decodes the two values of the change.
func (c Change) Links() (before, after model.OIDCLink, err error) {
	if before, err = parseLink(c.Before); err == nil {
		after, err = parseLink(c.After)
	}
	return before, after, err
}

func (link) now(e *editor, c Change) (model.Untrusted, bool) {
	u := e.account(c.Object)
	if u == nil || !u.Link.Known {
		return "", false
	}
	return linkText(u.Link), true
}

func (link) set(e *editor, c Change) error {
	to, err := parseLink(c.After)
	if err == nil {
		e.editAccount(c.Object).Link = to
	}
	return err
}

func (link) lines(_ Change, v model.Untrusted) []string {
	l, err := parseLink(v)
	if err != nil {
		return []string{v.String()}
	}
	return []string{l.String()}
}

func (link) subject(c Change) (subject, bool) { return subject{account: c.Object}, true }

func (link) keepsAdmin(a *admins, c Change) bool {
	u := a.editor.account(c.Object)
	return u != nil && u.Role == model.RoleAdmin && c.Before != ""
}

func (link) made(c Change) string {
	_, to, err := c.Links()
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%s: the RomM account is linked to %s", c.Label, to)
}

func (link) words() Words {
	return Words{Sets: "link in RomM", About: "link of", None: "nobody", TellApart: true}
}
