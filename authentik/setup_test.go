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

// patch changes an object in the fake behind the client's back.
func (f fixture) patch(t *testing.T, path, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPatch, "http://authentik/api/v3"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+authentiktest.DefaultToken)
	req.Header.Set("Content-Type", "application/json")
	resp, err := f.fake.Client().Do(req)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatal(resp, err)
	}
	_ = resp.Body.Close()
}

// overwrite gives a mapping of ours another text, as somebody would by hand.
func (f fixture) overwrite(t *testing.T, mark, expression string) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"expression": expression})
	if err != nil {
		t.Fatal(err)
	}
	f.patch(t, "/propertymappings/provider/scope/"+f.mapping(t, mark).ID+"/", string(body))
}

// mapping is the mapping with that mark as Authentik has it.
func (f fixture) mapping(t *testing.T, mark string) authentik.Mapping {
	t.Helper()
	all, err := f.client.Mappings(t.Context())
	i := slices.IndexFunc(all, func(m authentik.Mapping) bool { return m.Managed == mark })
	if err != nil || i < 0 {
		t.Fatalf("no mapping %s: %v", mark, err)
	}
	return all[i]
}

func emailMapping() model.ScopeMapping {
	return model.ScopeMapping{Mark: model.MarkEmail, Name: "RomM Email Verification", Scope: "email", Verified: model.VerifiedAddress}
}

// install makes everything that RomM needs, as set-up does.
func install(ctx context.Context, t *testing.T, c *authentik.Client) (m model.ScopeMapping, p model.OAuthProvider, a model.Application) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%v (%s)", err, model.HintOf(err))
		}
	}
	needs, err := c.SetupNeeds(ctx)
	must(err)
	m = emailMapping()
	must(c.SetMapping(ctx, m.Mark, nil, &m))
	p = model.OAuthProvider{
		Name: "RomM OIDC Provider", ClientID: "random-client-id", AuthorizationFlow: needs.AuthorizationFlow,
		InvalidationFlow: needs.InvalidationFlow, SigningKey: needs.SigningKey, Mappings: []model.Ref{{ID: m.Mark}},
		RedirectURIs: []model.RedirectURI{{URL: "https://romm.example.org/api/oauth/openid"}},
	}
	must(c.SetProvider(ctx, p.ClientID, nil, &p))
	a = model.Application{Name: "RomM", Slug: "romm", Provider: p.ClientID}
	must(c.SetApplication(ctx, a.Slug, nil, &a))
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
			seed := authentiktest.Seed{Version: version, Users: people(1), Groups: []authentiktest.Group{{Name: "gamers"}}}
			f := start(t, seed, nil, nil)
			ctx := t.Context()
			m, p, a := install(ctx, t, f.client)
			is := f.read(t).Setup.Provider
			secret, err := f.client.ClientSecret(ctx, p.ClientID)
			if err != nil || secret == "" || is.Public || is.NoClaimsInIDToken || is.SigningKey.ID == "" || is.SubMode != "hashed_user_id" {
				t.Errorf("provider %+v, %v", is, err)
			}
			if has := slices.Contains(is.GrantTypes, "authorization_code"); has != authentik.ParseRelease(version).AtLeast(2026, 5) {
				t.Errorf("grant types %q", is.GrantTypes)
			}
			writes := total(f.fake.Effects())
			if install(ctx, t, f.client); total(f.fake.Effects()) != writes {
				t.Errorf("a second run writes: %v", f.fake.Effects())
			}
			if got := f.read(t); !got.Provider.Found || got.Provider.Verified != model.VerifiedAddress || got.Provider.PK != is.PK {
				t.Errorf("reading: %+v, %q", got.Provider, got.Warnings)
			}
			changes(t, f, m, p, a)
			if now, err := f.client.ClientSecret(ctx, p.ClientID); model.CodeOf(err) != model.CodeNotFound {
				t.Errorf("the provider is left, with the secret %q: %v", now, err)
			}
		})
	}
}

func changes(t *testing.T, f fixture, m model.ScopeMapping, p model.OAuthProvider, a model.Application) {
	t.Helper()
	ctx := t.Context()
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	always := m
	always.Verified = model.VerifiedAlways
	must("mapping", f.client.SetMapping(ctx, m.Mark, &m, &always))
	if got := f.mapping(t, m.Mark).Expression; got != authentik.EmailAlways() {
		t.Errorf("mapping %s", got)
	}
	ok, result, err := f.client.TestMapping(ctx, f.mapping(t, m.Mark).ID, 100)
	if err != nil || !ok || !json.Valid([]byte(result.Raw())) {
		t.Errorf("test %v, %s, %v", ok, result, err)
	}
	secret, _ := f.client.ClientSecret(ctx, p.ClientID)
	next := p
	next.RedirectURIs = []model.RedirectURI{{URL: "https://games.example.org/api/oauth/openid"}}
	next.Mappings, next.Name = nil, "Games"
	must("provider", f.client.SetProvider(ctx, p.ClientID, &p, &next))
	if got := f.read(t).Setup.Provider; !got.Same(next) {
		t.Errorf("provider %+v", got)
	}
	if now, _ := f.client.ClientSecret(ctx, p.ClientID); now != secret {
		t.Error("the client secret changed")
	}
	renamed := a
	renamed.Name, renamed.Mode = "Games", "all"
	must("application", f.client.SetApplication(ctx, a.Slug, &a, &renamed))
	if got := f.read(t).Setup.Application; *got != renamed {
		t.Errorf("application %+v", got)
	}
	group := model.Binding{Application: "romm", Group: authentiktest.GroupID("gamers")}
	user := model.Binding{Application: "romm", User: 100, Order: 1}
	for _, b := range []model.Binding{group, group, user} { // the second finds it there
		must("binding", f.client.SetBinding(ctx, nil, &b))
	}
	if got := f.read(t).Setup.Bindings; !slices.Equal(got, []model.Binding{group, user}) {
		t.Errorf("bindings %+v", got)
	}
	for _, x := range []struct {
		what   string
		remove func() error
	}{
		{"binding", func() error { return f.client.SetBinding(ctx, &group, nil) }},
		{"provider", func() error { return f.client.SetProvider(ctx, p.ClientID, &next, nil) }},
		{"mapping", func() error { return f.client.SetMapping(ctx, m.Mark, &always, nil) }},
	} {
		must("remove the "+x.what, x.remove())
		if err := x.remove(); model.CodeOf(err) != model.CodeConflict {
			t.Errorf("remove the %s again: %v", x.what, err)
		}
	}
	renamed.Provider = "" // it went
	must("remove the application", f.client.SetApplication(ctx, a.Slug, &renamed, nil))
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
		seen := model.ScopeMapping{Mark: m.Managed, Name: m.Name, Scope: m.Scope, Unknown: model.UnknownText(m.Expression)}
		want := seen
		want.Unknown, want.Verified = "", model.VerifiedAlways
		forged := seen
		forged.Mark = model.MarkEmail
		for name, c := range map[string]struct {
			err  error
			code model.Code
		}{
			"update":         {f.client.SetMapping(t.Context(), m.Managed, &seen, &want), model.CodeRefused},
			"delete":         {f.client.SetMapping(t.Context(), m.Managed, &seen, nil), model.CodeRefused},
			"create":         {f.client.SetMapping(t.Context(), m.Managed, nil, &want), model.CodeRefused},
			"delete, forged": {f.client.SetMapping(t.Context(), model.MarkEmail, &forged, nil), model.CodeConflict},
		} {
			if model.CodeOf(c.err) != c.code {
				t.Errorf("%s %q: %v", name, m.Name, c.err)
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
	seed := authentiktest.Seed{Users: people(1), Mappings: []authentik.Mapping{{Name: "RomM Roles", Scope: "x", Expression: "return {}"}}}
	f := start(t, seed, nil, nil)
	ctx := t.Context()
	m, p, a := install(ctx, t, f.client)
	before := total(f.fake.Effects())
	staleMapping, staleProvider, staleApp := m, p, a
	staleMapping.Verified, staleProvider.Name, staleApp.Name = model.VerifiedAlways, "other", "other"
	_, roles := tables()
	uris := func(list ...model.RedirectURI) *model.OAuthProvider {
		next := p
		next.RedirectURIs = list
		return &next
	}
	secondProvider, noFlow := p, p
	secondProvider.ClientID, noFlow.AuthorizationFlow = "another", model.Ref{}
	noName := m
	noName.Name = ""
	set := f.client.SetProvider
	for name, c := range map[string]struct {
		err  error
		code model.Code
	}{
		"stale mapping":         {f.client.SetMapping(ctx, m.Mark, &staleMapping, &m), model.CodeConflict},
		"stale mapping delete":  {f.client.SetMapping(ctx, m.Mark, &staleMapping, nil), model.CodeConflict},
		"stale provider":        {set(ctx, p.ClientID, &staleProvider, &p), model.CodeConflict},
		"stale provider delete": {set(ctx, p.ClientID, &staleProvider, nil), model.CodeConflict},
		"stale application":     {f.client.SetApplication(ctx, "romm", &staleApp, &a), model.CodeConflict},
		"mapping differs":       {f.client.SetMapping(ctx, m.Mark, nil, &staleMapping), model.CodeConflict},
		"mapping name taken":    {f.client.SetMapping(ctx, roles.Mark, nil, &roles), model.CodeConflict},
		"mapping without name":  {f.client.SetMapping(ctx, m.Mark, &m, &noName), model.CodeInvalid},
		"provider name taken":   {set(ctx, "another", nil, &secondProvider), model.CodeConflict},
		"provider differs":      {set(ctx, p.ClientID, nil, &staleProvider), model.CodeConflict},
		"no flow":               {set(ctx, p.ClientID, &p, &noFlow), model.CodeInvalid},
		"slug taken":            {f.client.SetApplication(ctx, "romm", nil, &model.Application{Name: "X", Slug: "romm", Provider: p.ClientID}), model.CodeConflict},
		"no redirect":           {set(ctx, p.ClientID, &p, uris()), model.CodeInvalid}, // proves S12
		"pattern":               {set(ctx, p.ClientID, &p, uris(model.RedirectURI{URL: "https://.*", Regex: true})), model.CodeInvalid},
		"plain http":            {set(ctx, p.ClientID, &p, uris(model.RedirectURI{URL: "http://romm.example.org/api/oauth/openid"})), model.CodeInvalid},
		"user in redirect":      {set(ctx, p.ClientID, &p, uris(model.RedirectURI{URL: "https://evil@romm.example.org/"})), model.CodeInvalid},
		"no slug":               {f.client.SetApplication(ctx, "a/b", nil, &model.Application{Name: "X", Slug: "a/b", Provider: p.ClientID}), model.CodeInvalid},
		"no provider":           {f.client.SetApplication(ctx, "x", nil, &model.Application{Name: "X", Slug: "x"}), model.CodeInvalid},
		"no such provider":      {f.client.SetApplication(ctx, "x", nil, &model.Application{Name: "X", Slug: "x", Provider: "gone"}), model.CodeConflict},
		"empty binding":         {f.client.SetBinding(ctx, nil, &model.Binding{Application: "romm"}), model.CodeInvalid},
		"double binding":        {f.client.SetBinding(ctx, nil, &model.Binding{Application: "romm", User: 1, Group: "g"}), model.CodeInvalid},
	} {
		if model.CodeOf(c.err) != c.code || model.HintOf(c.err) == "" {
			t.Errorf("%s: code %q, want %q: %v", name, model.CodeOf(c.err), c.code, c.err)
		}
	}
	if _, _, err := f.client.TestMapping(ctx, "x", 1); model.CodeOf(err) != model.CodeInvalid {
		t.Errorf("test nothing: %v", err)
	}
	if n := total(f.fake.Effects()); n != before {
		t.Errorf("%d writes", n-before)
	}
}

// A provider that somebody set up with patterns and a logout URI keeps them
// when something else is changed, and only what differs is sent.
func TestUpdateKeepsForeignRedirects(t *testing.T) {
	t.Parallel()
	var sent []string
	f := start(t, authentiktest.Seed{}, watch(nil, &sent), nil)
	install(t.Context(), t, f.client)
	f.patch(t, "/providers/oauth2/1/",
		`{"redirect_uris":[{"matching_mode":"regex","url":"https://.*"},{"matching_mode":"strict","url":"https://romm.example.org/bye","redirect_uri_type":"logout"}]}`)
	before := *f.read(t).Setup.Provider
	after := before
	after.RedirectURIs = append(slices.Clone(before.RedirectURIs), model.RedirectURI{URL: "https://romm.example.org/api/oauth/openid"})
	if err := f.client.SetProvider(t.Context(), before.ClientID, &before, &after); err != nil {
		t.Fatal(err)
	}
	got := f.read(t).Setup.Provider.RedirectURIs
	if len(got) != 3 || !got[0].Regex || !got[1].Logout {
		t.Errorf("%+v", got)
	}
	var fields map[string]any
	if err := json.Unmarshal([]byte(sent[len(sent)-1]), &fields); err != nil || len(fields) != 1 || fields["redirect_uris"] == nil {
		t.Errorf("sent %s, %v", sent[len(sent)-1], err)
	}
}
