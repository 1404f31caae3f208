package authentiktest_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
)

// fake asks a server in process. At the end nothing may have violated the
// OpenAPI document, unless a test says how much it expects.
type fake struct {
	*authentiktest.Server
	t          testing.TB
	token      string
	violations int
}

func start(t testing.TB, seed authentiktest.Seed) *fake {
	t.Helper()
	if err := authentiktest.FindPython(); err != nil && seed.Native == nil {
		t.Skip(err)
	}
	s, err := authentiktest.New(seed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	f := &fake{Server: s, t: t, token: authentiktest.DefaultToken}
	t.Cleanup(func() {
		if got := s.Violations(); len(got) != f.violations {
			t.Errorf("%d violations, want %d: %+v", len(got), f.violations, got)
		}
	})
	return f
}

func (f *fake) do(method, target, body string) (int, any) {
	f.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if body == "" {
		r.Body = http.NoBody
		r.ContentLength = 0
	} else {
		r.Header.Set("Content-Type", "application/json")
	}
	if f.token != "" {
		r.Header.Set("Authorization", "Bearer "+f.token)
	}
	w := httptest.NewRecorder()
	f.Handler().ServeHTTP(w, r)
	var v any
	data, _ := io.ReadAll(w.Body)
	if err := json.Unmarshal(data, &v); err != nil && w.Code != http.StatusNotFound {
		f.t.Fatalf("%s %s: %d %q", method, target, w.Code, data)
	}
	return w.Code, v
}

// get asks for something that must be there.
func (f *fake) get(path string) map[string]any {
	f.t.Helper()
	status, v := f.do("GET", "/api/v3"+path, "")
	if status != http.StatusOK {
		f.t.Fatalf("GET %s: %d %v", path, status, v)
	}
	return v.(map[string]any)
}

func (f *fake) wants(method, target, body string, status int, words string) {
	f.t.Helper()
	got, v := f.do(method, target, body)
	if text := fmt.Sprint(v); got != status || !strings.Contains(text, words) {
		f.t.Errorf("%s %s: %d %s, want %d with %q", method, target, got, text, status, words)
	}
}

func rows(page map[string]any, key string) []string {
	var out []string
	for _, row := range page["results"].([]any) {
		out = append(out, fmt.Sprint(row.(map[string]any)[key]))
	}
	return out
}

func family(t testing.TB, version string) authentiktest.Seed {
	t.Helper()
	seed := authentiktest.Seed{
		Version: version,
		Groups: []authentiktest.Group{
			{Name: "admins", Superuser: true}, {Name: "parents", Parents: []string{"admins"}}, {Name: "kids"}, {Name: "secret", Hidden: true},
		},
		Users: []authentiktest.User{
			{Username: "zoe", Name: "Zoe", Email: "zoe@example.org", Groups: []string{"parents", "secret"}},
			{Username: "adam", Name: "Adam", Email: "adam@example.org", Groups: []string{"kids"}, Inactive: true, Type: "external", Path: "guests/x"},
			{PK: 4000, Username: "eve", Name: "Eve"},
			{Username: "outpost", Name: "Outpost", Type: "internal_service_account"},
		},
	}
	if err := seed.AddRomM(authentiktest.RomM{ClientID: "client", ClientSecret: "secret", Roles: &authentik.RolesParams{Rank: []string{"admin"}}}); err != nil {
		t.Fatal(err)
	}
	return seed
}

// Every endpoint, on the release whose document checks the answers.
func TestEveryAnswerIsValid(t *testing.T) {
	t.Parallel()
	f := start(t, family(t, ""))
	mapping := f.get("/propertymappings/provider/scope/?scope_name=romm_roles")["results"].([]any)[0].(map[string]any)
	if mapping["managed"] != authentik.ManagedRoles {
		t.Errorf("mapping %v", mapping)
	}
	for _, path := range []string{
		"/admin/version/", "/core/users/me/", "/core/users/?page_size=2&page=2", "/core/users/100/", "/core/users/?include_groups=true&include_roles=true",
		"/core/groups/?include_users=true&include_children=true&include_parents=true&include_inherited_roles=true",
		"/core/groups/?include_users=false", "/core/applications/?superuser_full_list=true", "/core/applications/romm/",
		"/providers/oauth2/?client_id=client", "/providers/oauth2/1/", "/providers/oauth2/1/setup_urls/",
		"/providers/oauth2/1/preview_user/", "/providers/oauth2/1/preview_user/?for_user=100",
		"/propertymappings/provider/scope/?managed__isnull=false", "/propertymappings/provider/scope/" + mapping["pk"].(string) + "/",
	} {
		f.get(path)
	}
	for path, words := range map[string]string{
		"/core/users/999/": "No User", "/core/applications/x/": "No Application", "/providers/oauth2/9/": "No OAuth2Provider",
		"/providers/oauth2/9/preview_user/": "No OAuth2Provider", "/providers/oauth2/9/setup_urls/": "No OAuth2Provider",
		"/propertymappings/provider/scope/00000000-0000-0000-0000-000000000000/": "No ScopeMapping",
		"/core/users/?page=9": "Invalid page", "/core/users/?page=0": "Invalid page",
	} {
		f.wants("GET", "/api/v3"+path, "", 404, words)
	}
}

// The shapes of older releases (reference/authentik.md 5).
func TestPoses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		version  string
		has      string // keys of a user, a group, the list and the provider, as "user.roles"
		lacks    string
		verified string
		size     float64 // default page size
		big      float64 // what page_size=500 gives
	}{
		{"2024.12.5", "group.parent", "user.date_joined user.roles group.parents group.children list.autocomplete user.password_change_date provider.grant_types", "True", 100, 500},
		{"2025.8.1", "list.autocomplete group.children user.last_updated group.parent", "user.roles group.parents provider.logout_uri", "True", 100, 500},
		{"2025.10.4", "provider.logout_uri group.parent", "user.roles group.parents", "False", 100, 500},
		{"2025.12.4", "user.roles user.roles_obj group.parents group.parents_obj", "group.parent provider.grant_types", "False", 20, 100},
		{"2026.5.3", "user.roles group.parents provider.grant_types list.autocomplete", "group.parent", "False", 20, 100},
	} {
		t.Run(c.version, func(t *testing.T) {
			t.Parallel()
			seed := family(t, c.version)
			for i := range 600 {
				seed.Users = append(seed.Users, authentiktest.User{Username: fmt.Sprintf("u%d", i)})
			}
			f := start(t, seed)
			list := f.get("/core/users/?ordering=pk")
			objects := map[string]map[string]any{
				"list": list, "user": list["results"].([]any)[0].(map[string]any),
				"group":    f.get("/core/groups/?name=parents")["results"].([]any)[0].(map[string]any),
				"provider": f.get("/providers/oauth2/1/"),
			}
			for want, names := range map[bool]string{true: c.has, false: c.lacks} {
				for _, name := range strings.Fields(names) {
					object, key, _ := strings.Cut(name, ".")
					if _, has := objects[object][key]; has != want {
						t.Errorf("%s: %v, want %v", name, has, want)
					}
				}
			}
			email := f.get("/propertymappings/provider/scope/?search=%27email%27")["results"].([]any)[0].(map[string]any)
			if text := email["expression"].(string); !strings.Contains(text, `"email_verified": `+c.verified) {
				t.Errorf("stock e-mail mapping %q", text)
			}
			if got := float64(len(list["results"].([]any))); got != c.size {
				t.Errorf("default page has %v rows, want %v", got, c.size)
			}
			if got := float64(len(f.get("/core/users/?page_size=500")["results"].([]any))); got != c.big {
				t.Errorf("page_size=500 gives %v rows, want %v", got, c.big)
			}
		})
	}
}

func TestListing(t *testing.T) {
	t.Parallel()
	f := start(t, family(t, ""))
	for query, want := range map[string]string{
		"":                                       "adam eve outpost romm-admin zoe",
		"?ordering=pk":                           "romm-admin zoe adam eve outpost",
		"?ordering=-pk":                          "outpost eve adam zoe romm-admin",
		"?ordering=nonsense":                     "adam eve outpost romm-admin zoe",
		"?type=internal&type=external":           "adam eve zoe",
		"?is_active=false":                       "adam",
		"?is_superuser=true":                     "romm-admin zoe",
		"?username=eve":                          "eve",
		"?email=zoe%40example.org":               "zoe",
		"?search=EXAMPLE":                        "adam zoe",
		"?path_startswith=guests":                "adam",
		"?name=Eve":                              "eve",
		"?page_size=2&page=2":                    "outpost romm-admin",
		"?username=nobody":                       "",
		"?type=internal&ordering=pk&page_size=1": "zoe",
	} {
		if got := strings.Join(rows(f.get("/core/users/"+query), "username"), " "); got != want {
			t.Errorf("users%s: %q, want %q", query, got, want)
		}
	}
	if got := strings.Join(rows(f.get("/core/groups/"), "name"), " "); got != "admins kids parents" {
		t.Errorf("groups: %q", got)
	}
	if got := f.get("/core/users/100/")["groups"].([]any); len(got) != 2 || got[1] != string(authentiktest.GroupID("secret")) {
		t.Errorf("zoe's groups: %v", got)
	}
	page := f.get("/core/users/?page_size=2&page=3")["pagination"].(map[string]any)
	for key, want := range map[string]float64{"count": 5, "current": 3, "total_pages": 3, "next": 0, "previous": 2, "start_index": 5, "end_index": 5} {
		if page[key] != want {
			t.Errorf("pagination %s = %v, want %v", key, page[key], want)
		}
	}
	page = f.get("/core/users/?username=nobody")["pagination"].(map[string]any)
	if page["count"] != 0.0 || page["total_pages"] != 1.0 || page["start_index"] != 0.0 {
		t.Errorf("empty pagination %v", page)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	seed := family(t, "")
	seed.Token, seed.Permissions = "key", []string{"authentik_core.view_user"}
	f := start(t, seed)
	const users, groups, version = "/api/v3/core/users/", "/api/v3/core/groups/", "/api/v3/admin/version/"
	f.token = ""
	f.wants("GET", users, "", 403, "Authentication credentials were not provided.")
	f.token = "other"
	f.wants("GET", version, "", 403, "Token invalid/expired")
	f.token = "key"
	f.wants("GET", version, "", 200, authentiktest.DefaultVersion)
	f.wants("GET", users, "", 200, "zoe")
	f.wants("GET", groups, "", 403, "You do not have permission")
	f.wants("PATCH", users+"100/", `{"email":"x@example.org"}`, 403, "You do not have permission")
	if me := f.get("/core/users/me/")["user"].(map[string]any); me["is_superuser"] != false {
		t.Errorf("me = %v", me)
	}
	if me := start(t, authentiktest.Seed{}).get("/core/users/me/")["user"].(map[string]any); me["is_superuser"] != true {
		t.Errorf("me = %v", me)
	}
}

// The document refuses what Authentik would; the fake says what it lacks.
func TestRefusals(t *testing.T) {
	t.Parallel()
	f := start(t, family(t, ""))
	f.violations = 6
	f.wants("GET", "/api/v3/core/users/?page=one", "", 400, "page")
	f.wants("GET", "/api/v3/core/users/?type=robot", "", 400, "type")
	f.wants("GET", "/api/v3/core/users/abc/", "", 400, "id")
	f.wants("PATCH", "/api/v3/core/users/100/", `{"email":5}`, 400, "email")
	f.wants("PATCH", "/api/v3/core/users/100/", `{"attributes":[]}`, 400, "attributes")
	f.wants("GET", "/api/v3/core/users/?usrname=zoe", "", 200, "zoe") // ignored as Authentik does, and recorded

	f.wants("PATCH", "/api/v3/core/users/100/", `{"email":"nonsense"}`, 400, "valid email")
	f.wants("PATCH", "/api/v3/core/users/4001/", `{"email":"a@example.org"}`, 400, "service account")
	f.wants("PATCH", "/api/v3/core/users/999/", `{"email":"a@example.org"}`, 404, "No User")
	f.wants("GET", "/api/v3/core/users/?groups_by_name=kids", "", 501, "groups_by_name")
	f.wants("PATCH", "/api/v3/core/users/100/", `{"username":"x"}`, 501, "username")
	f.wants("PATCH", "/api/v3/core/users/100/", `{"groups":[]}`, 501, "groups")
	f.wants("DELETE", "/api/v3/core/users/100/", "", 501, "does not implement DELETE /api/v3/core/users/100/")
	f.wants("GET", "/api/v3/events/events/stats/", "", 501, "does not implement")
	f.wants("GET", "/", "", 501, "does not implement")
}

// An answer of ours that the document does not allow is a failure, not an
// answer; older releases are not held to it.
func TestInvalidAnswers(t *testing.T) {
	t.Parallel()
	seed := authentiktest.Seed{Users: []authentiktest.User{{Username: strings.Repeat("x", 151)}}}
	f := start(t, seed)
	f.violations = 1
	f.wants("GET", "/api/v3/core/users/100/", "", 500, "authentiktest made an invalid answer")
	if got := f.Violations(); got[0].Side != "response" || got[0].Path != "/api/v3/core/users/100/" {
		t.Errorf("%+v", got)
	}
	seed.Version = "2025.10.4"
	start(t, seed).wants("GET", "/api/v3/core/users/100/", "", 200, "xxx")
}

// Groups that are each other's parents end somewhere.
func TestGroupsInACircle(t *testing.T) {
	t.Parallel()
	f := start(t, authentiktest.Seed{
		Groups: []authentiktest.Group{{Name: "a", Parents: []string{"b"}}, {Name: "b", Parents: []string{"a"}, Superuser: true}},
		Users:  []authentiktest.User{{Username: "u", Groups: []string{"a"}}},
	})
	if u := f.get("/core/users/100/"); u["is_superuser"] != true {
		t.Errorf("user %v", u)
	}
}

func TestPatch(t *testing.T) {
	t.Parallel()
	seed := family(t, "")
	seed.Users[0].Attributes = map[string]any{"keep": "me"}
	f := start(t, seed)
	f.wants("PATCH", "/api/v3/core/users/100/", `{"email":"new@example.org","is_active":false}`, 200, "new@example.org")
	u := f.get("/core/users/100/")
	if u["email"] != "new@example.org" || u["is_active"] != false || u["attributes"].(map[string]any)["keep"] != "me" {
		t.Errorf("user %v", u)
	}
	f.wants("PATCH", "/api/v3/core/users/100/", `{"email":"","attributes":{"romm_trusted_email":null}}`, 200, "romm_trusted_email")
	u = f.get("/core/users/100/")
	if _, kept := u["attributes"].(map[string]any)["keep"]; kept || u["email"] != "" || u["is_active"] != false {
		t.Errorf("attributes are not replaced as a whole: %v", u)
	}
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	f := start(t, family(t, ""))
	f.token = ""
	status, v := f.do("GET", "http://auth.test/application/o/romm/.well-known/openid-configuration", "")
	doc, _ := v.(map[string]any)
	if status != 200 || doc["issuer"] != "http://auth.test/application/o/romm/" {
		t.Fatalf("%d %v", status, v)
	}
	supported := fmt.Sprint(doc["claims_supported"])
	for _, claim := range []string{"sub", "nonce", "email_verified", "preferred_username", "groups", "romm_roles"} {
		if !strings.Contains(supported, claim) {
			t.Errorf("claims_supported %s lacks %s", supported, claim)
		}
	}
	if got := fmt.Sprint(doc["scopes_supported"]); got != "[email openid profile romm_roles]" {
		t.Errorf("scopes_supported %s", got)
	}
	if status, _ := f.do("GET", "/application/o/other/.well-known/openid-configuration", ""); status != 404 {
		t.Errorf("unknown application: %d", status)
	}
}

// Any expression runs; one that raises loses its claims and writes two events,
// and the others stay.
func TestForeignMappings(t *testing.T) {
	t.Parallel()
	seed := family(t, "")
	for name, text := range map[string]string{
		"custom": "return {'x': len(request.user.all_groups()), 'of': provider.application.slug, 'may': ak_is_group_member(user, name='admins')}",
		"broken": "return {'y': 1 / 0}",
		"exits":  "import sys\nsys.exit(1)",
		"nobody": "return ak_user_by(username='zoe')",
		"none":   "ak_create_event('seen', who=user.username)",
		"text":   "return 'z'",
	} {
		seed.Mappings = append(seed.Mappings, authentik.Mapping{Name: model.Untrusted(name), Scope: "zz-" + name, Managed: name, Expression: text})
		seed.Providers[0].Mappings = append(seed.Providers[0].Mappings, name)
	}
	f := start(t, seed)
	claims := f.get("/providers/oauth2/1/preview_user/?for_user=100")["preview"].(map[string]any)
	_, has := claims["y"]
	if has || claims["x"] != 3.0 || claims["of"] != "romm" || claims["may"] != true || claims["preferred_username"] != "zoe" || claims["email"] != "zoe@example.org" {
		t.Errorf("claims %v", claims)
	}
	var seen []string
	for _, e := range f.Events() {
		seen = append(seen, e.Action+" "+e.Mapping+" "+e.User)
	}
	want := []string{
		"property_mapping_exception broken zoe", "configuration_error broken zoe", "property_mapping_exception exits zoe", "configuration_error exits zoe",
		"property_mapping_exception nobody zoe", "configuration_error nobody zoe", "custom_seen  zoe",
	}
	if !slices.Equal(seen, want) {
		t.Errorf("events %q, want %q", seen, want)
	}
	if e := f.Events()[0]; e.Context["expression"] != "return {'y': 1 / 0}" || !strings.Contains(fmt.Sprint(e.Context["exception"]), "ZeroDivisionError") {
		t.Errorf("event %+v", e)
	}
}

// What JSON cannot hold fails the whole endpoint, as it would fail the token.
func TestClaimsThatNoTokenCanHold(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"return {'x': request.user.all_groups()}", "return {'x': float('nan')}"} {
		seed := family(t, "")
		seed.Mappings = append(seed.Mappings, authentik.Mapping{Name: "custom", Scope: "zz", Managed: "custom", Expression: text})
		seed.Providers[0].Mappings = append(seed.Providers[0].Mappings, "custom")
		start(t, seed).wants("GET", "/api/v3/providers/oauth2/1/preview_user/?for_user=100", "", 500, "cannot be encoded")
	}
}

// Authentik checks the syntax when a mapping is saved.
func TestSyntaxIsChecked(t *testing.T) {
	t.Parallel()
	f := start(t, family(t, ""))
	mapping := func(text string) string {
		return fmt.Sprintf(`{"name":"m","scope_name":"m","expression":%q}`, text)
	}
	const path = "/api/v3/propertymappings/provider/scope/"
	f.wants("POST", path, mapping("return {"), 400, "expression")
	f.wants("POST", path, mapping("return {}"), 201, "return {}")
}

// Later scopes override earlier ones, lists are concatenated.
func TestMerge(t *testing.T) {
	t.Parallel()
	seed := family(t, "")
	seed.Mappings = append(
		seed.Mappings,
		authentik.Mapping{Name: "late", Scope: "zzz", Managed: "late", Expression: authentik.EmailAlways},
		authentik.Mapping{Name: "again", Scope: "zzz", Managed: "again", Expression: `return {
    "name": request.user.name, "given_name": request.user.name, "preferred_username": request.user.username,
    "nickname": request.user.username, "groups": [group.name for group in request.user.ak_groups.all()]}`},
	)
	seed.Providers[0].Mappings = append(seed.Providers[0].Mappings, "late", "again")
	f := start(t, seed)
	claims := f.get("/providers/oauth2/1/preview_user/?for_user=100")["preview"].(map[string]any)
	if claims["email_verified"] != true {
		t.Errorf("the later scope did not win: %v", claims)
	}
	if got := fmt.Sprint(claims["groups"]); got != "[parents secret parents secret]" {
		t.Errorf("groups %s", got)
	}
	if f.get("/providers/oauth2/1/")["client_secret"] != "secret" {
		t.Error("the client secret is not the seeded one")
	}
}

func TestPreviewPermission(t *testing.T) {
	t.Parallel()
	seed := family(t, "")
	seed.Permissions = []string{"authentik_providers_oauth2.view_oauth2provider"}
	f := start(t, seed)
	f.wants("GET", "/api/v3/providers/oauth2/1/preview_user/?for_user=100", "", 400, "User not found")
	seed.Permissions = append(seed.Permissions, "authentik_core.preview_user")
	f = start(t, seed)
	f.wants("GET", "/api/v3/providers/oauth2/1/preview_user/?for_user=100", "", 200, "zoe")
	f.wants("GET", "/api/v3/providers/oauth2/1/preview_user/?for_user=12345", "", 400, "User not found")
}

// The hook is asked only by mappings that name a companion, and a companion
// that is down means the table. It may ask this server in turn.
func TestNativeRoles(t *testing.T) {
	t.Parallel()
	for _, companion := range []string{"", "http://companion"} {
		var (
			f      *fake
			answer error
		)
		native := &authentiktest.Native{Roles: func(string, []string) ([]string, error) {
			f.get("/core/users/100/")
			return []string{"admin"}, answer
		}}
		seed := authentiktest.Seed{Users: []authentiktest.User{{Username: "a"}}, Native: native}
		if err := seed.AddRomM(authentiktest.RomM{Roles: &authentik.RolesParams{CompanionURL: companion, Rank: []string{"admin", "user"}, Default: "user"}}); err != nil {
			t.Fatal(err)
		}
		f = start(t, seed)
		roles := func() string {
			return fmt.Sprint(f.get("/providers/oauth2/1/preview_user/?for_user=100")["preview"].(map[string]any)[model.RolesClaim])
		}
		want := "[admin]"
		if companion == "" {
			want = "[user]"
		}
		if got := roles(); got != want {
			t.Errorf("companion %q: %s, want %s", companion, got, want)
		}
		if answer = errors.New("down"); roles() != "[user]" {
			t.Errorf("companion %q is down: %s", companion, roles())
		}
	}
}

func TestUID(t *testing.T) {
	t.Parallel()
	f := start(t, family(t, ""))
	got, ok := f.UID("zoe")
	if !ok || got != f.get("/core/users/100/")["uid"] {
		t.Errorf("uid %q", got)
	}
	if _, ok := f.UID("nobody"); ok {
		t.Error("nobody has a uid")
	}
}

func TestSeedsThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, seed := range map[string]authentiktest.Seed{
		"version":       {Version: "new"},
		"unknown group": {Users: []authentiktest.User{{Username: "a", Groups: []string{"x"}}}},
		"two of a name": {Groups: []authentiktest.Group{{Name: "x", ID: "00000000-0000-4000-8000-000000000001"}, {Name: "x"}}, Users: []authentiktest.User{{Username: "a", Groups: []string{"x"}}}},
		"group twice":   {Groups: []authentiktest.Group{{Name: "x"}, {Name: "x"}}},
		"parent":        {Groups: []authentiktest.Group{{Name: "x", Parents: []string{"y"}}}},
		"two parents":   {Version: "2025.10.4", Groups: []authentiktest.Group{{Name: "x"}, {Name: "y"}, {Name: "z", Parents: []string{"x", "y"}}}},
		"group id":      {Groups: []authentiktest.Group{{ID: "x", Name: "x"}}},
		"user twice":    {Users: []authentiktest.User{{Username: "a"}, {Username: "a"}}},
		"reserved pk":   {Users: []authentiktest.User{{PK: 5, Username: "a"}}},
		"no username":   {Users: []authentiktest.User{{}}},
		"mapping":       {Providers: []authentiktest.Provider{{Name: "p", Mappings: []string{"x"}}}},
		"provider":      {Applications: []authentiktest.Application{{Slug: "a", Provider: "p"}}},
	} {
		if _, err := authentiktest.New(seed); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	var seed authentiktest.Seed
	if err := seed.AddRomM(authentiktest.RomM{Roles: &authentik.RolesParams{Default: "x"}}); err == nil {
		t.Error("bad roles: no error")
	}
	if err := seed.AddRomM(authentiktest.RomM{Email: 9}); err == nil {
		t.Error("bad e-mail mode: no error")
	}
}

// The same seed gives the same server, and two groups may be one's parents.
func TestSeedIsDeterministic(t *testing.T) {
	t.Parallel()
	seed := family(t, "")
	seed.Groups = append(seed.Groups, authentiktest.Group{Name: "both", Parents: []string{"parents", "kids"}})
	seed.InstallID = "one"
	a, b := start(t, seed), start(t, seed)
	seed.InstallID = "two"
	c := start(t, seed)
	for _, path := range []string{"/core/users/", "/core/groups/?include_parents=true", "/propertymappings/provider/scope/", "/core/applications/"} {
		if x, y := fmt.Sprint(a.get(path)), fmt.Sprint(b.get(path)); x != y {
			t.Errorf("%s differs", path)
		}
	}
	if a.get("/core/users/100/")["uid"] == c.get("/core/users/100/")["uid"] {
		t.Error("the uid does not depend on the installation")
	}
	both := a.get("/core/groups/?name=both")["results"].([]any)[0].(map[string]any)
	if got := both["parents"].([]any); len(got) != 2 || !slices.Contains(got, any(string(authentiktest.GroupID("kids")))) {
		t.Errorf("parents %v", got)
	}
}

// BenchmarkTenThousand pages through 10,000 users with validation, as a client
// does: the target is 2 s for all of them.
func BenchmarkTenThousand(b *testing.B) {
	var seed authentiktest.Seed
	for i := range 40 {
		seed.Groups = append(seed.Groups, authentiktest.Group{Name: fmt.Sprintf("g%d", i)})
	}
	for i := range 10_000 {
		seed.Users = append(seed.Users, authentiktest.User{
			Username: fmt.Sprintf("user%d", i), Email: fmt.Sprintf("user%d@example.org", i),
			Groups: []string{fmt.Sprintf("g%d", i%40), fmt.Sprintf("g%d", (i+7)%40)}, Attributes: map[string]any{"a": "b"},
		})
	}
	for b.Loop() {
		f := start(b, seed)
		for page := 1; page <= 100; page++ {
			q := url.Values{"page": {fmt.Sprint(page)}, "page_size": {"100"}, "ordering": {"pk"}, "include_groups": {"false"}, "type": {"internal"}}
			if status, _ := f.do("GET", "/api/v3/core/users/?"+q.Encode(), ""); status != 200 {
				b.Fatal(status)
			}
		}
	}
}
