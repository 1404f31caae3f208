package authentik_test

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
)

func emailMapping() authentik.Mapping {
	return authentik.Mapping{Managed: authentik.ManagedEmail, Name: "RomM Email Verification", Scope: "email", Expression: authentik.EmailAddress}
}

// install makes everything that RomM needs, as set-up does.
func install(ctx context.Context, t *testing.T, c *authentik.Client) (m authentik.Mapping, p authentik.OAuthProvider, a authentik.Application) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%v (%s)", err, model.HintOf(err))
		}
	}
	m, err := c.CreateMapping(ctx, emailMapping())
	must(err)
	implicit, err := c.FlowID(ctx, authentik.FlowImplicitConsent)
	must(err)
	invalidation, err := c.FlowID(ctx, authentik.FlowInvalidation)
	must(err)
	keys, err := c.SigningKeys(ctx)
	must(err)
	if len(keys) != 1 || keys[0].Name != authentik.SigningKeyName {
		t.Fatalf("keys %+v", keys)
	}
	p, err = c.CreateProvider(ctx, authentik.OAuthProvider{
		Name: "RomM OIDC Provider", ClientID: "random-client-id", AuthorizationFlow: implicit, InvalidationFlow: invalidation,
		SigningKey: keys[0].ID, Mappings: []string{m.ID}, RedirectURIs: []authentik.RedirectURI{{URL: "https://romm.example.org/api/oauth/openid"}},
	})
	must(err)
	a, err = c.CreateApplication(ctx, authentik.Application{Name: "RomM", Slug: "romm", Provider: p.PK})
	must(err)
	return m, p, a
}

// proves S36: on every release set-up makes each object once, finds it again,
// changes and removes it; every request is valid by the documents of both ends
// of the range (checked by start).
func TestSetupOnEveryRelease(t *testing.T) {
	t.Parallel()
	for _, version := range authentiktest.Versions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			var sent []string
			seed := authentiktest.Seed{Version: version, Users: people(1), Groups: []authentiktest.Group{{Name: "gamers"}}}
			f := start(t, seed, watch(nil, &sent), nil)
			ctx := t.Context()
			m, p, a := install(ctx, t, f.client)
			if p.ClientSecret == "" || !p.Confidential || !p.ClaimsInIDToken || p.SigningKey == "" {
				t.Errorf("provider %+v", p)
			}
			if has := slices.Contains(p.GrantTypes, "authorization_code"); has != (version == "2026.5.3") {
				t.Errorf("grant types %q", p.GrantTypes)
			}
			writes := len(sent)
			if m2, p2, a2 := install(ctx, t, f.client); len(sent) != writes || m2 != m || p2.PK != p.PK || a2 != a {
				t.Errorf("a second run writes %q", sent[writes:])
			}
			if got := f.read(t); !got.Provider.Found || got.Provider.Verified != model.VerifiedAddress || got.Provider.PK != p.PK {
				t.Errorf("reading: %+v, %q", got.Provider, got.Warnings)
			}
			changes(t, f, m, p, a)
		})
	}
}

func changes(t *testing.T, f fixture, m authentik.Mapping, p authentik.OAuthProvider, a authentik.Application) {
	t.Helper()
	ctx := t.Context()
	after := m
	after.Expression = authentik.EmailAlways
	if got, err := f.client.UpdateMapping(ctx, m, after); err != nil || got.Expression != authentik.EmailAlways {
		t.Errorf("mapping %+v, %v", got, err)
	}
	tested, err := f.client.TestMapping(ctx, m.ID, 100)
	if err != nil || !tested.OK || !json.Valid([]byte(tested.Result.Raw())) {
		t.Errorf("test %+v, %v", tested, err)
	}
	next := p
	next.RedirectURIs = []authentik.RedirectURI{{URL: "https://games.example.org/api/oauth/openid"}}
	next.Mappings = nil
	next.Name = "Games"
	got, err := f.client.UpdateProvider(ctx, p, next)
	if err != nil || !slices.Equal(got.RedirectURIs, next.RedirectURIs) || len(got.Mappings) != 0 || got.Name != "Games" || got.ClientSecret != p.ClientSecret {
		t.Errorf("provider %+v, %v", got, err)
	}
	renamed := a
	renamed.Name, renamed.Mode = "Games", "all"
	if app, err := f.client.UpdateApplication(ctx, a, renamed); err != nil || app != renamed {
		t.Errorf("application %+v, %v", app, err)
	}
	want := authentik.Binding{Target: a.ID, Group: authentiktest.GroupID("gamers"), Enabled: true}
	bound, err := f.client.CreateBinding(ctx, want)
	if err != nil || bound.ID == "" {
		t.Fatalf("binding %+v, %v", bound, err)
	}
	if again, err := f.client.CreateBinding(ctx, want); err != nil || again != bound {
		t.Errorf("a second binding %+v, %v", again, err)
	}
	if user, err := f.client.CreateBinding(ctx, authentik.Binding{Target: a.ID, User: 100, Order: 1, Enabled: true}); err != nil || user.User != 100 {
		t.Errorf("binding of a user: %+v, %v", user, err)
	}
	for what, remove := range map[string]func() error{ // in any order
		"binding":     func() error { return f.client.DeleteBinding(ctx, bound) },
		"provider":    func() error { return f.client.DeleteProvider(ctx, got) },
		"application": func() error { return f.client.DeleteApplication(ctx, appNow(t, f, a.Slug)) },
		"mapping":     func() error { return f.client.DeleteMapping(ctx, after) },
	} {
		if what == "application" {
			continue // after the loop: its bindings go with it
		}
		if err := remove(); err != nil {
			t.Errorf("delete the %s: %v", what, err)
		}
		if err := remove(); model.CodeOf(err) != model.CodeNotFound {
			t.Errorf("delete the %s again: %v", what, err)
		}
	}
	if err := f.client.DeleteApplication(ctx, appNow(t, f, a.Slug)); err != nil {
		t.Errorf("delete the application: %v", err)
	}
}

func appNow(t *testing.T, f fixture, slug string) authentik.Application {
	t.Helper()
	a, err := f.client.ReadApplication(t.Context(), slug)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// proves S36: stock mappings, and those that people made, are never written.
func TestOnlyOurMappingsAreWritten(t *testing.T) {
	t.Parallel()
	var sent []string
	seed := authentiktest.Seed{Mappings: []authentik.Mapping{
		{Name: "by hand", Scope: "email", Expression: "return {}"},
		{Name: "other tool", Managed: "other/email", Scope: "email", Expression: "return {}"},
	}}
	f := start(t, seed, watch(nil, &sent), nil)
	all, err := f.client.Mappings(t.Context())
	if err != nil || len(all) < 8 {
		t.Fatalf("%d mappings, %v", len(all), err)
	}
	for _, m := range all {
		forged := m
		forged.Managed = authentik.ManagedEmail
		for name, err := range map[string]error{
			"update":         second(f.client.UpdateMapping(t.Context(), m, m)),
			"update, forged": second(f.client.UpdateMapping(t.Context(), forged, forged)),
			"delete":         f.client.DeleteMapping(t.Context(), m),
			"delete, forged": f.client.DeleteMapping(t.Context(), forged),
			"create":         second(f.client.CreateMapping(t.Context(), m)),
		} {
			if model.CodeOf(err) != model.CodeRefused {
				t.Errorf("%s %q: %v", name, m.Name, err)
			}
		}
	}
	if len(sent) != 0 {
		t.Errorf("written: %q", sent)
	}
}

func second[T any](_ T, err error) error { return err }

// proves S35, S12 and S36 for what set-up writes.
func TestSetupRefuses(t *testing.T) {
	t.Parallel()
	f := start(t, authentiktest.Seed{Users: people(1), Mappings: []authentik.Mapping{{Name: "RomM Roles", Scope: "x", Expression: "return {}"}}}, nil, nil)
	ctx := t.Context()
	m, p, a := install(ctx, t, f.client)
	staleMapping, staleProvider, staleApp := m, p, a
	staleMapping.Expression, staleProvider.Name, staleApp.Name = "return {}", "other", "other"
	other := emailMapping()
	other.Expression = authentik.EmailAlways
	noURI, regex, plain, otherURI := p, p, p, p
	noURI.RedirectURIs = nil
	regex.RedirectURIs = []authentik.RedirectURI{{URL: "https://.*", Regex: true}}
	plain.RedirectURIs = []authentik.RedirectURI{{URL: "http://romm.example.org/api/oauth/openid"}}
	otherURI.RedirectURIs = []authentik.RedirectURI{{URL: "https://evil@romm.example.org/"}}
	secondProvider := p
	secondProvider.ClientID, secondProvider.Name = "another", p.Name
	for name, c := range map[string]struct {
		err  error
		code model.Code
	}{
		"stale mapping":         {second(f.client.UpdateMapping(ctx, staleMapping, m)), model.CodeConflict},
		"stale mapping delete":  {f.client.DeleteMapping(ctx, staleMapping), model.CodeConflict},
		"stale provider":        {second(f.client.UpdateProvider(ctx, staleProvider, p)), model.CodeConflict},
		"stale provider delete": {f.client.DeleteProvider(ctx, staleProvider), model.CodeConflict},
		"stale application":     {second(f.client.UpdateApplication(ctx, staleApp, a)), model.CodeConflict},
		"mapping differs":       {second(f.client.CreateMapping(ctx, other)), model.CodeConflict},
		"mapping name taken": {second(f.client.CreateMapping(ctx, authentik.Mapping{
			Managed: authentik.ManagedRoles, Name: "RomM Roles", Scope: "romm_roles", Expression: "return {}",
		})), model.CodeConflict},
		"provider name taken": {second(f.client.CreateProvider(ctx, secondProvider)), model.CodeConflict},
		"provider differs":    {second(f.client.CreateProvider(ctx, staleProvider)), model.CodeConflict},
		"slug taken":          {second(f.client.CreateApplication(ctx, authentik.Application{Name: "X", Slug: "romm", Provider: p.PK})), model.CodeConflict},
		"no redirect":         {second(f.client.UpdateProvider(ctx, p, noURI)), model.CodeInvalid}, // proves S12
		"pattern":             {second(f.client.UpdateProvider(ctx, p, regex)), model.CodeInvalid},
		"plain http":          {second(f.client.UpdateProvider(ctx, p, plain)), model.CodeInvalid},
		"user in redirect":    {second(f.client.UpdateProvider(ctx, p, otherURI)), model.CodeInvalid},
		"no slug":             {second(f.client.CreateApplication(ctx, authentik.Application{Name: "X", Slug: "a/b", Provider: 1})), model.CodeInvalid},
		"no such flow":        {second(f.client.FlowID(ctx, "nothing")), model.CodeNotFound},
		"empty binding":       {second(f.client.CreateBinding(ctx, authentik.Binding{Target: a.ID})), model.CodeInvalid},
		"double binding":      {second(f.client.CreateBinding(ctx, authentik.Binding{Target: a.ID, User: 1, Group: "g"})), model.CodeInvalid},
		"test nothing":        {second(f.client.TestMapping(ctx, "x", 1)), model.CodeInvalid},
	} {
		if model.CodeOf(c.err) != c.code || model.HintOf(c.err) == "" && c.code != model.CodeNotFound {
			t.Errorf("%s: code %q, want %q: %v", name, model.CodeOf(c.err), c.code, c.err)
		}
	}
}

// A provider that somebody set up with patterns and a logout URI keeps them
// when something else is changed.
func TestUpdateKeepsForeignRedirects(t *testing.T) {
	t.Parallel()
	f := start(t, authentiktest.Seed{}, nil, nil)
	_, p, _ := install(t.Context(), t, f.client)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, "http://authentik/api/v3/providers/oauth2/1/", strings.NewReader(
		`{"redirect_uris":[{"matching_mode":"regex","url":"https://.*"},{"matching_mode":"strict","url":"https://romm.example.org/bye","redirect_uri_type":"logout"}]}`,
	))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+authentiktest.DefaultToken)
	req.Header.Set("Content-Type", "application/json")
	resp, err := f.fake.Client().Do(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp, err)
	}
	resp.Body.Close()
	before, err := f.client.ReadProvider(t.Context(), p.PK)
	if err != nil {
		t.Fatal(err)
	}
	after := before
	after.RedirectURIs = append(slices.Clone(before.RedirectURIs), authentik.RedirectURI{URL: "https://romm.example.org/api/oauth/openid"})
	got, err := f.client.UpdateProvider(t.Context(), before, after)
	if err != nil || len(got.RedirectURIs) != 3 || !got.RedirectURIs[0].Regex || !got.RedirectURIs[1].Logout {
		t.Errorf("%+v, %v", got.RedirectURIs, err)
	}
}
