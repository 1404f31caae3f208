package rommtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

func ptr(s string) *string { return &s }

const adminToken = "rmm_admin"

// small is a RomM with an admin, a user and a token.
func small(version string, db model.Database) Seed {
	s := Seed{
		Version: version, Database: db,
		Users: []User{
			{Username: "admin", Email: ptr("admin@example.com"), Role: model.RoleAdmin, Password: "<password>"},
			{Username: "bob", Email: ptr("bob@example.com"), Role: model.RoleUser, Password: "<password>"},
		},
		Tokens: []Token{{Value: adminToken, Owner: "admin", Scopes: adminScopes}},
	}
	if strings.HasPrefix(version, "4.") {
		s.Users[1].Role = model.RoleViewer
	}
	return s
}

func mustNew(t *testing.T, seed Seed) *Server {
	t.Helper()
	s, err := New(seed)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// ask sends one request; a body that starts with { is JSON, any other a form.
func ask(s *Server, auth, method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	switch {
	case strings.HasPrefix(body, "{"):
		r.Header.Set("Content-Type", "application/json")
	case body != "":
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if auth != "" {
		r.Header.Set("Authorization", auth)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// asAdmin asks with a Basic header, which every release understands.
func asAdmin(s *Server, method, path, body string) *httptest.ResponseRecorder {
	return ask(s, "Basic YWRtaW46PHBhc3N3b3JkPg==", method, path, body)
}

func want(t *testing.T, w *httptest.ResponseRecorder, status int, part string) {
	t.Helper()
	if w.Code != status || !strings.Contains(w.Body.String(), part) {
		t.Errorf("%d %s, want %d with %q", w.Code, w.Body, status, part)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for part, seed := range map[string]Seed{
		"is not like 5.2.0":            {Version: "new"},
		"use 4.0.0 or later":           {Version: "3.10.3"},
		`no database "oracle"`:         {Database: "oracle"},
		"id -1 is negative":            {Users: []User{{ID: -1, Username: "a", Role: "user"}}},
		`5.2.0 has no role "viewer"`:   {Users: []User{{Username: "a", Role: "viewer"}}},
		`4.7.0 has no role "user"`:     {Version: "4.7.0", Users: []User{{Username: "a", Role: "user"}}},
		"longer than 255":              {Users: []User{{Username: strings.Repeat("a", 256), Role: "user"}}},
		"no permission groups":         {Version: "4.7.0", Users: []User{{Username: "a", Role: "viewer", Group: num(1)}}},
		`the username "BOB" already`:   {Users: []User{{Username: "bob", Role: "user"}, {Username: "BOB", Role: "user"}}},
		`the address "A@x.io" already`: {Users: []User{{Username: "a", Email: ptr("a@x.io"), Role: "user"}, {Username: "b", Email: ptr("A@x.io"), Role: "user"}}},
		`the address "" already`:       {Users: []User{{Username: "a", Email: ptr(""), Role: "user"}, {Username: "b", Email: ptr(""), Role: "user"}}},
		"4.7.0 has no client tokens":   {Version: "4.7.0", Tokens: []Token{{Value: "rmm_x", Scopes: []string{"me.read"}}}},
		"does not start with rmm_":     {Tokens: []Token{{Value: "secret", Owner: "a", Scopes: []string{"me.read"}}}},
		"has no scopes":                {Tokens: []Token{{Value: "rmm_secret"}}},
		`there is no scope "all"`:      {Tokens: []Token{{Value: "rmm_secret", Scopes: []string{"all"}}}},
		`owner "a" is no user`:         {Tokens: []Token{{Value: "rmm_secret", Owner: "a", Scopes: []string{"me.read"}}}},
		"are equal": {
			Users:  []User{{Username: "a", Role: "user"}},
			Tokens: []Token{{Value: "rmm_secret", Owner: "a", Scopes: []string{"me.read"}}, {Value: "rmm_secret", Owner: "a", Scopes: []string{"me.read"}}},
		},
	} {
		_, err := New(seed)
		if err == nil || !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%v, want %q", err, part)
		}
	}
	null := Seed{Users: []User{{Username: "a", Role: "user"}, {Username: "b", Role: "user"}}}
	if _, err := New(null); err != nil {
		t.Errorf("NULL addresses collide: %v", err)
	}
}

func TestUsersAndPutUser(t *testing.T) {
	t.Parallel()
	s := mustNew(t, small("", ""))
	if err := s.PutUser(User{ID: 2, Username: "robert", Role: model.RoleAdmin, Password: "x"}); err != nil {
		t.Fatal(err)
	}
	if err := s.PutUser(User{Username: "ADMIN", Role: model.RoleUser}); err == nil {
		t.Error("a second admin was stored")
	}
	got := s.Users()
	if len(got) != 2 || got[1].Username != "robert" || got[1].Email != nil || got[0].Password+got[1].Password != "" {
		t.Errorf("%+v", got)
	}
	if s.store.admins != 2 || s.store.byUsername("bob") != nil || s.store.byAddress("bob@example.com") != nil {
		t.Error("the indexes are stale")
	}
	want(t, asAdmin(s, "DELETE", "/api/users/2", ""), 200, "null")
	want(t, asAdmin(s, "GET", "/api/users/identifiers", ""), 200, "[1]")
}

// What RomM looks up and what its unique indexes compare, by database.
func TestUniqueness(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		stored, other         string
		mariaFinds, pgFinds   bool
		mariaRefuses, pgStore bool
	}{
		{"bob@x.io", "BOB@x.io", true, true, true, true},
		{"BOB@x.io", "bob@x.io", true, true, true, true},
		{"josé@x.io", "jose@x.io", true, false, true, true},
		{"JOSÉ@x.io", "jose@x.io", true, false, true, true},
		{"böb@x.io", "bob@x.io", true, false, true, true},
		{"ſam@x.io", "sam@x.io", true, false, true, true},
		{"ｂob@x.io", "bob@x.io", true, false, true, true},
		{"admin@x.io", "aðmin@x.io", true, false, true, true},
		{"bob1@x.io", "bob\u0661\u20dd@x.io", true, false, true, true},
		{"ёжик@x.io", "ежик@x.io", true, false, true, true},
		{"kim@kiss.io", "kim@kıss.io", false, false, false, true},
		{"ΝΙΚΟΣ", "ΝΙΚΟΣ", true, false, true, false},
		{"bob@x.io ", "bob@x.io", true, false, true, true},
		{" bob@x.io", "bob@x.io", false, false, false, true},
		{"bob@x.io", "bob@x.io", true, true, true, false},
		{"bob@x.io", "bobby@x.io", false, false, false, true},
	} {
		for _, db := range []model.Database{model.DatabaseMariaDB, model.DatabasePostgreSQL} {
			s := mustNew(t, Seed{Database: db, Users: []User{{Username: "a", Email: ptr(tc.stored), Role: "user"}}})
			finds, stores := tc.mariaFinds, !tc.mariaRefuses
			if db == model.DatabasePostgreSQL {
				finds, stores = tc.pgFinds, tc.pgStore
			}
			if got := s.store.byAddress(tc.other) != nil; got != finds {
				t.Errorf("%s: %q finds %q: %v", db, tc.other, tc.stored, got)
			}
			if err := s.PutUser(User{Username: "b", Email: ptr(tc.other), Role: "user"}); (err == nil) != stores {
				t.Errorf("%s: %q beside %q: %v", db, tc.other, tc.stored, err)
			}
		}
	}
}

// PostgreSQL holds BOB beside bob; the API then finds one of them.
func TestPostgreSQLTwins(t *testing.T) {
	t.Parallel()
	s := mustNew(t, small("", model.DatabasePostgreSQL))
	if err := s.PutUser(User{Username: "BOB", Role: model.RoleUser, OIDCMade: true}); err != nil {
		t.Fatal(err)
	}
	want(t, asAdmin(s, "POST", "/api/users", `{"username":"Bob","email":"","password":"123456","role":"user"}`), 400, "Username Bob already exists")
	want(t, asAdmin(s, "PUT", "/api/users/3", "email=third%40example.com"), 200, `"username":"BOB"`)
}

func TestTenThousandUsers(t *testing.T) {
	t.Parallel()
	seed := small("", "")
	for i := 3; i <= 10_000; i++ {
		seed.Users = append(seed.Users, User{
			Username: fmt.Sprintf("user%d", i), Email: ptr(fmt.Sprintf("user%d@example.com", i)), Role: model.RoleUser,
		})
	}
	s := mustNew(t, seed)
	w := asAdmin(s, "GET", "/api/users", "")
	var list []struct{ ID int64 }
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || len(list) != 10_000 {
		t.Fatalf("%d users, %v", len(list), err)
	}
	if !slices.IsSortedFunc(list, func(a, b struct{ ID int64 }) int { return int(a.ID - b.ID) }) {
		t.Error("not by id")
	}
	want(t, asAdmin(s, "PUT", "/api/users/2", "email=USER9999%40example.com"), 400, "already exists")
	want(t, asAdmin(s, "PUT", "/api/users/9999", "email=new%40example.com"), 200, "new@example.com")
	want(t, asAdmin(s, "PUT", "/api/users/2", "email=user9999%40example.com"), 200, "user9999@example.com")
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	seed := small("", "")
	seed.Now = func() time.Time { return now }
	seed.Tokens[0].Expires = now.Add(time.Hour)
	s := mustNew(t, seed)
	var pair struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	w := ask(s, "", "POST", "/api/token", "username=admin&password=<password>&scope=users.read")
	if err := json.Unmarshal(w.Body.Bytes(), &pair); err != nil {
		t.Fatal(err)
	}
	check := func(token, jwt int) {
		t.Helper()
		want(t, ask(s, "Bearer "+adminToken, "GET", "/api/users", ""), token, "")
		want(t, ask(s, "Bearer "+pair.Access, "GET", "/api/users", ""), jwt, "")
	}
	check(200, 200)
	now = now.Add(30*time.Minute - time.Second)
	check(200, 200)
	now = now.Add(time.Second)
	check(200, 500)
	now = now.Add(30 * time.Minute)
	check(401, 500)
	now = now.Add(7 * 24 * time.Hour)
	want(t, ask(s, "", "POST", "/api/token", "grant_type=refresh_token&refresh_token="+pair.Refresh), 401, "Could not validate credentials")
}

func TestRefreshOfDeletedUser(t *testing.T) {
	t.Parallel()
	s := mustNew(t, small("", ""))
	var pair struct {
		Refresh string `json:"refresh_token"`
	}
	w := ask(s, "", "POST", "/api/token", "username=bob&password=<password>")
	if err := json.Unmarshal(w.Body.Bytes(), &pair); err != nil {
		t.Fatal(err)
	}
	want(t, asAdmin(s, "DELETE", "/api/users/2", ""), 200, "null")
	want(t, ask(s, "", "POST", "/api/token", "grant_type=refresh_token&refresh_token="+pair.Refresh), 401, "Could not validate credentials")
}

// Differences of older releases (docs/romm.md 0 to 2).
func TestOlderReleases(t *testing.T) {
	t.Parallel()
	has := func(s *Server, field string) bool {
		var u map[string]any
		_ = json.Unmarshal(asAdmin(s, "GET", "/api/users/me", "").Body.Bytes(), &u)
		_, found := u[field]
		return found
	}
	for _, tc := range []struct {
		version           string
		ui, group, tokens bool
		unauthenticated   int
		identifiers       int
		unknownRole       int
		permissions       int
	}{
		{"4.0.1", false, false, false, 403, 422, 500, 404},
		{"4.6.0", true, false, false, 403, 422, 500, 404},
		{"4.7.0", true, false, false, 403, 200, 500, 404},
		{"5.0.0", true, true, true, 403, 200, 200, 200},
		{"5.2.0", true, true, true, 401, 200, 200, 200},
		{"development", true, true, true, 401, 200, 200, 200},
	} {
		t.Run(tc.version, func(t *testing.T) {
			t.Parallel()
			seed := small(tc.version, "")
			if !tc.tokens {
				seed.Tokens = nil
			}
			s := mustNew(t, seed)
			want(t, ask(s, "", "GET", "/api/heartbeat", ""), 200, `"VERSION":"`+tc.version+`"`)
			want(t, ask(s, "", "GET", "/api/users", ""), tc.unauthenticated, "detail")
			want(t, asAdmin(s, "GET", "/api/users/identifiers", ""), tc.identifiers, "")
			want(t, asAdmin(s, "PUT", "/api/users/2", "role=wizard"), tc.unknownRole, "")
			want(t, asAdmin(s, "GET", "/api/permissions/groups", ""), tc.permissions, "")
			if has(s, "ui_settings") != tc.ui || has(s, "permission_group_id") != tc.group {
				t.Error("the user has other fields")
			}
			paths := ask(s, "", "GET", "/openapi.json", "").Body.String()
			if strings.Contains(paths, `"/api/client-tokens"`) != tc.tokens || strings.Contains(paths, `"/api/permissions/groups"`) != tc.group {
				t.Errorf("openapi: %s", paths)
			}
			tokens := map[bool]int{true: 200, false: 404}[tc.tokens]
			want(t, asAdmin(s, "GET", "/api/client-tokens", ""), tokens, "")
			bearer := map[bool]int{true: 200, false: 500}[tc.tokens]
			want(t, ask(s, "Bearer "+adminToken, "GET", "/api/heartbeat", ""), bearer, "")
			zone := strings.Contains(asAdmin(s, "GET", "/api/users/me", "").Body.String(), `+00:00"`)
			if zone != tc.group {
				t.Errorf("times with a zone: %v", zone)
			}
		})
	}
}

func TestRoles4(t *testing.T) {
	t.Parallel()
	seed := small("4.4.1", "")
	seed.Tokens = nil
	s := mustNew(t, seed)
	want(t, asAdmin(s, "PUT", "/api/users/2", "role=EDITOR"), 200, `"role":"editor"`)
	if got := s.store.users[2]; !slices.Contains(s.store.scopesOf(got), "roms.write") {
		t.Error("an editor has no editor's scopes")
	}
	want(t, asAdmin(s, "POST", "/api/users", `{"username":"eve","email":"","password":"123456","role":"user"}`), 500, "Internal")
	want(t, asAdmin(s, "POST", "/api/users", `{"username":"eve","email":"","password":"123456","role":"viewer"}`), 201, `"role":"viewer"`)

	seed.Version = "4.0.1"
	want(t, asAdmin(mustNew(t, seed), "DELETE", "/api/users/2", ""), 501, "does not implement")
}

// PostgreSQL keeps the fraction of a second.
func TestTimes(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 678901000, time.UTC)
	for db, wanted := range map[model.Database]string{
		model.DatabaseMariaDB:    `"last_login":"2026-01-02T03:04:05+00:00"`,
		model.DatabasePostgreSQL: `"last_login":"2026-01-02T03:04:05.678901+00:00"`,
	} {
		seed := small("", db)
		seed.Users[1].LastLogin = at
		want(t, asAdmin(mustNew(t, seed), "GET", "/api/users/2", ""), 200, wanted)
	}
}

// The first admin may be made by anybody, with a CSRF pair as well.
func TestCSRFPair(t *testing.T) {
	t.Parallel()
	s := mustNew(t, Seed{})
	cookie := ask(s, "", "GET", "/api/heartbeat", "").Result().Cookies()[0]
	for header, status := range map[string]int{"": 403, "junk": 403, cookie.Value: 201} {
		r := httptest.NewRequest(http.MethodPost, "/api/users", strings.NewReader(`{"username":"root","email":"","password":"123456","role":"admin"}`))
		r.Header.Set("Content-Type", "application/json")
		r.AddCookie(cookie)
		r.Header.Set("X-CSRFToken", header)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != status {
			t.Errorf("header %q: %d %s", header, w.Code, w.Body)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	s := mustNew(t, small("", ""))
	for _, tc := range []struct {
		method, path, body string
		status             int
		part               string
	}{
		{"GET", "/api/roms", "", 501, "rommtest does not implement GET /api/roms"},
		{"PUT", "/api/permissions/groups/1", "{}", 501, "does not implement PUT /api/permissions/groups/1"},
		{"GET", "/api/roms-of-nobody", "", 404, "Not Found"},
		{"POST", "/api/users", `{"username":1,"email":"","password":"123456","role":"user"}`, 422, "string_type"},
		{"POST", "/api/users", `{"username":"x"} {}`, 422, "Extra data"},
		{"POST", "/api/users", `{"username" 1}`, 422, "json_invalid"},
		{"POST", "/api/users", `{`, 422, "Expecting property name"},
		{"POST", "/api/users", `{"username":"eve","email":"","password":"` + strings.Repeat("x", 256) + `","role":"user"}`, 400, "no more than 255"},
		{"POST", "/api/users", `{"username":"eve","email":"` + strings.Repeat("e", 251) + `@x.io","password":"123456","role":"user"}`, 500, "Internal"},
		{"POST", "/api/client-tokens", "", 422, `"loc":["body"]`},
		{"POST", "/api/client-tokens", `{"name":1,"scopes":[1]}`, 422, `"loc":["body","scopes",0]`},
		{"POST", "/api/client-tokens", `{"name":`, 422, "json_invalid"},
		{"PUT", "/api/users/2", "enabled=t", 200, `"enabled":true`},
		{"DELETE", "/api/client-tokens/x", "", 422, "token_id"},
	} {
		want(t, asAdmin(s, tc.method, tc.path, tc.body), tc.status, tc.part)
	}
	want(t, asAdmin(s, "POST", "/api/token", strings.Repeat("x", maxBody+1)), 501, "over 1 MiB")
}

func TestAvatar(t *testing.T) {
	t.Parallel()
	s := mustNew(t, small("", ""))
	send := func(data string) *httptest.ResponseRecorder {
		body := "--b\r\nContent-Disposition: form-data; name=\"avatar\"; filename=\"a\"\r\n\r\n" + data
		r := httptest.NewRequest(http.MethodPut, "/api/users/2", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+adminToken)
		r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
	want(t, send("GIF89a\r\n--b--\r\n"), 501, "does not implement avatars")
	want(t, send("cut"), 400, "error parsing the body")
}

func TestConcurrent(t *testing.T) {
	t.Parallel()
	s := mustNew(t, small("", ""))
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 50 {
				asAdmin(s, "GET", "/api/users", "")
				asAdmin(s, "PUT", "/api/users/2", fmt.Sprintf("email=bob%d%%40example.com", i))
				s.Users()
			}
		})
	}
	wg.Wait()
	if got := s.Users(); !strings.HasPrefix(*got[1].Email, "bob") {
		t.Errorf("%+v", got)
	}
}

func num(n int64) *int64 { return &n }
