package authentik_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
)

func TestProvider(t *testing.T) {
	t.Parallel()
	roles := &model.RoleTable{Rank: []string{"admin", "user"}, Default: "user"}
	for name, c := range map[string]struct {
		version  string
		romm     authentiktest.RomM
		verified model.VerifiedRule
		roleMap  bool
	}{
		"ours":          {"", authentiktest.RomM{Roles: roles}, model.VerifiedAddress, true},
		"guide":         {"2025.12.4", authentiktest.RomM{Email: authentiktest.EmailAlways}, model.VerifiedAlways, false},
		"stock 2025.8":  {"2025.8.1", authentiktest.RomM{Email: authentiktest.EmailStock}, model.VerifiedAlways, false},
		"stock 2025.10": {"2025.10.4", authentiktest.RomM{Email: authentiktest.EmailStock}, model.VerifiedNever, false},
		"stock 2026.5":  {"", authentiktest.RomM{Email: authentiktest.EmailStock}, model.VerifiedNever, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := start(t, withRomM(t, authentiktest.Seed{Version: c.version, Users: people(2)}, c.romm), nil, nil).read(t).Provider
			if !got.Found || got.PK != 1 || got.Name != authentiktest.ProviderName || got.Application != "romm" || !got.Profile ||
				got.Verified != c.verified || got.RoleMap != c.roleMap || len(got.Unknown) != 0 || got.NoClaimsInIDToken {
				t.Errorf("provider %+v", got)
			}
			for _, claim := range []string{"email_verified", "groups"} {
				if !slices.Contains(got.ClaimsSupported, claim) {
					t.Errorf("claims_supported %q lacks %s", got.ClaimsSupported, claim)
				}
			}
			if slices.Contains(got.ClaimsSupported, model.RolesClaim) != c.roleMap {
				t.Errorf("claims_supported %q", got.ClaimsSupported)
			}
		})
	}
}

func TestProviderIsFoundOrSaid(t *testing.T) {
	t.Parallel()
	warned := func(words string) func(*testing.T, model.DirectoryReading) {
		return func(t *testing.T, got model.DirectoryReading) {
			if got.Provider.Found {
				t.Errorf("found %+v", got.Provider)
			}
			contains(t, "warnings", strings.Join(got.Warnings, "\n"), words)
		}
	}
	found := func(slug string) func(*testing.T, model.DirectoryReading) {
		return func(t *testing.T, got model.DirectoryReading) {
			if !got.Provider.Found || got.Provider.Application != slug {
				t.Errorf("provider %+v, warnings %q", got.Provider, got.Warnings)
			}
		}
	}
	noApp := withRomM(t, authentiktest.Seed{}, authentiktest.RomM{})
	noApp.Applications = nil
	noProvider := authentiktest.Seed{Applications: []authentiktest.Application{{Name: "RomM", Slug: "romm"}}}
	other := withRomM(t, authentiktest.Seed{}, authentiktest.RomM{Slug: "games", ClientID: "abc"})
	off := withRomM(t, authentiktest.Seed{}, authentiktest.RomM{})
	off.Providers[0].NoClaimsInIDToken = true
	for name, c := range map[string]struct {
		seed   authentiktest.Seed
		wrap   func(http.Handler) http.Handler
		change func(*authentik.Config)
		check  func(*testing.T, model.DirectoryReading)
	}{
		"empty server":        {authentiktest.Seed{}, nil, nil, warned(`no application with the slug "romm"`)},
		"no provider":         {noProvider, nil, nil, warned(`"romm" in Authentik has no provider`)},
		"by slug":             {other, nil, func(c *authentik.Config) { c.Application = "games" }, found("games")},
		"by client id":        {other, nil, func(c *authentik.Config) { c.ClientID = "abc" }, found("games")},
		"by wrong client id":  {other, nil, func(c *authentik.Config) { c.ClientID = "abcd" }, warned("nor a provider with RomM's client id")},
		"filter is ignored":   {other, dropQuery("client_id"), func(c *authentik.Config) { c.ClientID = "abcd" }, warned("nor a provider with RomM's client id")},
		"no oauth2":           {withRomM(t, authentiktest.Seed{}, authentiktest.RomM{}), onPath("/api/v3/providers/oauth2/1/", "", answer(404, "application/json", `{}`)), nil, warned("is not an OAuth2 provider")},
		"another one":         {withRomM(t, authentiktest.Seed{}, authentiktest.RomM{}), onPath("/api/v3/providers/oauth2/1/", "", answer(200, "application/json", `{"pk":2}`)), nil, warned("could not be read")},
		"server fails":        {withRomM(t, authentiktest.Seed{}, authentiktest.RomM{}), onPath("/api/v3/core/applications/", "", answer(500, "application/json", `{}`)), nil, warned("answered 500")},
		"without application": {noApp, nil, func(c *authentik.Config) { c.ClientID = "romm" }, found("")},
		"claims off": {off, nil, nil, func(t *testing.T, got model.DirectoryReading) {
			if !got.Provider.NoClaimsInIDToken {
				t.Error("NoClaimsInIDToken is not set")
			}
		}},
		"no discovery": {withRomM(t, authentiktest.Seed{}, authentiktest.RomM{}), onPath("/application/", "", answer(404, "text/html", `<html>`)), nil, func(t *testing.T, got model.DirectoryReading) {
			if !got.Provider.Found || got.Provider.ClaimsSupported != nil {
				t.Errorf("provider %+v", got.Provider)
			}
			contains(t, "warnings", strings.Join(got.Warnings, "\n"), "claims that Authentik announces are not known")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.check(t, start(t, c.seed, c.wrap, c.change).read(t))
		})
	}
}

// dropQuery hides a parameter from the fake.
func dropQuery(name string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			q := r.URL.Query()
			q.Del(name)
			r.URL.RawQuery = q.Encode()
			next.ServeHTTP(w, r)
		})
	}
}

// A selected mapping that the token cannot see makes the provider
// unpredictable; it is never taken for absent.
func TestHiddenMapping(t *testing.T) {
	t.Parallel()
	seed := withRomM(t, authentiktest.Seed{}, authentiktest.RomM{})
	seed.Mappings[0].Hidden = true
	got := start(t, seed, nil, nil).read(t)
	if got.Provider.Predictable() || len(got.Provider.Unknown) != 1 || got.Provider.Verified != model.VerifiedUnknown {
		t.Errorf("provider %+v", got.Provider)
	}
	contains(t, "warnings", strings.Join(got.Warnings, "\n"), "view_scopemapping")
}

func TestPreview(t *testing.T) {
	t.Parallel()
	var (
		mu    sync.Mutex
		asked []string
	)
	companion := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		asked = append(asked, string(body))
		if len(asked) < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = w.Write([]byte(`{"roles":["user"]}`))
	}))
	t.Cleanup(companion.Close)
	table := &model.RoleTable{
		Companion: companion.URL, Rank: []string{"admin", "user"}, Default: "user",
		Rows: []model.RoleTableRow{{Group: authentiktest.GroupID("family"), Token: "admin"}},
	}
	seed := withRomM(t, authentiktest.Seed{
		Groups: []authentiktest.Group{{Name: "family"}, {Name: "kids", Parents: []string{"family"}}},
		Users: []authentiktest.User{
			{PK: 200, Username: "alice", Email: "alice@example.org", Groups: []string{"kids"}, Attributes: map[string]any{"romm_trusted_email": "alice@example.org"}},
			{PK: 201, Username: "bob", Email: "Bob@example.org", Attributes: map[string]any{"romm_trusted_email": "bob@example.org"}},
		},
	}, authentiktest.RomM{Roles: table})
	f := start(t, seed, nil, nil)
	preview := func(pk int64) map[string]any {
		t.Helper()
		claims, err := f.client.Preview(t.Context(), 1, pk)
		if err != nil {
			t.Fatal(err)
		}
		return claims
	}
	alice, bob := preview(200), preview(201)
	if alice["email_verified"] != true || bob["email_verified"] != false {
		t.Errorf("email_verified: alice %v, bob %v", alice["email_verified"], bob["email_verified"])
	}
	if !slices.Equal(list(alice["romm_roles"]), []string{"admin"}) || !slices.Equal(list(bob["romm_roles"]), []string{"user"}) {
		t.Errorf("roles: alice %v, bob %v", alice["romm_roles"], bob["romm_roles"])
	}
	if !slices.Equal(list(alice["groups"]), []string{"kids"}) || alice["preferred_username"] != "alice" {
		t.Errorf("profile: %v", alice)
	}
	if _, isNumber := alice["iat"].(json.Number); !isNumber {
		t.Errorf("iat is a %T", alice["iat"])
	}
	// The companion was asked both times and refused; now it answers, in place
	// of the table.
	if got := preview(200); !slices.Equal(list(got["romm_roles"]), []string{"user"}) {
		t.Errorf("roles with the companion: %v", got["romm_roles"])
	}
	mu.Lock()
	defer mu.Unlock()
	uid, _ := alice["sub"].(string)
	if len(asked) != 3 || !strings.Contains(asked[2], uid) || !strings.Contains(asked[2], string(authentiktest.GroupID("family"))) || !strings.Contains(asked[2], `"purpose": "preview"`) {
		t.Errorf("asked %q", asked)
	}
	if _, err := f.client.Preview(t.Context(), 1, 999); model.CodeOf(err) != model.CodeForbidden {
		t.Errorf("a user that is gone: %v", err)
	}
	if _, err := f.client.Preview(t.Context(), 9, 200); model.CodeOf(err) != model.CodeNotFound {
		t.Errorf("a provider that is gone: %v", err)
	}
}

func list(v any) []string {
	var out []string
	values, _ := v.([]any)
	for _, x := range values {
		s, _ := x.(string)
		out = append(out, s)
	}
	return out
}
