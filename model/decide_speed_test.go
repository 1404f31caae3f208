package model

import (
	"fmt"
	"testing"
)

// speedCases are logins of every kind, on a RomM with many accounts.
func speedCases() (*Accounts, map[string]loginCase) {
	users := make([]LocalUser, 0, 1001)
	for i := range int64(1000) {
		users = append(users, LocalUser{
			ID: i + 1, Username: Untrusted(fmt.Sprintf("user%d", i)), Email: Untrusted(fmt.Sprintf("User%d@example.org", i)),
			Role: RoleUser, Enabled: i%10 != 9, Link: NewOIDCLink("https://idp/", Untrusted(fmt.Sprintf("s%d", i))),
		})
	}
	users = append(users, LocalUser{ID: 1001, Username: "josé", Email: "josé@example.org", Role: RoleUser, Enabled: true})
	set := Settings{
		Version: Version{Major: 5, Minor: 2}, Database: DatabaseMariaDB, AllowRegistration: true,
		ClaimRoles: "groups", RoleAdmin: "romm-admin", RoleEditor: "romm-editor", RoleViewer: "romm-viewer",
		ClaimsSupported: []string{"sub", "email", "email_verified", "groups"},
	}
	login := func(email, username string, edit ...func(*Settings)) loginCase {
		c := loginCase{settings: set, claims: Claims{
			"sub": "1", "email": email, "email_verified": true, "preferred_username": username, "name": "A User",
			"groups": []any{"one", "two", "three", "romm-viewer"},
		}}
		for _, e := range edit {
			e(&c.settings)
		}
		return c
	}
	unknown := func(s *Settings) { s.Database = DatabaseUnknown }
	postgres := func(s *Settings) { s.Database = DatabasePostgreSQL }
	next := func(s *Settings) { s.Version = Version{Major: 5, Minor: 3} }
	linked := func(s *Settings) { s.Version, s.RoleViewer = Version{Major: 5, Minor: 5}, "a,romm-viewer" }
	as := func(c loginCase, sub string) loginCase {
		c.claims["iss"], c.claims["sub"] = "https://idp/", sub
		return c
	}
	nameless := login("user42@example.org", "user42")
	delete(nameless.claims, "preferred_username")
	return NewAccounts(users), map[string]loginCase{
		"signs-in":         login("user42@example.org", "user42"),
		"other-case":       login("USER42@Example.ORG", "USER42"),
		"unknown-database": login("User42@example.org", "User42", unknown),
		"takeover":         login("new@example.org", "USER42", unknown),
		"not-ascii":        login("ⓤsér42@example.org", "üser42", unknown),
		"postgres-accent":  login("JOSÉ@example.org", "JOSÉ", postgres),
		"registers":        login("new@example.org", "new", unknown),
		"collision":        login("new@example.org", "user42", unknown),
		"collision-next":   login("new@example.org", "user42", unknown, next),
		"disabled":         login("user9@example.org", "user9"),
		"name-missing":     nameless,
		"by-link":          as(login("user41@example.org", "user42", linked, unknown), "s42"),
		"address-follows":  as(login("new@example.org", "user42", linked, unknown), "s42"),
		"linked-elsewhere": as(login("user42@example.org", "user42", linked, unknown), "t42"),
		"links":            as(login("josé@example.org", "user42", linked, postgres), "t42"),
		"registers-linked": as(login("new@example.org", "new", linked, unknown), "t42"),
	}
}

// TestDecideAllocs holds the two allocations; most logins take none.
func TestDecideAllocs(t *testing.T) {
	acc, cases := speedCases()
	for name, c := range cases {
		limit := 0.0
		switch name {
		case "collision-next":
			limit = 4 // RomM's text names the person, for each of four databases
		case "name-missing":
			limit = 1 // RomM's text names the claim
		}
		if got := testing.AllocsPerRun(100, func() { Decide(c.claims, acc, c.settings) }); got > limit {
			t.Errorf("%s: %v allocations, want at most %v", name, got, limit)
		}
	}
}

func BenchmarkDecide(b *testing.B) {
	acc, cases := speedCases()
	for name, c := range cases {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Decide(c.claims, acc, c.settings)
			}
		})
	}
}

func BenchmarkNewAccounts(b *testing.B) {
	users := make([]LocalUser, 0, 10_000)
	for i := range int64(cap(users)) {
		users = append(users, LocalUser{
			ID: i + 1, Username: Untrusted(fmt.Sprintf("user%d", i)), Email: Untrusted(fmt.Sprintf("user%d@example.org", i)),
		})
	}
	b.ReportAllocs()
	for b.Loop() {
		NewAccounts(users)
	}
}
