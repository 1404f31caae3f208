package model

import (
	"slices"
	"strings"
)

func closed(s *scene) { s.set.AllowRegistration = false }

func disabled(s *scene) { s.users[1].Enabled = false }

// accountRows are rows 14 to 18: which account, and what becomes of it.
func accountRows() []rowTest {
	off := no("14", 403, "User registration is disabled. Please contact an administrator to create an account.")
	gone := func(role Role) Verdict {
		v := no("17", 401, "Disabled user")
		v.UserID, v.RoleBefore, v.RoleAfter = 2, low, role
		return v
	}
	return []rowTest{
		{"14", "a new user", from50, both(closed, stranger("neu")), off},
		{"14", "before row 15b", from50, both(closed, stranger("bob")), off},
		{"14", "a known user passes", every, closed, bobIn},
		{"14", "cannot be off before 5.0", upTo49, both(closed, stranger("neu")), made(low)},
		{"15", "a new user", every, stranger("neu"), made(low)},
		{"15", "with the role of row 10", every, both(stranger("neu"), groups([]any{"a"})), made(RoleAdmin)},
		{"15", "with the role of row 11", upTo49, both(stranger("neu"), groups([]any{"e"})), made(RoleEditor)},
		{"15", "nobody is there yet", every, both(without("groups"), func(s *scene) { s.users = nil }), made(low)},
		{"15", "a name that RomM's API refuses", upTo52, stranger("New User.x"), made(low)},
		{"15", "a name that RomM has to change", rNew, stranger("New User.x"), depends(made(low), dependsOnNewName)},
		{"15", "an empty name is changed as well", rNew, stranger(""), depends(made(low), dependsOnNewName)},
		{"15", "a short name is changed, even if somebody has it", rNew, both(stranger("bo"), func(s *scene) { s.users[1].Username = "bo" }), depends(made(low), dependsOnNewName)},
		{"15", "a name with a dot is changed, even if somebody has it", rNew, both(stranger("b.b"), func(s *scene) { s.users[1].Username = "b.b" }), depends(made(low), dependsOnNewName)},
		{"15", "PostgreSQL: a changed name opens no known session", rNew, both(onPostgres, stranger("B.B"), func(s *scene) { s.users[1].Username = "b.b" }), depends(made(low), dependsOnNewName)},
		{"15b", "collision", upTo52, stranger("bob"), taken(500, 2, low)},
		{"15b", "collision on Next", rNew, stranger("bob"), taken(409, 2, low)},
		{"15b", "with an account that has no address", upTo52, func(s *scene) { s.users[1].Email = "" }, taken(500, 2, low)},
		{"16", "promoted", every, groups([]any{"a"}), signed(2, low, RoleAdmin)},
		{"16", "demoted, the last admin too", every, root, signed(1, RoleAdmin, low)},
		{"16", "on a disabled account", every, both(disabled, groups([]any{"a"})), gone(RoleAdmin)},
		{"17", "disabled", every, disabled, gone(low)},
		{"17", "after row 12", every, both(disabled, groups([]any{})), noRoles},
		{"18", "signs in", every, nil, bobIn},
		{"18", "letter case of the address", every, claim("email", "BOB@X.org"), bobIn},
		{"18", "whatever the username", every, claim("preferred_username", "robert"), bobIn},
		{"18", "accounts in any order", every, func(s *scene) { slices.Reverse(s.users) }, bobIn},
	}
}

func unusable(id int64, status int, before, after Role) Verdict {
	return Verdict{Outcome: NoSession, Status: 307, Rule: "20", UserID: id, SessionStatus: status, RoleBefore: before, RoleAfter: after}
}

// sessionRows are rows 19 and 20: what the database refuses, and sessions that are
// not usable.
func sessionRows() []rowTest {
	long := strings.Repeat("x", maxColumn+1)
	refused := no("19", 500, broken)
	twin := func(s *scene) { // only PostgreSQL can hold both
		s.users = append(s.users, LocalUser{ID: 3, Username: "BOB", Email: "other@x.org", Role: lowest(s.set.Version)})
	}
	swapped := unusable(2, 401, low, low)
	swapped.SessionID = 3
	named := func(v any) func(*scene) { return both(stranger("neu"), claim("preferred_username", v)) }
	half := "b\xed\xa0\x80b"
	return []rowTest{
		{"19", "a username over 255 characters", upTo52, stranger(long), refused},
		{"19", "an address over 255 characters", upTo52, both(stranger("neu"), claim("email", long)), refused},
		{"15", "blanks over 255 characters are cut", upTo52, stranger("neu" + strings.Repeat(" ", maxColumn)), made(low)},
		{"20", "PostgreSQL: and the session is not found", upTo52, both(onPostgres, stranger("neu"+strings.Repeat(" ", maxColumn))), unusable(0, 401, "", low)},
		{"18", "a username over 255 characters of a known user", every, claim("preferred_username", long), bobIn},
		{"19", "half a surrogate in the address", every, both(closed, claim("email", half)), refused},
		{"19", "half a surrogate in the username", upTo52, stranger(half), refused},
		{"15", "MariaDB: a NUL in the username", upTo52, stranger("n\x00u"), made(low)},
		{"19", "PostgreSQL: a NUL in the username", upTo52, both(onPostgres, stranger("n\x00u")), refused},
		{"14", "a NUL in the username, registration off", from50, both(onPostgres, closed, stranger("n\x00u")),
			no("14", 403, "User registration is disabled. Please contact an administrator to create an account.")},
		{"18", "MariaDB: a NUL in the address", every, claim("email", "bob@x.org\x00"), bobIn},
		{"19", "PostgreSQL: a NUL in the address", every, both(onPostgres, claim("email", "bob@x.org\x00")), refused},
		{"19", "PostgreSQL: an address that only the unique index finds", upTo52, both(onPostgres, stranger("neu"), claim("email", "İ@x.org"),
			func(s *scene) { s.users[1].Email = "İ@x.org" }), refused},
		{"19", "PostgreSQL: an object for a username", upTo52, both(onPostgres, named(map[string]any{})), refused},
		{"20", "MariaDB: an object for a username", upTo52, named(map[string]any{"a": nil}), unusable(0, 500, "", low)},
		{"20", "MariaDB: an empty object", upTo52, named(map[string]any{}), unusable(0, 401, "", low)},
		{"20", "a number for a username", upTo52, named(number("4711")), unusable(0, 500, "", low)},
		{"20", "zero for a username", upTo52, named(number("0.0")), unusable(0, 401, "", low)},
		{"20", "false for a username", upTo52, named(false), unusable(0, 401, "", low)},
		{"15b", "a number that is a taken name", upTo52, both(named(number("7")), func(s *scene) { s.users[1].Username = "7" }), taken(500, 2, low)},
		{"18", "a number for the username of a known user", every, claim("preferred_username", number("7")), bobIn},
		{"20", "an account without a username", every, func(s *scene) { s.users[1].Username = "" }, unusable(2, 401, low, low)},
		{"20", "writes the role all the same", every, both(groups([]any{"a"}), func(s *scene) { s.users[1].Username = "" }), unusable(2, 401, low, RoleAdmin)},
		{"20", "PostgreSQL: a twin that is disabled", every, both(onPostgres, twin), swapped},
		{"20", "PostgreSQL: a username that is not found", every, both(onPostgres, func(s *scene) { s.users[1].Username = "İ" }), unusable(2, 401, low, low)},
		{"17", "disabled, and without a username", every, both(disabled, func(s *scene) { s.users[1].Username = "" }), goneBob},
	}
}

var goneBob = Verdict{Outcome: Refused, Status: 401, Detail: "Disabled user", Rule: "17", UserID: 2, RoleBefore: low, RoleAfter: low}

func depends(v Verdict, on string) Verdict { v.Depends = on; return v }

func taken(status int, id int64, role Role) Verdict {
	v := no("15b", status, broken)
	if status == 409 {
		v.Detail = "Username 'bob' is already taken. Please contact an administrator."
	}
	v.UserID, v.RoleBefore, v.RoleAfter = id, role, role
	return v
}

// databaseRows are the rows whose answer depends on how the database compares
// (docs/romm.md 2 Uniqueness).
func databaseRows() []rowTest {
	takeover := func(id int64, v Verdict) Verdict { v.SessionID = id; return v }
	twin := func(s *scene) { // only PostgreSQL can hold both
		s.users = append(s.users, LocalUser{ID: 3, Username: "BOB", Email: "other@x.org", Role: lowest(s.set.Version), Enabled: true})
	}
	shouted := taken(409, 2, low)
	shouted.Detail = "Username 'BOB' is already taken. Please contact an administrator."
	either := depends(bobIn, dependsOnOrder)
	either.OtherID = 3
	tests := []rowTest{
		{"15b", "MariaDB: letter case", upTo52, stranger("BOB"), taken(500, 2, low)},
		{"15b", "MariaDB: accent", upTo52, stranger("böb"), taken(500, 2, low)},
		{"15", "PostgreSQL: accent on an account", upTo52, both(onPostgres, stranger("bob"), func(s *scene) { s.users[1].Username = "böb" }), made(low)},
		{"18", "PostgreSQL: accent on an account", upTo52, both(onPostgres, claim("email", "JOSÉ@x.org"), func(s *scene) {
			s.users[1].Username, s.users[1].Email = "JOSÉ", "josé@x.org"
			s.users = append(s.users, LocalUser{ID: 3, Username: "josé", Role: RoleAdmin, Enabled: true})
		}), takeover(3, bobIn)},
		{"15", "PostgreSQL: a trailing blank on an account", every, both(onPostgres, stranger("neu"), claim("email", "bob@x.org"), func(s *scene) {
			s.users[1].Email = "bob@x.org "
		}), made(low)},
		{"18", "PostgreSQL: accounts in any order", every, both(onPostgres, twin, func(s *scene) { slices.Reverse(s.users) }), takeover(3, bobIn)},
		{"18", "PostgreSQL: two rows of one address in any order", every, both(onPostgres, func(s *scene) {
			s.users = append(s.users, LocalUser{ID: 3, Username: "robert", Email: "BOB@x.org", Role: RoleAdmin, Enabled: true})
			slices.Reverse(s.users)
		}), either},
		{"15", "PostgreSQL: accent", upTo52, both(onPostgres, stranger("böb")), made(low)},
		{"15", "PostgreSQL: letter case opens the other's session", upTo52, both(onPostgres, stranger("BOB")), takeover(2, made(low))},
		{"15", "PostgreSQL: a stranger called ROOT", upTo52, both(onPostgres, stranger("ROOT")), takeover(1, made(low))},
		{"15b", "PostgreSQL: exact", upTo52, both(onPostgres, stranger("bob")), taken(500, 2, low)},
		{"15b", "PostgreSQL on Next: letter case", rNew, both(onPostgres, stranger("BOB")), shouted},
		{"18", "PostgreSQL: a twin in the other letter case", every, both(onPostgres, twin), takeover(3, bobIn)},
		{"18", "PostgreSQL: two rows of one address, the lower id", every, both(onPostgres, func(s *scene) {
			s.users = append(s.users, LocalUser{ID: 3, Username: "robert", Email: "BOB@x.org", Role: RoleAdmin, Enabled: true})
		}), either},
		{"18", "PostgreSQL: the Kelvin sign is k", every, both(onPostgres, func(s *scene) { s.users[1].Email = "kim@x.org" },
			claim("email", "\u212aim@x.org")), bobIn},
		{"15", "PostgreSQL: the dotted I is not i", every, both(onPostgres, func(s *scene) { s.users[1].Email = "ivan@x.org" },
			claim("email", "İvan@x.org"), claim("preferred_username", "neu")), made(low)},
		{"15", "PostgreSQL: a trailing blank", every, both(onPostgres, stranger("neu"), claim("email", "bob@x.org ")), made(low)},
		{"15", "MariaDB: a leading blank", every, both(stranger("neu"), claim("email", " bob@x.org")), made(low)},
		{"15", "MariaDB: a trailing newline", every, both(stranger("neu"), claim("email", "bob@x.org\n")), made(low)},
	}
	for name, email := range map[string]string{
		"accent": "böb@x.org", "combining accent": "bo\u0308b@x.org", "trailing blank": "bob@x.org ", "trailing no-break blank": "bob@x.org\u00a0",
		"full width": "\uff42ob@x.org", "enclosed": "ⓑob@x.org", "mathematical": "𝐛ob@x.org", "zero width": "b\u200bob@x.org",
		"blank before a zero width": "bob@x.org \u200b", "control": "bob\x01@x.org", "stroke": "bøb@x.org",
	} {
		tests = append(tests,
			rowTest{"18", "MariaDB: " + name, every, claim("email", email), bobIn},
			rowTest{"15", "PostgreSQL: " + name, every, both(onPostgres, stranger("neu"), claim("email", email)), made(low)})
	}
	return tests
}
