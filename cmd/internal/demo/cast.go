package demo

import (
	"slices"

	"github.com/romm-admin/romm-admin/model"
)

// group is one of the groups in the made-up Authentik, with its role in the
// role map. A hidden group is one that the token may not view.
type group struct {
	name   string
	parent string
	role   model.Role
	hidden bool
}

var groups = []group{
	{name: "romm-admins", role: model.RoleAdmin},
	{name: "romm-users", role: model.RoleUser},
	{name: "family", role: model.RoleUser},
	{name: "kids", parent: "family"},
	{name: "friends", role: model.RoleUser},
	{name: "staff"},
	{name: "archive"},
	{name: "contractors", hidden: true},
}

// kept are the names for which a role is kept until Authentik has such a group:
// it has one called archive by now, and none for the guests yet.
var kept = []string{"archive", "guests"}

// character is one person of the cast. Nil sides are absent.
type character struct {
	romm *account
	idp  *identity
	pin  bool // the two are pinned together
	// link is whom RomM has linked the account to, where it links any, and
	// oldIssuer that an issuer of before did.
	link      string
	oldIssuer bool
}

type account struct {
	name     string
	email    string // "" is NULL
	role     model.Role
	disabled bool
}

type identity struct {
	name     string
	full     string
	email    string
	groups   []string
	inactive bool
	// untrusted leaves out the attribute that vouches for the address.
	untrusted bool
	superuser bool
}

// user and admin are accounts as most people have them.
func user(name string) *account { return &account{name, name + "@example.org", model.RoleUser, false} }

func person(name, full string, groups ...string) *identity {
	return &identity{name: name, full: full, email: name + "@example.org", groups: groups}
}

// with changes a copy.
func with[T any](v *T, change func(*T)) *T {
	c := *v
	change(&c)
	return &c
}

// cast shows every finding at least once; the comments name it.
func cast() []character {
	mail := func(address string) func(*identity) { return func(i *identity) { i.email = address } }
	untrusted := func(i *identity) { i.untrusted = true }
	admin := func(a *account) { a.role = model.RoleAdmin }
	return []character{
		{romm: with(user("alice"), admin), idp: person("alice", "Alice Liddell", "romm-admins")},                                                                                        // ok
		{romm: with(user("bob"), func(a *account) { a.email = "bob@old.example" }), idp: person("bob", "Bob Baker", "romm-users")},                                                      // email-mismatch, username-collision
		{romm: with(user("carol"), func(a *account) { a.email = "" }), idp: with(person("carol", "Carol Jones", "romm-users"), untrusted)},                                              // local-email-missing
		{idp: person("dave", "Dave Smith", "friends")},                                                                                                                                  // would-register
		{romm: user("erin"), idp: with(person("erin", "Erin Gray", "romm-users"), untrusted)},                                                                                           // email-unverified
		{romm: user("frank"), idp: person("frank", "Frank Ocean-Miller", "family")},                                                                                                     // ok
		{romm: user("grace"), idp: person("grace", "Grace Kim", "kids")},                                                                                                                // ok, by an inherited group
		{romm: with(user("heidi"), func(a *account) { a.email = "Heidi@Example.org" }), idp: person("heidi", "Heidi Berg", "friends")},                                                  // case-only
		{romm: user("ivan"), idp: with(person("ivan", "Ivan Petrov", "romm-users"), func(i *identity) { i.inactive = true })},                                                           // idp-inactive
		{romm: with(user("judy"), func(a *account) { a.disabled = true }), idp: person("judy", "Judy Chen", "romm-users")},                                                              // local-disabled
		{romm: with(user("mallory"), func(a *account) { a.email = "niaj@example.org" }), idp: person("niaj", "Niaj Rahman", "romm-users")},                                              // squatted-email
		{romm: with(user("niaj"), func(a *account) { a.email = "" })},                                                                                                                   // local-only: niaj's own account, without an address
		{romm: user("olivia"), idp: person("olivia", "Olivia Stone", "romm-admins", "family")},                                                                                          // role-change: becomes admin
		{romm: with(user("peggy"), admin), idp: person("peggy", "Peggy Lee", "romm-users")},                                                                                             // admin-loss
		{idp: with(person("rupert", "Rupert Giles", "friends"), mail(""))},                                                                                                              // idp-email-missing
		{romm: user("sybil"), idp: person("sybil", "Sybil Ramkin", "romm-users")},                                                                                                       // duplicate-idp-email
		{idp: with(person("sybil-work", "Sybil Ramkin (work)", "staff"), mail("sybil@example.org"))},                                                                                    // duplicate-idp-email
		{romm: with(user("trent"), admin), idp: person("trent", "Trent Reed", "romm-admins")},                                                                                           // ok
		{idp: with(person("Trent", "Trent from the forum", "friends"), mail("trent@forum.example"))},                                                                                    // session-takeover
		{romm: user("uma"), idp: with(person("uma", "Uma Øst", "family"), mail("uma@exämple.org"))},                                                                                     // email-not-ascii
		{romm: with(user("victor"), func(a *account) { a.email = "victor@old.example" }), idp: with(person("victor", "Victor Hugo", "romm-users"), mail("vic@example.org")), pin: true}, // pin-moved
		{romm: user("vic")}, // the account that victor's new address opens
		{romm: with(user("walt"), admin), idp: person("walt", "Walt Hull", "staff")},             // keeps-admin: no group gives a role any more
		{romm: user("wendy"), idp: person("wendy", "Wendy Darling", "staff")},                    // no-role
		{romm: user("xavier"), idp: person("xavier", "Xavier Moreau", "friends", "contractors")}, // incomplete
		{romm: user("yolanda")},                                // local-only
		{romm: &account{name: "admin", role: model.RoleAdmin}}, // local-only: from RomM's own set-up
		{idp: with(person("akadmin", "authentik Default Admin"), func(i *identity) { i.superuser, i.untrusted = true, true })}, // email-unverified, no account
		{romm: user("kenji"), idp: person("kenji", "山田 健二", "friends")},                                                        // ok
		{romm: user("leo"), idp: person("leo", "Leo Fender", "family")},                                                        // ok
		{romm: user("nina"), idp: person("nina", "Nina Simone-Wolf", "kids")},                                                  // ok
		{romm: user("quentin"), idp: person("quentin", "Quentin Blake", "romm-users")},                                         // ok
		{romm: user("zach"), idp: person("zach", "Zach Brown", "romm-users")},                                                  // ok
	}
}

// quiet keeps those of the cast whose accounts nobody disputes: the guard would
// refuse to let the others in before that is settled.
func quiet(all []character) []character {
	return slices.DeleteFunc(all, func(c character) bool {
		if c.idp == nil {
			return c.romm.name != "admin" // from RomM's own set-up
		}
		return !slices.Contains([]string{"alice", "bob", "erin", "frank", "grace", "wendy", "kenji"}, c.idp.name)
	})
}
