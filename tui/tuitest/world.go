package tuitest

import (
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// The groups of [World].
const (
	Admins model.GroupID = "0b6ff4f0-96d1-4b3c-8a52-4f5a00000a01"
	Users  model.GroupID = "0b6ff4f0-96d1-4b3c-8a52-4f5a00000a02"
	Family model.GroupID = "0b6ff4f0-96d1-4b3c-8a52-4f5a00000a03" // inside Users
	Night  model.GroupID = "0b6ff4f0-96d1-4b3c-8a52-4f5a00000a04" // has no role
	Gone   model.GroupID = "0b6ff4f0-96d1-4b3c-8a52-4f5a0000dead" // mapped, not in Authentik
)

// Now is the time in the world and on the tests' clock.
func Now() time.Time { return time.Date(2026, 11, 23, 3, 7, 0, 0, time.UTC) }

// World is a small world with one person for each common situation. Ann and
// alice are admins who can sign in.
func World() model.World {
	return model.World{
		At:        Now(),
		RomM:      model.System{Name: "romm.example.org", Version: "5.2.0"},
		Authentik: model.System{Name: "auth.example.org", Version: "2026.5"},
		Locals:    locals(),
		Directory: model.Directory{Identities: identities(), Groups: []model.Group{
			{ID: Admins, Name: "romm-admins"},
			{ID: Users, Name: "romm-users"},
			{ID: Family, Name: "family", Parents: []model.GroupID{Users}},
			{ID: Night, Name: "night-shift"},
		}},
		Roles: model.RoleMap{Generation: 7, Rows: []model.RoleRow{
			{Group: Admins, Name: "romm-admins", Role: model.RoleAdmin, Note: "on call", ChangedBy: "ann", ChangedAt: Now().AddDate(0, 0, -3)},
			{Group: Users, Name: "romm-users", Role: model.RoleUser, ChangedBy: "ann", ChangedAt: Now().AddDate(0, -1, 0)},
			{Group: Gone, Name: "old-guild", Role: model.RoleUser, ChangedBy: "bea", ChangedAt: Now().AddDate(-1, 0, 0)},
		}},
		Provider: model.Provider{
			Found: true, PK: 1, Name: "RomM OIDC Provider", Application: "romm",
			Verified: model.VerifiedAddress, Profile: true, RoleMap: true,
			ClaimsSupported: []string{"email", "email_verified"},
			Compiled:        Published(), RolesMark: model.MarkRoles,
		},
		Setup: model.Setup{Known: true, Mappings: []model.ScopeMapping{
			{Mark: model.MarkRoles, Name: "RomM Roles", Scope: model.RolesClaim, Roles: Published()},
		}},
		Settings: model.Settings{
			Version: model.Version{Major: 5, Minor: 2}, Database: model.DatabaseMariaDB,
			ClaimRoles: model.RolesClaim, RoleAdmin: "admin", RoleEditor: "editor", RoleViewer: "viewer",
			AllowRegistration: true, ClaimsSupported: []string{"email", "email_verified"},
		},
	}
}

// Published is the role map of [World] as it stands in Authentik, for logins at
// which the companion does not answer.
func Published() *model.RoleTable {
	return &model.RoleTable{
		Companion: "http://companion.example.org:8095", Rank: []string{"admin", "viewer"},
		Rows: []model.RoleTableRow{{Group: Admins, Token: "admin"}, {Group: Users, Token: "viewer"}, {Group: Gone, Token: "viewer"}},
	}
}

func locals() []model.LocalUser {
	account := func(id int64, name, email string, role model.Role) model.LocalUser {
		return model.LocalUser{ID: id, Username: model.Untrusted(name), Email: model.Untrusted(email), Role: role, Enabled: true}
	}
	out := []model.LocalUser{
		account(1, "alice", "alice@example.org", model.RoleAdmin),
		account(2, "ann", "ann@example.org", model.RoleAdmin),
		account(3, "bob", "bob@old.example", model.RoleUser),
		account(4, "carol", "", model.RoleUser),
		account(5, "erin", "erin@example.org", model.RoleUser),
		account(6, "frank", "frank@example.org", model.RoleUser),
		account(7, "grace", "grace@example.org", model.RoleUser),
		account(8, "heidi", "heidi@elsewhere.example", model.RoleUser),
		account(9, "kim", "kim@example.org", model.RoleUser),
	}
	out[5].Enabled = false
	return out
}

func identities() []model.Identity {
	person := func(pk int64, name, full string, groups ...model.GroupID) model.Identity {
		email := model.Untrusted(name + "@example.org")
		return model.Identity{
			PK: pk, UID: "5f1d0c3b9a7e4f2d8c6b0000000000" + string(rune('a'+pk/16)) + string("0123456789abcdef"[pk%16]),
			Username: model.Untrusted(name), Name: model.Untrusted(full), Email: email, TrustedEmail: email,
			Active: true, Type: "internal", Groups: groups,
		}
	}
	out := []model.Identity{
		person(11, "alice", "Alice Adams", Admins, Users),
		person(12, "ann", "Ann Archer", Admins),
		person(13, "bob", "Bob Baker", Users),
		person(14, "carol", "Carol Chen", Family),
		person(15, "dave", "Dave Díaz", Users),
		person(16, "erin", "Erin Eck", Users),
		person(17, "frank", "Frank Fox", Users),
		person(18, "grace", "Grace Gil", Users),
		person(19, "ivan", "Ivan Iles", Night),
		person(20, "kim", "Kim Kato", Admins),
	}
	out[5].TrustedEmail = "" // erin's address is not verified
	out[7].Active = false
	return out
}
