package plan

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/romm-admin/romm-admin/model"
)

// With returns the world as it would be after the change. It fails with
// CodeConflict when what the change was made from no longer holds (S35).
func After(w model.World, c Change) (model.World, error) {
	e := newEditor(w)
	if err := e.apply(c); err != nil {
		return model.World{}, err
	}
	return e.w, nil
}

// Now returns what the world holds where the change writes, in the form of
// Change.Before. It is false when the object is gone.
func Now(w model.World, c Change) (model.Untrusted, bool) { return newEditor(w).now(c) }

// editor applies many changes to a copy of a world, which it makes as late as
// possible and once.
type editor struct {
	w          model.World
	locals     map[int64]int  // by id; made on first use
	names      map[string]int // of accounts, by username; made on first use
	nextID     int64          // of an account that a change makes; 0: not looked for yet
	identities map[int64]int  // by pk; made on first use
	ownLocals  bool           // w.Locals is a copy
	ownIDs     bool           // w.Directory.Identities is a copy
	// ownPreviews: w.Provider.Previews is a copy
	ownPreviews bool
}

func newEditor(w model.World) *editor { return &editor{w: w} }

func (e *editor) now(c Change) (model.Untrusted, bool) {
	switch c.Kind {
	case ChangeLocalEmail, ChangeLocalEnabled, ChangeLocalRole:
		i, ok := e.local(c.Object)
		if !ok {
			return "", false
		}
		switch u := e.w.Locals[i]; c.Kind {
		case ChangeLocalEmail:
			return u.Email, true
		case ChangeLocalEnabled:
			return model.Untrusted(strconv.FormatBool(u.Enabled)), true
		default:
			return model.Untrusted(u.Role), true
		}
	case ChangeLocalAccount:
		return e.account(c)
	case ChangeIDPEmail, ChangeTrustedEmail:
		i, ok := e.identity(c.Object)
		if !ok {
			return "", false
		}
		if c.Kind == ChangeIDPEmail {
			return e.w.Directory.Identities[i].Email, true
		}
		return e.w.Directory.Identities[i].TrustedEmail, true
	case ChangeRoleRow:
		row, _ := e.w.Roles.Row(model.GroupID(c.Object))
		return model.Untrusted(row.Role), true
	case ChangeDefaultRole:
		return model.Untrusted(e.w.Roles.Default), true
	case ChangePin:
		for _, l := range e.w.Links {
			if l.UID == c.Object {
				return model.Untrusted(strconv.FormatInt(l.LocalID, 10)), true
			}
		}
		return "", true
	case ChangePendingRole:
		p, _ := e.w.PendingFor(model.Untrusted(c.Object))
		return model.Untrusted(p.Role), true
	case ChangeAssertion:
		if slices.ContainsFunc(e.w.Assertions, func(a model.Assertion) bool { return a.Text() == c.Object }) {
			return model.Untrusted(c.Object), true
		}
		return "", true
	case ChangeScopeMapping, ChangeProvider, ChangeApplication, ChangeBinding:
		return setUpNow(e.w, c)
	}
	return "", false
}

func (e *editor) apply(c Change) error {
	now, ok := e.now(c)
	if !ok {
		return &model.Error{
			Code: model.CodeConflict, Msg: fmt.Sprintf("the object %s is gone, or %q is no kind of change", c.Label, model.Clean(string(c.Kind))),
			Hint: "reload and look again",
		}
	}
	if !c.same(now, c.Before) {
		return &model.Error{
			Code: model.CodeConflict, Msg: fmt.Sprintf("in the meantime %s changed: it is %q now, the plan was made from %q", c.Label, c.Text(now), c.Text(c.Before)),
			Hint: "reload and look again",
		}
	}
	switch c.Kind {
	case ChangeLocalEmail, ChangeLocalEnabled, ChangeLocalRole:
		e.setLocal(c)
	case ChangeLocalAccount:
		return e.setAccount(c)
	case ChangeIDPEmail, ChangeTrustedEmail:
		e.setIdentity(c)
	case ChangeRoleRow:
		e.w.Provider.RolesMoved++
		row, _ := e.w.Roles.Row(model.GroupID(c.Object))
		row.Group, row.Name, row.Role = model.GroupID(c.Object), c.Label, model.Role(c.After)
		e.w.Roles = e.w.Roles.With(row)
	case ChangeDefaultRole:
		e.w.Provider.RolesMoved++
		e.w.Roles.Default = model.Role(c.After)
	case ChangePin:
		e.w.Links = slices.DeleteFunc(slices.Clone(e.w.Links), func(l model.Link) bool { return l.UID == c.Object })
		if id, err := strconv.ParseInt(c.After.Raw(), 10, 64); err == nil {
			e.w.Links = append(e.w.Links, model.Link{UID: c.Object, LocalID: id})
		}
	case ChangePendingRole:
		e.w.Pending = slices.DeleteFunc(slices.Clone(e.w.Pending), func(p model.PendingRole) bool { return p.Name.Raw() == c.Object })
		if c.After != "" {
			e.w.Pending = append(e.w.Pending, model.PendingRole{Name: model.Untrusted(c.Object), Role: model.Role(c.After)})
		}
	case ChangeAssertion:
		e.w.Assertions = slices.DeleteFunc(slices.Clone(e.w.Assertions), func(a model.Assertion) bool { return a.Text() == c.Object })
		if c.After != "" {
			a, err := model.ParseAssertion(c.After.Raw())
			if err != nil {
				return err
			}
			e.w.Assertions = append(e.w.Assertions, a)
		}
	case ChangeScopeMapping, ChangeProvider, ChangeApplication, ChangeBinding:
		return e.setSetup(c)
	}
	return nil
}

func (e *editor) setLocal(c Change) {
	if !e.ownLocals {
		e.w.Locals, e.ownLocals = slices.Clone(e.w.Locals), true
	}
	i, _ := e.local(c.Object)
	switch u := &e.w.Locals[i]; c.Kind {
	case ChangeLocalEmail:
		u.Email, u.EmptyEmail = c.After, false
	case ChangeLocalEnabled:
		u.Enabled = c.After == "true"
	default:
		u.Role = model.Role(c.After)
	}
}

func (e *editor) setIdentity(c Change) {
	if !e.ownIDs {
		e.w.Directory.Identities, e.ownIDs = slices.Clone(e.w.Directory.Identities), true
	}
	i, _ := e.identity(c.Object)
	id := &e.w.Directory.Identities[i]
	if c.Kind == ChangeIDPEmail {
		id.Email = c.After
	} else {
		id.TrustedEmail = c.After
	}
	if !e.ownPreviews {
		e.w.Provider.Previews, e.ownPreviews = maps.Clone(e.w.Provider.Previews), true
	}
	delete(e.w.Provider.Previews, id.PK) // computed from what was
}

// local finds an account by its id in decimal.
func (e *editor) local(object string) (int, bool) {
	if e.locals == nil {
		e.locals = make(map[int64]int, len(e.w.Locals))
		for i, u := range e.w.Locals {
			e.locals[u.ID] = i
		}
	}
	return at(e.locals, object)
}

// identity finds an Authentik user by pk in decimal.
func (e *editor) identity(object string) (int, bool) {
	if e.identities == nil {
		e.identities = make(map[int64]int, len(e.w.Directory.Identities))
		for i, id := range e.w.Directory.Identities {
			e.identities[id.PK] = i
		}
	}
	return at(e.identities, object)
}

func at(index map[int64]int, object string) (int, bool) {
	id, err := strconv.ParseInt(object, 10, 64)
	if err != nil {
		return 0, false
	}
	i, ok := index[id]
	return i, ok
}
