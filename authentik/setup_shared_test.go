package authentik_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/model/reconcile"
)

// sharedSeed is a whole set-up whose two mappings other providers select too.
func sharedSeed(t *testing.T, version string) authentiktest.Seed {
	seed := setupSeed(version)
	setUps(t)["whole"](&seed)
	for name, marks := range map[string][]string{
		"Wiki": {model.MarkRoles, model.MarkEmail}, "Grafana": {model.MarkRoles}, "Other": {authentik.ManagedStockProfile},
	} {
		seed.Providers = append(seed.Providers, authentiktest.Provider{
			Name: name, ClientID: "of-" + name, ClientSecret: "s", RedirectURIs: []string{"https://" + name + ".example.org/"}, Mappings: marks,
		})
	}
	return seed
}

// TestSelectors: a reading says who else selects our mappings, on every release,
// whatever provider is RomM's.
func TestSelectors(t *testing.T) {
	t.Parallel()
	for _, version := range authentiktest.Versions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			f := start(t, sharedSeed(t, version), nil, nil)
			got := f.read(t).Setup.Selectors
			if got.Unknown != "" || !slices.Equal(got.Names[model.MarkRoles], []model.Untrusted{"Grafana", "Wiki"}) ||
				!slices.Equal(got.Names[model.MarkEmail], []model.Untrusted{"Wiki"}) || len(got.Names) != 2 {
				t.Errorf("%+v", got)
			}
		})
	}
	seed := setupSeed("") // nothing of ours: nobody is asked for
	seed.Providers = []authentiktest.Provider{{Name: "Other", ClientID: "o", ClientSecret: "s", RedirectURIs: []string{"https://o.example.org/"}}}
	var asked []string
	count := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/v3/providers/oauth2/" {
				asked = append(asked, r.URL.String())
			}
			next.ServeHTTP(w, r)
		})
	}
	if got := start(t, seed, count, nil).read(t).Setup.Selectors; got.Names != nil || got.Unknown != "" || len(asked) != 0 {
		t.Errorf("%+v, asked %q", got, asked)
	}
}

// TestSelectorsUnknown: a list that cannot be read, or is not whole, is said
// with the plan, and hides nothing else (S9).
func TestSelectorsUnknown(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.HandlerFunc{
		"forbidden": answer(http.StatusForbidden, "application/json", `{"detail":"no"}`),
		"short": answer(http.StatusOK, "application/json",
			`{"pagination":{"next":0,"previous":0,"count":2,"current":1,"total_pages":1,"start_index":1,"end_index":1},"results":[]}`),
	} {
		f := start(t, sharedSeed(t, ""), onPath("/api/v3/providers/oauth2/", "ordering=pk", h), nil)
		r := f.rommWorld(t)
		if s := r.World.Setup; s.Selectors.Unknown == "" || s.Selectors.Names != nil || !s.Known || s.Provider == nil {
			t.Errorf("%s: %+v", name, s)
		}
		r.World.Roles.Default = model.RoleUser
		p, err := plan.Publish(r)
		if err != nil || !strings.Contains(p.Warning, "is not known: list the providers") {
			t.Errorf("%s: %q, %v", name, p.Warning, err)
		}
	}
}

// proves S35: who begins to select the mapping between plan and write stops the
// plan, which says so by name; a plan that named everybody is made.
func TestSharerAppears(t *testing.T) {
	t.Parallel()
	f := start(t, sharedSeed(t, ""), nil, nil)
	seen := f.rommWorld(t)
	roles := stillRoles{m: model.RoleMap{Rows: seen.World.Roles.Rows, Default: model.RoleUser}}
	s := &reconcile.Service{
		Directory: f.client, Accounts: stillAccounts{seen.World.Locals}, Roles: roles, Journal: paper{}, Settings: seen.World.Settings,
		Now: time.Now, NewID: func() string { return "p" },
	}
	r, err := s.Load(t.Context(), model.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Publish(r)
	if err != nil || !slices.Equal(p.Sharers, []model.Untrusted{"Grafana", "Wiki"}) {
		t.Fatalf("%q, %v", p.Sharers, err)
	}
	romm := seen.World.Setup.Provider
	late := model.OAuthProvider{
		Name: "Late", ClientID: "late", AuthorizationFlow: romm.AuthorizationFlow, InvalidationFlow: romm.InvalidationFlow,
		RedirectURIs: []model.RedirectURI{{URL: "https://late.example.org/"}}, Mappings: []model.Ref{{ID: model.MarkRoles}},
	}
	if err := f.client.SetProvider(t.Context(), "late", nil, &late); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Begin(t.Context(), r, p); model.CodeOf(err) != model.CodeConflict || !strings.Contains(err.Error(), "the provider Late too") {
		t.Errorf("somebody came: %v", err)
	}
	if err := f.client.SetProvider(t.Context(), "late", &late, nil); err != nil {
		t.Fatal(err)
	}
	if _, report := s.Apply(t.Context(), r, p); report.Err() != nil || report.Done() != 1 {
		t.Errorf("all are named: %v", report.Err())
	}
}

// stillAccounts and stillRoles are what else a service reads, Authentik aside.
type (
	stillAccounts struct{ users []model.LocalUser }
	stillRoles    struct {
		reconcile.RoleStore
		m model.RoleMap
	}
)

func (a stillAccounts) ReadAccounts(context.Context) (model.AccountsReading, error) {
	return model.AccountsReading{Users: a.users, Version: model.Version{Major: 5, Minor: 2}}, nil
}

func (stillAccounts) SetEmail(context.Context, int64, string, string) (model.LocalUser, error) {
	panic("not in this test")
}
func (r stillRoles) RoleMap(context.Context) (model.RoleMap, error)          { return r.m, nil }
func (stillRoles) RoleMapDoubt(context.Context) (error, error)               { return nil, nil }
func (stillRoles) Pins(context.Context) ([]model.Pin, error)                 { return nil, nil }
func (stillRoles) PendingRoles(context.Context) ([]model.PendingRole, error) { return nil, nil }
func (stillRoles) Assertions(context.Context) ([]model.Assertion, error)     { return nil, nil }
