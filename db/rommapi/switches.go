package rommapi

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/romm-admin/romm-admin/model"
)

const (
	opEnabled = "enable or disable the RomM account"
	opRole    = "set the RomM role"
)

// SetEnabled enables or disables an account. It is read again and must still
// be as before says (else CodeConflict), and the result is compared and read
// back as [Client.SetEmail] does.
//
// CodeRefused means a guard of ours: the last enabled administrator stays
// enabled, and the own account is left alone, because RomM answers 200 and
// ignores the field then (docs/romm.md 2 PUT). CodeInvalid means that there is
// nothing to change.
func (c *Client) SetEnabled(ctx context.Context, id int64, before, after bool) (model.LocalUser, error) {
	if err := noID(opEnabled, id); err != nil {
		return model.LocalUser{}, err
	}
	if before == after {
		return model.LocalUser{}, nothing(opEnabled, "the account is "+state(strconv.FormatBool(after))+" as it is")
	}
	if _, err := c.mayWrite(ctx, opEnabled); err != nil {
		return model.LocalUser{}, err
	}
	if err := c.guard(ctx, opEnabled, id, !after); err != nil {
		return model.LocalUser{}, err
	}
	of := func(a account) string { return strconv.FormatBool(a.Enabled) }
	value := strconv.FormatBool(after)
	return c.make(ctx, change{
		op: opEnabled, noun: "the state", id: id, before: strconv.FormatBool(before), after: value, of: of, show: state,
		send: call{method: http.MethodPut, path: userPath(id), scope: scopeWrite, form: url.Values{"enabled": {value}}},
		echo: c.userEcho(of),
	})
}

// SetRole replaces the role of an account. RomM 5 knows only user and admin:
// editor and viewer are taken for user there, before and after. RomM 4 does not
// know user: it is refused with CodeInvalid, because RomM would crash
// (docs/romm.md 2 Roles). Guards and errors are those of [Client.SetEnabled]:
// the last enabled administrator stays one, also on releases in which RomM does
// not see to it (before 5.0).
func (c *Client) SetRole(ctx context.Context, id int64, before, after model.Role) (model.LocalUser, error) {
	if err := noID(opRole, id); err != nil {
		return model.LocalUser{}, err
	}
	if _, err := c.mayWrite(ctx, opRole); err != nil {
		return model.LocalUser{}, err
	}
	roles, err := c.roles(ctx)
	if err != nil {
		return model.LocalUser{}, err
	}
	want, known := inVocabulary(after, roles)
	if !known {
		return model.LocalUser{}, &model.Error{
			Code: model.CodeInvalid, Op: opRole, Msg: fmt.Sprintf("RomM %s has no role %s", c.lastVersion(), showRole(string(after))),
			Hint: "its roles are " + words(roles),
		}
	}
	had, _ := inVocabulary(before, roles)
	if had == want {
		return model.LocalUser{}, nothing(opRole, "the role is "+showRole(string(want))+" as it is")
	}
	if err := c.guard(ctx, opRole, id, want != model.RoleAdmin); err != nil {
		return model.LocalUser{}, err
	}
	of := func(a account) string {
		r, _ := inVocabulary(a.Role, roles)
		return string(r)
	}
	return c.make(ctx, change{
		op: opRole, noun: "the role", id: id, before: string(had), after: string(want), of: of, show: showRole,
		send: call{method: http.MethodPut, path: userPath(id), scope: scopeWrite, form: url.Values{"role": {string(want)}}},
		echo: c.userEcho(of),
	})
}

// inVocabulary is the role by which a RomM with those roles knows r; known is
// false if it has none. RoleNone and roles that are not known stay as they
// are, so that comparing still tells them apart.
func inVocabulary(r model.Role, roles []model.Role) (role model.Role, known bool) {
	two := true
	for _, one := range roles {
		if one == r {
			return r, true
		}
		two = two && one != model.RoleEditor
	}
	if two && (r == model.RoleEditor || r == model.RoleViewer) {
		return model.RoleUser, true
	}
	return r, false
}

// guard refuses to change the own account, and to take the power of the last
// enabled administrator away. It needs to know who we are: without me.read it
// refuses as well. As long as we are an enabled administrator ourselves one
// stays, so that no change of a plan costs a list of everybody: that can take
// RomM longer than all the rest (docs/romm.md 2).
func (c *Client) guard(ctx context.Context, op string, id int64, takes bool) error {
	me, err := c.self(ctx, op)
	if err != nil {
		return err
	}
	if me.ID == id {
		return &model.Error{
			Code: model.CodeRefused, Op: op, Msg: fmt.Sprintf("%q is the account that we are signed in with; RomM ignores such a change of oneself", me.Username),
			Hint: "do it with the credentials of another administrator",
		}
	}
	if !takes || me.Enabled && me.Role == model.RoleAdmin {
		return nil
	}
	users, _, err := c.list(ctx)
	if err != nil {
		return err
	}
	powerful, others := false, 0
	for _, u := range users {
		admin := u.Enabled && u.Role == model.RoleAdmin
		switch {
		case admin && u.ID == id:
			powerful = true
		case admin:
			others++
		}
	}
	if powerful && others == 0 {
		return &model.Error{
			Code: model.CodeRefused, Op: op, Msg: "this is the last enabled administrator of RomM",
			Hint: "make somebody else an administrator first: without one, RomM lets anybody create the next",
		}
	}
	return nil
}

// self asks RomM who we are, for a guard that cannot do without.
func (c *Client) self(ctx context.Context, op string) (model.LocalUser, error) {
	var u user
	k := call{op: op, path: "/api/users/me", scope: scopeMe, limit: maxBody}
	if err := c.get(ctx, k, &u); err != nil {
		return model.LocalUser{}, err
	}
	me, _, err := c.local(u)
	switch {
	case err != nil:
		return model.LocalUser{}, foreign(k, err)
	case me.ID == kioskID:
		return model.LocalUser{}, kiosk(k)
	}
	return me.LocalUser, nil
}

func nothing(op, msg string) error {
	return &model.Error{Code: model.CodeInvalid, Op: op, Msg: msg, Hint: "nothing to do"}
}

// state words the switch for a message.
func state(value string) string {
	if value == "true" {
		return "enabled"
	}
	return "disabled"
}

func showRole(role string) string {
	if role == "" {
		return "none that is known"
	}
	return fmt.Sprintf("%q", model.Clean(role))
}

func words(roles []model.Role) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	return model.Listed(names)
}
