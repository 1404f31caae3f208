package plan

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

const (
	gAdmins model.GroupID = "00000000-0000-0000-0000-00000000000a"
	gUsers  model.GroupID = "00000000-0000-0000-0000-00000000000b"
	gChild  model.GroupID = "00000000-0000-0000-0000-00000000000c"
	gHidden model.GroupID = "00000000-0000-0000-0000-00000000000d"
)

// testWorld is a RomM 5.2 behind an Authentik that is set up as we do it.
func testWorld() model.World {
	return model.World{
		Directory: model.Directory{Groups: []model.Group{
			{ID: gAdmins, Name: "romm-admins"},
			{ID: gUsers, Name: "romm-users"},
			{ID: gChild, Name: "kids", Parents: []model.GroupID{gUsers}},
		}},
		Roles:    model.RoleMap{Rows: []model.RoleRow{{Group: gAdmins, Name: "romm-admins", Role: model.RoleAdmin}, {Group: gUsers, Name: "romm-users", Role: model.RoleUser}}},
		Provider: model.Provider{Found: true, Verified: model.VerifiedAddress, Profile: true, RoleMap: true, ClaimsSupported: []string{"email_verified"}},
		Settings: model.Settings{
			Version: model.Version{Major: 5, Minor: 2}, Database: model.DatabasePostgreSQL, AllowRegistration: true,
			ClaimRoles: model.RolesClaim, RoleAdmin: "admin", RoleEditor: "editor", RoleViewer: "viewer",
		},
	}
}

func local(w *model.World, name, email string, role model.Role) *model.LocalUser {
	w.Locals = append(w.Locals, model.LocalUser{
		ID: int64(len(w.Locals) + 1), Username: model.Untrusted(name), Email: model.Untrusted(email), Role: role, Enabled: true,
	})
	return &w.Locals[len(w.Locals)-1]
}

func identity(w *model.World, name, email string, groups ...model.GroupID) *model.Identity {
	n := len(w.Directory.Identities) + 1
	w.Directory.Identities = append(w.Directory.Identities, model.Identity{
		PK: int64(n), UID: fmt.Sprintf("uid-%d", n), Username: model.Untrusted(name), Email: model.Untrusted(email),
		TrustedEmail: model.Untrusted(email), Active: true, Groups: groups,
	})
	return &w.Directory.Identities[len(w.Directory.Identities)-1]
}

// rooted adds an admin who can sign in and is beyond doubt.
func rooted() model.World {
	w := testWorld()
	local(&w, "root", "root@x.org", model.RoleAdmin)
	identity(&w, "root", "root@x.org", gAdmins)
	return w
}

// findingsOf lists the findings of the pair with that Authentik (or else RomM)
// username.
func findingsOf(t *testing.T, r *model.Review, name string) []model.FindingKind {
	t.Helper()
	for _, p := range r.Pairs {
		if p.Identity != nil && p.Identity.Username == model.Untrusted(name) || p.Identity == nil && p.Local.Username == model.Untrusted(name) {
			var out []model.FindingKind
			for _, f := range p.Findings {
				out = append(out, f.Kind)
			}
			return out
		}
	}
	t.Fatalf("nobody is called %s", name)
	return nil
}

func randomWorld(rng *rand.Rand) model.World {
	w := testWorld()
	names := []string{"ann", "bob", "cid", "dan"}
	mail := func() string {
		if rng.IntN(8) == 0 {
			return ""
		}
		return names[rng.IntN(len(names))] + "@x.org"
	}
	used := map[string]bool{}
	for _, n := range names {
		if m := mail(); rng.IntN(4) > 0 && (m == "" || !used[m]) {
			used[m] = true
			u := local(&w, n, m, []model.Role{model.RoleUser, model.RoleAdmin}[rng.IntN(2)])
			u.Enabled = rng.IntN(6) > 0
		}
		if rng.IntN(4) > 0 {
			identity(&w, n, mail(), []model.GroupID{gAdmins, gUsers, gChild}[rng.IntN(3)])
		}
	}
	return w
}

var previewedAt = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// foreseen is a world whose provider is predictable, with alice who is in the
// group admins, and her account.
func foreseen() model.World {
	return model.World{
		Settings: model.Settings{Version: model.Version{Major: 5, Minor: 2}, ClaimRoles: model.RolesClaim, RoleAdmin: "admin", RoleViewer: "user"},
		Provider: model.Provider{Found: true, Verified: model.VerifiedAddress, Profile: true, RoleMap: true},
		Locals:   []model.LocalUser{{ID: 1, Username: "alice", Email: "alice@x.org", Role: model.RoleAdmin, Enabled: true}},
		Directory: model.Directory{
			Groups: []model.Group{{ID: "a", Name: "admins"}, {ID: "k", Name: "kids", Parents: []model.GroupID{"u"}}, {ID: "u", Name: "users"}},
			Identities: []model.Identity{{
				PK: 1, UID: "1", Username: "alice", Name: "Alice", Email: "alice@x.org", TrustedEmail: "alice@x.org", Active: true, Groups: []model.GroupID{"a", "k"},
			}},
		},
		Roles: model.RoleMap{Rows: []model.RoleRow{{Group: "a", Role: model.RoleAdmin}, {Group: "u", Role: model.RoleUser}}},
	}
}

// computed is what Authentik computes for alice if all is as foreseen.
func computed() model.Claims {
	return model.Claims{
		"email": "alice@x.org", "email_verified": true, "name": "Alice", "preferred_username": "alice",
		"groups": []any{"admins", "kids"}, model.RolesClaim: []any{"admin"}, "sub": "1", "iat": 5,
	}
}

// planOf is the plan of a draft that should leave nobody out.
func planOf(d Draft, err error) (Plan, error) { return d.Plan, err }

// rowOf is the row of an Authentik user.
func rowOf(r *model.Review, pk int64) (*model.Pair, bool) {
	p, ok := peopleOf(r).byPK[pk]
	return p, ok
}
