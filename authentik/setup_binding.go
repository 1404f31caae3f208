package authentik

import (
	"context"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	api "goauthentik.io/api/v3"

	"github.com/romm-admin/romm-admin/model"
)

const (
	permViewBinding   = "authentik_policies.view_policybinding"
	permAddBinding    = "authentik_policies.add_policybinding"
	permDeleteBinding = "authentik_policies.delete_policybinding"
)

type wireBinding struct {
	PK      string `json:"pk"`
	Target  string `json:"target"`
	Group   string `json:"group"`
	User    int64  `json:"user"`
	Policy  string `json:"policy"`
	Order   int    `json:"order"`
	Enabled *bool  `json:"enabled"`
	Negate  bool   `json:"negate"`
	// Named is the policy itself; null for a group or a user.
	Named struct {
		Name model.Untrusted `json:"name"`
	} `json:"policy_obj"`
	// Expiring and Expires are of 2026.8 and later, and read-only.
	Expiring *bool  `json:"expiring"`
	Expires  string `json:"expires"`
}

func (w wireBinding) describe(slug string) model.Binding {
	out := model.Binding{
		Application: slug, Group: groupID(w.Group), User: w.User, Policy: w.Policy, Order: w.Order,
		Disabled: w.Enabled != nil && !*w.Enabled, Negate: w.Negate, PolicyName: w.Named.Name,
	}
	if at, err := time.Parse(time.RFC3339Nano, w.Expires); err == nil && (w.Expiring == nil || *w.Expiring) {
		out.Expires = at.UTC()
	}
	return out
}

// policyEngine is how a release reads the policy engine mode “all”. Of 2026.2 it
// is not known which of the two rules it has, and of a version that cannot be
// read nothing is (docs/authentik.md 3).
func policyEngine(r Release) model.PolicyEngine {
	switch {
	case !r.Known() || r.Year == 2026 && r.Month >= 2 && r.Month < 5:
		return model.EngineUnknown
	case r.AtLeast(2025, 8) && !r.AtLeast(2026, 2):
		return model.EngineTogether
	}
	return model.EngineEach
}

// bindings lists the bindings of an application.
func (c *Client) bindings(ctx context.Context, app wireApplication) ([]wireBinding, error) {
	rows, err := list[wireBinding]{
		what: "bindings",
		call: call{
			op: "list bindings", path: "/policies/bindings/", permission: permViewBinding,
			query: url.Values{"target": {app.PK}, "ordering": {"order"}},
		},
		key: func(b wireBinding) (string, bool) { return b.PK, b.PK != "" },
	}.whole(ctx, c)
	if err != nil {
		return nil, err
	}
	var out []wireBinding
	for _, b := range rows {
		if strings.EqualFold(b.Target, app.PK) {
			out = append(out, b)
		}
	}
	return out, nil
}

// SetBinding makes or removes the binding of one group or user, with the rules
// of SetMapping. A binding that is there is not changed: it is removed and
// made anew.
func (c *Client) SetBinding(ctx context.Context, before, after *model.Binding) error {
	const op = "write a binding"
	one := before
	if one == nil {
		one = after
	}
	if err := oneObject(op, before, after, func(b model.Binding) bool { return b.Object() == one.Object() }); err != nil {
		return err
	}
	if one.Policy != "" || before != nil && after != nil {
		return refused(op, "a binding of a group or a user is made or removed, nothing else")
	}
	if (one.Group == "") == (one.User == 0) || one.User > math.MaxInt32 || one.Order < 0 || one.Order > math.MaxInt32 {
		return invalidWrite(op, "a binding is of one group or of one user", "give exactly one of the two")
	}
	app, err := c.application(ctx, one.Application)
	if err != nil {
		return err
	}
	find := func(ctx context.Context) (wireBinding, error) {
		all, err := c.bindings(ctx, app)
		for _, b := range all {
			if b.describe(app.Slug).Object() == one.Object() {
				return b, err
			}
		}
		return wireBinding{}, err
	}
	now, err := find(ctx)
	is := now.describe(app.Slug).Same(*one)
	switch {
	case err != nil:
		return err
	case before == nil && now.PK != "" && is:
		return nil
	case before == nil && now.PK != "":
		return conflict(op, "a binding of the same group or user is there already and differs")
	case before != nil && !is:
		return conflict(op, "the binding is not as it was seen")
	case after == nil:
		return c.remove(ctx, call{op: "delete a binding", path: "/policies/bindings/" + url.PathEscape(now.PK) + "/", permission: permDeleteBinding},
			"the binding", func(ctx context.Context) (bool, error) {
				left, err := find(ctx)
				return left.PK == now.PK, err
			})
	}
	return c.createBinding(ctx, app, *one, find)
}

func (c *Client) createBinding(ctx context.Context, app wireApplication, want model.Binding, find func(context.Context) (wireBinding, error)) error {
	req := api.NewPolicyBindingRequest(app.PK, int32(want.Order))
	req.SetEnabled(!want.Disabled)
	req.SetNegate(want.Negate)
	if want.Group != "" {
		req.SetGroup(string(want.Group))
	} else {
		req.SetUser(int32(want.User))
	}
	_, err := change[wireBinding]{
		call:   call{op: "create a binding", method: http.MethodPost, path: "/policies/bindings/", permission: permAddBinding},
		object: "the binding",
		read:   find,
		judge: func(now wireBinding) (standing, string) {
			return created(now.PK != "", now.describe(app.Slug).Same(want))
		},
	}.send(ctx, c, req)
	return err
}
