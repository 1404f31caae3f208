package rommtest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// Group is a permission group of RomM 5 (docs/romm.md 2 Permission groups).
type Group struct {
	ID          int64
	Name        string
	Description string
	Color       *string
	Grants      []Grant
	isDefault   bool
	system      string // the key of a group that came with RomM
}

// Grant is one right of a group. OwnOnly limits it to what belongs to oneself.
type Grant struct {
	Entity  string `json:"entity"`
	Action  string `json:"action"`
	OwnOnly bool   `json:"own_only"`
}

// The words of a grant, as recorded.
var (
	permEntities = []string{"platforms", "roms", "collections", "playlists", "firmware", "assets", "devices", "users", "tasks", "logs"}
	permActions  = []string{"read", "write", "delete"}
)

// The numbers of the groups that come with RomM.
const (
	viewerGroup = 1
	editorGroup = 2
)

// systemGroups are the two that RomM 5 starts with; 5.4 calls them Viewer and
// Editor (docs/romm.md 2 Permission groups).
func systemGroups(legacy bool) map[int64]*Group {
	name := func(s string) string {
		if legacy {
			return s + " (legacy)"
		}
		return s
	}
	grant := func(own bool, action string, entities ...string) []Grant {
		var out []Grant
		for _, e := range entities {
			out = append(out, Grant{e, action, own})
		}
		return out
	}
	all := func(own bool, actions string, entities ...string) []Grant {
		var out []Grant
		for _, e := range entities {
			for _, a := range strings.Fields(actions) {
				out = append(out, Grant{e, a, own})
			}
		}
		return out
	}
	mine := slices.Concat(
		grant(false, "read", "roms", "platforms", "firmware", "collections"),
		all(true, "write delete", "collections"),
		grant(false, "read", "assets"),
		all(true, "write delete", "assets"),
		all(true, "read write delete", "devices"),
	)
	lists := slices.Concat(grant(false, "read", "playlists"), all(true, "write delete", "playlists"))
	edit := all(false, "write delete", "roms", "platforms", "firmware")
	blue, amber := "#3b82f6", "#f59e0b"
	return map[int64]*Group{
		viewerGroup: {
			ID: viewerGroup, Name: name("Viewer"), Description: "what viewers could do before RomM 5", Color: &blue,
			Grants: slices.Concat(mine, lists), isDefault: true, system: "viewer",
		},
		editorGroup: {
			ID: editorGroup, Name: name("Editor"), Description: "what editors could do before RomM 5", Color: &amber,
			Grants: slices.Concat(mine, edit, lists), system: "editor",
		},
	}
}

// check refuses grants whose scopes were not recorded.
func (g Group) check() error {
	if g.Name == "" {
		return fmt.Errorf("rommtest: permission group %d has no name", g.ID)
	}
	for _, one := range g.Grants {
		if !slices.Contains(permEntities, one.Entity) || !slices.Contains(permActions, one.Action) {
			return fmt.Errorf("rommtest: there is no grant %s.%s", one.Entity, one.Action)
		}
		writes := slices.ContainsFunc(g.Grants, func(o Grant) bool { return o.Entity == one.Entity && o.Action == "write" })
		if one.Entity == "tasks" || one.Entity == "logs" || one.Action == "delete" && !writes {
			return fmt.Errorf("rommtest: what %s.%s allows is not known", one.Entity, one.Action)
		}
	}
	return nil
}

func (s *store) putGroup(g Group) error {
	if !s.version.AtLeast(5, 0, 0) {
		return fmt.Errorf("rommtest: RomM %s has no permission groups", s.version)
	}
	if err := g.check(); err != nil {
		return err
	}
	if g.ID == 0 {
		g.ID = s.lastGroup + 1
	}
	for id, other := range s.groups {
		if id == g.ID || strings.EqualFold(other.Name, g.Name) {
			return fmt.Errorf("rommtest: there is a permission group %d called %q already", id, other.Name)
		}
	}
	s.groups[g.ID] = &g
	s.lastGroup = max(s.lastGroup, g.ID)
	return nil
}

// groupOf is the group whose rights an account has.
func (s *store) groupOf(a *account) *Group {
	if a.Group != nil {
		return s.groups[*a.Group]
	}
	return s.groups[viewerGroup] // the default one; another cannot be made it here
}

type groupSchema struct {
	ID          int64  `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	IsDefault   bool   `json:"is_default"`
	IsSystem    *bool  `json:"is_system,omitempty"` // up to 5.3
	// SystemKey is there since 5.4, null for a group that somebody made.
	SystemKey json.RawMessage `json:"system_key,omitempty"`
	Color     *string         `json:"color"`
	Grants    []Grant         `json:"grants"`
	Members   int             `json:"member_count"`
	Hidden    []any           `json:"hidden"`
}

func (s *store) members(g *Group) (n int) {
	for _, a := range s.users {
		if a.Group != nil && *a.Group == g.ID {
			n++
		}
	}
	return n
}

func (s *Server) showGroup(g *Group) groupSchema {
	out := groupSchema{
		ID: g.ID, Name: g.Name, Description: g.Description, IsDefault: g.isDefault,
		Color: g.Color, Grants: slices.Concat([]Grant{}, g.Grants), Members: s.store.members(g), Hidden: []any{},
	}
	isSystem := g.system != ""
	switch {
	case !since(s.version, 5, 4):
		out.IsSystem = &isSystem
	case isSystem:
		out.SystemKey = json.RawMessage(strconv.Quote(g.system))
	default:
		out.SystemKey = json.RawMessage("null")
	}
	return out
}

// needAdmin is need, and also requires the role: a scope that a group grants is
// not enough for permissions.
func (s *Server) needAdmin(r *request) *answer {
	if refused := s.need(r); refused != nil {
		return refused
	}
	if r.caller.account.Role != model.RoleAdmin {
		return detail(http.StatusForbidden, "Administrator privileges required")
	}
	return nil
}

// listGroups is in the order of the names, which fits what was recorded.
func (s *Server) listGroups(r *request) *answer {
	if refused := s.needAdmin(r); refused != nil {
		return refused
	}
	out := []groupSchema{}
	for _, g := range slices.SortedFunc(maps.Values(s.store.groups), func(a, b *Group) int { return cmp.Compare(a.Name, b.Name) }) {
		out = append(out, s.showGroup(g))
	}
	return ok(out)
}

// createGroup takes the recorded shape: a name and grants. Colours, another
// default group, a name that is taken and a body of another shape were not
// recorded.
func (s *Server) createGroup(r *request) *answer {
	obj, refused := r.object()
	if refused == nil {
		refused = s.needAdmin(r)
	}
	if refused != nil {
		return refused
	}
	g, known := groupWish(obj)
	if !known || s.store.putGroup(g) != nil {
		return unimplemented("this body for "+r.Method, r.URL.Path)
	}
	return &answer{status: http.StatusCreated, body: s.showGroup(s.store.groups[s.store.lastGroup])}
}

func groupWish(obj map[string]any) (g Group, known bool) {
	if isDefault, _ := obj["is_default"].(bool); isDefault || obj["color"] != nil {
		return g, false
	}
	g.Name, known = obj["name"].(string)
	g.Description, _ = obj["description"].(string)
	list, _ := obj["grants"].([]any)
	for _, one := range list {
		grant, isObject := one.(map[string]any)
		known = known && isObject
		entity, _ := grant["entity"].(string)
		action, _ := grant["action"].(string)
		own, _ := grant["own_only"].(bool)
		g.Grants = append(g.Grants, Grant{entity, action, own})
	}
	return g, known
}

// deleteGroup deletes an empty group that somebody made; nothing else was
// recorded.
func (s *Server) deleteGroup(r *request) *answer {
	id, refused := pathID(r.args[0], "id", anyID)
	if refused == nil {
		refused = s.needAdmin(r)
	}
	if refused != nil {
		return refused
	}
	g := s.store.groups[id]
	if g == nil || g.system != "" || s.store.members(g) > 0 {
		return unimplemented(r.Method, r.URL.Path)
	}
	delete(s.store.groups, id)
	return ok(nil)
}

func (s *Server) catalog(r *request) *answer {
	if refused := s.needAdmin(r); refused != nil {
		return refused
	}
	return ok(map[string]any{"entities": permEntities, "actions": permActions})
}

// myPermissions was recorded for members of the default group alone; how the
// rights of others are worded is not known.
func (s *Server) myPermissions(r *request) *answer {
	if refused := s.need(r); refused != nil {
		return refused
	}
	a := r.caller.account
	if a == nil || a.Role == model.RoleAdmin || s.store.groupOf(a).ID != viewerGroup {
		return unimplemented("this caller of", r.URL.Path)
	}
	grants := []any{}
	for _, action := range strings.Fields(
		"rom.view rom.play rom.download rom.favorite platform.view collection.view collection.create collection.edit collection.delete") {
		grants = append(grants, map[string]any{"action": action, "scope": map[string]any{"kind": "global", "id": nil}})
	}
	return ok(map[string]any{
		"is_admin": false, "grants": grants, "hidden": map[string]any{"platforms": []any{}, "roms": []any{}},
	})
}

// permissions finds the user that the path names.
func (s *Server) permissionsUser(r *request) (*account, *answer) {
	id, refused := pathID(r.args[0], "user_id", anyID)
	if refused == nil {
		refused = s.needAdmin(r)
	}
	if refused != nil {
		return nil, refused
	}
	a := s.store.users[id]
	if a == nil {
		return nil, detail(http.StatusNotFound, "Not found")
	}
	return a, nil
}

func showPermissions(a *account) *answer {
	return ok(map[string]any{
		"user_id": a.ID, "permission_group_id": a.Group, "overrides": []any{}, "hidden": []any{},
	})
}

func (s *Server) getPermissions(r *request) *answer {
	a, refused := s.permissionsUser(r)
	if refused != nil {
		return refused
	}
	return showPermissions(a)
}

// setPermissions changes the group if set_group says so. Overrides were not
// recorded.
func (s *Server) setPermissions(r *request) *answer {
	obj, refused := r.object()
	if refused != nil {
		return refused
	}
	group, refused := wholeNumber(obj["permission_group_id"], "body", "permission_group_id")
	if refused != nil {
		return refused
	}
	a, refused := s.permissionsUser(r)
	if refused != nil {
		return refused
	}
	set, isBool := obj["set_group"].(bool)
	if obj["set_group"] != nil && !isBool || obj["overrides"] != nil {
		return unimplemented("this body for "+r.Method, r.URL.Path)
	}
	if !set {
		return showPermissions(a)
	}
	if group != nil && s.store.groups[*group] == nil {
		return crash() // a foreign key
	}
	changed := *a
	changed.Group = group
	changed.updated = s.store.now().UTC()
	if s.store.save(&changed) != nil {
		return crash()
	}
	return showPermissions(&changed)
}

// wholeNumber reads an optional number of a JSON body: null is none, and a
// text with digits counts.
func wholeNumber(v any, loc ...any) (*int64, *answer) {
	var text string
	switch n := v.(type) {
	case nil:
		return nil, nil
	case string:
		text = n
	default:
		text = fmt.Sprint(n)
	}
	i, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err == nil {
		return &i, nil
	}
	if s, isString := v.(string); isString {
		return nil, invalid(notAnInteger(s, loc...))
	}
	return nil, unimplemented("a number like "+text, "in a body")
}
