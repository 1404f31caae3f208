package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// RoleRow builds the plan that gives the group a role; RoleNone removes
// its row.
func RoleRow(r *model.Review, group model.GroupID, role model.Role) (Plan, error) {
	before, name := model.RoleNone, model.Untrusted("")
	if row, ok := r.World.Roles.Row(group); ok {
		before, name = row.Role, row.Name
	}
	g, visible := r.World.Directory.Group(group)
	if visible {
		name = g.Name
	}
	switch {
	case !visible && role != model.RoleNone:
		return Plan{}, &model.Error{
			Code: model.CodeNotFound, Msg: fmt.Sprintf("Authentik has no group %s that this token can see", model.Clean(string(group))),
			Hint: "reload; a group that was deleted and made again is another group",
		}
	case before == role && role == model.RoleNone:
		return Plan{}, &model.Error{Code: model.CodeNotFound, Msg: fmt.Sprintf("the group %s has no role", name), Hint: "see `romm-admin roles list`"}
	case before == role:
		return Plan{}, &model.Error{Code: model.CodeNothing, Msg: fmt.Sprintf("the group %s already has the role %s", name, role), Hint: "nothing needs to be done"}
	case role != model.RoleNone && !slices.Contains(r.World.Settings.Version.Roles(), role):
		return Plan{}, noSuchRole(r.World.Settings.Version, role)
	}
	p := Plan{
		Title:   fmt.Sprintf("give the group %s the role %s", name, role),
		Command: fmt.Sprintf("romm-admin roles set %s %s", model.ShellWord(name, string(group)), role),
		Changes: []Change{{
			Kind: ChangeRoleRow, Side: SideRoleMap, Object: string(group), Label: name,
			Before: model.Untrusted(before), After: model.Untrusted(role), Reason: roleReason(r),
		}},
	}
	if role == model.RoleNone {
		p.Title = fmt.Sprintf("take the role %s from the group %s", before, name)
		p.Command = "romm-admin roles unset " + model.ShellWord(name, string(group))
	}
	return p, nil
}

// DefaultRole builds the plan that sets the role of people in none of the
// groups; RoleNone refuses them.
func DefaultRole(r *model.Review, role model.Role) (Plan, error) {
	switch v := r.World.Settings.Version; {
	case role == r.World.Roles.Default:
		return Plan{}, &model.Error{Code: model.CodeNothing, Msg: "the default role is so already", Hint: "nothing needs to be done"}
	case role != model.RoleNone && !slices.Contains(v.Roles(), role):
		return Plan{}, noSuchRole(v, role)
	}
	p := Plan{
		Title: fmt.Sprintf("give everybody else the role %s", role), Command: "romm-admin roles default " + string(role),
		Changes: []Change{{
			Kind: ChangeDefaultRole, Side: SideRoleMap, Label: "everybody else",
			Before: model.Untrusted(r.World.Roles.Default), After: model.Untrusted(role), Reason: roleReason(r),
		}},
	}
	if role == model.RoleNone {
		p.Title, p.Command = "refuse people in none of the groups", "romm-admin roles default none"
	}
	return p, nil
}

func noSuchRole(v model.Version, role model.Role) error {
	return &model.Error{
		Code: model.CodeInvalid, Msg: fmt.Sprintf("RomM %s has no role %s", v, model.Clean(string(role))),
		Hint: "its roles are " + roleNames(v.Roles()),
	}
}

func roleNames(roles []model.Role) string {
	names := make([]string, len(roles))
	for i, r := range roles {
		names[i] = string(r)
	}
	return strings.Join(names, " and ")
}

// roleReason says when a change of the role map takes effect.
func roleReason(r *model.Review) string {
	if r.World.Provider.Answers == model.AnswersTable {
		return "the companion does not answer now, so this counts once it does, or once it is published"
	}
	if r.World.Provider.Table != nil {
		return "Authentik answers from the table published in it, so this counts once it is published"
	}
	return "it counts from each member's next login on"
}
