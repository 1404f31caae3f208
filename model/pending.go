package model

func (w World) PendingFor(name Untrusted) (PendingRole, bool) {
	for _, p := range w.Pending {
		if p.Name == name {
			return p, true
		}
	}
	return PendingRole{}, false
}

// groupsNamed lists the groups of exactly that name.
func (r *Review) GroupsNamed(name Untrusted) []Group {
	var out []Group
	for _, g := range r.World.Directory.Groups {
		if g.Name == name {
			out = append(out, g)
		}
	}
	return out
}

// Bindable lists the groups that now exist under the name of a
// pending row: candidates to bind it to, never bound by themselves.
func (r *Review) Bindable(p PendingRole) []Group { return r.GroupsNamed(p.Name) }
