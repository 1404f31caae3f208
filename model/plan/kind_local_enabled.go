package plan

import (
	"fmt"
	"strconv"

	"github.com/romm-admin/romm-admin/model"
)

// ChangeLocalEnabled enables or disables a RomM account. Object is the account's
// id in decimal, the values are "true" and "false".
const ChangeLocalEnabled ChangeKind = "local-enabled"

type localEnabled struct{ scalar }

// enabledText is a value of ChangeLocalEnabled.
func enabledText(on bool) model.Untrusted { return model.Untrusted(strconv.FormatBool(on)) }

func (localEnabled) now(e *editor, c Change) (model.Untrusted, bool) {
	u := e.account(c.Object)
	if u == nil {
		return "", false
	}
	return enabledText(u.Enabled), true
}

func (localEnabled) set(e *editor, c Change) error {
	e.editAccount(c.Object).Enabled = c.After == enabledText(true)
	return nil
}

func (localEnabled) lines(_ Change, v model.Untrusted) []string {
	switch v {
	case enabledText(true):
		return []string{"enabled"}
	case enabledText(false):
		return []string{"disabled"}
	}
	return []string{v.String()}
}

func (localEnabled) subject(c Change) (subject, bool) {
	return subject{account: c.Object}, c.After == enabledText(true)
}

func (localEnabled) keepsAdmin(a *admins, c Change) bool {
	u := a.editor.account(c.Object)
	return u != nil && u.Role == model.RoleAdmin && c.Before == enabledText(true)
}

func (localEnabled) made(c Change) string {
	return fmt.Sprintf("%s: the RomM account is %s", c.Label, c.Text(c.After))
}

func (localEnabled) accountEdit() accountEdit { return editsSwitches }

func (localEnabled) words() Words {
	return Words{Sets: "RomM account", About: "RomM account", None: "unknown", TellApart: true}
}
