package authentik

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/url"

	api "goauthentik.io/api/v3"

	"github.com/romm-admin/romm-admin/model"
)

const (
	permAddApplication    = "authentik_core.add_application"
	permChangeApplication = "authentik_core.change_application"
	permDeleteApplication = "authentik_core.delete_application"
)

// Application ties a slug to a provider (reference/authentik.md 4.2).
type Application struct {
	ID       string // UUID, the target of bindings
	Name     model.Untrusted
	Slug     string
	Provider int64 // 0 is none
	// Mode is policy_engine_mode: "any" or "all" of the bindings must agree.
	Mode string
}

// ReadApplication reads the application with that slug: CodeNotFound if there
// is none that the token can see.
func (c *Client) ReadApplication(ctx context.Context, slug string) (Application, error) {
	k := call{op: "read the application " + model.Clean(slug), path: applicationPath(slug), permission: permViewApplication, limit: documentLimit}
	if !slugPattern.MatchString(slug) {
		return Application{}, &model.Error{Code: model.CodeInvalid, Op: k.op, Msg: "that is not a slug", Hint: "a slug has letters, digits, - and _"}
	}
	body, err := c.get(ctx, k)
	if err != nil {
		return Application{}, err
	}
	var w wireApplication
	if err := decode(k, body, &w); err != nil {
		return Application{}, err
	}
	if w.Slug != slug || w.PK == "" {
		return Application{}, notAPI(k, fmt.Errorf("asked for %q and got %q", slug, w.Slug))
	}
	return w.application(), nil
}

func (w wireApplication) application() Application {
	a := Application{ID: w.PK, Name: w.Name, Slug: w.Slug, Mode: w.Mode}
	if w.Provider != nil {
		a.Provider = *w.Provider
	}
	return a
}

func applicationPath(slug string) string { return "/core/applications/" + url.PathEscape(slug) + "/" }

// findApplication returns the zero Application when there is none.
func (c *Client) findApplication(ctx context.Context, slug string) (Application, error) {
	a, err := c.ReadApplication(ctx, slug)
	if model.CodeOf(err) == model.CodeNotFound {
		return Application{}, nil
	}
	return a, err
}

// CreateApplication makes an application. Slugs are unique, and what marks it
// as made by set-up is that it holds set-up's provider: one with that slug is
// returned if it does and is as wanted, and is a CodeConflict otherwise.
func (c *Client) CreateApplication(ctx context.Context, want Application) (Application, error) {
	const op = "create an application"
	if err := checkApplication(op, want, 1); err != nil {
		return Application{}, err
	}
	now, err := c.findApplication(ctx, want.Slug)
	switch {
	case err != nil:
		return Application{}, err
	case now.ID != "" && sameApplication(now, want):
		return now, nil
	case now.ID != "":
		return Application{}, conflict(op, fmt.Sprintf("the slug %q belongs to the application %q already", want.Slug, now.Name))
	}
	req := api.NewApplicationRequest(want.Name.Raw(), want.Slug)
	req.SetProvider(int32(want.Provider))
	if want.Mode != "" {
		req.SetPolicyEngineMode(api.PolicyEngineMode(want.Mode))
	}
	body, err := payload(op, req)
	if err != nil {
		return Application{}, err
	}
	made, err := change[Application]{
		call:   call{op: op, method: http.MethodPost, path: "/core/applications/", body: body, permission: permAddApplication, limit: documentLimit},
		object: fmt.Sprintf("the application %q", want.Name),
		read:   func(ctx context.Context) (Application, error) { return c.findApplication(ctx, want.Slug) },
		judge:  func(now Application) (standing, string) { return created(now.ID != "", sameApplication(now, want)) },
	}.make(ctx, c)
	return made, nameTaken(err)
}

// UpdateApplication brings the application before, found by its slug, to what
// after says: name, provider and mode. It refuses with CodeConflict what is
// not as before any more (S35).
func (c *Client) UpdateApplication(ctx context.Context, before, after Application) (Application, error) {
	const op = "change an application"
	if err := checkApplication(op, after, 0); err != nil {
		return Application{}, err
	}
	if before.Slug != after.Slug || before.ID != after.ID {
		return Application{}, &model.Error{Code: model.CodeInvalid, Op: op, Msg: "before and after are not the same application", Hint: "reload and try again"}
	}
	if err := c.applicationStands(ctx, op, before); err != nil {
		return Application{}, err
	}
	patch := api.PatchedApplicationRequest{}
	if before.Name != after.Name {
		patch.SetName(after.Name.Raw())
	}
	switch {
	case before.Provider == after.Provider:
	case after.Provider == 0:
		patch.SetProviderNil()
	default:
		patch.SetProvider(int32(after.Provider))
	}
	if after.Mode != "" && before.Mode != after.Mode {
		patch.SetPolicyEngineMode(api.PolicyEngineMode(after.Mode))
	}
	body, err := payload(op, patch)
	if err != nil {
		return Application{}, err
	}
	got, err := change[Application]{
		call: call{
			op: op, method: http.MethodPatch, path: applicationPath(before.Slug), body: body,
			permission: permChangeApplication, limit: documentLimit,
		},
		object: fmt.Sprintf("the application %q", before.Name),
		read:   func(ctx context.Context) (Application, error) { return c.ReadApplication(ctx, before.Slug) },
		judge: func(now Application) (standing, string) {
			switch {
			case now.ID == before.ID && sameApplication(now, after):
				return standsAfter, ""
			case now.ID == before.ID && sameApplication(now, before):
				return standsBefore, ""
			}
			return standsOther, "it has other contents"
		},
	}.make(ctx, c)
	return got, nameTaken(err)
}

// DeleteApplication removes an application that is still as before.
func (c *Client) DeleteApplication(ctx context.Context, before Application) error {
	const op = "delete an application"
	if err := c.applicationStands(ctx, op, before); err != nil {
		return err
	}
	return c.remove(ctx, call{op: op, path: applicationPath(before.Slug), permission: permDeleteApplication},
		fmt.Sprintf("the application %q", before.Name), func(ctx context.Context) error {
			_, err := c.ReadApplication(ctx, before.Slug)
			return err
		})
}

func (c *Client) applicationStands(ctx context.Context, op string, before Application) error {
	now, err := c.ReadApplication(ctx, before.Slug)
	if err != nil {
		return err
	}
	if now.ID != before.ID || !sameApplication(now, before) {
		return conflict(op, fmt.Sprintf("the application %q is not as it was seen", now.Name))
	}
	return nil
}

func sameApplication(now, want Application) bool {
	return now.Name == want.Name && now.Slug == want.Slug && now.Provider == want.Provider && (want.Mode == "" || now.Mode == want.Mode)
}

// checkApplication takes the least key of a provider: 1, or 0 where the
// application may have none.
func checkApplication(op string, a Application, least int64) error {
	if a.Name == "" || !slugPattern.MatchString(a.Slug) || a.Provider < least || a.Provider > math.MaxInt32 {
		return &model.Error{Code: model.CodeInvalid, Op: op, Msg: "name, slug or provider is missing", Hint: "give all three"}
	}
	return nil
}
