package authentiktest_test

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
)

// recordedPermission is one exchange with a running Authentik: what a token with
// few permissions asked, and how it was answered.
type recordedPermission struct {
	Name, Version, Token, Method, Path string
	Send                               json.RawMessage
	Status                             int
	ContentType                        string `json:"content_type"`
	Body                               any
}

// recordedTokens are the permissions of the tokens in the recordings, all
// global.
func recordedTokens() map[string][]string {
	look := []string{
		"authentik_core.view_user", "authentik_core.view_group", "authentik_core.view_application", "authentik_core.preview_user",
		"authentik_providers_oauth2.view_oauth2provider", "authentik_providers_oauth2.view_scopemapping",
	}
	setup := append(slices.Clone(look),
		"authentik_providers_oauth2.add_scopemapping", "authentik_providers_oauth2.add_oauth2provider", "authentik_core.add_application",
		"authentik_policies.view_policybinding", "authentik_flows.view_flow", "authentik_crypto.view_certificatekeypair")
	tester := append(slices.Clone(setup), "authentik_core.view_propertymapping", "authentik_core.add_propertymapping")
	write := append(slices.Clone(look), "authentik_core.change_user", "authentik_providers_oauth2.change_scopemapping")
	return map[string][]string{"none": {}, "look": look, "setup": setup, "tester": tester, "write": write}
}

// TestRecordedPermissions holds what the fake answers to tokens that may not do
// something to what running servers answered.
func TestRecordedPermissions(t *testing.T) {
	t.Parallel()
	f, err := os.Open("testdata/permissions.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	n := 0
	for lines := bufio.NewScanner(f); lines.Scan(); n++ {
		var x recordedPermission
		if err := json.Unmarshal(lines.Bytes(), &x); err != nil {
			t.Fatal(err)
		}
		seed := authentiktest.Seed{
			Version: x.Version, Permissions: recordedTokens()[x.Token], Native: &authentiktest.Native{},
			Users: []authentiktest.User{{PK: 100, Username: "ann", Email: "ann@example.org"}},
		}
		if err := seed.AddRomM(authentiktest.RomM{Slug: "romm"}); err != nil {
			t.Fatal(err)
		}
		s := start(t, seed)
		mapping := "8b5f6f0e-0000-8000-8000-000000000000"
		if x.Token == "tester" || x.Token == "setup" {
			mapping = s.mappingID("goauthentik.io/providers/oauth2/scope-email")
		}
		fill := strings.NewReplacer("{mapping}", mapping, "{provider}", "1", `"{user}"`, "100", "{user}", "100")
		r := httptest.NewRequest(x.Method, "/api/v3"+fill.Replace(x.Path), strings.NewReader(fill.Replace(string(x.Send))))
		r.Header.Set("Authorization", "Bearer "+s.token)
		if len(x.Send) > 0 {
			r.Header.Set("Content-Type", "application/json")
		} else {
			r.Body = http.NoBody
		}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		kind, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
		var body any
		if x.Status != http.StatusOK && w.Body.Len() > 0 {
			_ = json.Unmarshal(w.Body.Bytes(), &body)
		}
		if w.Code != x.Status || kind != x.ContentType || !reflect.DeepEqual(body, x.Body) {
			t.Errorf("%s %s: %s %s with the token %s: %d %s %v, recorded %d %s %v", x.Version, x.Name, x.Method, x.Path, x.Token,
				w.Code, kind, body, x.Status, x.ContentType, x.Body)
		}
	}
	if n != 93 {
		t.Errorf("%d exchanges", n)
	}
}

// mappingID finds a mapping by its mark.
func (f *fake) mappingID(managed string) string {
	f.t.Helper()
	_, body := f.do("GET", "/api/v3/propertymappings/provider/scope/", "")
	list, _ := body.(map[string]any)["results"].([]any)
	for _, row := range list {
		if m, _ := row.(map[string]any); m["managed"] == managed {
			return m["pk"].(string)
		}
	}
	f.t.Fatal("there is no such mapping")
	return ""
}

// TestObjectPermissions: a permission on one object shows and changes that one;
// the test of a mapping needs its permissions globally, and from 2025.12 on who
// makes an object may change it.
func TestObjectPermissions(t *testing.T) {
	t.Parallel()
	for _, version := range authentiktest.Versions() {
		seed := authentiktest.Seed{
			Version: version, Native: &authentiktest.Native{},
			Users: []authentiktest.User{{PK: 100, Username: "ann", Email: "ann@example.org"}, {PK: 101, Username: "bob"}},
			Permissions: []string{
				"authentik_providers_oauth2.view_scopemapping", "authentik_providers_oauth2.add_scopemapping",
			},
			Grants: []authentiktest.Grant{{Permission: "authentik_core.view_user", Object: "100"}, {Permission: "authentik_core.change_user", Object: "100"}},
		}
		f := start(t, seed)
		mapping := f.mappingID("goauthentik.io/providers/oauth2/scope-openid")
		_, made := f.do("POST", "/api/v3/propertymappings/provider/scope/", `{"name": "x", "scope_name": "x", "expression": "return {}"}`)
		own, _ := made.(map[string]any)["pk"].(string)
		creator := http.StatusForbidden
		if authentik.ParseRelease(version).AtLeast(2025, 12) {
			creator = http.StatusNoContent
		}
		for _, c := range []struct {
			method, path, body string
			status             int
		}{
			{"GET", "/core/users/", "", http.StatusOK},
			{"GET", "/core/users/100/", "", http.StatusOK},
			{"PATCH", "/core/users/100/", `{"email": "a@example.org"}`, http.StatusOK},
			{"GET", "/core/users/101/", "", http.StatusNotFound},
			{"PATCH", "/core/users/101/", `{"email": "a@example.org"}`, http.StatusNotFound},
			{"DELETE", "/propertymappings/provider/scope/" + mapping + "/", "", http.StatusForbidden},
			{"DELETE", "/propertymappings/provider/scope/" + own + "/", "", creator},
		} {
			if status, _ := f.do(c.method, "/api/v3"+c.path, c.body); status != c.status {
				t.Errorf("%s: %s %s: %d, want %d", version, c.method, c.path, status, c.status)
			}
		}
		if _, body := f.do("GET", "/api/v3/core/users/", ""); len(body.(map[string]any)["results"].([]any)) != 1 {
			t.Errorf("%s: the list shows %v", version, body)
		}
		seed.Permissions = []string{
			"authentik_core.view_propertymapping", "authentik_providers_oauth2.view_scopemapping", "authentik_core.view_user",
		}
		seed.Grants = []authentiktest.Grant{{Permission: "authentik_core.add_propertymapping", Object: mapping}}
		if status, _ := start(t, seed).do("POST", "/api/v3/propertymappings/all/"+mapping+"/test/", `{"user": 100}`); status != http.StatusMethodNotAllowed {
			t.Errorf("%s: tested by a permission on the mapping alone: %d", version, status)
		}
	}
}
