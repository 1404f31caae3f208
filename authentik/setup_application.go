package authentik

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	api "goauthentik.io/api/v3"

	"github.com/romm-admin/romm-admin/model"
)

const (
	permAddApplication    = "authentik_core.add_application"
	permChangeApplication = "authentik_core.change_application"
	permDeleteApplication = "authentik_core.delete_application"
)

// application reads the application with that slug: CodeNotFound if there is
// none that the token can see.
func (c *Client) application(ctx context.Context, slug string) (wireApplication, error) {
	k := call{op: "read the application " + model.Clean(slug), path: applicationPath(slug), permission: permViewApplication, limit: documentLimit}
	var w wireApplication
	if !slugPattern.MatchString(slug) {
		return w, invalidWrite(k.op, "that is not a slug", "a slug has letters, digits, - and _")
	}
	body, err := c.get(ctx, k)
	if err == nil {
		err = decode(k, body, &w)
	}
	if err == nil && (w.Slug != slug || w.PK == "") {
		err = notAPI(k, fmt.Errorf("asked for %q and got %q", slug, w.Slug))
	}
	return w, err
}

func applicationPath(slug string) string { return "/core/applications/" + url.PathEscape(slug) + "/" }

// describe is the application as plans know it; clients are the client ids of
// OAuth2 providers by key.
func (w wireApplication) describe(clients map[int64]string) model.Application {
	out := model.Application{Name: w.Name, Slug: w.Slug, Mode: w.Mode}
	if w.Provider != nil {
		client, ok := clients[*w.Provider]
		if out.Provider = client; !ok {
			out.Provider = "#" + strconv.FormatInt(*w.Provider, 10)
		}
	}
	return out
}

// SetApplication makes, changes or removes the application with that slug, with
// the rules of SetMapping. What marks it as made by set-up is that it holds
// set-up's provider.
func (c *Client) SetApplication(ctx context.Context, slug string, before, after *model.Application) error {
	const op = "write an application"
	if err := oneObject(op, before, after, func(a model.Application) bool { return a.Slug == slug }); err != nil {
		return err
	}
	w := applicationWrite{c: c, slug: slug, clients: map[int64]string{}}
	for _, a := range []*model.Application{before, after} {
		if err := w.lookUp(ctx, a); err != nil {
			return err
		}
	}
	if err := w.check(op, before, after); err != nil {
		return err
	}
	now, there, err := w.read(ctx)
	if err != nil {
		return err
	}
	switch {
	case before == nil && !there:
		return w.create(ctx, *after)
	case before == nil && now.Same(*after):
		return nil
	case before == nil:
		return conflict(op, fmt.Sprintf("the slug %q belongs to the application %q already", slug, now.Name))
	case !there:
		return conflict(op, fmt.Sprintf("Authentik has no application %q any more", slug))
	case !now.Same(*before):
		return conflict(op, fmt.Sprintf("the application %q is not as it was seen", now.Name))
	case after == nil:
		return w.remove(ctx, now)
	}
	return w.update(ctx, now, *after)
}

// applicationWrite is the state of one SetApplication.
type applicationWrite struct {
	c       *Client
	slug    string
	clients map[int64]string // client ids of the providers that the two ends name
}

// lookUp finds the provider that an application names.
func (w applicationWrite) lookUp(ctx context.Context, a *model.Application) error {
	if a == nil || a.Provider == "" || strings.HasPrefix(a.Provider, "#") || w.key(a.Provider) != 0 {
		return nil
	}
	p, err := w.c.providerOf(ctx, opFindProvider, a.Provider)
	if p.PK != 0 {
		w.clients[p.PK] = a.Provider
	}
	return err
}

// key is that of a provider that was found; 0 for none.
func (w applicationWrite) key(client string) int64 {
	for pk, c := range w.clients {
		if c == client {
			return pk
		}
	}
	return 0
}

// check refuses what must not be written. A new application has a provider.
func (w applicationWrite) check(op string, before, after *model.Application) error {
	switch {
	case after == nil:
		return nil
	case after.Provider != "" && w.key(after.Provider) == 0:
		return conflict(op, "Authentik has no OAuth2 provider with the client id "+show(after.Provider, "(none)"))
	case after.Name == "" || !slugPattern.MatchString(w.slug) || before == nil && after.Provider == "" || w.key(after.Provider) > math.MaxInt32:
		return invalidWrite(op, "name, slug or provider is missing", "give all three")
	}
	return nil
}

func (w applicationWrite) read(ctx context.Context) (now model.Application, there bool, err error) {
	a, err := w.c.application(ctx, w.slug)
	there, err = exists(err)
	return a.describe(w.clients), there, err
}

func (w applicationWrite) create(ctx context.Context, want model.Application) error {
	req := api.NewApplicationRequest(want.Name.Raw(), want.Slug)
	req.SetProvider(int32(w.key(want.Provider)))
	if want.Mode != "" {
		req.SetPolicyEngineMode(api.PolicyEngineMode(want.Mode))
	}
	var there bool
	_, err := change[model.Application]{
		call:   call{op: "create an application", method: http.MethodPost, path: "/core/applications/", permission: permAddApplication},
		object: fmt.Sprintf("the application %q", want.Name),
		read: func(ctx context.Context) (now model.Application, err error) {
			now, there, err = w.read(ctx)
			return now, err
		},
		judge: func(now model.Application) (standing, string) { return created(there, now.Same(want)) },
	}.send(ctx, w.c, req)
	return nameTaken(err)
}

func (w applicationWrite) update(ctx context.Context, before, after model.Application) error {
	patch := api.PatchedApplicationRequest{}
	if before.Name != after.Name {
		patch.SetName(after.Name.Raw())
	}
	switch {
	case before.Provider == after.Provider:
	case after.Provider == "":
		patch.SetProviderNil()
	default:
		patch.SetProvider(int32(w.key(after.Provider)))
	}
	if after.Mode == "" {
		after.Mode = before.Mode
	} else if before.Mode != after.Mode {
		patch.SetPolicyEngineMode(api.PolicyEngineMode(after.Mode))
	}
	_, err := change[model.Application]{
		call:   call{op: "change an application", method: http.MethodPatch, path: applicationPath(w.slug), permission: permChangeApplication},
		object: fmt.Sprintf("the application %q", before.Name),
		read: func(ctx context.Context) (model.Application, error) {
			a, err := w.c.application(ctx, w.slug)
			return a.describe(w.clients), err
		},
		judge: func(now model.Application) (standing, string) {
			switch {
			case now.Same(after):
				return standsAfter, ""
			case now.Same(before):
				return standsBefore, ""
			}
			return standsOther, "it has other contents"
		},
	}.send(ctx, w.c, patch)
	return nameTaken(err)
}

func (w applicationWrite) remove(ctx context.Context, now model.Application) error {
	return w.c.remove(ctx, call{op: "delete an application", path: applicationPath(w.slug), permission: permDeleteApplication},
		fmt.Sprintf("the application %q", now.Name), func(ctx context.Context) (bool, error) {
			_, there, err := w.read(ctx)
			return there, err
		})
}

// exists turns the error of reading an object into whether it is there.
func exists(err error) (bool, error) {
	if model.CodeOf(err) == model.CodeNotFound {
		return false, nil
	}
	return true, err
}
