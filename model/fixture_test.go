package model

import (
	"fmt"
	"testing"
	"time"
)

const (
	gAdmins GroupID = "00000000-0000-0000-0000-00000000000a"
	gUsers  GroupID = "00000000-0000-0000-0000-00000000000b"
	gChild  GroupID = "00000000-0000-0000-0000-00000000000c"
	gHidden GroupID = "00000000-0000-0000-0000-00000000000d"
)

// testWorld is a RomM 5.2 behind an Authentik that is set up as we do it.
func testWorld() World {
	return World{
		Directory: Directory{Groups: []Group{
			{ID: gAdmins, Name: "romm-admins"},
			{ID: gUsers, Name: "romm-users"},
			{ID: gChild, Name: "kids", Parents: []GroupID{gUsers}},
		}},
		Roles:    RoleMap{Rows: []RoleRow{{Group: gAdmins, Name: "romm-admins", Role: RoleAdmin}, {Group: gUsers, Name: "romm-users", Role: RoleUser}}},
		Provider: Provider{Found: true, Verified: VerifiedAddress, Profile: true, RoleMap: true, ClaimsSupported: []string{"email_verified"}},
		Settings: Settings{
			Version: Version{Major: 5, Minor: 2}, Database: DatabasePostgreSQL, AllowRegistration: true,
			ClaimRoles: RolesClaim, RoleAdmin: "admin", RoleEditor: "editor", RoleViewer: "viewer",
		},
	}
}

func (w *World) local(name, email string, role Role) *LocalUser {
	w.Locals = append(w.Locals, LocalUser{
		ID: int64(len(w.Locals) + 1), Username: Untrusted(name), Email: Untrusted(email), Role: role, Enabled: true,
	})
	return &w.Locals[len(w.Locals)-1]
}

func (w *World) identity(name, email string, groups ...GroupID) *Identity {
	n := len(w.Directory.Identities) + 1
	w.Directory.Identities = append(w.Directory.Identities, Identity{
		PK: int64(n), UID: fmt.Sprintf("uid-%d", n), Username: Untrusted(name), Email: Untrusted(email),
		TrustedEmail: Untrusted(email), Active: true, Groups: groups,
	})
	return &w.Directory.Identities[len(w.Directory.Identities)-1]
}

// findingsOf lists the findings of the pair with that Authentik (or else RomM)
// username.
func findingsOf(t *testing.T, r *Review, name string) []FindingKind {
	t.Helper()
	for _, p := range r.Pairs {
		if p.Identity != nil && p.Identity.Username == Untrusted(name) || p.Identity == nil && p.Local.Username == Untrusted(name) {
			var out []FindingKind
			for _, f := range p.Findings {
				out = append(out, f.Kind)
			}
			return out
		}
	}
	t.Fatalf("nobody is called %s", name)
	return nil
}

var previewedAt = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// foreseen is a world whose provider is predictable, with alice who is in the
// group admins, and her account.
func foreseen() World {
	return World{
		Settings: Settings{Version: Version{Major: 5, Minor: 2}, ClaimRoles: RolesClaim, RoleAdmin: "admin", RoleViewer: "user"},
		Provider: Provider{Found: true, Verified: VerifiedAddress, Profile: true, RoleMap: true},
		Locals:   []LocalUser{{ID: 1, Username: "alice", Email: "alice@x.org", Role: RoleAdmin, Enabled: true}},
		Directory: Directory{
			Groups: []Group{{ID: "a", Name: "admins"}, {ID: "k", Name: "kids", Parents: []GroupID{"u"}}, {ID: "u", Name: "users"}},
			Identities: []Identity{{
				PK: 1, UID: "1", Username: "alice", Name: "Alice", Email: "alice@x.org", TrustedEmail: "alice@x.org", Active: true, Groups: []GroupID{"a", "k"},
			}},
		},
		Roles: RoleMap{Rows: []RoleRow{{Group: "a", Role: RoleAdmin}, {Group: "u", Role: RoleUser}}},
	}
}

// computed is what Authentik computes for alice if all is as foreseen.
func computed() Claims {
	return Claims{
		"email": "alice@x.org", "email_verified": true, "name": "Alice", "preferred_username": "alice",
		"groups": []any{"admins", "kids"}, RolesClaim: []any{"admin"}, "sub": "1", "iat": 5,
	}
}
