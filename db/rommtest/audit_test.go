package rommtest

import (
	"net/http"
	"strings"
	"testing"
)

// TestAuditLog: each way in leaves its event from 5.4 on, newest first, by
// pages, and nobody but an administrator sees other people's.
func TestAuditLog(t *testing.T) {
	t.Parallel()
	p := newIDP(t)
	seed := readLogins(t)[0].seed(p)
	seed.Version, seed.Users, seed.Tokens = "5.4.0", small("5.4.0", "").Users, small("5.4.0", "").Tokens
	s := mustNew(t, seed)
	const bob = "Basic Ym9iOjxwYXNzd29yZD4="
	want(t, ask(s, bob, http.MethodPost, "/api/login", ""), 200, "")
	want(t, ask(s, "", http.MethodPost, "/api/token", "username=admin&password=%3Cpassword%3E&grant_type=password"), 200, "")
	p.claims = map[string]any{"email": "new@example.com", "preferred_username": "newcomer", "sub": "s"}
	want(t, logIn(s, p), 307, "")

	all := asAdmin(s, http.MethodGet, "/api/audit-events", "").Body.String()
	at := -1
	for _, event := range []string{
		`"action":"auth.login"`, `"method":"oidc"`, `"action":"user.register"`, `"via":"oidc"`, `"method":"token"`, `"username":"bob"`, `"method":"password"`, `"total":4`, `"max_id":4`,
	} {
		next := strings.Index(all[at+1:], event)
		if next < 0 {
			t.Fatalf("no %s after %d: %s", event, at, all)
		}
		at += 1 + next
	}
	want(t, asAdmin(s, http.MethodGet, "/api/audit-events?limit=1&offset=1&max_id=3&action=auth.login", ""), 200, `"method":"password"`)
	want(t, asAdmin(s, http.MethodGet, "/api/audit-events?actor_id=1", ""), 200, `"total":1`)
	want(t, ask(s, bob, http.MethodGet, "/api/audit-events?actor_id=1", ""), 200, `"method":"password"`)
	want(t, asAdmin(s, http.MethodGet, "/api/audit-events?limit=201", ""), 422, "less than or equal to 200")
	want(t, asAdmin(s, http.MethodGet, "/api/audit-events?limit=0", ""), 422, "greater than or equal to 1")
	want(t, asAdmin(s, http.MethodGet, "/api/audit-events?offset=x", ""), 422, "int_parsing")
	want(t, ask(s, "", http.MethodGet, "/api/audit-events", ""), 401, "")
	want(t, asAdmin(mustNew(t, small("5.3.1", "")), http.MethodGet, "/api/audit-events", ""), 404, "")
}
