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
		{"15", "a name that RomM has to change", rNew, stranger("New User.x"), made(low)},
		{"15", "an empty name is changed as well", rNew, stranger(""), made(low)},
		{"15", "a short name is changed, even if somebody has it", rNew, both(stranger("bo"), func(s *scene) { s.users[1].Username = "bo" }), made(low)},
		{"15", "a name with a dot is changed, even if somebody has it", rNew, both(stranger("b.b"), func(s *scene) { s.users[1].Username = "b.b" }), made(low)},
		{"15", "PostgreSQL: a changed name opens no known session", rNew, both(onPostgres, stranger("B.B"), func(s *scene) { s.users[1].Username = "b.b" }), made(low)},
		{"15b", "collision", upTo52, stranger("bob"), taken(500, 2, low)},
		{"15b", "collision on Next", rNew, stranger("bob"), taken(409, 2, low)},
		{"15b", "with an account that has no address", upTo52, func(s *scene) { s.users[1].Email = "" }, taken(500, 2, low)},
		{"16", "promoted", every, groups([]any{"a"}), signed(2, low, RoleAdmin)},
		{"16", "demoted, the last admin too", every, root, signed(1, RoleAdmin, low)},
		{"16", "on a disabled account", upTo53, both(disabled, groups([]any{"a"})), gone(RoleAdmin)},
		{"17", "disabled", every, disabled, gone(low)},
		{"17", "after row 12", every, both(disabled, groups([]any{})), noRoles},
		{"18", "signs in", every, nil, bobIn},
		{"18", "letter case of the address", every, claim("email", "BOB@X.org"), bobIn},
		{"18", "whatever the username", every, claim("preferred_username", "robert"), bobIn},
		{"18", "accounts in any order", every, func(s *scene) { slices.Reverse(s.users) }, bobIn},
	}
}

func on(db Database) func(*scene) { return func(s *scene) { s.set.Database = db } }

func blankAtEnd(s *scene) { s.users[1].Email = "bob@x.org " }

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
		{
			"14", "a NUL in the username, registration off", from50, both(onPostgres, closed, stranger("n\x00u")),
			no("14", 403, "User registration is disabled. Please contact an administrator to create an account."),
		},
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

func depends(v Verdict, on string) Verdict {
	v.Depends = on
	v.LinkUnknown = on == dependsOnLink || on == dependsOnOtherLink
	return v
}

// by is a sign-in to an account by that row.
func by(rule string, id int64, before, after Role) Verdict {
	v := signed(id, before, after)
	v.Rule = rule
	return v
}

// me is somebody of whom the token says issuer and subject.
func me(sub any) func(*scene) { return both(claim("iss", "https://idp"), claim("sub", sub)) }

// linkTo links bob's account.
func linkTo(issuer, subject Untrusted) func(*scene) {
	return func(s *scene) { s.users[1].Link = NewOIDCLink(issuer, subject) }
}

// linkRows are rows 21 to 24, and what becomes of the others where RomM knows
// people by issuer and subject.
func linkRows() []rowTest {
	mine := both(me("b"), linkTo("https://idp", "b"))
	elsewhere := no(RuleLinkedElsewhere, 403, "This account is linked to a different identity at the provider. Please contact an administrator.")
	elsewhere.UserID, elsewhere.RoleBefore, elsewhere.RoleAfter = 2, low, low
	refused := no("19", 500, broken)
	off := no("14", 403, "User registration is disabled. Please contact an administrator to create an account.")
	long := strings.Repeat("x", maxColumn+1)
	unknown := func(s *scene) { s.unknown = true }
	prefix := func(sub any) func(*scene) { return both(me(sub), linkTo("https://idp", "42abc"), root) }
	info := func(status int, claims any, lacking ...string) func(*scene) {
		return both(without(lacking...), func(s *scene) { s.userinfo = &UserInfo{Status: status, Claims: claims} })
	}
	answer := func(name string, v any) map[string]any { return map[string]any{"sub": "", name: v} }
	return []rowTest{
		{"21", "whatever the address", from54, both(mine, stranger("neu")), by("21", 2, low, low)},
		{"21", "with registration off", from54, both(mine, closed, stranger("neu")), by("21", 2, low, low)},
		{"21", "before the account that has the address", from54, both(mine, root), by("21", 2, low, low)},
		{"21", "does not exist before", upTo53, both(mine, root), signed(1, RoleAdmin, low)},
		{"21", "row 8 comes first", from54, both(mine, without("preferred_username")), no("8", 400, "'preferred_username' attribute is missing from token.")},
		{"21", "row 12 comes first", from54, both(mine, groups([]any{})), noRoles},
		{"21", "writes the role", from54, both(mine, groups([]any{"a"})), by("21", 2, low, RoleAdmin)},
		{"24", "too long an address", from54, both(mine, claim("email", long)), refused},
		{"24", "a new address that is half a surrogate", from54, both(mine, claim("email", "\xed\xa0\x80")), refused},
		{"4c", "by link", from54, both(mine, claim("email", number("0"))), no("4c", 500, broken)},
		{"17", "by link, before the address is looked at", from54, both(mine, disabled, claim("email", long)), goneBob},
		{"17", "writes no role", from54, both(mine, disabled, groups([]any{"a"})), goneBob},
		{"22", "another subject", from54, both(me("c"), linkTo("https://idp", "b")), elsewhere},
		{"22", "also when disabled", from54, both(me("c"), linkTo("https://idp", "b"), disabled), elsewhere},
		{"22", "letter case counts", from54, both(me("B"), linkTo("https://idp", "b")), elsewhere},
		{"22", "an empty subject is one", from54, both(me("c"), linkTo("https://idp", "")), elsewhere},
		{"22", "does not exist before", upTo53, both(me("c"), linkTo("https://idp", "b")), bobIn},
		{"23", "not linked", from54, me("b"), by("23", 2, low, low)},
		{"23", "another issuer", from54, both(me("b"), linkTo("https://idp/", "b")), by("23", 2, low, low)},
		{"23", "an issuer without a subject", from54, both(me("b"), func(s *scene) { s.users[1].Link.Issuer = NullText{"https://idp", true} }), by("23", 2, low, low)},
		{"23", "too long a subject", from54, me(long), refused},
		{"23", "too long a subject of a disabled account", from54, both(me(long), disabled), goneBob},
		{"18", "an empty subject is no link", from54, both(me(""), linkTo("https://idp", "b")), bobIn},
		{"18", "a subject of null or zero is none", from54, both(me(number("0")), linkTo("https://idp", "0")), bobIn},
		{"14", "an address that changed, of another issuer", from54, both(me("b"), linkTo("https://idp/", "b"), closed, stranger("neu")), off},
		{"15", "linked at once", from54, both(me("b"), stranger("neu")), made(low)},
		{"19", "too long a subject of a new account", from54, both(me(long), stranger("neu")), refused},
		{"15b", "before what the database refuses", from54, both(me(long), stranger("bob")), taken(409, 2, low)},
		{"21", "MariaDB: a number finds the number that a subject begins with", from54, prefix(number("42")), by("21", 2, low, low)},
		{"23", "PostgreSQL: a number is text", from54, both(onPostgres, prefix(number("42"))), by("23", 1, RoleAdmin, low)},
		{"22", "MariaDB: another number", from54, both(me(number("7")), linkTo("https://idp", "42abc")), elsewhere},
		{"19", "PostgreSQL: an object for a subject", from54, both(onPostgres, me(map[string]any{"a": 1})), refused},
		{"19", "PostgreSQL: a NUL in the subject", from54, both(onPostgres, me("\x00")), refused},
		{"23", "a link that is not known", from54, both(me("b"), unknown), depends(by("23", 2, low, low), dependsOnLink)},
		{"15", "another link that is not known", from54, both(me("b"), unknown, stranger("neu")), depends(made(low), dependsOnOtherLink)},
		{"18", "no identity, so no link counts", from54, unknown, bobIn},
		{"23", "an identity that is not known", from54, both(linkTo("https://idp", "b"), without("sub")), depends(by("23", 2, low, low), dependsOnLink)},
		{"23", "an identity that is not known, nobody is linked", from54, without("iss"), by("23", 2, low, low)},
		{"23", "MariaDB: the account of another address, whose link is not known", from54, both(me("b"), unknown, claim("email", "böb@x.org")), depends(by("23", 2, low, low), dependsOnLink)},
		{"4d", "an address that is not text", from54, info(200, answer("email", number("5")), "email_verified"), no("4d", 500, broken)},
		{"4d", "nothing is asked", from54, info(200, answer("email", number("5"))), bobIn},
		{"9", "UserInfo is not asked before", slices.Concat(r48, r50, r53), info(200, answer("groups", []any{"a"}), "groups"), bobIn},
		{"10", "from UserInfo", from54, info(200, answer("groups", []any{"a"}), "groups"), signed(2, low, RoleAdmin)},
		{"9", "UserInfo of somebody else", from54, both(info(200, answer("groups", []any{"a"}), "groups"), claim("sub", nil)), bobIn},
		{"9", "UserInfo that fails", from54, info(503, answer("groups", []any{"a"}), "groups"), bobIn},
		{"9", "UserInfo that is a list", from54, info(200, []any{}, "groups"), bobIn},
		{"12", "null in the token counts", from54, both(claim("groups", nil), info(200, answer("groups", []any{"a"}), "email_verified")), noRoles},
		{"5", "unverified, of the same address", from54, info(200, map[string]any{"sub": "", "email": "BOB@x.org", "email_verified": false}, "email_verified"), unverified},
		{"7", "unverified, of another address", from54, info(200, map[string]any{"sub": "", "email": "b@x.org", "email_verified": false}, "email_verified"), bobIn},
		{"6", "verified, of no address", from54, both(supports("email_verified"), info(200, answer("email_verified", true), "email_verified")), listed},
	}
}

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
	reversed := depends(signed(3, RoleAdmin, low), dependsOnOrder)
	reversed.OtherID = 2
	tests := []rowTest{
		{"15b", "MariaDB: letter case", upTo52, stranger("BOB"), taken(500, 2, low)},
		{"15b", "MariaDB: accent", upTo52, stranger("böb"), taken(500, 2, low)},
		{"15", "PostgreSQL: accent on an account", upTo52, both(onPostgres, stranger("bob"), func(s *scene) { s.users[1].Username = "böb" }), made(low)},
		{"18", "PostgreSQL: accent on an account", upTo52, both(onPostgres, claim("email", "JOSÉ@x.org"), func(s *scene) {
			s.users[1].Username, s.users[1].Email = "JOSÉ", "josé@x.org"
			s.users = append(s.users, LocalUser{ID: 3, Username: "josé", Role: RoleAdmin, Enabled: true})
		}), takeover(3, bobIn)},
		{"18", "MariaDB: a trailing blank on an account", every, both(blankAtEnd, on(DatabaseMariaDB)), bobIn},
		{"15", "MySQL: a trailing blank on an account", every, both(blankAtEnd, stranger("neu"), claim("email", "bob@x.org"), on(DatabaseMySQL0900)), made(low)},
		{"18", "MySQL by an unknown collation: a trailing blank on an account", every, both(blankAtEnd, on(DatabaseMySQL)), depends(bobIn, dependsOnGeneral)},
		{"15", "PostgreSQL: a trailing blank on an account", every, both(onPostgres, stranger("neu"), claim("email", "bob@x.org"), func(s *scene) {
			s.users[1].Email = "bob@x.org "
		}), made(low)},
		{"18", "PostgreSQL: accounts in any order", every, both(onPostgres, twin, func(s *scene) { slices.Reverse(s.users) }), takeover(3, bobIn)},
		{"18", "PostgreSQL: two rows of one address, the first", every, both(onPostgres, func(s *scene) {
			s.users = append(s.users, LocalUser{ID: 3, Username: "robert", Email: "BOB@x.org", Role: RoleAdmin, Enabled: true})
			slices.Reverse(s.users)
		}), reversed},
		{"15", "PostgreSQL: accent", upTo52, both(onPostgres, stranger("böb")), made(low)},
		{"15", "PostgreSQL: letter case opens the other's session", upTo52, both(onPostgres, stranger("BOB")), takeover(2, made(low))},
		{"15", "PostgreSQL: a stranger called ROOT", upTo52, both(onPostgres, stranger("ROOT")), takeover(1, made(low))},
		{"15b", "PostgreSQL: exact", upTo52, both(onPostgres, stranger("bob")), taken(500, 2, low)},
		{"15b", "PostgreSQL on Next: letter case", rNew, both(onPostgres, stranger("BOB")), shouted},
		{"18", "PostgreSQL: a twin in the other letter case", every, both(onPostgres, twin), takeover(3, bobIn)},
		{"18", "PostgreSQL: two rows of one address, the first by id", every, both(onPostgres, func(s *scene) {
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
