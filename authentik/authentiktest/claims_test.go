package authentiktest_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
)

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

// What JSON cannot hold fails the token, while the preview converts it;
// SkipObject fails everything (docs/authentik.md 2).
func TestClaimsThatNoTokenCanHold(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text               string
		preview, discovery int
		shown              string
	}{
		{"return {'x': request.user.all_groups()}", 200, 200, "[" + string(authentiktest.GroupID("parents"))},
		{"import uuid\nreturn {'x': uuid.UUID(int=1)}", 200, 200, "00000000-0000-0000-0000-000000000001"},
		{"return {'x': {1}}", 200, 200, "[1]"},
		{"import datetime\nreturn {'x': datetime.date(2026, 1, 2)}", 200, 200, "2026-01-02"},
		{"return {'x': b'abc'}", 200, 200, "abc"},
		{"return {'x': float('nan')}", 500, 500, ""},
		{"raise SkipObject()", 500, 500, ""},
	} {
		seed := family(t, "")
		seed.Mappings = append(seed.Mappings, authentik.Mapping{Name: "custom", Scope: "zz", Managed: "custom", Expression: c.text})
		seed.Providers[0].Mappings = append(seed.Providers[0].Mappings, "custom")
		f := start(t, seed)
		got := ask(f.Server, "GET", "/api/v3/providers/oauth2/1/preview_user/?for_user=100", "Bearer "+f.token, "", "", "")
		body, _ := got.body.(map[string]any)
		claims, _ := body["preview"].(map[string]any)
		if got.status != c.preview || c.shown != "" && !strings.HasPrefix(fmt.Sprint(claims["x"]), c.shown) {
			t.Errorf("%s: preview %d %v", c.text, got.status, claims["x"])
		}
		if got := ask(f.Server, "GET", "/application/o/romm/.well-known/openid-configuration", "", "", "", ""); got.status != c.discovery {
			t.Errorf("%s: discovery %d", c.text, got.status)
		}
		b := open(t, f.Server)
		_, back, _ := b.login("zoe", question("scope", "openid zz"))
		resp, page := b.do("POST", authURL+"token/", redeem(back.Get("code")))
		if resp.StatusCode != http.StatusMethodNotAllowed || page != "" {
			t.Errorf("%s: token %d %q", c.text, resp.StatusCode, page)
		}
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
		authentik.Mapping{Name: "late", Scope: "zzz", Managed: "late", Expression: authentik.EmailAlways()},
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
		if err := seed.AddRomM(authentiktest.RomM{Roles: &model.RoleTable{Companion: companion, Rank: []string{"admin", "user"}, Default: "user"}}); err != nil {
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
