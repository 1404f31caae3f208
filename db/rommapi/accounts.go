package rommapi

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/romm-admin/romm-admin/model"
)

// The scopes that we need (docs/romm.md 1).
const (
	scopeMe    = "me.read"
	scopeRead  = "users.read"
	scopeWrite = "me.write"
	// scopeManage is needed for permission groups alone.
	scopeManage = "users.write"
)

// ReadAccounts reads version, OIDC switch and all accounts. It asks the
// heartbeat without credentials first: a bad JWT would make even that fail.
// Then it asks who it is, because a request whose Authorization header got
// lost looks like a login in kiosk mode.
func (c *Client) ReadAccounts(ctx context.Context) (model.AccountsReading, error) {
	var r model.AccountsReading
	if err := c.heartbeat(ctx, &r); err != nil {
		return model.AccountsReading{}, err
	}
	if err := c.whoAmI(ctx, &r); err != nil {
		return model.AccountsReading{}, err
	}
	users, warnings, err := c.list(ctx)
	if err != nil {
		return model.AccountsReading{}, err
	}
	if reason := c.grant.fallback(); reason != "" {
		r.Warnings = append(r.Warnings, "RomM gives no token for the password ("+reason+"); the password is sent with every request")
	}
	r.Users, r.Warnings = users, append(r.Warnings, warnings...)
	return r, nil
}

// heartbeat fills in system, version and OIDC switch (docs/romm.md 4).
func (c *Client) heartbeat(ctx context.Context, r *model.AccountsReading) error {
	b, v, warning, err := c.beat(ctx)
	if err != nil {
		return err
	}
	if warning != "" {
		r.Warnings = append(r.Warnings, warning)
	}
	r.System = model.System{Name: c.name(), Version: v.String()}
	r.Version = v
	r.OIDCOff = b.oidcOff(v)
	if c.base.Scheme == "http" && !model.Loopback(c.base.Hostname()) {
		r.Warnings = append(r.Warnings, "RomM is reached over plain http: the credentials travel in the clear")
	}
	if c.kind() == jwt {
		r.Warnings = append(r.Warnings, c.tokenName()+" is a JWT, which expires soon; a client API token (rmm_…) is the better choice")
	}
	if !writable(v) {
		r.Warnings = append(r.Warnings, fmt.Sprintf("RomM %s can only be read; changes need 4.0 or later", v))
	}
	return nil
}

// writable reports whether the user endpoint takes a form (since 4.0). Before,
// the same request would answer 200 and change nothing (docs/romm.md 0).
func writable(v model.Version) bool { return v.AtLeast(4, 0, 0) }

// whoAmI warns if the credentials cannot do everything, and refuses to go on
// as RomM's kiosk user.
func (c *Client) whoAmI(ctx context.Context, r *model.AccountsReading) error {
	var u user
	k := call{op: "ask RomM who we are", path: "/api/users/me", scope: scopeMe, limit: maxBody}
	err := c.get(ctx, k, &u)
	if model.CodeOf(err) == model.CodeForbidden {
		// Up to 5.1 this may also mean bad credentials; the list will tell.
		r.Caller.Unknown = c.tokenName() + " lacks the scope me.read, so its owner is not known"
		r.Warnings = append(r.Warnings, c.tokenName()+" lacks the scope me.read: its owner is not known")
		return nil
	}
	if err != nil {
		return err
	}
	me, _, err := c.local(u)
	if err != nil {
		return foreign(k, err)
	}
	if me.ID == kioskID {
		return kiosk(k)
	}
	r.Caller = model.Caller{ID: me.ID, Username: me.Username, Admin: me.Role == model.RoleAdmin}
	if c.lacksWriting(ctx) {
		r.Caller.Lacks = c.tokenName() + " lacks the scope " + scopeWrite
		r.Warnings = append(r.Warnings, r.Caller.Lacks+": nothing can be changed in RomM")
	}
	if !r.Caller.Admin {
		r.Warnings = append(r.Warnings, fmt.Sprintf(
			"RomM user %q is no administrator: other people's accounts cannot be changed", c.said(me.Username.Raw())))
	}
	return nil
}

// lacksWriting reports whether the token certainly lacks the scope for changes.
// RomM does not say which of its owner's tokens it was asked with, so none of them
// may have it (docs/romm.md 1 Client tokens).
func (c *Client) lacksWriting(ctx context.Context) bool {
	if v := c.lastVersion(); c.kind() != clientToken || v.Known() && !v.AtLeast(4, 8, 0) {
		return false
	}
	var tokens []struct {
		Scopes []string `json:"scopes"`
	}
	k := call{op: "list our RomM tokens", path: "/api/client-tokens", scope: scopeMe, limit: maxBody}
	if err := c.get(ctx, k, &tokens); err != nil || len(tokens) == 0 {
		return false
	}
	for _, one := range tokens {
		if slices.Contains(one.Scopes, scopeWrite) {
			return false
		}
	}
	return true
}

// kioskID is the id of the user that RomM invents in kiosk mode.
const kioskID = -1

func kiosk(k call) error {
	return &model.Error{
		Code: model.CodeUnauthorized, Op: k.op,
		Msg:  "RomM takes us for its kiosk user: the Authorization header was lost on the way (a proxy?)",
		Hint: "let the proxy in front of RomM pass the Authorization header on, or set ROMM_BASE_URL to RomM itself",
	}
}

// list reads all accounts, by id: RomM promises no order, and has no paging.
func (c *Client) list(ctx context.Context) ([]model.LocalUser, []string, error) {
	var users []user
	k := call{op: "list RomM's users", path: "/api/users", scope: scopeRead, limit: maxList, slow: true}
	if err := c.get(ctx, k, &users); err != nil {
		return nil, nil, err
	}
	if users == nil {
		return nil, nil, foreign(k, fmt.Errorf("null instead of a list"))
	}
	out := make([]model.LocalUser, len(users))
	var warnings []string
	for i, u := range users {
		a, warning, err := c.local(u)
		if err != nil {
			return nil, nil, foreign(k, err)
		}
		out[i] = a.LocalUser
		if warning != "" {
			warnings = append(warnings, warning)
		}
	}
	slices.SortFunc(out, func(a, b model.LocalUser) int { return cmp.Compare(a.ID, b.ID) })
	for i := 1; i < len(out); i++ {
		if out[i].ID == out[i-1].ID {
			return nil, nil, foreign(k, fmt.Errorf("user id %d is listed twice", out[i].ID))
		}
	}
	return out, warnings, nil
}

// one reads a single account.
func (c *Client) one(ctx context.Context, op string, id int64) (account, error) {
	var u user
	k := call{op: op, path: userPath(id), scope: scopeRead, limit: maxBody, id: id}
	if err := c.get(ctx, k, &u); err != nil {
		return account{}, err
	}
	return c.same(k, u)
}

// same maps a user that an answer about one account carries, and checks that
// it is that account.
func (c *Client) same(k call, u user) (account, error) {
	out, _, err := c.local(u)
	if err == nil && out.ID != k.id {
		err = fmt.Errorf("user %d instead of %d", out.ID, k.id)
	}
	if err != nil {
		return account{}, foreign(k, err)
	}
	return out, nil
}

func userPath(id int64) string { return fmt.Sprintf("/api/users/%d", id) }

// foreign is the error for JSON that is not RomM's.
func foreign(k call, err error) error {
	return &model.Error{
		Code: model.CodeUnavailable, Op: k.op, Msg: "the answer is not what RomM sends",
		Hint: "check that ROMM_BASE_URL leads to RomM itself", Err: err,
	}
}
