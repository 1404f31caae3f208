package authentiktest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
)

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

// The shapes of older releases (docs/authentik.md 5).
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
		{"2024.12.5", "group.parent", "user.date_joined user.roles group.parents group.children list.autocomplete provider.grant_types", "True", 100, 500},
		{"2025.8.1", "list.autocomplete group.children user.last_updated group.parent", "user.roles group.parents provider.logout_uri", "True", 100, 500},
		{"2025.10.4", "provider.logout_uri group.parent", "user.roles group.parents", "False", 100, 500},
		{"2025.12.4", "user.roles user.roles_obj group.parents group.parents_obj", "group.parent provider.grant_types", "False", 20, 100},
		{"2026.5.3", "user.roles group.parents provider.grant_types list.autocomplete", "group.parent application.pbm_uuid me.users", "False", 20, 100},
		{"2026.5.0-rc1", "user.roles group.parents provider.logout_uri", "provider.grant_types application.meta_hide", "False", 20, 100},
		{"2026.8.1", "provider.grant_types application.pbm_uuid application.meta_hide urls.dcr_registration me.users", "group.parent", "False", 20, 100},
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
				"provider": f.get("/providers/oauth2/1/"), "application": f.get("/core/applications/romm/"), "me": f.get("/core/users/me/"),
				"urls": f.get("/providers/oauth2/1/setup_urls/"),
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
		"?groups_by_name=kids":                   "adam",
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
	f.violations = 7
	f.wants("GET", "/api/v3/core/users/?page=one", "", 400, "page")
	f.wants("GET", "/api/v3/core/users/?type=robot", "", 400, "type")
	f.wants("GET", "/api/v3/core/users/abc/", "", 400, "id")
	f.wants("PATCH", "/api/v3/core/users/100/", `{"email":5}`, 400, "email")
	f.wants("PATCH", "/api/v3/core/users/100/", `{"attributes":[]}`, 400, "attributes")
	f.wants("GET", "/api/v3/core/users/?usrname=zoe", "", 200, "zoe") // ignored as Authentik does, and recorded

	f.wants("PATCH", "/api/v3/core/users/100/", `{"email":"nonsense"}`, 400, "valid email")
	f.wants("PATCH", "/api/v3/core/users/4001/", `{"email":"a@example.org"}`, 400, "service account")
	f.wants("PATCH", "/api/v3/core/users/999/", `{"email":"a@example.org"}`, 404, "No User")
	f.wants("GET", "/api/v3/core/users/?groups_by_name=nope", "", 400, "nope is not one of the available choices")
	f.wants("GET", "/api/v3/propertymappings/provider/scope/?managed=nope", "", 400, "managed")
	f.wants("GET", "/api/v3/policies/bindings/?target=00000000-0000-0000-0000-000000000000", "", 400, "target")
	f.wants("GET", "/api/v3/core/users/?attributes=x", "", 400, "[filter: failed to parse JSON]")
	f.wants("GET", "/api/v3/core/users/?last_login__gt=2026-01-01T00:00:00Z", "", 501, "last_login__gt")
	f.wants("POST", "/api/v3/core/applications/", `{"name": "x", "slug": "a b"}`, 400, "slug:[Enter a valid")
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
