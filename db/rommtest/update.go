package rommtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// updateUser is PUT /api/users/{id}: a form, of which absent fields stay as
// they are (docs/romm.md 2 PUT). The refusal to demote the last admin is left
// out: no caller of this endpoint can reach it.
func (s *Server) updateUser(r *request) *answer {
	f, refused := r.form()
	if refused != nil {
		return refused
	}
	id, refused := pathID(r.args[0], "id", anyID)
	if refused != nil {
		return refused
	}
	enabled, setEnabled := f.last("enabled")
	on, valid := boolean(enabled)
	if setEnabled && !valid {
		return invalid(notABool(enabled, "body", "enabled"))
	}
	if refused := s.need(r); refused != nil {
		return refused
	}
	old := s.store.users[id]
	if old == nil {
		return detail(http.StatusNotFound, fmt.Sprintf("Username with id %d not found", id))
	}
	self := old == r.caller.account
	if !self && r.caller.account.Role != model.RoleAdmin {
		return forbidden()
	}

	a := *old
	a.uiSettings = maps.Clone(old.uiSettings)
	for _, set := range []func(*account, form) *answer{s.setUsername, s.setPassword, s.setEmail, s.setProfile} {
		if refused := set(&a, f); refused != nil {
			return refused
		}
	}
	if !self {
		if setEnabled {
			a.Disabled = !on
		}
		if refused := s.setRole(&a, f); refused != nil {
			return refused
		}
	}
	if a.Email != nil && len(*a.Email) > maxColumn {
		return crash()
	}
	a.updated = s.store.now().UTC()
	if s.store.save(&a) != nil {
		return crash()
	}
	if a.Username != old.Username || a.Password != old.Password {
		s.endSessions(r, old)
	}
	return ok(s.show(&a, false))
}

// endSessions ends the caller's own session, and from the code after 5.2 on all
// of the account (docs/romm.md 2 PUT).
func (s *Server) endSessions(r *request, owner *account) {
	mine := r.caller.session
	maps.DeleteFunc(s.store.sessions, func(_ string, in *session) bool {
		return in == mine && owner == r.caller.account || s.since53() && s.store.lookup(in.username) == s.store.column(owner.Username)
	})
}

// setUsername changes the name unless it is empty or the stored one. The
// account itself is found as well, so that its own name in other letters is
// refused.
func (s *Server) setUsername(a *account, f form) *answer {
	name, _ := f.last("username")
	if name == "" || name == a.Username {
		return nil
	}
	if reason := checkUsername(name); reason != "" {
		return detail(http.StatusBadRequest, reason)
	}
	if s.store.byUsername(name) != nil {
		return detail(http.StatusBadRequest, "Username "+name+" already exists")
	}
	a.Username = strings.ToLower(name)
	return nil
}

func (s *Server) setPassword(a *account, f form) *answer {
	password, _ := f.last("password")
	if password == "" {
		return nil
	}
	if reason := checkPassword(password); reason != "" {
		return detail(http.StatusBadRequest, reason)
	}
	a.Password, a.OIDCMade = model.Secret(password), false
	return nil
}

// setEmail changes the address: equal to the stored one changes nothing, also
// for an empty string that is stored, and the account's own address in other
// letter case is refused.
func (s *Server) setEmail(a *account, f form) *answer {
	email, given := f.last("email")
	if !given || a.Email != nil && email == *a.Email {
		return nil
	}
	if reason := checkEmail(email); reason != "" {
		return detail(http.StatusBadRequest, reason)
	}
	if email != "" && s.store.byAddress(email) != nil {
		return detail(http.StatusBadRequest, "User with email "+email+" already exists")
	}
	a.Email = address(email)
	return nil
}

func (s *Server) setRole(a *account, f form) *answer {
	name, _ := f.last("role")
	if name == "" {
		return nil
	}
	role, known := s.role(name)
	if !known {
		return crash()
	}
	a.Role = role
	return nil
}

// setProfile takes the fields that have nothing to do with signing in.
func (s *Server) setProfile(a *account, f form) *answer {
	if v, given := f.last("ra_username"); given {
		a.raUsername = v
	}
	if v, _ := f.last("ui_settings"); v != "" && s.version.AtLeast(4, 6, 0) {
		var settings any
		if err := json.Unmarshal([]byte(v), &settings); err != nil {
			return detail(http.StatusBadRequest, "Invalid ui_settings JSON: "+pythonJSON(v, err))
		}
		obj, isObject := settings.(map[string]any)
		if !isObject {
			return detail(http.StatusBadRequest, "Invalid ui_settings JSON: "+v)
		}
		a.uiSettings = obj
	}
	data, given := f.files["avatar"]
	if !given {
		return nil
	}
	kind, _, _ := mime.ParseMediaType(http.DetectContentType(data))
	switch kind {
	case "image/png", "image/jpeg", "image/webp", "image/gif":
		return unimplemented("avatars on", "/api/users/{id}")
	}
	return detail(http.StatusBadRequest, fmt.Sprintf("Avatar must be a PNG, JPEG, WebP, or GIF image (detected %s)", kind))
}
