package authentiktest

import (
	"net/http"
	"slices"
	"strings"
)

// Grant is a permission on one object alone: of users the key in decimal, of
// applications the slug, of all others the UUID or the key, as in URLs.
type Grant struct{ Permission, Object string }

// Permit changes what the token may do globally, as Seed.Permissions says it.
func (s *Server) Permit(permissions []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.permissions = slices.Clone(permissions)
}

// may reports whether the token has a permission globally: on every object.
func (s *Server) may(permission string) bool {
	return s.permissions == nil || slices.Contains(s.permissions, permission)
}

// mayOn is may for one object, which counts in addition to what holds globally.
func (s *Server) mayOn(permission, object string) bool {
	return s.may(permission) || slices.Contains(s.grants, Grant{permission, object})
}

// mayAny reports whether the token has a permission on anything. A list in
// which nothing may be seen is refused, and not empty (docs/authentik.md 4.1).
func (s *Server) mayAny(permission string) bool {
	return s.may(permission) || slices.ContainsFunc(s.grants, func(g Grant) bool { return g.Permission == permission })
}

// seen are the rows that the token may see.
func seen[T any](s *Server, permission string, rows []T, object func(T) string) []T {
	if s.may(permission) {
		return rows
	}
	return keep(rows, []func(T) bool{func(row T) bool { return s.mayOn(permission, object(row)) }})
}

// objectOf is the object that the path names; "" for a list, or for what is
// made.
func objectOf(r *http.Request) string {
	for _, name := range []string{"id", "slug", "pm_uuid", "policy_binding_uuid"} {
		if v := r.PathValue(name); v != "" {
			return v
		}
	}
	return ""
}

// allowed checks the permission of an endpoint before its handler. What is made
// needs it globally; a list shows what may be seen; an object has to be seen
// before it is changed: nothing seen at all is 403, and not this one 404.
func (s *Server) allowed(e endpoint, r *http.Request) (reply, bool) {
	object, write := objectOf(r), r.Method != http.MethodGet
	switch {
	case e.permission == "":
	case strings.HasSuffix(e.Path, "/test/"):
		if !s.may(permTestMapping) || !s.may(permAddAnyMapping) {
			return crashed(), false
		}
	case object == "" && write:
		return notAllowed(), s.may(e.permission)
	case object == "":
		return notAllowed(), s.mayAny(e.permission)
	default:
		view := viewOf(e.permission)
		if !s.mayAny(view) {
			return notAllowed(), false
		}
		if !s.mayOn(view, object) {
			return s.notFound(modelOf(e.permission)), false
		}
		return notAllowed(), s.mayOn(e.permission, object)
	}
	return reply{}, true
}

// viewOf is the permission to see what another permission is to write.
func viewOf(permission string) string {
	app, code, _ := strings.Cut(permission, ".")
	_, kind, _ := strings.Cut(code, "_")
	return app + ".view_" + kind
}

// modelOf is the model that a permission is about, as answers name it.
func modelOf(permission string) string {
	_, kind, _ := strings.Cut(permission, "_")
	for _, model := range []string{modelUser, modelApplication, modelProvider, modelMapping, "PolicyBinding", "Flow"} {
		if strings.HasSuffix(kind, "_"+strings.ToLower(model)) {
			return model
		}
	}
	return "Object"
}

// made gives the permissions on a new object to who made it, as Authentik does
// from 2025.12 on (docs/authentik.md 4.4).
func (s *Server) made(permission, object string) {
	if !s.release.AtLeast(2025, 12) {
		return
	}
	for _, verb := range []string{"view", "change", "delete"} {
		s.grants = append(s.grants, Grant{strings.Replace(permission, ".add_", "."+verb+"_", 1), object})
	}
}

// notAllowed is how a missing permission is answered.
func notAllowed() reply {
	return problem(http.StatusForbidden, "You do not have permission to perform this action.")
}

// crashed is how a POST is answered that fails inside Authentik: not 500, but
// 405 with an empty page (docs/authentik.md 4.1).
func crashed() reply { return reply{status: http.StatusMethodNotAllowed, page: true} }
