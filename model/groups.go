package model

import "slices"

// Memberships answers which groups somebody is in, inherited ones included,
// and how many people a group has. Build it once per reading.
type Memberships struct {
	groups map[GroupID]Group
}

// NewMemberships indexes the groups of a directory.
func NewMemberships(groups []Group) Memberships {
	m := Memberships{groups: make(map[GroupID]Group, len(groups))}
	for _, g := range groups {
		m.groups[g.ID] = g
	}
	return m
}

// Of returns the direct groups and all that they belong to, each once, and
// whether that list is complete: false when a group or a parent is not in
// the list, so that the groups above it are unknown (S9). Unknown groups are
// returned too.
func (m Memberships) Of(direct []GroupID) (all []GroupID, whole bool) {
	whole = true
	seen := make(map[GroupID]bool, len(direct))
	todo := append([]GroupID(nil), direct...)
	for len(todo) > 0 {
		id := todo[0]
		todo = todo[1:]
		if seen[id] {
			continue
		}
		seen[id] = true
		all = append(all, id)
		g, known := m.groups[id]
		if !known {
			whole = false
			continue
		}
		todo = append(todo, g.Parents...)
	}
	return all, whole
}

// Count returns how many of the people each group has, direct or inherited.
func (m Memberships) Count(people []Identity) map[GroupID]int {
	out := make(map[GroupID]int, len(m.groups))
	for _, id := range people {
		all, _ := m.Of(id.Groups)
		for _, g := range all {
			out[g]++
		}
	}
	return out
}

// Path returns the shortest chain of groups from one of the direct ones up to
// target, both ends included; nil when target is not among them or above them.
func (m Memberships) Path(direct []GroupID, target GroupID) []GroupID {
	from := make(map[GroupID]GroupID, len(direct)) // a group -> the one below it
	todo := append([]GroupID(nil), direct...)
	for _, id := range direct {
		from[id] = ""
	}
	for len(todo) > 0 {
		id := todo[0]
		todo = todo[1:]
		if id == target {
			var path []GroupID
			for ; id != ""; id = from[id] {
				path = append(path, id)
			}
			slices.Reverse(path)
			return path
		}
		for _, parent := range m.groups[id].Parents {
			if _, seen := from[parent]; !seen {
				from[parent] = id
				todo = append(todo, parent)
			}
		}
	}
	return nil
}

// Name returns the group's name, or its id in a form that says that the token
// cannot see it.
func (m Memberships) Name(id GroupID) Untrusted {
	if g, ok := m.groups[id]; ok {
		return g.Name
	}
	return Untrusted("group " + string(id) + " (not visible)")
}
