package model

import (
	"encoding/json"
	"strings"
)

// grant is rows 9 to 13.
func (l *login) grant() (v Verdict, done bool) {
	s := &l.set
	if s.ClaimRoles == "" || !s.Version.AtLeast(4, 3, 1) { // there was no role claim before
		return v, false
	}
	claim, present := l.claims[s.ClaimRoles]
	if !present {
		if !s.Version.AtLeast(4, 8, 0) { // up to 4.7 everybody becomes viewer, admins too
			l.role, l.decided = RoleViewer, true
		}
		return v, false
	}
	if claim == nil && !s.Version.AtLeast(4, 4, 0) {
		return refuse("12-4.3", 500, detailServerError, "make the roles mapping return a list, empty for nobody")
	}
	// Nothing is searched for, and so nothing fails, while no value is set.
	searched := s.RoleAdmin != "" || s.RoleEditor != "" || s.RoleViewer != ""
	if searched && scalar(claim) && !falsy(claim) {
		return refuse("13", 500, detailServerError, "make the roles mapping return a list of role names")
	}
	five := s.Version.AtLeast(5, 0, 0)
	switch {
	case holds(claim, s.RoleAdmin):
		l.role = RoleAdmin
	case holds(claim, s.RoleEditor):
		l.role = RoleEditor
	case holds(claim, s.RoleViewer), s.RoleViewer == "*":
		l.role = RoleViewer
	default:
		return refuse("12", 403, detailNoRoles, "put the person in a group that has a role, or give one of their groups a role")
	}
	if five && l.role != RoleAdmin {
		l.role = RoleUser
	}
	l.decided = true
	return v, false
}

// holds is Python's `value in claim`, guarded by `value` being set: a list
// needs an equal element, a string is searched for a substring, an object by
// key. An empty claim of any kind holds nothing.
func holds(claim any, value string) bool {
	if value == "" {
		return false
	}
	switch c := claim.(type) {
	case []any:
		for _, e := range c {
			if text, ok := e.(string); ok && text == value {
				return true
			}
		}
	case string:
		return strings.Contains(c, value)
	case map[string]any:
		_, ok := c[value]
		return ok
	}
	return false
}

// falsy is Python's falsehood.
func falsy(v any) bool {
	switch c := v.(type) {
	case nil:
		return true
	case bool:
		return !c
	case string:
		return c == ""
	case json.Number:
		f, err := c.Float64()
		return err == nil && f == 0
	case []any:
		return len(c) == 0
	case map[string]any:
		return len(c) == 0
	}
	return false
}

// scalar reports whether Python cannot search in the value.
func scalar(v any) bool {
	switch v.(type) {
	case bool, json.Number:
		return true
	}
	return false
}
