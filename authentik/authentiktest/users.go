package authentiktest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/mail"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

var userQuery = []string{
	"attributes", "email", "groups_by_name", "groups_by_pk", "include_groups", "include_roles", "is_active", "is_superuser", "name", "ordering", "page", "page_size",
	"path", "path_startswith", "search", "type", "username", "uuid",
}

// avatar stands for the drawn initials of a real server.
const avatar = "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4="

func (s *Server) listUsers(r *http.Request) reply {
	q := r.URL.Query()
	rows := make([]*userState, 0, len(s.world.userOrder))
	for _, pk := range s.world.userOrder {
		rows = append(rows, s.world.users[pk])
	}
	var f []func(*userState) bool
	f = exact(q, "username", func(u *userState) string { return u.Username }, f)
	f = exact(q, "email", func(u *userState) string { return u.Email }, f)
	f = exact(q, "name", func(u *userState) string { return u.Name }, f)
	f = exact(q, "uuid", func(u *userState) string { return u.uuid }, f)
	f = exact(q, "path", func(u *userState) string { return u.Path }, f)
	f = flag(q, "is_active", func(u *userState) bool { return !u.Inactive }, f)
	f = flag(q, "is_superuser", s.world.superuser, f)
	f = search(q, func(u *userState) []string { return []string{u.Email, u.Name, u.uuid, u.Username} }, f)
	if types := q["type"]; len(types) > 0 {
		f = append(f, func(u *userState) bool { return slices.Contains(types, u.Type) })
	}
	if text := q.Get("attributes"); text != "" {
		var wanted any
		if json.Unmarshal([]byte(text), &wanted) != nil {
			return answered(http.StatusBadRequest, []any{"filter: failed to parse JSON"})
		}
		object, is := wanted.(map[string]any)
		if !is {
			return answered(http.StatusBadRequest, []any{"filter: value must be key:value mapping"})
		}
		for name, value := range object {
			f = append(f, func(u *userState) bool { return reflect.DeepEqual(u.Attributes[name], value) })
		}
	}
	for _, by := range []string{"groups_by_name", "groups_by_pk"} {
		wanted := q[by]
		for _, name := range wanted {
			if id, err := s.world.findGroup(name); err != nil || (id == name) != (by == "groups_by_pk") {
				return fieldError(by, notAChoice(name))
			}
		}
		if len(wanted) > 0 {
			f = append(f, func(u *userState) bool {
				return slices.ContainsFunc(u.groups, func(id string) bool {
					return slices.Contains(wanted, id) || slices.Contains(wanted, s.world.groups[id].Name)
				})
			})
		}
	}
	if prefix := q.Get("path_startswith"); prefix != "" {
		f = append(f, func(u *userState) bool { return strings.HasPrefix(u.Path, prefix) })
	}
	rows = keep(seen(s, permViewUser, rows, func(u *userState) string { return strconv.FormatInt(u.PK, 10) }), f)
	if q.Get("ordering") != "pk" { // they are in that order already
		rows = order(q, rows, []string{"username", "email", "name", "pk"}, map[string]func(*userState) string{
			"username": func(u *userState) string { return u.Username },
			"email":    func(u *userState) string { return u.Email },
			"name":     func(u *userState) string { return u.Name },
			"pk":       func(u *userState) string { return fmt.Sprintf("%020d", u.PK) },
		})
	}
	return paginate(s, q, rows, func(u *userState) any {
		return s.userJSON(u, included(q, "include_groups"), included(q, "include_roles"))
	})
}

// included reads a parameter that is on unless it says otherwise.
func included(q url.Values, name string) bool {
	return !q.Has(name) || strings.ToLower(q.Get(name)) == "true"
}

func (s *Server) userJSON(u *userState, withGroups, withRoles bool) map[string]any {
	out := map[string]any{
		"pk": float64(u.PK), "username": u.Username, "name": u.Name, "email": u.Email,
		"is_active": !u.Inactive, "is_superuser": s.world.superuser(u), "last_login": timeOrNull(u.LastLogin),
		"groups": texts(u.groups), "groups_obj": nil, "avatar": avatar, "attributes": attributes(u.Attributes),
		"uid": u.uid, "path": u.Path, "type": u.Type, "uuid": u.uuid,
	}
	if withGroups {
		list := []any{}
		for _, id := range u.groups {
			list = append(list, s.partialGroup(s.world.groups[id]))
		}
		out["groups_obj"] = list
	}
	joined := u.joined.Format(time.RFC3339)
	// Released with 2025.2; the state that calls itself 2024.12.3 has it too.
	out["password_change_date"] = joined
	if s.release.AtLeast(2025, 4) {
		out["date_joined"] = joined
	}
	if s.release.AtLeast(2025, 8) {
		out["last_updated"] = joined
	}
	if s.release.AtLeast(2025, 12) {
		out["roles"], out["roles_obj"] = roleIDs(u.Roles), nil
		if withRoles {
			out["roles_obj"] = roleObjects(u.Roles)
		}
	}
	return out
}

func timeOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	if t = t.UTC(); t.Nanosecond() != 0 {
		return t.Format("2006-01-02T15:04:05.000000Z07:00")
	}
	return t.Format(time.RFC3339)
}

func attributes(a map[string]any) map[string]any {
	if a == nil {
		return map[string]any{}
	}
	return a
}

// user finds the one of the path.
func (s *Server) user(r *http.Request) (*userState, bool) {
	pk, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		return nil, false
	}
	u, found := s.world.users[pk]
	return u, found
}

func (s *Server) getUser(r *http.Request) reply {
	u, found := s.user(r)
	if !found {
		return s.notFound(modelUser)
	}
	return ok(s.userJSON(u, true, true))
}

// patchUser changes address, attributes and activity. It replaces attributes
// as a whole, as Authentik does.
func (s *Server) patchUser(r *http.Request) reply {
	u, found := s.user(r)
	if !found {
		return s.notFound(modelUser)
	}
	if u.Type == "internal_service_account" {
		return fieldError("non_field_errors", "Can't modify internal service account users")
	}
	var fields map[string]any
	// Numbers in attributes are kept as they were written.
	d := json.NewDecoder(r.Body)
	d.UseNumber()
	if err := d.Decode(&fields); err != nil {
		return problem(http.StatusBadRequest, "JSON parse error - "+err.Error())
	}
	next := *u
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		switch v := fields[name].(type) {
		case string:
			if name != "email" {
				return notPatched(name)
			}
			if !validEmail(v) {
				return fieldError(name, "Enter a valid email address.")
			}
			next.Email = v
		case bool:
			if name != "is_active" {
				return notPatched(name)
			}
			next.Inactive = !v
		case map[string]any:
			if name != "attributes" {
				return notPatched(name)
			}
			next.Attributes = v
		default:
			return notPatched(name)
		}
	}
	if _, sent := fields["attributes"]; sent {
		if out, refused := s.defined(&next); refused {
			return out
		}
	}
	s.world.users[u.PK] = &next
	return ok(s.userJSON(&next, true, true))
}

// validEmail is Django's rule as far as it was seen: the local part is ASCII,
// the domain need not be (docs/authentik.md 4.2 PATCH).
func validEmail(text string) bool {
	if text == "" {
		return true
	}
	local, _, found := strings.Cut(text, "@")
	_, err := mail.ParseAddress(text)
	return found && err == nil && ascii(local) && !strings.ContainsAny(text, " <>\"")
}

func notPatched(name string) reply {
	return problem(http.StatusNotImplemented, "authentiktest does not implement changing "+name)
}

func (s *Server) getMe(*http.Request) reply {
	u := s.world.users[s.world.owner]
	groups := []any{}
	for _, g := range s.world.allGroups(u.groups) {
		groups = append(groups, map[string]any{"name": g.Name, "pk": g.ID})
	}
	user := map[string]any{
		"pk": float64(u.PK), "username": u.Username, "name": u.Name, "is_active": true,
		"is_superuser": s.world.superuser(u), "groups": groups, "email": u.Email, "avatar": avatar, "uid": u.uid,
		"settings": map[string]any{}, "type": u.Type, "system_permissions": []any{},
	}
	if s.release.AtLeast(2025, 12) {
		user["roles"] = roleObjects(u.Roles)
	}
	if s.world.superuser(u) {
		user["system_permissions"] = []any{"view_system_settings", "edit_system_settings", "access_admin_interface", "view_system_info"}
	}
	out := map[string]any{"user": user}
	if s.release.AtLeast(2026, 8) { // who is signed in in the same browser
		user["is_current"] = true
		out["users"] = []any{user}
	}
	return ok(out)
}

func (s *Server) getVersion(*http.Request) reply {
	return ok(map[string]any{
		"version_current": s.version, "version_latest": s.version, "version_latest_valid": true,
		"build_hash": "", "outdated": false, "outpost_outdated": false,
	})
}
