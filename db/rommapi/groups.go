package rommapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/romm-admin/romm-admin/model"
)

const (
	opGroups = "list RomM's permission groups"
	opGroup  = "set the RomM permission group"
)

// PermissionGroup is a set of rights of RomM 5 for people who are no
// administrators (docs/romm.md 2 Permission groups). OIDC never sets it. Read
// and set by a change of the permission group, which does not exist yet.
type PermissionGroup struct {
	ID   int64
	Name model.Untrusted
	// Default marks the group of everybody who is in none.
	Default bool
	// System groups came with RomM.
	System bool
	// Members counts who was put into it; those who are in it because it is
	// the default are not counted.
	Members int
}

// Groups lists the permission groups in RomM's order. RomM before 5.0 has
// none: CodeRefused.
func (c *Client) Groups(ctx context.Context) ([]PermissionGroup, error) {
	if err := c.hasGroups(ctx, opGroups); err != nil {
		return nil, err
	}
	return c.groups(ctx, opGroups)
}

func (c *Client) groups(ctx context.Context, op string) ([]PermissionGroup, error) {
	var list []struct {
		ID      *int64  `json:"id"`
		Name    *string `json:"name"`
		Default bool    `json:"is_default"`
		System  bool    `json:"is_system"`  // up to 5.3
		Key     string  `json:"system_key"` // since 5.4, null for those that somebody made
		Members int     `json:"member_count"`
	}
	k := call{op: op, path: "/api/permissions/groups", scope: scopeRead, limit: maxBody}
	if err := c.get(ctx, k, &list); err != nil {
		return nil, err
	}
	if list == nil {
		return nil, foreign(k, fmt.Errorf("null instead of a list"))
	}
	out := make([]PermissionGroup, len(list))
	for i, g := range list {
		if g.ID == nil || g.Name == nil {
			return nil, foreign(k, fmt.Errorf("a permission group without id or name"))
		}
		out[i] = PermissionGroup{ID: *g.ID, Name: model.Untrusted(*g.Name), Default: g.Default, System: g.System || g.Key != "", Members: g.Members}
	}
	return out, nil
}

// PermissionGroupOf reads an account's permission group; nil is the default
// group.
func (c *Client) PermissionGroupOf(ctx context.Context, id int64) (*int64, error) {
	const op = "read the RomM permission group"
	if err := noID(op, id); err != nil {
		return nil, err
	}
	if err := c.hasGroups(ctx, op); err != nil {
		return nil, err
	}
	a, err := c.one(ctx, op, id)
	return a.group, err
}

// SetPermissionGroup moves an account into another permission group; nil is
// the default group. The account is read again and must still be in before
// (else CodeConflict), the group must exist (else CodeNotFound; RomM would
// crash), and the result is compared and read back as [Client.SetEmail] does.
// It returns the account, which does not show the group: see
// [Client.PermissionGroupOf]. RomM before 5.0 has no groups: CodeRefused.
// The credentials need users.write. Groups mean nothing for administrators.
func (c *Client) SetPermissionGroup(ctx context.Context, id int64, before, after *int64) (model.LocalUser, error) {
	if err := noID(opGroup, id); err != nil {
		return model.LocalUser{}, err
	}
	had, want := groupText(before), groupText(after)
	if had == want {
		return model.LocalUser{}, nothing(opGroup, "the account is in "+showGroup(want)+" as it is")
	}
	if err := c.hasGroups(ctx, opGroup); err != nil {
		return model.LocalUser{}, err
	}
	if err := c.groupExists(ctx, after); err != nil {
		return model.LocalUser{}, err
	}
	body, err := json.Marshal(map[string]any{"set_group": true, "permission_group_id": after})
	if err != nil {
		return model.LocalUser{}, fmt.Errorf("%s: %w", opGroup, err)
	}
	return c.make(ctx, change{
		op: opGroup, noun: "the group", id: id, before: had, after: want,
		of: func(a account) string { return groupText(a.group) }, show: showGroup,
		send: call{method: http.MethodPut, path: fmt.Sprintf("/api/permissions/users/%d", id), scope: scopeManage, json: body},
		echo: c.groupEcho,
	})
}

// groupEcho reads the group from the answer of the permissions endpoint.
func (c *Client) groupEcho(k call, rep reply) (string, error) {
	var p struct {
		User  *int64 `json:"user_id"`
		Group *int64 `json:"permission_group_id"`
	}
	if err := c.decode(k, rep, &p); err != nil {
		return "", err
	}
	if p.User == nil || *p.User != k.id {
		return "", foreign(k, fmt.Errorf("the permissions of another user than %d", k.id))
	}
	return groupText(p.Group), nil
}

func (c *Client) groupExists(ctx context.Context, id *int64) error {
	if id == nil {
		return nil
	}
	list, err := c.groups(ctx, opGroup)
	if err != nil {
		return err
	}
	for _, g := range list {
		if g.ID == *id {
			return nil
		}
	}
	return &model.Error{
		Code: model.CodeNotFound, Op: opGroup, Msg: fmt.Sprintf("RomM has no permission group with id %d", *id),
		Hint: "reload: it may have been deleted",
	}
}

// hasGroups refuses releases without permission groups. A build from source
// tells by its endpoints.
func (c *Client) hasGroups(ctx context.Context, op string) error {
	v, err := c.mayWrite(ctx, op)
	if err != nil {
		return err
	}
	has := v.AtLeast(5, 0, 0)
	if v.Dev || !v.Known() {
		f, err := c.Probe(ctx)
		if err != nil {
			return err
		}
		has = f.PermissionGroups
	}
	if has {
		return nil
	}
	return &model.Error{
		Code: model.CodeRefused, Op: op, Msg: fmt.Sprintf("RomM %s has no permission groups", v),
		Hint: "they came with RomM 5.0",
	}
}

func groupText(id *int64) string {
	if id == nil {
		return ""
	}
	return strconv.FormatInt(*id, 10)
}

func showGroup(id string) string {
	if id == "" {
		return "the default group"
	}
	return "group " + id
}
