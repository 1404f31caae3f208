package model

import (
	"fmt"
	"slices"
)

// PlanPending builds the plan that keeps a role for a group that does not exist
// yet; RoleNone drops it.
func (r *Review) PlanPending(name Untrusted, role Role) (Plan, error) {
	old, have := r.World.pending(name)
	switch v := r.World.Settings.Version; {
	case name == "":
		return Plan{}, &Error{Code: CodeInvalid, Msg: "the group has no name"}
	case role == RoleNone && !have:
		return Plan{}, &Error{Code: CodeNotFound, Msg: fmt.Sprintf("no role is kept for a group %s", name), Hint: "see `romm-admin roles list`"}
	case role != RoleNone && len(r.groupsNamed(name)) > 0:
		return Plan{}, &Error{
			Code: CodeConflict, Msg: fmt.Sprintf("Authentik has a group %s already", name),
			Hint: "give it the role itself, without --pending",
		}
	case role == old.Role:
		return Plan{}, &Error{Code: CodeNothing, Msg: fmt.Sprintf("the role %s is kept for %s already", role, name), Hint: "nothing needs to be done"}
	case role != RoleNone && !slices.Contains(v.Roles(), role):
		return Plan{}, noSuchRole(v, role)
	}
	p := Plan{
		Title:   fmt.Sprintf("keep the role %s for a group %s that does not exist yet", role, name),
		Command: fmt.Sprintf("romm-admin roles set %s %s --pending", ShellWord(name, ""), role),
		Changes: []Change{pendingChange(name, old.Role, role)},
	}
	if role == RoleNone {
		p.Title = fmt.Sprintf("keep no role for a group %s any more", name)
		p.Command = "romm-admin roles unset " + ShellWord(name, "")
	}
	return p, nil
}

func pendingChange(name Untrusted, before, after Role) Change {
	return Change{
		Kind: ChangePendingRole, Side: SideRoleMap, Object: name.Raw(), Label: name,
		Before: Untrusted(before), After: Untrusted(after), Reason: "it grants nothing until somebody binds it to a group",
	}
}

// PlanBind builds the plan that gives the kept role to a group, by its UUID.
// The group's members get it from then on, so this is for a person to confirm.
func (r *Review) PlanBind(name Untrusted, group GroupID) (Plan, error) {
	old, have := r.World.pending(name)
	if !have {
		return Plan{}, &Error{Code: CodeNotFound, Msg: fmt.Sprintf("no role is kept for a group %s", name), Hint: "see `romm-admin roles list`"}
	}
	p, err := r.PlanRoleRow(group, old.Role)
	if err != nil {
		return Plan{}, err
	}
	p.Title = fmt.Sprintf("bind the role kept for %s to the group %s (%s)", name, p.Changes[0].Label, Clean(string(group)))
	p.Command = fmt.Sprintf("romm-admin roles bind %s %s", ShellWord(name, ""), ShellWord(Untrusted(group), ""))
	p.Changes = append(p.Changes, pendingChange(name, old.Role, RoleNone))
	return p, nil
}
