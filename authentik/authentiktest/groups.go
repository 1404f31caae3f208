package authentiktest

import "net/http"

var groupQuery = []string{
	"include_children", "include_inherited_roles", "include_parents", "include_users", "is_superuser", "name", "ordering",
	"page", "page_size", "search",
}

func (s *Server) listGroups(r *http.Request) reply {
	q := r.URL.Query()
	rows := make([]*groupState, 0, len(s.world.order))
	for _, id := range s.world.order {
		if !s.world.groups[id].Hidden {
			rows = append(rows, s.world.groups[id])
		}
	}
	var f []func(*groupState) bool
	f = exact(q, "name", func(g *groupState) string { return g.Name }, f)
	f = flag(q, "is_superuser", func(g *groupState) bool { return g.Superuser }, f)
	f = search(q, func(g *groupState) []string { return []string{g.Name} }, f)
	rows = order(q, keep(seen(s, permViewGroup, rows, func(g *groupState) string { return g.ID }), f), []string{"name", "pk"}, map[string]func(*groupState) string{
		"name": func(g *groupState) string { return g.Name },
		"pk":   func(g *groupState) string { return g.ID },
	})
	return paginate(s, q, rows, func(g *groupState) any {
		return s.groupJSON(g, included(q, "include_users"), q.Get("include_children") == "true", q.Get("include_parents") == "true")
	})
}

// groupJSON has one parent up to 2025.10 and a list of them since 2025.12;
// children came with 2025.8 (docs/authentik.md 5).
func (s *Server) groupJSON(g *groupState, withUsers, withChildren, withParents bool) map[string]any {
	members := make([]any, len(g.members))
	for i, pk := range g.members {
		members[i] = float64(pk)
	}
	out := map[string]any{
		"pk": g.ID, "num_pk": float64(g.numPK), "name": g.Name, "is_superuser": g.Superuser,
		"users": members, "users_obj": nil, "attributes": attributes(g.Attributes), "roles": roleIDs(g.Roles), "roles_obj": roleObjects(g.Roles),
	}
	if withUsers {
		list := make([]any, len(g.members))
		for i, pk := range g.members {
			list[i] = s.partialUser(s.world.users[pk])
		}
		out["users_obj"] = list
	}
	if s.release.AtLeast(2025, 8) {
		ids, list := s.children(g)
		out["children"], out["children_obj"] = ids, nil
		if withChildren {
			out["children_obj"] = list
		}
	}
	if s.release.AtLeast(2025, 12) {
		out["parents"], out["parents_obj"], out["inherited_roles_obj"] = texts(g.parents), nil, nil
		if withParents {
			list := []any{}
			for _, id := range g.parents {
				list = append(list, relatedGroup(s.world.groups[id]))
			}
			out["parents_obj"] = list
		}
		return out
	}
	out["parent"], out["parent_name"] = nil, nil
	if len(g.parents) > 0 {
		out["parent"], out["parent_name"] = g.parents[0], s.world.groups[g.parents[0]].Name
	}
	return out
}

func (s *Server) children(g *groupState) (ids, list []any) {
	ids, list = []any{}, []any{}
	for _, id := range s.world.order {
		for _, parent := range s.world.groups[id].parents {
			if parent == g.ID {
				ids = append(ids, id)
				list = append(list, relatedGroup(s.world.groups[id]))
			}
		}
	}
	return ids, list
}

func relatedGroup(g *groupState) map[string]any {
	return map[string]any{
		"pk": g.ID, "name": g.Name, "is_superuser": g.Superuser, "attributes": attributes(g.Attributes), "group_uuid": g.ID,
	}
}

func (s *Server) partialGroup(g *groupState) map[string]any {
	out := map[string]any{
		"pk": g.ID, "num_pk": float64(g.numPK), "name": g.Name, "is_superuser": g.Superuser, "attributes": attributes(g.Attributes),
	}
	if !s.release.AtLeast(2025, 12) {
		out["parent"], out["parent_name"] = nil, nil
		if len(g.parents) > 0 {
			out["parent"], out["parent_name"] = g.parents[0], s.world.groups[g.parents[0]].Name
		}
	}
	return out
}

func (s *Server) partialUser(u *userState) map[string]any {
	return map[string]any{
		"pk": float64(u.PK), "username": u.Username, "name": u.Name, "is_active": !u.Inactive,
		"last_login": timeOrNull(u.LastLogin), "email": u.Email, "attributes": attributes(u.Attributes), "uid": u.uid,
	}
}
