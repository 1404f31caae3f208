package authentik

import (
	"context"
	"math"
	"net/http"
	"net/url"
	"strings"

	api "goauthentik.io/api/v3"

	"github.com/romm-admin/romm-admin/model"
)

const (
	permViewBinding   = "authentik_policies.view_policybinding"
	permAddBinding    = "authentik_policies.add_policybinding"
	permDeleteBinding = "authentik_policies.delete_policybinding"
)

// Binding lets a group or a user use an application; without any binding
// everybody may (reference/authentik.md 3).
type Binding struct {
	ID     string
	Target string        // Application.ID
	Group  model.GroupID // one of the two
	User   int64
	// Policy is the UUID of a policy; such bindings are read, never written.
	Policy  string
	Order   int
	Enabled bool
	Negate  bool
}

type wireBinding struct {
	PK      string `json:"pk"`
	Target  string `json:"target"`
	Group   string `json:"group"`
	User    int64  `json:"user"`
	Policy  string `json:"policy"`
	Order   int    `json:"order"`
	Enabled *bool  `json:"enabled"`
	Negate  bool   `json:"negate"`
}

// Bindings lists the bindings of a target. A list that may not be whole is
// CodeUnavailable.
func (c *Client) Bindings(ctx context.Context, target string) ([]Binding, error) {
	l := list[wireBinding]{
		what: "bindings",
		call: call{
			op: "list bindings", path: "/policies/bindings/", permission: permViewBinding,
			query: url.Values{"target": {target}, "ordering": {"order"}},
		},
		key:      func(b wireBinding) (string, bool) { return b.PK, b.PK != "" },
		announce: func(int) {},
		arrived:  func(int) {},
	}
	rows, short, err := l.read(ctx, c)
	if err == nil && short != "" {
		err = notWhole(l.call.op, short)
	}
	if err != nil {
		return nil, err
	}
	var out []Binding
	for _, b := range rows {
		if strings.EqualFold(b.Target, target) {
			out = append(out, Binding{
				ID: b.PK, Target: b.Target, Group: groupID(b.Group), User: b.User, Policy: b.Policy, Order: b.Order,
				Enabled: b.Enabled == nil || *b.Enabled, Negate: b.Negate,
			})
		}
	}
	return out, nil
}

// CreateBinding makes a binding of one group or one user. One of the same
// target, group and user is returned if it is as wanted, and is a CodeConflict
// otherwise, so trying again never makes a second one.
func (c *Client) CreateBinding(ctx context.Context, want Binding) (Binding, error) {
	const op = "create a binding"
	if want.Target == "" || want.Policy != "" || (want.Group == "") == (want.User == 0) || want.User > math.MaxInt32 || want.Order < 0 || want.Order > math.MaxInt32 {
		return Binding{}, &model.Error{Code: model.CodeInvalid, Op: op, Msg: "a binding is of one group or of one user", Hint: "give exactly one of the two"}
	}
	find := func(ctx context.Context) (Binding, error) {
		all, err := c.Bindings(ctx, want.Target)
		if err != nil {
			return Binding{}, err
		}
		for _, b := range all {
			if b.Group == want.Group && b.User == want.User && b.Policy == "" {
				return b, nil
			}
		}
		return Binding{}, nil
	}
	same := func(now Binding) bool {
		return now.Enabled == want.Enabled && now.Negate == want.Negate && now.Order == want.Order
	}
	now, err := find(ctx)
	switch {
	case err != nil:
		return Binding{}, err
	case now.ID != "" && same(now):
		return now, nil
	case now.ID != "":
		return Binding{}, conflict(op, "a binding of the same group or user is there already and differs")
	}
	req := api.NewPolicyBindingRequest(want.Target, int32(want.Order))
	req.SetEnabled(want.Enabled)
	req.SetNegate(want.Negate)
	if want.Group != "" {
		req.SetGroup(string(want.Group))
	} else {
		req.SetUser(int32(want.User))
	}
	body, err := payload(op, req)
	if err != nil {
		return Binding{}, err
	}
	return change[Binding]{
		call:   call{op: op, method: http.MethodPost, path: "/policies/bindings/", body: body, permission: permAddBinding, limit: documentLimit},
		object: "the binding",
		read:   find,
		judge:  func(now Binding) (standing, string) { return created(now.ID != "", same(now)) },
	}.make(ctx, c)
}

// DeleteBinding removes a binding that is still as before.
func (c *Client) DeleteBinding(ctx context.Context, before Binding) error {
	const op = "delete a binding"
	find := func(ctx context.Context) error {
		all, err := c.Bindings(ctx, before.Target)
		if err != nil {
			return err
		}
		for _, b := range all {
			if b == before {
				return nil
			}
			if b.ID == before.ID {
				return conflict(op, "the binding is not as it was seen")
			}
		}
		return &model.Error{Code: model.CodeNotFound, Op: op, Msg: "Authentik has no such binding", Hint: "reload and look again"}
	}
	if err := find(ctx); err != nil {
		return err
	}
	return c.remove(ctx, call{op: op, path: "/policies/bindings/" + url.PathEscape(before.ID) + "/", permission: permDeleteBinding}, "the binding", find)
}
