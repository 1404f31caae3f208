package model

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// recordedLogin is one line of testdata/romm-5.2.0-oidc.jsonl: a login that a
// running RomM 5.2.0 answered, with the whole state before it.
type recordedLogin struct {
	Name      string            `json:"name"`
	Database  string            `json:"database"`
	Env       map[string]string `json:"env"`
	Supported []string          `json:"claims_supported"`
	Existing  []recordedUser    `json:"existing"`
	Claims    json.RawMessage   `json:"claims"`
	Response  struct {
		Status int             `json:"status"`
		Body   json.RawMessage `json:"body"`
	} `json:"response"`
	LoggedInAs *struct {
		Status int    `json:"status"`
		ID     int64  `json:"id"`
		Role   string `json:"role"`
	} `json:"logged_in_as"`
	After []recordedUser `json:"after"`
}

type recordedUser struct {
	ID       int64   `json:"id"`
	Username string  `json:"username"`
	Email    *string `json:"email"`
	Role     string  `json:"role"`
	Enabled  bool    `json:"enabled"`
}

func (u recordedUser) local() LocalUser {
	out := LocalUser{ID: u.ID, Username: Untrusted(u.Username), Role: Role(u.Role), Enabled: u.Enabled}
	if u.Email != nil {
		out.Email, out.EmptyEmail = Untrusted(*u.Email), *u.Email == ""
	}
	return out
}

// protocolFailures are the recorded logins that fail before any claim is
// looked at (rows 2 and 3); the engine decides about claims.
var protocolFailures = map[string]bool{
	"no-id-token": true, "provider-error": true, "token-endpoint-error": true,
	"state-mismatch": true, "callback-without-cookie": true,
	"id-token-wrong-audience": true, "id-token-wrong-issuer": true,
	"id-token-expired": true, "id-token-wrong-nonce": true, "id-token-hs256": true,
}

func readRecorded(t *testing.T) []recordedLogin {
	t.Helper()
	data, err := os.ReadFile("testdata/romm-5.2.0-oidc.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var out []recordedLogin
	sc := bufio.NewScanner(bytes.NewReader(data))
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		var r recordedLogin
		if err := json.Unmarshal(sc.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		out = append(out, r)
	}
	if len(out) < 140 {
		t.Fatalf("only %d recorded logins", len(out))
	}
	return out
}

func (r recordedLogin) settings() Settings {
	env := func(name string) string { return strings.TrimSpace(r.Env[name]) }
	s := Settings{
		Version: Version{Major: 5, Minor: 2}, Database: DatabaseMariaDB,
		Disabled:   env("OIDC_ENABLED") == "false",
		ClaimRoles: env("OIDC_CLAIM_ROLES"), RoleAdmin: env("OIDC_ROLE_ADMIN"),
		RoleEditor: env("OIDC_ROLE_EDITOR"), RoleViewer: env("OIDC_ROLE_VIEWER"),
		AllowRegistration: registers(r.Env), UsernameAttribute: r.Env["OIDC_USERNAME_ATTRIBUTE"], ClaimsSupported: r.Supported,
	}
	if strings.HasPrefix(strings.ToLower(r.Database), "postgre") {
		s.Database = DatabasePostgreSQL
	}
	return s
}

// registers reads OIDC_ALLOW_REGISTRATION as RomM does (docs/romm.md 3
// Environment).
func registers(env map[string]string) bool {
	v := env["OIDC_ALLOW_REGISTRATION"]
	return v == "" || slices.Contains([]string{"1", "true", "yes", "on"}, strings.ToLower(strings.TrimSpace(v)))
}

// TestDecideRecorded holds the engine to what a running RomM 5.2.0 did:
// status, detail, account and role of every recorded login.
func TestDecideRecorded(t *testing.T) {
	decided := 0
	for _, r := range readRecorded(t) {
		if protocolFailures[r.Name] {
			continue
		}
		decided++
		t.Run(r.Name, func(t *testing.T) { r.check(t) })
	}
	t.Logf("%d recorded logins decided, %d fail before any claim is read", decided, len(protocolFailures))
}

func (r recordedLogin) check(t *testing.T) {
	claims, err := ParseClaims(r.Claims)
	if err != nil {
		t.Fatal(err)
	}
	var users []LocalUser
	for _, u := range r.Existing {
		users = append(users, u.local())
	}
	v := Decide(claims, NewAccounts(users), r.settings())
	if v.Status != r.Response.Status {
		t.Fatalf("status: got %d (rule %s), RomM answered %d", v.Status, v.Rule, r.Response.Status)
	}
	if want := recordedDetail(r.Response.Body); v.Detail != want {
		t.Errorf("detail: got %q, RomM said %q", v.Detail, want)
	}
	roleAfter := map[int64]Role{}
	for _, u := range r.After {
		roleAfter[u.ID] = Role(u.Role)
	}
	if v.UserID != 0 && roleAfter[v.UserID] != v.RoleAfter {
		t.Errorf("role of account %d: got %q, RomM left %q", v.UserID, v.RoleAfter, roleAfter[v.UserID])
	}
	created := len(r.After) - len(r.Existing)
	registered := v.Status == 307 && v.UserID == 0
	if registered != (created == 1) {
		t.Errorf("outcome %s, but RomM created %d accounts", v.Outcome, created)
	}
	if v.Outcome == NoSession && r.LoggedInAs.Status != v.SessionStatus {
		t.Errorf("session: got %d at every request, RomM answered %d", v.SessionStatus, r.LoggedInAs.Status)
	}
	if registered && r.After[len(r.After)-1].Role != string(v.RoleAfter) {
		t.Errorf("new role: got %q, RomM gave %q", v.RoleAfter, r.After[len(r.After)-1].Role)
	}
	if !v.OK() || r.LoggedInAs == nil || r.LoggedInAs.Status != 200 {
		return
	}
	session := r.LoggedInAs.ID
	own := v.UserID == session || v.Outcome == Registers && session == r.After[len(r.After)-1].ID
	if !own && v.SessionID != session {
		t.Errorf("session: got account %d (or %d), RomM opened %d", v.UserID, v.SessionID, session)
	}
}

// recordedDetail returns the text of {"detail": text} or of a plain answer.
func recordedDetail(body json.RawMessage) string {
	var obj struct {
		Detail string `json:"detail"`
	}
	if json.Unmarshal(body, &obj) == nil && obj.Detail != "" {
		return obj.Detail
	}
	var text string
	_ = json.Unmarshal(body, &text) // a body of another shape has no detail
	return text
}
