package authentik_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
)

// proves S9: lists of every awkward length arrive whole, from servers with
// and without a cap on the page size.
func TestReadDirectoryPages(t *testing.T) {
	t.Parallel()
	for _, version := range authentiktest.Versions() {
		for _, n := range []int{0, 1, 100, 101, 1001} {
			t.Run(fmt.Sprintf("%s/%d", version, n), func(t *testing.T) {
				t.Parallel()
				var last [2]int
				users := people(n)
				slices.Reverse(users) // by key and by username are different orders
				seed := withRomM(t, authentiktest.Seed{Version: version, Users: users}, authentiktest.RomM{})
				f := start(t, seed, nil, func(c *authentik.Config) { c.PageSize = 500 }) // more than 2025.12 gives
				got, err := f.client.ReadDirectory(t.Context(), model.ReadOptions{Progress: func(done, total int) { last = [2]int{done, total} }})
				if err != nil {
					t.Fatal(err)
				}
				if got.Directory.Incomplete != "" {
					t.Errorf("Incomplete = %q", got.Directory.Incomplete)
				}
				if len(got.Directory.Identities) != n {
					t.Fatalf("%d identities, want %d", len(got.Directory.Identities), n)
				}
				for i, id := range got.Directory.Identities {
					if want := fmt.Sprintf("user%05d", n-1-i); id.Username.Raw() != want {
						t.Fatalf("identity %d is %q, want %q", i, id.Username, want)
					}
				}
				if last != [2]int{n, n} {
					t.Errorf("the last progress is %v, want all of %d", last, n)
				}
				if got.System.Version != version {
					t.Errorf("version %q, want %q", got.System.Version, version)
				}
			})
		}
	}
}

func TestReadDirectoryFields(t *testing.T) {
	t.Parallel()
	login := time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)
	seed := authentiktest.Seed{
		InstallID: "install",
		Groups: []authentiktest.Group{
			{Name: "family", Superuser: true},
			{Name: "kids", Parents: []string{"family"}},
		},
		Users: []authentiktest.User{
			{
				PK: 7, Username: "alice", Name: "Alice A.", Email: "alice@example.org", Groups: []string{"kids"}, LastLogin: login,
				Attributes: map[string]any{model.AttrTrustedEmail: "alice@example.org", "other": map[string]any{"a": 1.0}},
			},
			{Username: "bob", Inactive: true, Type: "external", Path: "guests"},
			{Username: "ak-outpost", Type: "internal_service_account"},
			{Username: "robot", Type: "service_account"},
		},
	}
	got := start(t, seed, nil, nil).read(t)
	if len(got.Directory.Identities) != 2 {
		t.Fatalf("identities: %v", got.Directory.Identities)
	}
	alice, bob := got.Directory.Identities[0], got.Directory.Identities[1]
	kids, family := authentiktest.GroupID("kids"), authentiktest.GroupID("family")
	if alice.PK != 7 || alice.Name.Raw() != "Alice A." || alice.Email.Raw() != "alice@example.org" || !alice.Active ||
		!alice.Superuser || alice.Type != "internal" || !slices.Equal(alice.Groups, []model.GroupID{kids}) ||
		alice.TrustedEmail.Raw() != "alice@example.org" || !alice.LastLogin.Equal(login) || len(alice.UID) != 64 {
		t.Errorf("alice = %+v", alice)
	}
	if bob.Active || bob.Email != "" || bob.Type != "external" || bob.Path.Raw() != "guests" || bob.Superuser || !bob.LastLogin.IsZero() || bob.TrustedEmail != "" {
		t.Errorf("bob = %+v", bob)
	}
	if g, ok := got.Directory.Group(kids); !ok || g.Name.Raw() != "kids" || !slices.Equal(g.Parents, []model.GroupID{family}) || g.Superuser {
		t.Errorf("kids = %+v", g)
	}
	if g, ok := got.Directory.Group(family); !ok || !g.Superuser || len(g.Parents) != 0 {
		t.Errorf("family = %+v", g)
	}
	if !strings.HasPrefix(got.System.Name, "127.0.0.1:") {
		t.Errorf("system name %q", got.System.Name)
	}
}

// The attribute is matched exactly, as the mapping does; other spellings and
// other types are no trusted address.
func TestTrustedEmailIsExact(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		attributes map[string]any
		want       string
	}{
		"exact":      {map[string]any{"romm_trusted_email": "a@x"}, "a@x"},
		"case":       {map[string]any{"ROMM_TRUSTED_EMAIL": "a@x"}, ""},
		"both":       {map[string]any{"romm_trusted_email": "a@x", "Romm_Trusted_Email": "b@x"}, "a@x"},
		"list":       {map[string]any{"romm_trusted_email": []any{"a@x"}}, ""},
		"long s too": {map[string]any{"romm_trusted_email": "a@x", "romm_tru\u017fted_email": "b@x"}, "a@x"},
		"as value":   {map[string]any{"x": "romm_trusted_email"}, ""},
		"long s":     {map[string]any{"romm_tru\u017fted_email": "b@x"}, ""},
		"backslash":  {map[string]any{"romm_trusted_email": "a\\b@x"}, "a\\b@x"},
		"number":     {map[string]any{"romm_trusted_email": 5.0}, ""},
		"null":       {map[string]any{"romm_trusted_email": nil}, ""},
		"below":      {map[string]any{"x": map[string]any{"romm_trusted_email": "a@x"}}, ""},
		"non-ascii":  {map[string]any{"romm_trusted_email": "ä@x"}, "ä@x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := authentiktest.Seed{Users: []authentiktest.User{{Username: "a", Attributes: c.attributes}}}
			got := start(t, seed, nil, nil).read(t)
			if have := got.Directory.Identities[0].TrustedEmail.Raw(); have != c.want {
				t.Errorf("trusted e-mail %q, want %q", have, c.want)
			}
		})
	}
}

// Inherited groups in both shapes: parent up to 2025.10, parents since.
func TestParentsInBothShapes(t *testing.T) {
	t.Parallel()
	for _, version := range authentiktest.Versions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			seed := authentiktest.Seed{Version: version, Groups: []authentiktest.Group{{Name: "a"}, {Name: "b", Parents: []string{"a"}}, {Name: "c", Parents: []string{"b"}}}}
			got := start(t, seed, nil, nil).read(t)
			for child, parent := range map[string]string{"b": "a", "c": "b"} {
				g, _ := got.Directory.Group(authentiktest.GroupID(child))
				if !slices.Equal(g.Parents, []model.GroupID{authentiktest.GroupID(parent)}) {
					t.Errorf("parents of %s = %v", child, g.Parents)
				}
			}
			if got.Directory.Incomplete != "" {
				t.Errorf("Incomplete = %q", got.Directory.Incomplete)
			}
		})
	}
}

// TestWriteWarning: readings of releases that lose permissions at a write say so.
func TestWriteWarning(t *testing.T) {
	t.Parallel()
	for version, warns := range map[string]bool{"2025.10.4": true, "2026.5.3": false} {
		r := start(t, authentiktest.Seed{Version: version}, nil, nil).read(t)
		if (r.WriteWarning != "") != warns {
			t.Errorf("%s: %q", version, r.WriteWarning)
		}
	}
}

// proves S9: a group that the token may not see is said, and its members keep
// its id, so that the model knows whose membership is not certain.
func TestHiddenGroup(t *testing.T) {
	t.Parallel()
	secret := authentiktest.GroupID("secret")
	for name, c := range map[string]struct {
		seed    authentiktest.Seed
		carries func(model.Directory) []model.GroupID
	}{
		"of a user": {authentiktest.Seed{
			Groups: []authentiktest.Group{{Name: "seen"}, {Name: "secret", Hidden: true}},
			Users:  []authentiktest.User{{Username: "a", Groups: []string{"seen", "secret"}}},
		}, func(d model.Directory) []model.GroupID { return d.Identities[0].Groups }},
		"of a group": {authentiktest.Seed{
			Groups: []authentiktest.Group{{Name: "secret", Hidden: true}, {Name: "seen", Parents: []string{"secret"}}},
		}, func(d model.Directory) []model.GroupID { return d.Groups[0].Parents }},
	} {
		got := start(t, c.seed, nil, nil).read(t)
		if _, listed := got.Directory.Group(secret); listed || !slices.Contains(c.carries(got.Directory), secret) {
			t.Errorf("%s: %+v", name, got.Directory)
		}
		if got.Directory.Incomplete != "" {
			t.Errorf("%s: Incomplete = %q", name, got.Directory.Incomplete)
		}
		contains(t, name+": warnings", strings.Join(got.Warnings, "\n"), "1 of the groups", "authentik_core.view_group")
	}
}

// proves S9: whatever goes wrong after the first page is said, never silent.
func TestIncompleteLists(t *testing.T) {
	t.Parallel()
	edit := func(change func(page map[string]any)) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/api/v3/core/users/" || r.URL.Query().Get("page") != "2" {
					next.ServeHTTP(w, r)
					return
				}
				rec := httptest.NewRecorder()
				next.ServeHTTP(rec, r)
				var page map[string]any
				if err := json.Unmarshal(rec.Body.Bytes(), &page); err != nil {
					t.Error(err)
				}
				change(page)
				w.Header().Set("Content-Type", "application/json")
				_ = json.NewEncoder(w).Encode(page)
			})
		}
	}
	results := func(page map[string]any) []any { return page["results"].([]any) }
	for name, c := range map[string]struct {
		wrap func(http.Handler) http.Handler
		want string
		rows int
	}{
		"count changes": {
			edit(func(p map[string]any) { p["pagination"].(map[string]any)["count"] = 251 }),
			"the number of users changed from 250 to 251", 250,
		},
		"short page":   {edit(func(p map[string]any) { p["results"] = results(p)[:99] }), "reports 250 users and sent 249", 249},
		"twice":        {edit(func(p map[string]any) { results(p)[1] = results(p)[0] }), "of 250 users only 249 are different", 249},
		"row no key":   {edit(func(p map[string]any) { delete(results(p)[5].(map[string]any), "pk") }), "page 2 of 3 of the users could not be read", -1},
		"no results":   {edit(func(p map[string]any) { delete(p, "results") }), "page 2 of 3 of the users", -1},
		"page is gone": {onPath("/api/v3/core/users/", "&page=2&", answer(404, "application/json", `{"detail":"Invalid page."}`)), "Invalid page", -1},
		"page fails":   {onPath("/api/v3/core/users/", "&page=2&", answer(500, "application/json", `{}`)), "answered 500", -1},
		"page forbids": {onPath("/api/v3/core/users/", "&page=2&", answer(403, "application/json", `{"detail":"Token invalid/expired"}`)), "refused the token", -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, authentiktest.Seed{Users: people(250)}, c.wrap, nil)
			got := f.read(t)
			contains(t, "Incomplete", got.Directory.Incomplete, c.want)
			if n := len(got.Directory.Identities); c.rows >= 0 && n != c.rows || n == 0 {
				t.Errorf("%d identities, want %d", n, c.rows)
			}
		})
	}
}

// proves S9: a server that says nothing of parents leaves inheritance unknown.
func TestNoWordOfParents(t *testing.T) {
	t.Parallel()
	body := `{"pagination":{"count":1,"total_pages":1},"results":[{"pk":"` + groupA + `","name":"a","is_superuser":false}]}`
	got := start(t, authentiktest.Seed{}, onPath("/api/v3/core/groups/", "", answer(200, "application/json", body)), nil).read(t)
	contains(t, "Incomplete", got.Directory.Incomplete, "did not say which groups belong to others")
	body = strings.Replace(body, `"name"`, `"parent":null,"name"`, 1)
	got = start(t, authentiktest.Seed{}, onPath("/api/v3/core/groups/", "", answer(200, "application/json", body)), nil).read(t)
	if got.Directory.Incomplete != "" {
		t.Errorf("Incomplete = %q", got.Directory.Incomplete)
	}
}

// A server that fails for good is not asked for page after page.
func TestNoPagesAfterAFailure(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	f := start(t, authentiktest.Seed{Users: people(1000)}, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/v3/core/users/" && r.URL.Query().Get("page") != "1" {
				asked.Add(1)
				answer(500, "application/json", `{}`)(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}, func(c *authentik.Config) { c.Concurrency = 1 })
	if got := f.read(t); got.Directory.Incomplete == "" || len(got.Directory.Identities) != 100 {
		t.Errorf("%d identities, Incomplete = %q", len(got.Directory.Identities), got.Directory.Incomplete)
	}
	if asked.Load() != 1 {
		t.Errorf("%d pages were asked for after the first, want 1", asked.Load())
	}
}

func TestAbsurdListIsRefused(t *testing.T) {
	t.Parallel()
	for name, pagination := range map[string]string{
		"too many":   `{"count":1e9,"total_pages":1e7}`,
		"negative":   `{"count":-1,"total_pages":1}`,
		"more pages": `{"count":3,"total_pages":5000}`,
	} {
		body := `{"pagination":` + pagination + `,"results":[]}`
		f := start(t, authentiktest.Seed{}, onPath("/api/v3/core/users/", "", answer(200, "application/json", body)), nil)
		if _, err := f.client.ReadDirectory(t.Context(), model.ReadOptions{}); model.CodeOf(err) != model.CodeUnavailable {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSuperuserTokenWarns(t *testing.T) {
	t.Parallel()
	everything := []string{
		"authentik_core.view_user", "authentik_core.view_group", "authentik_core.view_application",
		"authentik_providers_oauth2.view_oauth2provider", "authentik_providers_oauth2.view_scopemapping",
	}
	// proves S34: a token that may do everything is warned of, one that may
	// only read is not.
	for _, limited := range []bool{false, true} {
		seed := withRomM(t, authentiktest.Seed{}, authentiktest.RomM{})
		if limited {
			seed.Permissions = everything
		}
		got := start(t, seed, nil, nil).read(t)
		if warned := strings.Contains(strings.Join(got.Warnings, "\n"), "superuser"); warned == limited {
			t.Errorf("limited %v: warnings %q", limited, got.Warnings)
		}
		if !got.Provider.Found {
			t.Errorf("limited %v: the provider was not found: %q", limited, got.Warnings)
		}
	}
}

// proves S34: a missing permission is named; the lists are needed, the
// provider is not.
func TestMissingPermissions(t *testing.T) {
	t.Parallel()
	all := map[string]bool{ // whether the reading fails without it
		"authentik_core.view_user": true, "authentik_core.view_group": true, "authentik_core.view_application": false,
		"authentik_providers_oauth2.view_oauth2provider": false, "authentik_providers_oauth2.view_scopemapping": false,
	}
	for missing, fatal := range all {
		t.Run(missing, func(t *testing.T) {
			t.Parallel()
			seed := withRomM(t, authentiktest.Seed{Users: people(3)}, authentiktest.RomM{})
			for p := range maps.Keys(all) {
				if p != missing {
					seed.Permissions = append(seed.Permissions, p)
				}
			}
			got, err := start(t, seed, nil, nil).client.ReadDirectory(t.Context(), model.ReadOptions{})
			if fatal {
				if model.CodeOf(err) != model.CodeForbidden {
					t.Fatalf("error %v", err)
				}
				contains(t, "error", err.Error(), missing)
				contains(t, "hint", model.HintOf(err), missing)
				return
			}
			if err != nil || got.Provider.Found || len(got.Directory.Identities) != 3 {
				t.Fatalf("%+v, %v", got.Provider, err)
			}
			contains(t, "warnings", strings.Join(got.Warnings, "\n"), missing)
		})
	}
}

func TestCancelEndsTheReading(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	f := start(t, authentiktest.Seed{Users: people(300)}, onPath("/api/v3/core/users/", "&page=2&", func(w http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}), nil)
	if _, err := f.client.ReadDirectory(ctx, model.ReadOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want a cancelled context", err)
	}
}

// A sub-path install prefixes everything.
func TestSubPath(t *testing.T) {
	t.Parallel()
	for _, suffix := range []string{"/auth", "/auth/", "/auth/api/v3", "/auth/api/v3/"} {
		seed := withRomM(t, authentiktest.Seed{Users: people(2)}, authentiktest.RomM{})
		f := start(t, seed, func(h http.Handler) http.Handler { return http.StripPrefix("/auth", h) },
			func(c *authentik.Config) { c.URL += suffix })
		if got := f.read(t); len(got.Directory.Identities) != 2 || !got.Provider.Found || got.Provider.ClaimsSupported == nil {
			t.Errorf("%s: %+v", suffix, got)
		}
	}
}

func TestOldServerWarns(t *testing.T) {
	t.Parallel()
	got := start(t, authentiktest.Seed{Version: "2024.10.1"}, nil, nil).read(t)
	contains(t, "warnings", strings.Join(got.Warnings, "\n"), "2024.10.1 is older than 2024.12")
}
