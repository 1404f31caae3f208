package model

import (
	"encoding/json"
	"testing"
)

func number(s string) json.Number { return json.Number(s) }

func groups(v any) func(*scene) { return claim("groups", v) }

func star(s *scene) { s.set.RoleViewer = "*" }

func unset(s *scene) { s.set.RoleAdmin, s.set.RoleEditor, s.set.RoleViewer = "", "", "" }

// root logs in as the admin.
var root = claim("email", "root@x.org")

// roleRows are rows 9 to 13: the role claim.
func roleRows() []rowTest {
	noClaim := without("groups")
	crash := no("13", 500, broken)
	values := func(admin, editor, viewer string) func(*scene) {
		return func(s *scene) { s.set.RoleAdmin, s.set.RoleEditor, s.set.RoleViewer = admin, editor, viewer }
	}
	promoted := signed(2, low, RoleAdmin)
	return []rowTest{
		{"9", "no claim configured keeps an admin", every, both(root, func(s *scene) { s.set.ClaimRoles = "" }), signed(1, RoleAdmin, RoleAdmin)},
		{"9", "no claim configured makes the lowest", every, both(stranger("neu"), func(s *scene) { s.set.ClaimRoles = "" }), made(low)},
		{"9", "absent keeps an admin", from48, both(root, noClaim), signed(1, RoleAdmin, RoleAdmin)},
		{"9", "absent demotes an admin", upTo47, both(root, noClaim), signed(1, RoleAdmin, RoleViewer)},
		{"9", "absent makes the lowest", every, both(stranger("neu"), noClaim), made(low)},
		{"9", "a path does not reach into an object", from48, func(s *scene) {
			s.set.ClaimRoles, s.claims["realm"] = "realm.roles", map[string]any{"roles": []any{"a"}}
		}, bobIn},
		{"10", "list", every, groups([]any{"x", "a"}), promoted},
		{"10", "wins over the others", every, groups([]any{"v", "e", "a"}), promoted},
		{"10", "substring of a text", upTo53, groups("not-a-member"), promoted},
		{"10", "key of an object", every, groups(map[string]any{"a": false}), promoted},
		{"10", "letter case counts", every, groups([]any{"A"}), noRoles},
		{"10", "a comma list is one value", upTo53, both(values("a,b", "e", "v"), groups([]any{"a,b"})), promoted},
		{"10", "a comma list matches none of its parts", upTo53, both(values("a,b", "", ""), groups([]any{"a", "b"})), noRoles},
		{"10", "a star is literal", every, both(values("*", "", ""), groups([]any{"x"})), noRoles},
		{"11", "editor", upTo49, groups([]any{"v", "e"}), signed(2, low, RoleEditor)},
		{"11", "editor is a user", from50, groups([]any{"e"}), bobIn},
		{"11", "viewer", every, groups([]any{"v"}), bobIn},
		{"11", "star", every, both(star, groups([]any{"x"})), bobIn},
		{"11", "star and an empty list", every, both(star, groups([]any{})), bobIn},
		{"11", "star and null", from44, both(star, groups(nil)), bobIn},
		{"11", "star and false", every, both(star, groups(false)), bobIn},
		{"11", "star in a list is literal", upTo53, both(values("a", "e", "v,*"), groups([]any{"x"})), noRoles},
		{"12", "no match", upTo53, groups([]any{"x", number("1"), nil, []any{"a"}}), noRoles},
		{"12", "empty list", every, groups([]any{}), noRoles},
		{"12", "empty text", every, groups(""), noRoles},
		{"12", "null", from44, groups(nil), noRoles},
		{"12", "null in 4.3", r43, groups(nil), no("12-4.3", 500, broken)},
		{"12", "zero", every, groups(number("0")), noRoles},
		{"12", "zero with a point", every, groups(number("-0.0e7")), noRoles},
		{"12", "false", every, groups(false), noRoles},
		{"12", "no value is set", every, both(unset, groups([]any{"a"})), noRoles},
		{"12", "no value is set, so a number breaks nothing", upTo53, both(unset, groups(number("5"))), noRoles},
		{"12", "before row 14", from50, both(stranger("neu"), groups([]any{}), func(s *scene) { s.set.AllowRegistration = false }), noRoles},
		{"12", "no match, nothing nested", every, groups([]any{"x", number("1"), nil, true}), noRoles},
		{"10", "a comma list, perhaps one value", r54, both(values("a,b", "e", "v"), groups([]any{"a,b"})), depends(promoted, dependsOnLists)},
		{"10", "a comma list, perhaps several values", r54, both(values("a,b", "e", "v"), groups([]any{"b"})), depends(noRoles, dependsOnLists)},
		{"10", "a text that may be searched", r54, groups("not-a-member"), depends(promoted, dependsOnLists)},
		{"10", "a nested list beside a match may break", r54, groups([]any{"a", []any{}}), depends(promoted, dependsOnLists)},
		{"10", "editor or viewer is one", r54, both(values("a", "e,v", "v"), groups([]any{"v"})), bobIn},
		{"10", "a comma list is a set", r55, both(values(" a, ,b,", "e", "v"), groups([]any{"b"})), promoted},
		{"12", "a group with a comma", r55, both(values("a,b", "", ""), groups([]any{"a,b"})), noRoles},
		{"12", "only commas", r55, both(values(",", ",,", " , "), groups([]any{"", ","})), noRoles},
		{"10", "a text is one value", r55, both(values("a,b", "", ""), groups("b")), promoted},
		{"12", "a text is not searched", r55, groups("not-a-member"), noRoles},
		{"11", "star in a list", r55, both(values("a", "e", "v, *"), groups([]any{"x"})), bobIn},
		{"11", "star in a list of editors is literal", r55, both(values("a", "*,e", "v"), groups([]any{"x"})), noRoles},
		{"13", "a nested list beside a match", r55, groups([]any{"a", []any{}}), crash},
		{"13", "a number, with no value set", r55, both(unset, groups(number("5"))), crash},
		{"13", "number", every, groups(number("5")), crash},
		{"13", "true", every, groups(true), crash},
		{"13", "star does not help", every, both(unset, star, groups(number("5"))), crash},
	}
}

// TestRowsNames: every row of the table that looks at claims has a test.
func TestRowsNames(t *testing.T) {
	seen := map[string]bool{}
	for _, tests := range [][]rowTest{tokenRows(), usernameRows(), roleRows(), accountRows(), databaseRows(), sessionRows(), linkRows()} {
		for _, c := range tests {
			seen[c.row] = true
			if len(c.in) == 0 {
				t.Errorf("row %s, %s holds for no release", c.row, c.name)
			}
		}
	}
	for _, row := range []string{
		"1", "3", "4", "4b", "4c", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "15b", "16", "17", "18", "19", "20", "21", "22", "23", "24", "4d",
	} {
		if !seen[row] {
			t.Errorf("row %s has no test", row)
		}
	}
}
