package model

import (
	"fmt"
	"maps"
	"slices"
)

// WithIdentity returns the world with that Authentik user as read back. A
// preview of the user as it was is dropped.
func (w World) WithIdentity(id Identity) World {
	w.Directory.Identities = slices.Clone(w.Directory.Identities)
	for i := range w.Directory.Identities {
		if w.Directory.Identities[i].PK == id.PK {
			w.Directory.Identities[i] = id
		}
	}
	w.Provider.Previews = maps.Clone(w.Provider.Previews)
	delete(w.Provider.Previews, id.PK)
	return w
}

// WithPreviews returns the world with what Authentik computed for more people.
func (w World) WithPreviews(more map[int64]Preview) World {
	all := make(map[int64]Preview, len(w.Provider.Previews)+len(more))
	maps.Copy(all, w.Provider.Previews)
	for pk, p := range more {
		p.RolesMoved = w.Provider.RolesMoved
		all[pk] = p
	}
	w.Provider.Previews = all
	return w
}

// WithRoles returns the world with the role map as read back.
func (w World) WithRoles(m RoleMap) World {
	w.Roles = m
	w.Provider.RolesMoved++
	return w
}

// table is the role map as it has to stand in Authentik.
func (w World) RoleTable() RoleTable {
	out := RoleTable{Default: w.Settings.Token(w.Roles.Default), Generation: w.Roles.Generation, Sum: w.Roles.Sum}
	for _, row := range w.Roles.Rows {
		out.Rows = append(out.Rows, RoleTableRow{Group: row.Group, Token: w.Settings.Token(row.Role)})
	}
	out.Rows = out.SortedRows()
	used := func(role Role) bool {
		return w.Roles.Default == role || slices.ContainsFunc(w.Roles.Rows, func(row RoleRow) bool { return row.Role == role })
	}
	for _, role := range []Role{RoleAdmin, RoleEditor, RoleUser, RoleViewer} {
		token := w.Settings.Token(role)
		if !slices.Contains(out.Rank, token) && (used(role) || slices.Contains(w.Settings.Version.Roles(), role)) {
			out.Rank = append(out.Rank, token)
		}
	}
	if w.Provider.Compiled != nil {
		out.Companion = w.Provider.Compiled.Companion
	}
	return out
}

// RolesBehind says that Authentik has a newer role map than there is here, or
// another one of the same age; "" if not (S27).
func (w World) RolesBehind() string {
	there := w.Provider.Compiled
	if there == nil || there.Sum == "" || w.Roles.Sum == "" || there.Generation < w.Roles.Generation || there.Sum == w.Roles.Sum {
		return ""
	}
	return fmt.Sprintf("change %d of the role map was published to Authentik, and here is %s change %d",
		there.Generation, map[bool]string{true: "another", false: "only"}[there.Generation == w.Roles.Generation], w.Roles.Generation)
}

// groupName is the label of a group: Authentik's name for it, or the one that
// the role map remembers, or its id.
func (w World) GroupName(id GroupID) Untrusted {
	if g, ok := w.Directory.Group(id); ok {
		return g.Name
	}
	if row, ok := w.Roles.Row(id); ok && row.Name != "" {
		return row.Name
	}
	return Untrusted("group " + string(id))
}
