package model

import (
	"slices"
	"strings"
	"testing"
)

// The release families of docs/romm.md 3, first and last of each.
var (
	r43  = []string{"4.3.1", "4.3.9"}
	r44  = []string{"4.4.0", "4.4.9"}
	r45  = []string{"4.5.0", "4.7.9"}
	r48  = []string{"4.8.0", "4.9.9"}
	r50  = []string{"5.0.0", "5.2.9", "development"}
	r53  = []string{"5.3.0", "5.3.9"}
	r54  = []string{"5.4.0", "5.4.9"}
	r55  = []string{"5.5.0", "5.5.9", "6.0.0"}
	rNew = slices.Concat(r53, r54, r55)

	upTo44 = slices.Concat(r43, r44)
	upTo47 = slices.Concat(upTo44, r45)
	upTo49 = slices.Concat(upTo47, r48)
	from44 = slices.Concat(r44, r45, r48, r50, rNew)
	from45 = slices.Concat(r45, r48, r50, rNew)
	from48 = slices.Concat(r48, r50, rNew)
	from50 = slices.Concat(r50, rNew)
	upTo52 = slices.Concat(upTo49, r50)
	upTo53 = slices.Concat(upTo52, r53)
	from54 = slices.Concat(r54, r55)
	every  = slices.Concat(upTo52, rNew)
)

// low stands for the lowest role of the release: viewer before 5.0, user since.
const low = "(low)"

// scene is what a row of the table is tried on: an admin root, and bob, who
// logs in with his own address and the role list of a plain member.
type scene struct {
	set    Settings
	users  []LocalUser
	claims Claims
	// From 5.4 on.
	userinfo *UserInfo
	unknown  bool // whom accounts are linked to
}

func newScene(t *testing.T, version string) *scene {
	t.Helper()
	v, err := ParseVersion(version)
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{
		set: Settings{
			Version: v, Database: DatabaseMariaDB, AllowRegistration: true,
			ClaimRoles: "groups", RoleAdmin: "a", RoleEditor: "e", RoleViewer: "v",
		},
		users: []LocalUser{
			{ID: 1, Username: "root", Email: "root@x.org", Role: RoleAdmin, Enabled: true},
			{ID: 2, Username: "bob", Email: "bob@x.org", Role: lowest(v), Enabled: true},
		},
		claims: Claims{
			"email": "bob@x.org", "email_verified": true, "preferred_username": "bob", "groups": []any{"v"},
			"iss": "", "sub": "", // of which no link is made
		},
	}
	for i := range s.users {
		s.users[i].Link = Unlinked()
	}
	return s
}

func lowest(v Version) Role { return v.Roles()[len(v.Roles())-1] }

type rowTest struct {
	row, name string
	in        []string
	edit      func(*scene)
	want      Verdict // Remedy is checked by rule, not by text
}

func claim(name string, v any) func(*scene) {
	return func(s *scene) { s.claims[name] = v }
}

func without(names ...string) func(*scene) {
	return func(s *scene) {
		for _, n := range names {
			delete(s.claims, n)
		}
	}
}

func both(edits ...func(*scene)) func(*scene) {
	return func(s *scene) {
		for _, e := range edits {
			e(s)
		}
	}
}

func onPostgres(s *scene) { s.set.Database = DatabasePostgreSQL }

// stranger is somebody whose address no account has.
func stranger(username string) func(*scene) {
	return both(claim("email", "new@x.org"), claim("preferred_username", username))
}

func signed(id int64, before, after Role) Verdict {
	return Verdict{Outcome: SignsIn, Status: 307, Rule: "18", UserID: id, RoleBefore: before, RoleAfter: after}
}

func made(role Role) Verdict {
	return Verdict{Outcome: Registers, Status: 307, Rule: "15", RoleAfter: role}
}

func no(rule string, status int, detail string) Verdict {
	v, _ := refuse(rule, status, detail, "")
	return v
}

var (
	bobIn      = signed(2, low, low)
	unverified = no("5", 400, "Email is not verified.")
	listed     = no("6", 400, "Email is not verified.")
	noRoles    = no("12", 403, "User has not been granted any roles for this application.")
	broken     = "Internal Server Error"
)

// supports sets the claims_supported of the discovery document.
func supports(names ...string) func(*scene) {
	return func(s *scene) { s.set.ClaimsSupported = names }
}

// TestRows is docs/romm.md 3 row by row, each on the first and the last release
// of the families that it holds for.
func TestRows(t *testing.T) {
	for _, tests := range [][]rowTest{tokenRows(), usernameRows(), roleRows(), accountRows(), databaseRows(), sessionRows(), linkRows()} {
		for _, c := range tests {
			for _, version := range c.in {
				t.Run(strings.Join([]string{c.row, c.name, version}, "/"), func(t *testing.T) { c.run(t, version) })
			}
		}
	}
}

func (c rowTest) run(t *testing.T, version string) {
	s := newScene(t, version)
	if c.edit != nil {
		c.edit(s)
	}
	for i := range s.users {
		s.users[i].Link.Known = !s.unknown
	}
	got := DecideWithUserInfo(s.claims, s.userinfo, NewAccounts(s.users), s.set)
	want := c.want
	for _, r := range []*Role{&want.RoleBefore, &want.RoleAfter} {
		if *r == low {
			*r = lowest(s.set.Version)
		}
	}
	if needsRemedy := !got.OK() || got.SessionID != 0; needsRemedy && got.Remedy == "" {
		t.Errorf("no remedy: %+v", got)
	}
	// Those are checked against the recordings.
	got.Remedy, got.Username, got.EmailAfter, got.LinkAfter = "", "", NullText{}, OIDCLink{}
	if got != want {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
}

// tokenRows are rows 1 to 7: what the token says about the address.
func tokenRows() []rowTest {
	missing := no("4", 400, "Email is missing from token.")
	notText := no("4c", 500, broken)
	nobody := func(s *scene) {
		s.users = append(s.users, LocalUser{ID: 3, Username: "nobody", EmptyEmail: true, Role: lowest(s.set.Version), Enabled: true})
	}
	return []rowTest{
		{"1", "OIDC off", every, func(s *scene) { s.set.Disabled = true }, no("1", 500, "OAuth disabled")},
		{"3", "no userinfo", every, func(s *scene) { s.claims = nil }, no("3", 400, "Userinfo is missing from token.")},
		{"4", "no claim at all", every, func(s *scene) { s.claims = Claims{} }, missing},
		{"4", "absent", every, without("email"), missing},
		{"4", "null", every, claim("email", nil), missing},
		{"4", "before row 5", every, both(without("email"), claim("email_verified", false)), missing},
		{"4b", "empty opens the account with the empty address", every, both(nobody, claim("email", "")), signed(3, low, low)},
		{"4b", "empty does not open one without an address", every, both(stranger("neu"), claim("email", ""), func(s *scene) {
			s.users = append(s.users, LocalUser{ID: 3, Username: "nobody", Role: RoleAdmin, Enabled: true})
		}), made(low)},
		{"4c", "number", every, claim("email", number("5")), notText},
		{"4c", "list", every, claim("email", []any{"bob@x.org"}), notText},
		{"4c", "object", every, claim("email", map[string]any{}), notText},
		{"4c", "after row 5", every, both(claim("email", number("5")), claim("email_verified", false)), unverified},
		{"4c", "after row 12", every, both(claim("email", number("5")), claim("groups", []any{})), noRoles},
		{"5", "false", every, claim("email_verified", false), unverified},
		{"5", "false and listed", every, both(supports("email_verified"), claim("email_verified", false)), unverified},
		{"5", "before row 12", every, both(claim("email_verified", false), claim("groups", []any{})), unverified},
		{"6", "absent", every, both(supports("sub", "email_verified"), without("email_verified")), listed},
		{"6", "null", every, both(supports("email_verified"), claim("email_verified", nil)), listed},
		{"6", "text true", every, both(supports("email_verified"), claim("email_verified", "true")), listed},
		{"6", "number one", every, both(supports("email_verified"), claim("email_verified", number("1"))), listed},
		{"6", "true passes", every, supports("email_verified"), bobIn},
		{"7", "absent", every, without("email_verified"), bobIn},
		{"7", "text false", every, claim("email_verified", "false"), bobIn},
		{"7", "number zero", every, claim("email_verified", number("0")), bobIn},
		{"7", "list without it", every, both(supports("sub", "email"), without("email_verified")), bobIn},
		{"7", "empty list", every, both(supports(), without("email_verified")), bobIn},
	}
}

// usernameRows are row 8: the claim that names a new account.
func usernameRows() []rowTest {
	attr := func(s *scene) { s.set.UsernameAttribute = "nickname" }
	missing := no("8", 400, "'preferred_username' attribute is missing from token.")
	return []rowTest{
		{"8", "absent", from45, without("preferred_username"), missing},
		{"8", "null", from45, claim("preferred_username", nil), missing},
		{"8", "before row 12", from45, both(without("preferred_username"), claim("groups", []any{})), missing},
		{"8", "another attribute", from45, attr, no("8", 400, "'nickname' attribute is missing from token.")},
		{"8", "another attribute did not exist", upTo44, attr, bobIn},
		{"8", "absent passes a known user", upTo44, without("preferred_username"), bobIn},
		{"8", "absent breaks a new user", upTo44, both(stranger(""), without("preferred_username")), no("8", 500, broken)},
		{"8", "empty passes a known user", every, claim("preferred_username", ""), bobIn},
		{"20", "empty makes a nameless account", upTo52, stranger(""), unusable(0, 401, "", low)},
	}
}
