package plan

import (
	"fmt"
	"strconv"

	"github.com/romm-admin/romm-admin/model"
)

// ChangeLocalAccount makes or removes an account of the embedded directory.
// Object is the username.
const ChangeLocalAccount ChangeKind = "local-account"

type localAccount struct{ object[model.LocalUser] }

var accounts = object[model.LocalUser]{parse: parseAccount, equal: func(a, b model.LocalUser) bool { return a == b }, show: accountLines}

// LocalAccounts is [Change.Providers] for ChangeLocalAccount. The accounts have
// no id.
func (c Change) LocalAccounts() (before, after *model.LocalUser, err error) {
	return accounts.beforeAfter(c)
}

type accountJSON struct {
	Email      model.Untrusted `json:"email"`
	EmptyEmail bool            `json:"empty_email,omitempty"`
	Role       model.Role      `json:"role"`
	Enabled    bool            `json:"enabled"`
}

// encodeAccount writes the account but for its name, which is the change's object, and
// its id, which the directory gives.
func encodeAccount(u model.LocalUser) model.Untrusted {
	return canonicalJSON(accountJSON{u.Email, u.EmptyEmail, u.Role, u.Enabled})
}

func parseAccount(username string, v model.Untrusted) (model.LocalUser, error) {
	var in accountJSON
	err := strictJSON(v, &in)
	return model.LocalUser{
		Username: model.Untrusted(username), Email: in.Email, EmptyEmail: in.EmptyEmail, Role: in.Role, Enabled: in.Enabled,
	}, err
}

// accountLines describes an account of the embedded directory.
func accountLines(u model.LocalUser) []string {
	address := "no address"
	if u.Email != "" {
		address = "address " + u.Email.String()
	}
	enabled := "disabled"
	if u.Enabled {
		enabled = "enabled"
	}
	return []string{address, "role " + model.Clean(string(u.Role)), enabled}
}

func (localAccount) now(e *editor, c Change) (model.Untrusted, bool) {
	if u := e.accountNamed(c.Object); u != nil {
		return encodeAccount(*u), true
	}
	return "", e.w.RomM.Embedded
}

func (k localAccount) set(e *editor, c Change) error {
	before, after, err := k.beforeAfter(c)
	switch {
	case err != nil:
		return err
	case before != nil && after != nil:
		return &model.Error{Code: model.CodeInvalid, Msg: "an account is made or removed, nothing else", Hint: "change its address, role or switch by themselves"}
	case after != nil:
		e.addAccount(*after)
	default:
		e.removeAccount(c.Object)
	}
	return nil
}

func (localAccount) subject(c Change) (subject, bool) {
	return subject{username: model.Untrusted(c.Object)}, c.After != ""
}

func (k localAccount) keepsAdmin(_ *admins, c Change) bool {
	before, _, err := k.beforeAfter(c)
	return err == nil && before != nil && before.Role == model.RoleAdmin
}

func (localAccount) made(c Change) string {
	if c.After == "" {
		return ""
	}
	return fmt.Sprintf("%s: the account is made", c.Label)
}

func (localAccount) words() Words {
	return Words{Sets: "account", About: "account", None: "none", Whole: "the account", Place: "the embedded directory"}
}

// MakesAccount reports whether the change makes an account of the embedded
// directory.
func (c Change) MakesAccount() bool { return c.Kind == ChangeLocalAccount && c.After != "" }

// guardNewAccounts refuses a plan that makes an account of the embedded
// directory with another person's address (S4), that removes one somebody is
// pinned to, or that leaves no enabled admin there (S5).
func guardNewAccounts(j judged) error {
	made, removed := map[model.Untrusted]bool{}, map[model.Untrusted]bool{}
	for _, c := range j.plan.Changes {
		if c.Kind == ChangeLocalAccount {
			made[model.Untrusted(c.Object)] = c.MakesAccount()
			removed[model.Untrusted(c.Object)] = c.After == ""
		}
	}
	if len(made) == 0 {
		return nil
	}
	for _, pair := range j.after.Pairs {
		if pair.Local != nil && made[pair.Local.Username] && pair.Has(model.FindingSquattedEmail) {
			return refuse(RuleNewAccountSquats, "correct its address", "the new account %s would carry the address of another person", pair.Local.Username)
		}
	}
	pinned := map[int64]bool{}
	for _, l := range j.after.World.Pins {
		pinned[l.LocalID] = true
	}
	for _, u := range j.before.World.Locals {
		if removed[u.Username] && pinned[u.ID] {
			return refuse(RuleAccountPinned, "take the pin away first: romm-admin users unpin, with the id "+strconv.FormatInt(u.ID, 10),
				"the account %s is pinned to an Authentik user", u.Username)
		}
	}
	if j.before.Stats.Admins > 0 && j.after.Stats.Admins == 0 {
		return refuse(RuleLastEmbeddedAdmin, "make somebody else admin first", "afterwards no account of the embedded directory would be an enabled admin")
	}
	return nil
}
