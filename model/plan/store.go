package plan

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/romm-admin/romm-admin/model"
)

// Store is what romm-admin keeps of its own and what an import or a backup
// restores: the role map, the pins, the assertions and the roles that are
// kept for groups which do not exist yet. Generation, notes and the names of
// those who changed something are not compared.
type Store struct {
	Roles      model.RoleMap
	Pins       []model.Pin
	Assertions []model.Assertion
	// Pending is nil when nothing is said about them: they stay as they are.
	Pending []model.PendingRole
}

// FromStore builds the plan that makes role map, pins, assertions and kept roles
// what to says.
// A plan without changes says that they are so already. More power comes
// first, so that a plan which is cut short leaves nobody without a role who
// keeps one; pins that move are removed before the others are set.
func FromStore(r *model.Review, title, command string, to Store) Plan {
	p := Plan{Title: title, Command: command, Changes: []Change{}}
	from := r.World.Roles
	var up, down []Change
	sort := func(c Change) {
		if model.Role(c.After).Outranks(model.Role(c.Before)) {
			up = append(up, c)
		} else {
			down = append(down, c)
		}
	}
	if from.Default != to.Roles.Default {
		sort(Change{
			Kind: ChangeDefaultRole, Side: SideRoleMap, Label: "everybody else",
			Before: model.Untrusted(from.Default), After: model.Untrusted(to.Roles.Default), Reason: "the role of people in none of the groups",
		})
	}
	for _, row := range to.Roles.Rows {
		if old, _ := from.Row(row.Group); old.Role != row.Role {
			sort(rowChange(r, row, old.Role, row.Role))
		}
	}
	for _, row := range from.Rows {
		if _, stays := to.Roles.Row(row.Group); !stays {
			sort(rowChange(r, row, row.Role, model.RoleNone))
		}
	}
	p.Changes = append(append(p.Changes, up...), down...)
	p.Changes = append(p.Changes, pinChanges(r, to.Pins)...)
	p.Changes = append(p.Changes, assertionChanges(r, to.Assertions)...)
	if to.Pending != nil {
		p.Changes = append(p.Changes, pendingChanges(r, to.Pending)...)
	}
	return p
}

// pendingChanges grant nothing to anybody, so their order has no meaning.
func pendingChanges(r *model.Review, to []model.PendingRole) []Change {
	var out []Change
	for _, p := range to {
		if old, _ := r.World.PendingFor(p.Name); old.Role != p.Role {
			out = append(out, pendingChange(p.Name, old.Role, p.Role))
		}
	}
	for _, p := range r.World.Pending {
		if !slices.ContainsFunc(to, func(q model.PendingRole) bool { return q.Name == p.Name }) {
			out = append(out, pendingChange(p.Name, p.Role, model.RoleNone))
		}
	}
	return out
}

func rowChange(r *model.Review, row model.RoleRow, before, after model.Role) Change {
	c := Change{
		Kind: ChangeRoleRow, Side: SideRoleMap, Object: string(row.Group), Label: row.Name,
		Before: model.Untrusted(before), After: model.Untrusted(after), Reason: "members get it at their next login",
	}
	if g, visible := r.World.Directory.Group(row.Group); visible {
		c.Label = g.Name
	} else {
		c.Reason = "this token sees no such group in Authentik, so the row grants nothing"
	}
	return c
}

func pinChanges(r *model.Review, to []model.Pin) []Change {
	var removed, set []Change
	change := func(uid string, before, after int64) Change {
		c := Change{Kind: ChangePin, Side: SideRoleMap, Object: uid, Label: identityName(r, uid), Reason: "who belongs to which account"}
		if before != 0 {
			c.Before = model.Untrusted(strconv.FormatInt(before, 10))
		}
		if after != 0 {
			c.After = model.Untrusted(strconv.FormatInt(after, 10))
		}
		return c
	}
	find := func(pins []model.Pin, uid string) (model.Pin, bool) {
		i := slices.IndexFunc(pins, func(l model.Pin) bool { return l.UID == uid })
		if i < 0 {
			return model.Pin{}, false
		}
		return pins[i], true
	}
	for _, l := range r.World.Pins {
		if want, ok := find(to, l.UID); !ok || want.LocalID != l.LocalID {
			removed = append(removed, change(l.UID, l.LocalID, 0))
		}
	}
	for _, l := range to {
		if have, ok := find(r.World.Pins, l.UID); !ok || have.LocalID != l.LocalID {
			set = append(set, change(l.UID, 0, l.LocalID))
		}
	}
	return append(removed, set...)
}

func assertionChanges(r *model.Review, to []model.Assertion) []Change {
	var out []Change
	change := func(a model.Assertion) Change {
		return Change{
			Kind: ChangeAssertion, Side: SideRoleMap, Object: a.Text(), Label: model.Untrusted(a.Text()),
			Reason: "plans that break it are refused",
		}
	}
	for _, a := range r.World.Assertions {
		if !slices.Contains(to, a) {
			c := change(a)
			c.Before = model.Untrusted(a.Text())
			out = append(out, c)
		}
	}
	for _, a := range to {
		if !slices.Contains(r.World.Assertions, a) {
			c := change(a)
			c.After = model.Untrusted(a.Text())
			out = append(out, c)
		}
	}
	return out
}

func identityName(r *model.Review, uid string) model.Untrusted {
	for _, id := range r.World.Directory.Identities {
		if id.UID == uid {
			return id.Username
		}
	}
	return model.Untrusted(fmt.Sprintf("uid %s", model.Clean(uid)))
}
