package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/romm-admin/romm-admin/model"
)

// decideCase is one login to decide about.
type decideCase struct {
	name     string
	settings model.Settings
	users    []model.LocalUser
	claims   model.Claims    // nil: no userinfo
	userinfo *model.UserInfo // nil: the provider has no such endpoint
}

// parseCase reads one line. It is strict: a misspelt or doubled member must
// not silently change the answer.
func parseCase(line []byte) (decideCase, error) {
	obj, err := model.ParseAsRomM(line)
	if err != nil {
		return decideCase{}, err
	}
	m := &members{obj: obj}
	c := decideCase{name: m.text("name")}
	settings, users, claims := m.object("settings"), m.list("users"), m.object("claims")
	userinfo := m.object("userinfo")
	if !m.flag("access_token") { // RomM cannot ask without one
		userinfo = nil
	}
	for _, name := range []string{"settings", "users", "claims"} {
		if _, ok := obj[name]; !ok {
			m.fail(name, "is missing")
		}
	}
	if claims != nil {
		c.claims = claims
	}
	if err := m.finish(); err != nil {
		return decideCase{}, err
	}
	if c.settings, err = parseSettings(settings); err != nil {
		return decideCase{}, err
	}
	if userinfo != nil {
		if c.userinfo, err = parseUserInfo(userinfo); err != nil {
			return decideCase{}, err
		}
	}
	c.users, err = parseUsers(users)
	return c, err
}

// parseUserInfo reads what the UserInfo endpoint answered: a body that is JSON as
// claims, any other as body, which is of no use to RomM.
func parseUserInfo(obj map[string]any) (*model.UserInfo, error) {
	m := &members{obj: obj, path: "userinfo.", read: []string{"claims"}}
	info := &model.UserInfo{Claims: obj["claims"]}
	m.text("body")
	status, _ := member[json.Number](m, "status", "a number")
	n, err := strconv.Atoi(status.String())
	if err != nil || n < 100 || n > 599 {
		m.fail("status", "is no HTTP status")
	}
	info.Status = n
	return info, m.finish()
}

func parseSettings(obj map[string]any) (model.Settings, error) {
	m := &members{obj: obj, path: "settings."}
	// RomM strips its variables (docs/romm.md 3 Environment).
	env := func(name string) string { return strings.TrimSpace(m.text(name)) }
	s := model.Settings{
		Disabled: !m.flag("oidc_enabled"), AllowRegistration: m.flag("allow_registration"),
		ClaimRoles: env("claim_roles"), RoleAdmin: env("role_admin"), RoleEditor: env("role_editor"),
		RoleViewer: env("role_viewer"), UsernameAttribute: m.text("username_attribute"),
	}
	version, err := model.ParseVersion(env("version"))
	switch {
	case obj["version"] == nil:
		m.fail("version", "is missing: say which release, such as 5.2.0")
	case err != nil:
		m.fail("version", err.Error())
	case !version.AtLeast(4, 3, 1):
		m.fail("version", "what RomM before 4.3.1 does is not known here")
	}
	s.Version = version
	if s.Database, err = model.ParseDatabase(env("database")); err != nil {
		m.fail("database", err.Error())
	}
	for i, v := range m.list("claims_supported") {
		name, ok := v.(string)
		if !ok {
			m.fail(fmt.Sprintf("claims_supported[%d]", i), "is not text")
		}
		s.ClaimsSupported = append(s.ClaimsSupported, name)
	}
	return s, m.finish()
}

func parseUsers(list []any) ([]model.LocalUser, error) {
	users, seen := make([]model.LocalUser, 0, len(list)), make(map[int64]bool, len(list))
	for i, v := range list {
		path := fmt.Sprintf("users[%d]", i)
		obj, ok := v.(map[string]any)
		if !ok {
			return nil, errors.New(path + " is not an object")
		}
		m := &members{obj: obj, path: path + "."}
		u := model.LocalUser{
			ID: m.id("id"), Username: model.Untrusted(m.text("username")), Email: model.Untrusted(m.text("email")),
			Enabled: m.flag("enabled"),
		}
		u.EmptyEmail = obj["email"] == ""
		u.Link = m.link()
		if obj["username"] == nil {
			m.fail("username", "is missing")
		}
		if seen[u.ID] {
			m.fail("id", fmt.Sprintf("%d is there twice", u.ID))
		}
		seen[u.ID] = true
		var err error
		if u.Role, err = model.ParseRole(m.text("role")); err != nil {
			m.fail("role", err.Error())
		}
		if err := m.finish(); err != nil {
			return nil, err
		}
		users = append(users, u)
	}
	return users, nil
}

// members reads the members of one object and remembers the first mistake. A
// null member counts as absent.
type members struct {
	path string // in front of names in messages, such as "users[0]."
	obj  map[string]any
	read []string
	err  error
}

func (m *members) fail(name, why string) {
	if m.err == nil {
		m.err = fmt.Errorf("%s%s: %s", m.path, name, why)
	}
}

// member returns the value of that type, the zero value if it is absent.
func member[T any](m *members, name, what string) (v T, present bool) {
	m.read = append(m.read, name)
	if m.obj[name] == nil {
		return v, false
	}
	v, ok := m.obj[name].(T)
	if !ok {
		m.fail(name, "is not "+what)
	}
	return v, ok
}

func (m *members) text(name string) string {
	s, _ := member[string](m, name, "text")
	if !utf8.ValidString(s) { // only claims may be so
		m.fail(name, "holds half of a surrogate pair")
	}
	return s
}

// link reads what RomM from 5.4 on has stored; it is not known where both members
// are absent, and null is a column without a value.
func (m *members) link() model.OIDCLink {
	_, hasIssuer := m.obj["oidc_issuer"]
	_, hasSubject := m.obj["oidc_sub"]
	column := func(name string) model.NullText {
		text := m.text(name)
		return model.NullText{Text: model.Untrusted(text), Valid: m.obj[name] != nil}
	}
	return model.OIDCLink{Known: hasIssuer || hasSubject, Issuer: column("oidc_issuer"), Subject: column("oidc_sub")}
}

// flag is true unless the member says false: so are RomM's defaults.
func (m *members) flag(name string) bool {
	b, present := member[bool](m, name, "true or false")
	return b || !present
}

func (m *members) list(name string) []any {
	l, _ := member[[]any](m, name, "a list")
	return l
}

func (m *members) object(name string) map[string]any {
	o, _ := member[map[string]any](m, name, "an object")
	return o
}

func (m *members) id(name string) int64 {
	n, _ := member[json.Number](m, name, "a number")
	id, err := strconv.ParseInt(n.String(), 10, 64)
	if err != nil || id < 1 {
		m.fail(name, "is not a whole number above 0")
	}
	return id
}

// finish refuses members that nothing has read.
func (m *members) finish() error {
	for _, name := range slices.Sorted(maps.Keys(m.obj)) {
		if !slices.Contains(m.read, name) {
			m.fail(name, "unknown member")
		}
	}
	return m.err
}
