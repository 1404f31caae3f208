package model

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
// whether that is the whole truth: false when a group or a parent is not in
// the list, so that what lies above it is unknown (S9). Unknown groups are
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

// Name returns the group's name, or its id in a form that says that it is not
// visible to us.
func (m Memberships) Name(id GroupID) Untrusted {
	if g, ok := m.groups[id]; ok {
		return g.Name
	}
	return Untrusted("group " + string(id) + " (not visible)")
}
