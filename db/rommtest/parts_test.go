package rommtest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// loggedIn opens a session and returns a function that asks in it, with the
// CSRF pair for writes.
func loggedIn(t *testing.T, s *Server, user string) func(method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/api/login", nil)
	r.SetBasicAuth(user, "<password>")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	want(t, w, 200, "null")
	cookies := append(w.Result().Cookies(), &http.Cookie{Name: csrfCookie, Value: "pair"})
	return func(method, path, body string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("X-Csrftoken", "pair")
		if body != "" {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		for _, c := range cookies {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
}

// What ends a session (docs/romm.md 2 PUT): up to 5.2 a password that an admin
// sets does not, later it does.
func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	for version, status := range map[string]int{"5.2.0": 200, "5.3.0": 401} {
		s := mustNew(t, small(version, ""))
		bob := loggedIn(t, s, "bob")
		want(t, bob("GET", "/api/users/me", ""), 200, `"username":"bob"`)
		want(t, asAdmin(s, "PUT", "/api/users/2", "password=another"), 200, "")
		want(t, bob("GET", "/api/users/me", ""), status, "")
	}
	s := mustNew(t, small("", ""))
	first, second := loggedIn(t, s, "bob"), loggedIn(t, s, "bob")
	want(t, first("PUT", "/api/users/2", "password=another"), 200, "")
	want(t, first("GET", "/api/users/me", ""), 401, "Not authenticated")
	want(t, second("GET", "/api/users/me", ""), 200, "")
	want(t, second("POST", "/api/logout", ""), 200, "null")
	want(t, second("GET", "/api/users/me", ""), 401, "Not authenticated")
	want(t, asAdmin(s, "POST", "/api/logout", ""), 501, "no session")
	want(t, ask(s, "Bearer "+adminToken, "POST", "/api/login", ""), 501, "without Basic")

	// A session that is over does not stand in the way of the header.
	r := httptest.NewRequest(http.MethodGet, "/api/users/me", nil)
	r.AddCookie(&http.Cookie{Name: sessionCookie, Value: "gone"})
	r.Header.Set("Authorization", "Bearer "+adminToken)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	want(t, w, 200, `"username":"admin"`)
}

// Groups decide what a plain user may do; what was not recorded is refused.
func TestGroups(t *testing.T) {
	t.Parallel()
	seed := small("", "")
	seed.Groups = []Group{{ID: 7, Name: "Keepers", Grants: []Grant{{Entity: "users", Action: "read"}}}}
	seed.Users[1].Group = num(7)
	s := mustNew(t, seed)
	const bob = "Basic Ym9iOjxwYXNzd29yZD4="
	want(t, ask(s, bob, "GET", "/api/users", ""), 200, `"permission_group_id":7`)
	want(t, ask(s, bob, "POST", "/api/users", `{"username":"eve","email":"","password":"123456","role":"user"}`), 403, "Forbidden")
	want(t, ask(s, bob, "GET", "/api/permissions/users/2", ""), 403, "Administrator privileges required")
	want(t, ask(s, bob, "GET", "/api/permissions/me", ""), 501, "this caller")
	want(t, asAdmin(s, "GET", "/api/permissions/me", ""), 501, "this caller")
	want(t, asAdmin(s, "PUT", "/api/permissions/users/2", `{"set_group":true,"permission_group_id":"2"}`), 200, `"permission_group_id":2`)
	want(t, asAdmin(s, "PUT", "/api/permissions/users/2", `{"set_group":true,"permission_group_id":1.5}`), 501, "a number like 1.5")
	want(t, asAdmin(s, "PUT", "/api/permissions/users/2", `{"set_group":"yes"}`), 501, "this body")
	want(t, asAdmin(s, "PUT", "/api/permissions/users/2", `{"overrides":[]}`), 501, "this body")
	want(t, asAdmin(s, "PUT", "/api/permissions/users/x", `{}`), 422, "user_id")
	want(t, asAdmin(s, "PUT", "/api/permissions/users/2", ""), 422, `"loc":["body"]`)
	want(t, ask(s, bob, "GET", "/api/users", ""), 403, "Forbidden")
	for _, body := range []string{
		`{"name":"x","color":"#fff"}`, `{"name":"x","is_default":true}`, `{"name":"KEEPERS"}`, `{"name":7}`, `{"name":"x","grants":[1]}`,
		`{"name":"x","grants":[{"entity":"tasks","action":"read"}]}`, `{"name":"x","grants":[{"entity":"roms","action":"delete"}]}`,
	} {
		want(t, asAdmin(s, "POST", "/api/permissions/groups", body), 501, "this body")
	}
	want(t, asAdmin(s, "POST", "/api/permissions/groups", `{"name":"Plain"}`), 201, `"id":8`)
	want(t, asAdmin(s, "DELETE", "/api/permissions/groups/8", ""), 200, "null")
	want(t, asAdmin(s, "DELETE", "/api/permissions/groups/1", ""), 501, "")
	want(t, asAdmin(s, "DELETE", "/api/permissions/groups/2", ""), 501, "")
}

// Links and codes end with their time.
func TestLinksEnd(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)
	seed := small("5.1.0", "")
	seed.Now = func() time.Time { return now }
	s := mustNew(t, seed)
	w := asAdmin(s, "POST", "/api/users/invite-link?role=user&expiration=60", "")
	want(t, w, 201, "token")
	if strings.Contains(w.Body.String(), "url") { // came with 5.2
		t.Errorf("5.1: %s", w.Body)
	}
	var link struct{ Token string }
	if err := json.Unmarshal(w.Body.Bytes(), &link); err != nil {
		t.Fatal(err)
	}
	form := `{"username":"eve","email":"","password":"123456","token":"` + link.Token + `"}`
	now = now.Add(time.Minute)
	want(t, ask(s, "Basic x", "POST", "/api/users/register", form), 500, "Internal") // no colon
	want(t, ask(s, "Bearer rmm_x", "POST", "/api/users/register", form), 501, "has ended")
	now = now.Add(-time.Second)
	want(t, ask(s, "Bearer rmm_x", "POST", "/api/users/register", form), 201, `"username":"eve"`)
	access := strings.Replace(form, link.Token, sign(s.key, jwtClaims{Issuer: issuer, Type: accessToken, Expires: now.Unix() + 9}), 1)
	want(t, ask(s, "Bearer rmm_x", "POST", "/api/users/register", strings.Replace(access, "eve", "eva", 1)), 400, "Invalid token")

	w = asAdmin(s, "POST", "/api/client-tokens/1/pair", "")
	var pair struct{ Code string }
	if err := json.Unmarshal(w.Body.Bytes(), &pair); err != nil {
		t.Fatal(err)
	}
	now = now.Add(pairingLife)
	want(t, ask(s, "", "GET", "/api/client-tokens/pair/"+pair.Code+"/status", ""), 404, "Not Found")
	want(t, ask(s, "", "POST", "/api/client-tokens/exchange", `{"code":"`+pair.Code+`"}`), 404, "Invalid or expired pairing code")
	now = now.Add(-time.Second)
	want(t, ask(s, "", "POST", "/api/client-tokens/exchange", `{}`), 422, "Field required")
	want(t, ask(s, "", "POST", "/api/client-tokens/exchange", `{"code":"`+pair.Code+`"}`), 200, "raw_token")
	want(t, ask(s, "Bearer "+adminToken, "GET", "/api/users/me", ""), 403, "Forbidden") // up to 5.1
}
