package rommtest

import (
	"slices"

	"github.com/romm-admin/romm-admin/model"
)

// The scopes as recorded from 5.2.0, in RomM's order. They must not be
// changed: callers get copies or read only.
var (
	kioskScopes = []string{
		"me.read", "roms.read", "platforms.read", "assets.read", "devices.read",
		"firmware.read", "roms.user.read", "collections.read", "playlists.read",
	}
	userScopes = append(slices.Clone(kioskScopes),
		"me.write", "assets.write", "devices.write", "roms.user.write", "collections.write", "playlists.write")
	editorScopes = append(slices.Clone(userScopes), "roms.write", "platforms.write", "firmware.write")
	adminScopes  = append(slices.Clone(editorScopes), "users.read", "users.write", "tasks.run", "logs.read")
	// ownScopes are those of every account, whatever its group grants.
	ownScopes = []string{"me.read", "roms.user.read", "me.write", "roms.user.write"}
)

// scopesOf returns what an account may do: administrators everything, the
// others what their permission group grants. RomM 4's viewers get the list of
// RomM 5's users, which differs from theirs only in scopes that have nothing
// to do with people.
func (s *store) scopesOf(a *account) []string {
	switch {
	case a.Role == model.RoleAdmin:
		return adminScopes
	case s.version.AtLeast(5, 0, 0):
		return s.groupOf(a).scopes()
	case a.Role == model.RoleEditor:
		return editorScopes
	}
	return userScopes
}

// scopes returns the API scopes that a group leaves its members. To delete
// takes no scope of its own: all recorded groups that grant it grant to write
// as well.
func (g *Group) scopes() []string {
	out := make([]string, 0, len(adminScopes))
	for _, scope := range adminScopes {
		granted := slices.ContainsFunc(g.Grants, func(one Grant) bool { return one.Entity+"."+one.Action == scope })
		if granted || slices.Contains(ownScopes, scope) {
			out = append(out, scope)
		}
	}
	return out
}

// intersect keeps the scopes of a token that its owner has, too.
func intersect(token, owner []string) []string {
	var out []string
	for _, s := range token {
		if slices.Contains(owner, s) {
			out = append(out, s)
		}
	}
	return out
}
