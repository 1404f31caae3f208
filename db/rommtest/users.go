package rommtest

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// userSchema is RomM's UserSchema as 5.2.0 sends it.
type userSchema struct {
	ID            int64    `json:"id"`
	Username      string   `json:"username"`
	Email         *string  `json:"email"`
	Enabled       bool     `json:"enabled"`
	Role          string   `json:"role"`
	OAuthScopes   []string `json:"oauth_scopes"`
	AvatarPath    string   `json:"avatar_path"`
	LastLogin     *string  `json:"last_login"`
	LastActive    *string  `json:"last_active"`
	RAUsername    *string  `json:"ra_username"`
	RAProgression any      `json:"ra_progression"`
	CreatedAt     string   `json:"created_at"`
	UpdatedAt     string   `json:"updated_at"`
}

// The fields that came with RomM 4.6 and 5.0.
type (
	userSchema46 struct {
		userSchema
		UISettings any `json:"ui_settings"`
	}
	userSchema50 struct {
		userSchema46
		GroupID  *int64  `json:"permission_group_id"`
		DeviceID *string `json:"current_device_id"`
	}
)

// show renders an account; only /me names the device of its session. fresh is for the reply that creates it, which has
// its times in full.
func (s *Server) show(a *account, fresh bool) any {
	stamp := func(t time.Time) *string {
		if t.IsZero() {
			return nil
		}
		text := s.stamp(t, fresh)
		return &text
	}
	if a.Role != model.RoleAdmin {
		s.shown++
	}
	u := userSchema{
		ID: a.ID, Username: a.Username, Email: a.Email, Enabled: !a.Disabled, Role: string(a.Role),
		OAuthScopes: s.store.scopesOf(a),
		LastLogin:   stamp(a.LastLogin), LastActive: stamp(a.LastActive),
		RAUsername: &a.raUsername, RAProgression: map[string]any{},
		CreatedAt: *stamp(a.created), UpdatedAt: *stamp(a.updated),
	}
	return s.versioned(u, a.uiSettings, a.Group, nil)
}

func (s *Server) versioned(u userSchema, ui any, group *int64, device *string) any {
	switch u46 := (userSchema46{u, ui}); {
	case s.version.AtLeast(5, 0, 0):
		return userSchema50{u46, group, device}
	case s.version.AtLeast(4, 6, 0):
		return u46
	}
	return u
}

// kioskUser is whom RomM takes a request without credentials for in kiosk
// mode. It has no row.
func (s *Server) kioskUser() any {
	roles := s.version.Roles()
	now := s.stamp(s.store.now(), true)
	return s.versioned(userSchema{
		ID: -1, Username: "kiosk", Enabled: true, Role: string(roles[len(roles)-1]), OAuthScopes: kioskScopes,
		LastLogin: &now, LastActive: &now, CreatedAt: now, UpdatedAt: now,
	}, nil, nil, nil)
}

// stamp writes a time: MariaDB keeps whole seconds, the zone is sent from 5.0
// on (docs/romm.md 2).
func (s *Server) stamp(t time.Time, fresh bool) string {
	layout := "2006-01-02T15:04:05"
	if t.Nanosecond() != 0 && (fresh || s.store.database == model.DatabasePostgreSQL) {
		layout += ".000000"
	}
	if s.version.AtLeast(5, 0, 0) {
		layout += "+00:00"
	}
	return t.UTC().Format(layout)
}

func (s *Server) listUsers(r *request) *answer {
	if refused := s.need(r); refused != nil {
		return refused
	}
	out := make([]any, 0, len(s.store.users))
	for _, a := range s.store.sorted() {
		out = append(out, s.show(a, false))
	}
	return ok(out)
}

func (s *Server) listIdentifiers(r *request) *answer {
	if refused := s.need(r); refused != nil {
		return refused
	}
	out := make([]int64, 0, len(s.store.users))
	for id := range s.store.users {
		out = append(out, id)
	}
	slices.Sort(out)
	return ok(out)
}

func (s *Server) getMe(r *request) *answer {
	if refused := s.need(r); refused != nil {
		return refused
	}
	if r.caller.kiosk {
		return ok(s.kioskUser())
	}
	out := s.show(r.caller.account, false)
	if u, is50 := out.(userSchema50); is50 && r.caller.session != nil {
		u.DeviceID = &r.caller.session.device
		out = u
	}
	return ok(out)
}

// anyID lets every number through.
const anyID = -1 << 63

func (s *Server) getUser(r *request) *answer {
	id, refused := pathID(r.args[0], "id", anyID)
	if refused == nil {
		refused = s.need(r)
	}
	if refused != nil {
		return refused
	}
	a := s.store.users[id]
	if a == nil {
		return detail(http.StatusNotFound, "User not found")
	}
	return ok(s.show(a, false))
}

// createUser is POST /api/users. While no admin exists, anybody may call it;
// wrong credentials get 403 here, not 401 (docs/romm.md 1).
func (s *Server) createUser(r *request) *answer {
	fields, refused := r.fields("username", "email", "password", "role")
	if refused != nil {
		return refused
	}
	first := s.store.admins == 0
	if !first && !slices.Contains(r.caller.scopes, r.scope) {
		return forbidden()
	}
	name, email, password := fields[0], fields[1], fields[2]
	if reason := badNewcomer(name, email, password); reason != nil {
		return reason
	}
	role, known := s.role(fields[3])
	switch {
	case !known:
		return crash()
	case s.version.AtLeast(5, 0, 0) && !first && role == model.RoleAdmin && r.caller.account.Role != model.RoleAdmin:
		return detail(http.StatusForbidden, "Only an administrator can create admin users")
	}
	if refused := s.newcomer(name, email, password); refused != nil {
		return refused
	}
	return s.add(name, email, password, role)
}

// badNewcomer answers for fields that no account may have.
func badNewcomer(name, email, password string) *answer {
	for _, reason := range []string{checkUsername(name), checkPassword(password), checkEmail(email)} {
		if reason != "" {
			return detail(http.StatusBadRequest, reason)
		}
	}
	return nil
}

// newcomer answers for fields that a new account cannot have.
func (s *Server) newcomer(name, email, password string) *answer {
	if refused := badNewcomer(name, email, password); refused != nil {
		return refused
	}
	switch {
	case s.store.byUsername(name) != nil:
		return detail(http.StatusBadRequest, "Username "+name+" already exists")
	case email != "" && s.store.byAddress(email) != nil:
		return detail(http.StatusBadRequest, "User with email "+email+" already exists")
	case len(email) > maxColumn:
		return crash()
	}
	return nil
}

// add makes an account of fields that were checked.
func (s *Server) add(name, email, password string, role model.Role) *answer {
	now := s.store.now().UTC()
	a := &account{
		User: User{
			ID: s.store.lastUser + 1, Username: strings.ToLower(name), Email: address(email),
			Role: role, Password: model.Secret(password),
		},
		uiSettings: map[string]any{}, created: now, updated: now,
	}
	if s.store.save(a) != nil {
		return crash()
	}
	return &answer{status: http.StatusCreated, body: s.show(a, true)}
}

// address is how the API stores one: lower-cased, the empty string as NULL.
func address(v string) *string {
	if v == "" {
		return nil
	}
	v = strings.ToLower(v)
	return &v
}

// role reads a role name: RomM 5 takes all but admin for user, RomM 4 crashes
// at names that it does not know.
func (s *Server) role(v string) (model.Role, bool) {
	if s.version.AtLeast(5, 0, 0) {
		if strings.EqualFold(v, string(model.RoleAdmin)) {
			return model.RoleAdmin, true
		}
		return model.RoleUser, true
	}
	r := model.Role(strings.ToLower(v))
	return r, slices.Contains(s.version.Roles(), r)
}

// fields reads required string members of a JSON body. A body that is no JSON
// object has none of them, and null counts as absent.
func (r *request) fields(names ...string) ([]string, *answer) {
	var obj map[string]any
	if r.isJSON() && len(r.raw) > 0 {
		v, broken := r.decode()
		if broken != nil {
			return nil, invalid(*broken)
		}
		obj, _ = v.(map[string]any)
	}
	var faults []fault
	out := make([]string, len(names))
	for i, name := range names {
		switch v := obj[name].(type) {
		case nil:
			faults = append(faults, missing(nil, "body", name))
		case string:
			out[i] = v
		default:
			faults = append(faults, notAString(v, "body", name))
		}
	}
	if faults != nil {
		return nil, invalid(faults...)
	}
	return out, nil
}

// deleteUser is DELETE /api/users/{id} with its guards.
func (s *Server) deleteUser(r *request) *answer {
	id, refused := pathID(r.args[0], "id", 1)
	if refused == nil {
		refused = s.need(r)
	}
	if refused != nil {
		return refused
	}
	a := s.store.users[id]
	switch {
	case !s.version.AtLeast(4, 1, 0):
		return unimplemented(r.Method, r.URL.Path+" of RomM 4.0")
	case a == nil:
		return detail(http.StatusNotFound, "User not found")
	case a == r.caller.account:
		return detail(http.StatusBadRequest, "You cannot delete yourself")
	case a.Role == model.RoleAdmin && s.store.admins == 1:
		return detail(http.StatusBadRequest, "You cannot delete the last admin user")
	}
	s.store.remove(a)
	return ok(nil)
}
