package rommapi_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/db/rommapi"
	"github.com/romm-admin/romm-admin/db/rommtest"
	"github.com/romm-admin/romm-admin/model"
)

func TestReadAccounts(t *testing.T) {
	t.Parallel()
	seed := people()
	login := time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
	seed.Users[1].LastLogin = login
	_, cfg := start(t, seed, nil)
	got, err := client(t, cfg).ReadAccounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i := range got.Users { // the admin's own reading moves it
		got.Users[i].LastActive = time.Time{}
	}
	want := []model.LocalUser{
		{ID: 1, Username: "admin", Email: "admin@example.com", Role: model.RoleAdmin, Enabled: true},
		{ID: 2, Username: "bob", Email: "bob@old.example", Role: model.RoleUser, Enabled: true, LastLogin: login},
		{ID: 3, Username: "carol", Role: model.RoleUser},
		{ID: 4, Username: "Odd Name.x", Email: "Odd.Name@Example.COM", Role: model.RoleUser, Enabled: true},
		{ID: 5, Username: "noemail", EmptyEmail: true, Role: model.RoleUser, Enabled: true},
	}
	if !reflect.DeepEqual(got.Users, want) {
		t.Errorf("users\n got %#v\nwant %#v", got.Users, want)
	}
	u, _ := url.Parse(cfg.URL)
	if got.System != (model.System{Name: u.Host, Version: "5.2.0"}) || got.Version != (model.Version{Major: 5, Minor: 2}) {
		t.Errorf("system %+v, version %v", got.System, got.Version)
	}
	if got.Caller != (model.Caller{ID: 1, Username: "admin", Admin: true}) {
		t.Errorf("caller %+v", got.Caller)
	}
	if got.OIDCOff || len(got.Warnings) > 0 {
		t.Errorf("OIDCOff %v, warnings %q", got.OIDCOff, got.Warnings)
	}
}

// The heartbeat goes without credentials, everything else with them, and no
// cookie is ever sent, though RomM hands one out.
func TestNoCookies(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var seen []string
	_, cfg := start(t, people(), func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization")+r.Header.Get("Cookie"))
			next.ServeHTTP(w, r)
		})
	})
	cfg.HTTP.Jar = greedyJar{}
	c := client(t, cfg)
	for range 2 {
		if _, err := c.ReadAccounts(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	bearer := " Bearer " + adminToken
	want := []string{"GET /api/heartbeat ", "GET /api/users/me" + bearer, "GET /api/client-tokens" + bearer, "GET /api/users" + bearer}
	if want = append(want, want...); !slices.Equal(seen, want) {
		t.Errorf("requests\n got %q\nwant %q", seen, want)
	}
	if cfg.HTTP.Jar == nil {
		t.Error("the caller's client was changed")
	}
}

// greedyJar would send a session.
type greedyJar struct{}

func (greedyJar) SetCookies(*url.URL, []*http.Cookie) {}
func (greedyJar) Cookies(*url.URL) []*http.Cookie {
	return []*http.Cookie{{Name: "romm_session", Value: "x"}}
}

func TestOIDCOff(t *testing.T) {
	t.Parallel()
	seed := people()
	seed.OIDCEnabled = false
	_, cfg := start(t, seed, nil)
	got, err := client(t, cfg).ReadAccounts(t.Context())
	if err != nil || !got.OIDCOff {
		t.Errorf("OIDCOff %v, %v", got.OIDCOff, err)
	}
}

func TestBasicAndJWT(t *testing.T) {
	t.Parallel()
	fake, cfg := start(t, people(), nil)
	basic := cfg
	basic.Token, basic.Username, basic.Password = "", "admin", secretWord
	got, err := client(t, basic).ReadAccounts(t.Context())
	if err != nil || len(got.Users) != 5 || len(got.Warnings) > 0 {
		t.Errorf("Basic: %d users, warnings %q, %v", len(got.Users), got.Warnings, err)
	}

	form := url.Values{"username": {"admin"}, "password": {secretWord}, "scope": {"me.read users.read"}}
	req := httptest.NewRequest(http.MethodPost, "/api/token", strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	fake.ServeHTTP(w, req)
	var tokens struct {
		Access string `json:"access_token"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &tokens); err != nil {
		t.Fatal(err)
	}
	cfg.Token = model.Secret(tokens.Access)
	got, err = client(t, cfg).ReadAccounts(t.Context())
	if err != nil || len(got.Users) != 5 || !hasWarning(got, "JWT") {
		t.Errorf("JWT: %d users, warnings %q, %v", len(got.Users), got.Warnings, err)
	}
}

func hasWarning(r model.AccountsReading, part string) bool {
	return slices.ContainsFunc(r.Warnings, func(w string) bool { return strings.Contains(w, part) })
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	_, cfg := start(t, people(), nil)
	cfg.Token = readerToken
	got, err := client(t, cfg).ReadAccounts(t.Context())
	if err != nil || len(got.Users) != 5 || !hasWarning(got, "lacks the scope me.read") || got.Caller.ID != 0 || got.Caller.Unknown == "" {
		t.Errorf("no me.read: %d users, warnings %q, %v", len(got.Users), got.Warnings, err)
	}

	seed := people()
	group := int64(4)
	seed.Groups = []rommtest.Group{{ID: group, Name: "Readers", Grants: []rommtest.Grant{{Entity: "users", Action: "read"}}}}
	seed.Users[1].Group = &group
	seed.Tokens[2].Scopes = []string{"me.read", "users.read"}
	_, cfg = start(t, seed, nil)
	cfg.Token = bobToken
	got, err = client(t, cfg).ReadAccounts(t.Context())
	if err != nil || !hasWarning(got, `"bob" is no administrator`) || got.Caller != (model.Caller{ID: 2, Username: "bob", Lacks: "ROMM_TOKEN lacks the scope me.write"}) {
		t.Errorf("no admin: warnings %q, %v", got.Warnings, err)
	}
}

// Older releases: roles of RomM 4, times without a zone, fields that are not
// there yet.
func TestRomM4(t *testing.T) {
	t.Parallel()
	seed := people()
	seed.Version = "4.4.1"
	seed.Tokens = nil
	for i, r := range []model.Role{model.RoleAdmin, model.RoleEditor, model.RoleViewer, model.RoleViewer, model.RoleViewer} {
		seed.Users[i].Role = r
	}
	at := time.Date(2025, 11, 1, 12, 0, 0, 0, time.UTC)
	seed.Users[1].LastLogin = at
	_, cfg := start(t, seed, nil)
	token := cfg
	cfg.Token, cfg.Username, cfg.Password = "", "admin", secretWord
	got, err := client(t, cfg).ReadAccounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if u := got.Users[1]; u.Role != model.RoleEditor || !u.LastLogin.Equal(at) || got.System.Version != "4.4.1" {
		t.Errorf("user %+v, system %+v", u, got.System)
	}
	_, err = client(t, token).ReadAccounts(t.Context())
	wantError(t, err, model.CodeUnauthorized, "RomM answered 500", "came with RomM 4.8")
}

// canned answers fixed JSON by path; what is not listed goes to RomM.
func canned(answers map[string]string) layer {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, listed := answers[r.URL.Path]
			if !listed {
				next.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(body))
		})
	}
}

// proves R10: unknown fields, odd times and roles do not stop the reading.
func TestTolerantReading(t *testing.T) {
	t.Parallel()
	_, cfg := start(t, people(), canned(map[string]string{
		"/api/heartbeat": `{"SYSTEM":{"VERSION":"6.0-next\u001b[2J"},"OIDC":{"ENABLED":true},"NEW":[1]}`,
		"/api/users": `[
			{"id":9,"username":"z","email":null,"enabled":true,"role":"wizard","last_login":17,"last_active":"2026-01-02T03:04:05.678901","x":{}},
			{"id":7,"username":"a","email":"","enabled":false,"role":"ADMIN","last_login":"soon","last_active":"2026-01-02T03:04:05+02:00"}]`,
	}))
	got, err := client(t, cfg).ReadAccounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []model.LocalUser{
		{ID: 7, Username: "a", EmptyEmail: true, Role: model.RoleAdmin, LastActive: time.Date(2026, 1, 2, 1, 4, 5, 0, time.UTC)},
		{ID: 9, Username: "z", Enabled: true, LastActive: time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC)},
	}
	if !reflect.DeepEqual(got.Users, want) {
		t.Errorf("users\n got %+v\nwant %+v", got.Users, want)
	}
	if !hasWarning(got, `role that is not known: "wizard"`) {
		t.Errorf("warnings %q", got.Warnings)
	}
	// proves S30
	if strings.ContainsRune(strings.Join(got.Warnings, "")+got.System.Version, 0x1b) {
		t.Errorf("an escape gets through: %q %q", got.Warnings, got.System.Version)
	}
}

func TestVersions(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		beat, version, warning string
		oidcOff                bool
	}{
		{`{"SYSTEM":{"VERSION":"development"},"OIDC":{"ENABLED":false}}`, "development", "", true},
		{`{"SYSTEM":{"VERSION":"5.1.0-beta.1"},"OIDC":{"ENABLED":true}}`, "5.1.0", "", false},
		{`{"SYSTEM":{"VERSION":"new"},"OIDC":{"ENABLED":true}}`, "unknown", `"new"`, false},
		{`{"SYSTEM":{"VERSION":"3.10.3"},"OIDC":{"ENABLED":true}}`, "3.10.3", "can only be read", false},
		{`{"VERSION":"3.5.1"}`, "3.5.1", "can only be read", true},
	} {
		_, cfg := start(t, people(), canned(map[string]string{"/api/heartbeat": tc.beat}))
		got, err := client(t, cfg).ReadAccounts(t.Context())
		if err != nil {
			t.Errorf("%s: %v", tc.beat, err)
			continue
		}
		if got.System.Version != tc.version || got.OIDCOff != tc.oidcOff {
			t.Errorf("%s: version %s, OIDCOff %v", tc.beat, got.System.Version, got.OIDCOff)
		}
		if tc.warning == "" && len(got.Warnings) > 0 || !hasWarning(got, tc.warning) && tc.warning != "" {
			t.Errorf("%s: warnings %q", tc.beat, got.Warnings)
		}
	}
}

func TestForeignAnswers(t *testing.T) {
	t.Parallel()
	for name, answers := range map[string]map[string]string{
		"no version":  {"/api/heartbeat": `{"status":"ok"}`},
		"null list":   {"/api/users": `null`},
		"no list":     {"/api/users": `{"items":[]}`},
		"cut":         {"/api/users": `[{"id":1,`},
		"null user":   {"/api/users": `[null]`},
		"no role":     {"/api/users": `[{"id":1,"username":"a","enabled":true}]`},
		"id is text":  {"/api/users": `[{"id":"1","username":"a","enabled":true,"role":"user"}]`},
		"twice":       {"/api/users": `[{"id":1,"username":"a","enabled":true,"role":"user"},{"id":1,"username":"b","enabled":true,"role":"user"}]`},
		"empty me":    {"/api/users/me": `{}`},
		"me no JSON":  {"/api/users/me": `hello`},
		"beat is nil": {"/api/heartbeat": `null`},
	} {
		_, cfg := start(t, people(), canned(answers))
		got, err := client(t, cfg).ReadAccounts(t.Context())
		wantError(t, err, model.CodeUnavailable, "", "ROMM_BASE_URL")
		if got.Users != nil {
			t.Errorf("%s: a reading came with the error", name)
		}
	}
}

func TestKiosk(t *testing.T) {
	t.Parallel()
	seed := people()
	seed.Kiosk = true
	_, cfg := start(t, seed, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Header.Del("Authorization")
			next.ServeHTTP(w, r)
		})
	})
	_, err := client(t, cfg).ReadAccounts(t.Context())
	wantError(t, err, model.CodeUnauthorized, "takes us for its kiosk user", "Authorization header")
}

func TestNew(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		cfg       rommapi.Config
		msg, hint string
	}{
		{rommapi.Config{}, "no address", "ROMM_BASE_URL"},
		{rommapi.Config{URL: "romm.example.org"}, "not like https://", "ROMM_BASE_URL"},
		{rommapi.Config{URL: "ftp://romm.example.org"}, "not like https://", "ROMM_BASE_URL"},
		{rommapi.Config{URL: "https://"}, "not like https://", "ROMM_BASE_URL"},
		{rommapi.Config{URL: "https://x/%zz"}, "cannot be read", "ROMM_BASE_URL"},
		{rommapi.Config{URL: "https://x/?a=b"}, "query or fragment", "ROMM_BASE_URL"},
		{rommapi.Config{URL: "https://admin:" + secretWord + "@romm.example.org"}, "contains a user name", "ROMM_PASSWORD"},
		{rommapi.Config{URL: "http://romm.example.org", Token: adminToken}, "in the clear to romm.example.org", "https"},
		{rommapi.Config{URL: "http://192.168.1.5", Token: adminToken}, "in the clear", "ROMM_ALLOW_HTTP"},
		{rommapi.Config{URL: "https://x"}, "no credentials", "ROMM_TOKEN"},
		{rommapi.Config{URL: "https://x", Token: adminToken, Username: "admin"}, "both a token", "keep one"},
		{rommapi.Config{URL: "https://x", Token: adminToken, Password: secretWord}, "both a token", "keep one"},
		{rommapi.Config{URL: "https://x", Username: "admin"}, "both needed", "ROMM_PASSWORD"},
		{rommapi.Config{URL: "https://x", Password: secretWord}, "both needed", "ROMM_USERNAME"},
		{rommapi.Config{URL: "https://x", Username: "a:b", Password: secretWord}, "colon", "ROMM_USERNAME"},
		{rommapi.Config{URL: "https://x", Token: secretWord}, "neither a client API token", "ROMM_TOKEN"},
		{rommapi.Config{URL: "https://x", Token: "rmm_" + secretWord + "\n"}, "neither a client API token", "ROMM_TOKEN"},
		{rommapi.Config{URL: "https://x", Token: "rmm_"}, "neither a client API token", "ROMM_TOKEN"},
	} {
		_, err := rommapi.New(tc.cfg)
		wantError(t, err, model.CodeInvalid, tc.msg, tc.hint)
	}
	for _, cfg := range []rommapi.Config{
		{URL: "https://romm.example.org/", Token: adminToken},
		{URL: "http://localhost:8080", Token: adminToken},
		{URL: "http://[::1]:8080", Token: adminToken},
		{URL: "http://192.168.1.5", Token: adminToken, AllowHTTP: true},
		{URL: "https://romm.example.org", Token: "eyJh.eyJz.c2ln"},
		{URL: "https://romm.example.org", Username: "admin", Password: secretWord},
	} {
		if _, err := rommapi.New(cfg); err != nil {
			t.Errorf("%s: %v", cfg.URL, err)
		}
	}
}

// An address with /api at its end, as people copy it, means the same RomM.
func TestAddressWithAPI(t *testing.T) {
	t.Parallel()
	_, cfg := start(t, people(), nil)
	for _, tail := range []string{"/", "/api", "/api/", "//"} {
		one := cfg
		one.URL += tail
		if _, err := client(t, one).ReadAccounts(t.Context()); err != nil {
			t.Errorf("%s: %v", tail, err)
		}
	}
}

func TestPlainHTTPWarning(t *testing.T) {
	t.Parallel()
	fake, err := rommtest.New(people())
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, rommapi.Config{
		URL: "http://romm.lan:80", Token: adminToken, AllowHTTP: true,
		HTTP: &http.Client{Transport: inProcess{fake}},
	})
	got, err := c.ReadAccounts(t.Context())
	// proves S25
	if err != nil || !hasWarning(got, "in the clear") || got.System.Name != "romm.lan" {
		t.Errorf("%q %+v %v", got.Warnings, got.System, err)
	}
}

// inProcess hands requests to a handler without a network.
type inProcess struct{ http.Handler }

func (h inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result(), nil
}
