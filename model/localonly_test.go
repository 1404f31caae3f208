package model

import (
	"strings"
	"testing"
)

// TestNobodysLogin: that nobody in Authentik has an account's address or username is
// said only where that is so.
func TestNobodysLogin(t *testing.T) {
	t.Parallel()
	user := func(pk int64, name, email string) Identity {
		return Identity{PK: pk, UID: name, Username: Untrusted(name), Email: Untrusted(email), TrustedEmail: Untrusted(email), Active: true}
	}
	account := func(id int64, name, email string) LocalUser {
		return LocalUser{ID: id, Username: Untrusted(name), Email: Untrusted(email), Role: RoleUser, Enabled: true}
	}
	for name, c := range map[string]struct {
		locals     []LocalUser
		identities []Identity
		incomplete string
		want       string
	}{
		"nobody":              {[]LocalUser{account(1, "ann", "ann@x.org")}, []Identity{user(1, "bob", "bob@x.org")}, "", "none through Authentik: no user there has this address or username."},
		"no list of them all": {[]LocalUser{account(1, "ann", "ann@x.org")}, nil, "a page is missing", "its lists are not whole"},
		"the name, elsewhere": {
			[]LocalUser{account(1, "ann", "old@x.org"), account(2, "anna", "ann@x.org")},
			[]Identity{user(1, "Ann", "ann@x.org")},
			"",
			"none through Authentik: Ann there has this username, but not this address, and belongs to the account anna.",
		},
		"the database finds it": { // MariaDB ignores accents (docs/romm.md 2 Uniqueness)
			[]LocalUser{account(1, "jose", "josé@x.org")},
			[]Identity{user(1, "pepe", "jose@x.org")},
			"",
			"pepe's, whose address in Authentik opens it.",
		},
	} {
		w := World{
			Locals: c.locals, Directory: Directory{Identities: c.identities, Incomplete: c.incomplete},
			Provider: Provider{Found: true, Verified: VerifiedAlways, Profile: true},
			Settings: Settings{Version: Version{Major: 5, Minor: 2}, Database: DatabaseMariaDB},
		}
		for _, p := range Judge(w).Pairs {
			if p.Identity == nil && p.Local.ID == 1 && !strings.Contains(p.NextLogin, c.want) {
				t.Errorf("%s: %q", name, p.NextLogin)
			}
			if p.Identity == nil && strings.Contains(p.NextLogin, "no user there has") && name != "nobody" && p.Local.ID == 1 {
				t.Errorf("%s: %q is not so", name, p.NextLogin)
			}
		}
	}
}
