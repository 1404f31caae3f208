package model

import (
	"cmp"
	"strings"
	"testing"
)

// Beside the recorded logins of 5.2.0: what other releases do differently
// (docs/romm.md 3 Older releases; S6).
func TestDecideByVersion(t *testing.T) {
	users := []LocalUser{
		{ID: 1, Username: "root", Email: "root@x.org", Role: RoleAdmin, Enabled: true},
		{ID: 2, Username: "bob", Email: "bob@x.org", Role: RoleEditor, Enabled: true},
	}
	type want struct {
		status int
		role   Role
		rule   string
	}
	groups := func(v any) func(Claims) { return func(c Claims) { c["groups"] = v } }
	for _, c := range []struct {
		name    string
		version string
		edit    func(Claims)
		set     func(*Settings)
		want    want
	}{
		{"absent role claim demotes an admin up to 4.7", "4.7.0", nil, nil, want{307, RoleViewer, "18"}},
		{"absent role claim demotes an admin in 4.3.1", "4.3.1", nil, nil, want{307, RoleViewer, "18"}},
		{"absent role claim keeps the role from 4.8", "4.8.0", nil, nil, want{307, RoleAdmin, "18"}},
		{"absent role claim keeps the role in 5.2", "5.2.0", nil, nil, want{307, RoleAdmin, "18"}},
		{"null role claim is a 500 in 4.3", "4.3.2", groups(nil), nil, want{500, "", "12-4.3"}},
		{"null role claim is refused from 4.4", "4.4.0", groups(nil), nil, want{403, "", "12"}},
		{"editor is a role in 4.9", "4.9.0", groups([]any{"e"}), nil, want{307, RoleEditor, "18"}},
		{"editor is a user in 5.0", "5.0.0", groups([]any{"e"}), nil, want{307, RoleUser, "18"}},
		{"viewer is a role in 4.9", "4.9.0", groups([]any{"v"}), nil, want{307, RoleViewer, "18"}},
		{"star is a viewer in 4.9", "4.9.0", groups([]any{}), func(s *Settings) { s.RoleViewer = "*" }, want{307, RoleViewer, "18"}},
		{"registration cannot be off in 4.9", "4.9.0", func(c Claims) {
			c["email"], c["preferred_username"], c["groups"] = "new@x.org", "new", []any{"v"}
		}, func(s *Settings) { s.AllowRegistration = false }, want{307, RoleViewer, "15"}},
		{"registration off in 5.0", "5.0.0", func(c Claims) {
			c["email"], c["preferred_username"], c["groups"] = "new@x.org", "new", []any{"v"}
		}, func(s *Settings) { s.AllowRegistration = false }, want{403, "", "14"}},
		{"new account without role decision in 4.9", "4.9.0", func(c Claims) {
			c["email"], c["preferred_username"] = "new@x.org", "new"
		}, nil, want{307, RoleViewer, "15"}},
		{"name missing passes an existing user in 4.4", "4.4.0", func(c Claims) { delete(c, "preferred_username") }, nil, want{307, RoleViewer, "18"}},
		{"name missing breaks a new user in 4.4", "4.4.0", func(c Claims) {
			delete(c, "preferred_username")
			c["email"] = "new@x.org"
		}, nil, want{500, "", "8"}},
		{"name missing is refused from 4.5", "4.5.0", func(c Claims) { delete(c, "preferred_username") }, nil, want{400, "", "8"}},
		{"collision is a 500 in 5.2", "5.2.0", func(c Claims) { c["email"] = "new@x.org" }, nil, want{500, RoleAdmin, "15b"}},
		{"collision is a 409 on Next", "5.3.0", func(c Claims) { c["email"] = "new@x.org" }, nil, want{409, RoleAdmin, "15b"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			v, err := ParseVersion(c.version)
			if err != nil {
				t.Fatal(err)
			}
			s := Settings{
				Version: v, Database: DatabaseMariaDB, ClaimRoles: "groups", AllowRegistration: true,
				RoleAdmin: "a", RoleEditor: "e", RoleViewer: "v",
			}
			claims := Claims{"email": "root@x.org", "email_verified": true, "preferred_username": "root"}
			if c.edit != nil {
				c.edit(claims)
			}
			if c.set != nil {
				c.set(&s)
			}
			got := Decide(claims, NewAccounts(users), s)
			if got.Status != c.want.status || got.RoleAfter != c.want.role || got.Rule != c.want.rule {
				t.Errorf("got %d %q rule %s, want %+v", got.Status, got.RoleAfter, got.Rule, c.want)
			}
		})
	}
}

// TestDecideUnknownDatabase: the graver of the two answers, and it says so.
func TestDecideUnknownDatabase(t *testing.T) {
	users := []LocalUser{
		{ID: 1, Username: "admin", Email: "admin@x.org", Role: RoleAdmin, Enabled: true},
		{ID: 2, Username: "jose", Email: "jose@x.org", Role: RoleUser, Enabled: true},
	}
	s := Settings{Version: Version{Major: 5, Minor: 2}, Database: DatabaseUnknown, AllowRegistration: true}
	login := func(email, name string) Verdict {
		return Decide(Claims{"email": email, "email_verified": true, "preferred_username": name}, NewAccounts(users), s)
	}
	if v := login("stranger@x.org", "ADMIN"); v.SessionID != 1 || v.Depends == "" {
		t.Errorf("a session taken over on PostgreSQL: %+v", v)
	}
	if v := login("josé@x.org", "someone"); v.UserID != 2 || v.Depends == "" {
		t.Errorf("an account opened by MariaDB's collation: %+v", v)
	}
	if v := login("jose@x.org", "jose"); v.UserID != 2 || v.Depends != "" {
		t.Errorf("a plain login depends on nothing: %+v", v)
	}
}

// TestDecideGraver: of two answers the graver one counts, whichever database
// gives it.
func TestDecideGraver(t *testing.T) {
	user := func(id int64, name, email Untrusted) LocalUser {
		return LocalUser{ID: id, Username: name, Email: email, Role: RoleUser, Enabled: true}
	}
	const maria, general, postgres = dependsOnMariaDB, dependsOnGeneral, dependsOnPostgreSQL
	for _, c := range []struct {
		name, email, username string
		users                 []LocalUser
		rule                  string
		session               int64
		depends               string
		database              Database // "" is unknown
	}{
		{
			"a session is graver than an account", "bob@x.org", "BOB",
			[]LocalUser{user(1, "bob", "böb@x.org")},
			"15", 1, postgres, "",
		},
		{
			"an account is graver than an error", "böb@x.org", "bob",
			[]LocalUser{user(1, "bob", "bob@x.org")},
			"18", 0, maria, "",
		},
		{
			"an error is graver than a new account", "new@x.org", "böb",
			[]LocalUser{user(1, "bob", "bob@x.org")},
			"15b", 0, maria, "",
		},
		{
			"an error is graver than a refusal", "böb@x.org", "bob",
			[]LocalUser{{ID: 1, Username: "bob", Email: "bob@x.org", Role: RoleUser}},
			"15b", 0, postgres, "",
		},
		{
			"a refusal is graver than a new account", "böb@x.org", "neu",
			[]LocalUser{{ID: 1, Username: "bob", Email: "bob@x.org", Role: RoleUser}},
			"17", 0, maria, "",
		},
		{
			"of two equally grave ones MariaDB's", "josé@x.org", "neu",
			[]LocalUser{user(1, "a", "jose@x.org"), user(2, "b", "JOSÉ@x.org")},
			"18", 0, maria, "",
		},
		{
			"an older MariaDB takes every emoji for the same", "🎮@x.org", "neu",
			[]LocalUser{user(1, "a", "😀@x.org")},
			"18", 0, general, "",
		},
		{
			"a mark that Unicode 4 did not know is ignored by the newer MariaDB only", "a\u1ab0@x.org", "neu",
			[]LocalUser{user(1, "a", "a@x.org")},
			"18", 0, maria, "",
		},
		{
			"to MySQL's newest collation a blank at the end counts", "bob@x.org ", "bob",
			[]LocalUser{{ID: 1, Username: "bob", Email: "bob@x.org", Role: RoleUser}},
			"15b", 0, dependsOn0900, DatabaseMySQL,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Settings{Version: Version{Major: 5, Minor: 2}, Database: cmp.Or(c.database, DatabaseUnknown), AllowRegistration: true}
			v := Decide(Claims{"email": c.email, "email_verified": true, "preferred_username": c.username}, NewAccounts(c.users), s)
			if v.Rule != c.rule || v.SessionID != c.session || v.Depends != c.depends {
				t.Errorf("%+v", v)
			}
		})
	}
}

func TestParseVersion(t *testing.T) {
	for in, want := range map[string]string{
		"5.2.0": "5.2.0", "v4.8": "4.8.0", "5.1.0-beta.1": "5.1.0", "development": "development",
	} {
		if v, err := ParseVersion(in); err != nil || v.String() != want {
			t.Errorf("ParseVersion(%q) = %v, %v", in, v, err)
		}
	}
	for _, in := range []string{"", "5", "five.two", "1.2.3.4", "5.-1.0"} {
		if v, err := ParseVersion(in); err == nil {
			t.Errorf("ParseVersion(%q) = %v, want an error", in, v)
		}
	}
}

// TestParseClaims proves S3: strict decoding, no duplicates at any depth.
func TestParseClaims(t *testing.T) {
	for _, in := range []string{
		``, `{`, "{\"a\":\"\xff\"}", strings.Repeat(`{"a":`, 40) + `1` + strings.Repeat(`}`, 40), `null`, `[]`, `"x"`, `{"a":1} x`, `{"a":1}{}`, `{"a":}`,
		`{"email_verified":false,"email_verified":true}`,
		`{"a":{"b":1,"b":2}}`, `{"a":[{"b":1,"b":2}]}`,
		`{"email":"a","EMAIL":"b"}`, `{"a":[{"kids":1,"\u212aids":2}]}`, `{"ſ":1,"S":2}`,
		`{"a":"\ud800"}`, `{"a":"\udc00"}`, `{"a":"\ud800\u0041"}`, `{"a":"\ud800x"}`, `{"\udbff":1}`, `{"a":"\\\ud800"}`,
	} {
		if c, err := ParseClaims([]byte(in)); err == nil {
			t.Errorf("ParseClaims(%q) = %v, want an error", in, c)
		}
	}
	c, err := ParseClaims([]byte(`{"email_verified":"true","n":null,"l":["a"],"o":{"k":{}}}`))
	if err != nil || c["email_verified"] != "true" {
		t.Fatalf("ParseClaims: %v, %v", c, err)
	}
	if v, present := c["n"]; !present || v != nil {
		t.Error("a null claim is not an absent one")
	}
	c, err = ParseClaims([]byte(`{"pair":"\ud83d\ude00","text":"\\ud800","ı":1,"i":2,"email":"a","e-mail":"b"}`))
	if err != nil || c["pair"] != "😀" || c["text"] != `\ud800` || len(c) != 6 {
		t.Errorf("ParseClaims: %v, %v", c, err)
	}
}

func TestParseDatabase(t *testing.T) {
	for s, want := range map[string]Database{
		"": DatabaseUnknown, " Unknown ": DatabaseUnknown, "MariaDB": DatabaseMariaDB, "mysql": DatabaseMySQL, "postgresql": DatabasePostgreSQL,
		"mariadb:utf8mb4_uca1400_ai_ci": DatabaseMariaDB, "mariadb:utf8mb4_general_ci": DatabaseMariaDBGeneral,
		"mysql:utf8mb4_unicode_ci": DatabaseMariaDBUnicode, "mysql:utf8mb4_0900_ai_ci": DatabaseMySQL0900, "mariadb:utf8mb4_0900_ai_ci": DatabaseMySQL0900,
		"oracle": "", "mariadb:": "", "mariadb:latin1_swedish_ci": "", "postgresql:utf8mb4_general_ci": "", ":utf8mb4_general_ci": "",
	} {
		if got, err := ParseDatabase(s); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", s, got, err)
		}
	}
}
