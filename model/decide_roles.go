package model

import (
	"encoding/json"
	"iter"
	"slices"
	"strings"
)

// grant is rows 9 to 13.
func (l *login) grant() (v Verdict, done bool) {
	s := &l.set
	if s.ClaimRoles == "" || l.family.noRoles {
		return v, false
	}
	claim, present := l.claims[s.ClaimRoles]
	if !present {
		if l.family.resetsRoles {
			l.role, l.decided = RoleViewer, true
		}
		return v, false
	}
	if claim == nil && l.family.nullRoleFails {
		return refuse("12-4.3", 500, detailServerError, "make the roles mapping return a list, empty for nobody")
	}
	role, rule := s.granted(claim, l.family.roleSets)
	if l.family.rolesInDoubt {
		other, otherRule := s.granted(claim, !l.family.roleSets)
		l.listsDiffer = l.fiveRole(other) != l.fiveRole(role) || otherRule != rule
	}
	switch rule {
	case "12":
		return refuse("12", 403, detailNoRoles, "put the person in a group that has a role, or give one of their groups a role")
	case "13":
		return refuse("13", 500, detailServerError, "make the roles mapping return a list of role names")
	}
	l.role, l.decided = l.fiveRole(role), true
	return v, false
}

// fiveRole is what becomes of a role where there are two.
func (l *login) fiveRole(r Role) Role {
	if !l.family.threeRoles && (r == RoleEditor || r == RoleViewer) {
		return RoleUser
	}
	return r
}

// granted is rows 10 to 13 for a claim that is there: the role, or the row that
// ends the login. With sets, each OIDC_ROLE_* is a list of values.
func (s *Settings) granted(claim any, sets bool) (role Role, rule string) {
	// Nothing is searched for, and so nothing fails, while no value is set; the
	// claim becomes a set all the same.
	searched := sets || s.RoleAdmin != "" || s.RoleEditor != "" || s.RoleViewer != ""
	if searched && !falsy(claim) && (scalar(claim) || sets && nested(claim)) {
		return RoleNone, "13"
	}
	has := holds
	if sets {
		has = holdsOneOf
	}
	switch {
	case has(claim, s.RoleAdmin):
		return RoleAdmin, ""
	case has(claim, s.RoleEditor):
		return RoleEditor, ""
	case has(claim, s.RoleViewer), s.RoleViewer == "*", sets && inList(s.RoleViewer, "*"):
		return RoleViewer, ""
	}
	return RoleNone, "12"
}

// values are the parts of a comma list, without blanks around them and without
// empty ones.
func values(list string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for part := range strings.SplitSeq(list, ",") {
			if part = strings.TrimSpace(part); part != "" && !yield(part) {
				return
			}
		}
	}
}

func inList(list, value string) bool {
	for v := range values(list) {
		if v == value {
			return true
		}
	}
	return false
}

// holdsOneOf reports whether the claim, as a set, and the values of the list have
// one in common: text is one value, an object its keys.
func holdsOneOf(claim any, list string) bool {
	for v := range values(list) {
		if text, isText := claim.(string); isText && text == v || !isText && holds(claim, v) {
			return true
		}
	}
	return false
}

// nested reports whether a list holds what cannot be an element of a set.
func nested(claim any) bool {
	list, _ := claim.([]any)
	return slices.ContainsFunc(list, func(e any) bool {
		switch e.(type) {
		case []any, map[string]any:
			return true
		}
		return false
	})
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
