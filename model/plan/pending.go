package plan

import (
	"fmt"
	"slices"

	"github.com/romm-admin/romm-admin/model"
)

// PendingRole builds the plan that keeps a role for a group that does not exist
// yet; RoleNone drops it.
func PendingRole(r *model.Review, name model.Untrusted, role model.Role) (Plan, error) {
	old, have := r.World.PendingFor(name)
	switch v := r.World.Settings.Version; {
	case name == "":
		return Plan{}, &model.Error{Code: model.CodeInvalid, Msg: "the group has no name"}
	case role == model.RoleNone && !have:
		return Plan{}, &model.Error{Code: model.CodeNotFound, Msg: fmt.Sprintf("no role is kept for a group %s", name), Hint: "see `romm-admin roles list`"}
	case role != model.RoleNone && len(r.GroupsNamed(name)) > 0:
		return Plan{}, &model.Error{
			Code: model.CodeConflict, Msg: fmt.Sprintf("Authentik has a group %s already", name),
			Hint: "give it the role itself, without --pending",
		}
	case role == old.Role:
		return Plan{}, &model.Error{Code: model.CodeNothing, Msg: fmt.Sprintf("the role %s is kept for %s already", role, name), Hint: "nothing needs to be done"}
	case role != model.RoleNone && !slices.Contains(v.Roles(), role):
		return Plan{}, noSuchRole(v, role)
	}
	p := Plan{
		Title:   fmt.Sprintf("keep the role %s for a group %s that does not exist yet", role, name),
		Command: fmt.Sprintf("romm-admin roles set %s %s --pending", model.ShellWord(name, ""), role),
		Changes: []Change{pendingChange(name, old.Role, role)},
	}
	if role == model.RoleNone {
		p.Title = fmt.Sprintf("keep no role for a group %s any more", name)
		p.Command = "romm-admin roles unset " + model.ShellWord(name, "")
	}
	return p, nil
}

func pendingChange(name model.Untrusted, before, after model.Role) Change {
	return Change{
		Kind: ChangePendingRole, Side: SideRoleMap, Object: name.Raw(), Label: name,
		Before: model.Untrusted(before), After: model.Untrusted(after), Reason: "it grants nothing until somebody binds it to a group",
	}
}

// Bind builds the plan that gives the kept role to a group, by its UUID.
// The group's members get it from then on, so this is for a person to confirm.
func Bind(r *model.Review, name model.Untrusted, group model.GroupID) (Plan, error) {
	old, have := r.World.PendingFor(name)
	if !have {
		return Plan{}, &model.Error{Code: model.CodeNotFound, Msg: fmt.Sprintf("no role is kept for a group %s", name), Hint: "see `romm-admin roles list`"}
	}
	p, err := RoleRow(r, group, old.Role)
	if err != nil {
		return Plan{}, err
	}
	p.Title = fmt.Sprintf("bind the role kept for %s to the group %s (%s)", name, p.Changes[0].Label, model.Clean(string(group)))
	p.Command = fmt.Sprintf("romm-admin roles bind %s %s", model.ShellWord(name, ""), model.ShellWord(model.Untrusted(group), ""))
	p.Changes = append(p.Changes, pendingChange(name, old.Role, model.RoleNone))
	return p, nil
}
