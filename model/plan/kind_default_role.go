package plan

import "github.com/romm-admin/romm-admin/model"

// ChangeDefaultRole sets the role of people in none of the role map's groups.
// There is one, so Object is "".
const ChangeDefaultRole ChangeKind = "default-role"

type defaultRole struct{ scalar }

func (defaultRole) now(e *editor, _ Change) (model.Untrusted, bool) {
	return model.Untrusted(e.w.Roles.Default), true
}

func (defaultRole) set(e *editor, c Change) error {
	roles := e.w.Roles
	roles.Default = model.Role(c.After)
	e.w = e.w.WithRoles(roles)
	return nil
}

func (defaultRole) keepsAdmin(_ *admins, c Change) bool { return takesAdminRole(c) }

func (defaultRole) writesRoleMap() bool { return true }

func (defaultRole) words() Words {
	return Words{Sets: "default role", About: "role of", None: "no role: RomM refuses them"}
}
