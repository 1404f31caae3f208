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
)

// scopesOf returns what an account may do. RomM 4's viewers get the list of
// RomM 5's users, which differs from theirs only in scopes that have nothing
// to do with people.
func scopesOf(role model.Role, group *Group) []string {
	switch {
	case role == model.RoleAdmin:
		return adminScopes
	case group != nil:
		return group.Scopes
	case role == model.RoleEditor:
		return editorScopes
	}
	return userScopes
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
