package model

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestFindings(t *testing.T) {
	for _, c := range []struct {
		name  string
		build func(*World)
		who   string
		want  []FindingKind
	}{
		{"all well", func(w *World) {
			w.local("ann", "ann@x.org", RoleUser)
			w.identity("ann", "ann@x.org", gUsers)
		}, "ann", []FindingKind{FindingOK}},
		{"role through an inherited group", func(w *World) {
			w.local("ann", "ann@x.org", RoleUser)
			w.identity("ann", "ann@x.org", gChild)
		}, "ann", []FindingKind{FindingOK}},
		{"letter case only", func(w *World) {
			w.local("ann", "Ann@x.org", RoleUser)
			w.identity("ann", "ann@x.org", gUsers)
		}, "ann", []FindingKind{FindingCaseOnly}},
		{"mismatch ends in a collision", func(w *World) {
			w.local("bob", "bob@old.org", RoleUser)
			w.identity("bob", "bob@x.org", gUsers)
		}, "bob", []FindingKind{FindingEmailMismatch, FindingUsernameCollision}},
		{"no address in RomM", func(w *World) {
			w.local("bob", "", RoleUser)
			w.identity("bob", "bob@x.org", gUsers)
		}, "bob", []FindingKind{FindingLocalEmailMissing, FindingUsernameCollision}},
		{"no address in Authentik", func(w *World) {
			w.identity("bob", "", gUsers)
		}, "bob", []FindingKind{FindingIDPEmailMissing, FindingLoginRefused}},
		{"unverified", func(w *World) {
			w.local("bob", "bob@x.org", RoleUser)
			w.identity("bob", "bob@x.org", gUsers).TrustedEmail = "other@x.org"
		}, "bob", []FindingKind{FindingEmailUnverified}},
		{"not ASCII is never verified and never pairs by address", func(w *World) {
			w.local("jose", "jose@x.org", RoleUser)
			w.identity("x", "josé@x.org", gUsers)
		}, "x", []FindingKind{FindingEmailNotASCII, FindingLoginRefused}},
		{"two identities with one address", func(w *World) {
			w.local("bob", "bob@x.org", RoleUser)
			w.identity("bobby", "BOB@x.org", gUsers)
			w.identity("bob", "bob@x.org", gUsers)
		}, "bobby", []FindingKind{FindingDuplicateIDPEmail}},
		{"squatted: the address of somebody with an own account", func(w *World) {
			w.local("mallory", "ann@x.org", RoleUser)
			w.local("ann", "", RoleUser)
			w.identity("ann", "ann@x.org", gUsers)
		}, "ann", []FindingKind{FindingSquattedEmail}},
		{"squatted: the account of another identity", func(w *World) {
			w.local("mallory", "ann@x.org", RoleUser)
			w.identity("ann", "ann@x.org", gUsers)
			w.identity("mallory", "mallory@x.org", gUsers)
		}, "ann", []FindingKind{FindingSquattedEmail}},
		{"renamed at the provider is not squatted", func(w *World) {
			w.local("ann", "ann@x.org", RoleUser)
			w.identity("ann.smith", "ann@x.org", gUsers)
		}, "ann.smith", []FindingKind{FindingOK}},
		{"session of another", func(w *World) {
			w.local("admin", "admin@x.org", RoleAdmin)
			w.identity("ADMIN", "stranger@x.org", gUsers)
			w.identity("admin", "admin@x.org", gAdmins)
		}, "ADMIN", []FindingKind{FindingSessionTakeover}},
		{"would register", func(w *World) { w.identity("new", "new@x.org", gUsers) }, "new", []FindingKind{FindingWouldRegister}},
		{"registration off", func(w *World) {
			w.Settings.AllowRegistration = false
			w.identity("new", "new@x.org", gUsers)
		}, "new", []FindingKind{FindingLoginRefused}},
		{"local only", func(w *World) { w.local("old", "old@x.org", RoleUser) }, "old", []FindingKind{FindingLocalOnly}},
		{"disabled", func(w *World) {
			w.local("bob", "bob@x.org", RoleUser).Enabled = false
			w.identity("bob", "bob@x.org", gUsers)
		}, "bob", []FindingKind{FindingLocalDisabled}},
		{"inactive", func(w *World) {
			w.local("bob", "bob@x.org", RoleUser)
			w.identity("bob", "bob@x.org", gUsers).Active = false
		}, "bob", []FindingKind{FindingIDPInactive}},
		{"no role", func(w *World) {
			w.local("bob", "bob@x.org", RoleUser)
			w.identity("bob", "bob@x.org")
		}, "bob", []FindingKind{FindingNoRole}},
		{"no role, and admin in RomM", func(w *World) {
			w.local("bob", "bob@x.org", RoleAdmin)
			w.identity("bob", "bob@x.org")
		}, "bob", []FindingKind{FindingNoRole, FindingKeepsAdmin}},
		{"inactive, and admin in RomM", func(w *World) {
			w.local("bob", "bob@x.org", RoleAdmin)
			w.identity("bob", "bob@x.org", gAdmins).Active = false
		}, "bob", []FindingKind{FindingIDPInactive, FindingKeepsAdmin}},
		{"no role, and a disabled admin in RomM", func(w *World) {
			w.local("bob", "bob@x.org", RoleAdmin).Enabled = false
			w.identity("bob", "bob@x.org")
		}, "bob", []FindingKind{FindingNoRole, FindingLocalDisabled}},
		{"an admin whose login fails for what is to be fixed", func(w *World) {
			w.local("bob", "", RoleAdmin)
			w.identity("bob", "bob@x.org", gAdmins)
		}, "bob", []FindingKind{FindingLocalEmailMissing, FindingUsernameCollision}},
		{"promotion", func(w *World) {
			w.local("bob", "bob@x.org", RoleUser)
			w.identity("bob", "bob@x.org", gAdmins)
		}, "bob", []FindingKind{FindingRoleChange}},
		{"demotion of an admin", func(w *World) {
			w.local("bob", "bob@x.org", RoleAdmin)
			w.identity("bob", "bob@x.org", gUsers)
		}, "bob", []FindingKind{FindingAdminLoss, FindingRoleChange}},
		{"pin to an account that the address does not open", func(w *World) {
			w.local("bob", "bob@old.org", RoleUser)
			w.local("other", "bob@x.org", RoleUser)
			w.identity("bob", "bob@x.org", gUsers)
			w.Pins = []Pin{{UID: "uid-1", LocalID: 1}}
		}, "bob", []FindingKind{FindingPinMoved, FindingEmailMismatch}},
		{"group not visible", func(w *World) {
			w.local("bob", "bob@x.org", RoleUser)
			w.identity("bob", "bob@x.org", gUsers, gHidden)
		}, "bob", []FindingKind{FindingIncomplete}},
		{"no provider known", func(w *World) {
			w.Provider = Provider{}
			w.local("bob", "bob@x.org", RoleUser)
			w.identity("bob", "bob@x.org", gUsers)
		}, "bob", []FindingKind{FindingIncomplete}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := testWorld()
			c.build(&w)
			r := Judge(w)
			if got := findingsOf(t, r, c.who); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
			for _, p := range r.Pairs {
				for _, f := range p.Findings {
					if !strings.HasSuffix(f.Why, ".") || strings.Contains(f.Why, "%!") {
						t.Errorf("%s of %s is not explained: %q", f.Kind, p.Username(), f.Why)
					}
				}
			}
		})
	}
}

// TestNextLoginWords holds one sentence whole, as people read it.
func TestNextLoginWords(t *testing.T) {
	w := testWorld()
	w.local("bob", "bob@old.example", RoleUser)
	w.identity("bob", "bob@example.org", gUsers)
	const want = "500 Internal Server Error. Authentik sends bob@example.org, no RomM account has it, and the username “bob” is taken, so RomM cannot register a second one."
	if got := Judge(w).Pairs[0].NextLogin; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestTwoWithTheAddress: which of the two RomM opens nobody can tell, so both are
// named (docs/romm.md 2 Uniqueness).
func TestTwoWithTheAddress(t *testing.T) {
	w := testWorld()
	w.Settings.Database = DatabasePostgreSQL
	w.local("bob", "bob@x.org", RoleUser)
	w.local("robert", "BOB@x.org", RoleUser)
	w.identity("bob", "bob@x.org", gUsers)
	r := Judge(w)
	i := slices.IndexFunc(r.Pairs, func(p Pair) bool { return p.Identity != nil })
	const want = "signs in. Authentik sends bob@x.org, which opens bob as user. RomM may open robert instead. Uncertain: "
	if got := r.Pairs[i].NextLogin; !strings.HasPrefix(got, want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if chain := chainOf(t, w, "bob"); !strings.Contains(chain, "account: bob (id 1), bob@x.org, user, enabled; or robert (id 2), BOB@x.org, ") {
		t.Error(chain)
	}
}

// TestNoSession: a login that RomM accepts, with a session that nobody can use, is
// no signing in: in words, in the counts and as a finding (docs/romm.md row 20).
func TestNoSession(t *testing.T) {
	for _, c := range []struct {
		name  string
		build func(*World)
		want  string
	}{
		{"an account without a username", func(w *World) {
			w.local("", "bob@x.org", RoleAdmin)
			w.identity("bob", "bob@x.org", gAdmins)
		}, "accepted, but with a session that is not usable: 401 at every request. Authentik sends bob@x.org, which opens  as admin. RomM then finds no account by the username of the session."},
		{"a twin that is disabled", func(w *World) {
			w.local("bob", "bob@x.org", RoleAdmin)
			w.local("Bob", "", RoleUser).Enabled = false
			w.identity("bob", "bob@x.org", gAdmins)
		}, "accepted, but with a session that is not usable: 401 at every request. Authentik sends bob@x.org, which opens bob as admin. The session is then looked up by username without letter case, and finds Bob, which is disabled."},
		{"a username that is not text", func(w *World) {
			w.Settings.UsernameAttribute = "uid"
			id := w.identity("bob", "bob@x.org", gAdmins)
			w.Provider.Previews = map[int64]Preview{id.PK: {Claims: Claims{
				"email": "bob@x.org", "email_verified": true, "uid": json.Number("7"), RolesClaim: []any{"admin"},
			}}}
		}, "accepted, but with a session that is not usable: 500 at every request. Authentik sends bob@x.org, no RomM account has it, and RomM makes “7” with the role admin. That username is not sent as text, and RomM fails on the session."},
	} {
		w := testWorld()
		c.build(&w)
		r := Judge(w)
		i := slices.IndexFunc(r.Pairs, func(p Pair) bool { return p.Identity != nil })
		p := r.Pairs[i]
		if p.NextLogin != c.want || p.CanSignIn() || !p.Has(FindingLoginRefused) || p.Fix() == "" || r.Stats.CannotSignIn != 1 || r.Stats.UsableAdmins != 0 {
			t.Errorf("%s: %q, findings %v, %+v", c.name, p.NextLogin, p.Findings, r.Stats)
		}
		if status, text := p.Verdict.Reply(); status != p.Verdict.SessionStatus || text != "session not usable" {
			t.Errorf("%s: the reply is %d %s", c.name, status, text)
		}
	}
}

// TestLinkedWords: what links lead to, where the product knows them.
func TestLinkedWords(t *testing.T) {
	for _, c := range []struct {
		name  string
		email Untrusted // of Authentik's bob
		link  OIDCLink
		want  string
	}{
		{"the first login", "bob@x.org", Unlinked(), "signs in. Authentik sends bob@x.org, which opens bob as user."},
		{"by link", "new@x.org", NewOIDCLink("https://idp", "uid"), "signs in. RomM has linked this person to bob, which opens as user. The address in RomM becomes new@x.org."},
		{"somebody else's", "bob@x.org", NewOIDCLink("https://idp", "other"), "403 Forbidden, “This account is linked to a different identity at the provider. Please contact an administrator”. Authentik sends bob@x.org, which is the address of bob, and RomM has linked that account to somebody else at the provider."},
		{"not known", "bob@x.org", OIDCLink{}, "signs in. Authentik sends bob@x.org, which opens bob as user."},
	} {
		w := testWorld()
		w.Settings.Version = Version{Major: 5, Minor: 4}
		w.local("bob", "bob@x.org", RoleUser).Link = c.link
		id := w.identity("bob", c.email.Raw(), gUsers)
		w.Provider.Previews = map[int64]Preview{id.PK: {Claims: Claims{
			"iss": "https://idp", "sub": "uid", "email": c.email.Raw(), "email_verified": true, "preferred_username": "bob", RolesClaim: []any{"viewer"},
		}}}
		if got := Judge(w).Pairs[0].NextLogin; got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
		if chain := chainOf(t, w, "bob"); !strings.Contains(chain, "account: bob (id 1), ") {
			t.Errorf("%s: %s", c.name, chain)
		}
	}
}

// The name that is taken is the one that RomM makes.
func TestMadeNameIsTaken(t *testing.T) {
	w := testWorld()
	w.Settings.Version = Version{Major: 5, Minor: 3}
	w.local("first-last", "old@x.org", RoleUser)
	w.identity("first.last", "new@x.org", gUsers)
	i := slices.IndexFunc(Judge(w).Pairs, func(p Pair) bool { return p.Identity != nil })
	if got := Judge(w).Pairs[i].NextLogin; !strings.Contains(got, "409 Conflict") || !strings.Contains(got, "the username “first-last” is taken") {
		t.Errorf("%s", got)
	}
}

// TestFamilies: every release has its family, and one that is newer says so.
func TestFamilies(t *testing.T) {
	for text, want := range map[string]string{
		"4.3.0": "3.7 to 4.3.0", "4.3.1": "4.3", "4.4.9": "4.4", "4.7.0": "4.5 to 4.7", "4.9.9": "4.8 and 4.9", "5.0.0": "5.0 to 5.2", "5.2.9": "5.0 to 5.2",
		"development": "5.0 to 5.2", "5.3.0-alpha.1": "5.3", "5.4.0": "5.4", "5.5.9": "5.5", "5.6.0": "5.5", "6.0.0": "5.5",
	} {
		v, err := ParseVersion(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := v.family().name; got != want || v.Newer() != (text > "5.5.9") && text != "development" || (v.NewerNote() != "") != v.Newer() {
			t.Errorf("%s is of family %s, newer %v %q", text, got, v.Newer(), v.NewerNote())
		}
	}
	if (Version{}).family().name != "5.0 to 5.2" || (Version{}).Newer() {
		t.Error("a release that is not known")
	}
	w := testWorld()
	w.Settings.Version = Version{Major: 5, Minor: 6}
	if said := strings.Join(Judge(w).NoteTexts(), " "); !strings.Contains(said, "RomM 5.6.0 is newer than 5.5") {
		t.Errorf("%q", said)
	}
	s := Settings{Version: Version{Major: 5, Minor: 5}, RoleAdmin: " , a, b", RoleViewer: "*,v"}
	if got := s.Token(RoleAdmin) + s.Token(RoleViewer) + s.Token(RoleEditor); got != "aveditor" {
		t.Errorf("the words for the roles: %s", got)
	}
}

func TestResolve(t *testing.T) {
	m := RoleMap{Rows: []RoleRow{{Group: gUsers, Role: RoleViewer}, {Group: gAdmins, Role: RoleAdmin}, {Group: gChild, Role: RoleEditor}}}
	res := m.Resolve([]GroupID{gChild, gAdmins, gUsers})
	if res.Role != RoleAdmin || res.Winner.Group != gAdmins || len(res.Losers) != 2 {
		t.Errorf("highest wins: %+v", res)
	}
	if res := m.Resolve(nil); res.Role != RoleNone || res.Winner != nil {
		t.Errorf("no group, no default: %+v", res)
	}
	m.Default = RoleUser
	if res := m.Resolve([]GroupID{gHidden}); res.Role != RoleUser || res.Winner != nil {
		t.Errorf("the default: %+v", res)
	}
	for in, want := range map[string]Role{" Admin ": RoleAdmin, "viewer": RoleViewer, "": RoleNone, "root": RoleNone} {
		if r, err := ParseRole(in); r != want || (err == nil) != (want != RoleNone) {
			t.Errorf("ParseRole(%q) = %q, %v", in, r, err)
		}
	}
}

// TestBothKindsOfAdmin proves S5: who can sign in as admin through Authentik is
// one count, whose account only has the role another; an account of whom it is not
// known is in neither.
func TestBothKindsOfAdmin(t *testing.T) {
	w := testWorld()
	w.local("ann", "ann@x.org", RoleAdmin) // can
	w.identity("ann", "ann@x.org", gAdmins)
	w.local("bob", "bob@x.org", RoleAdmin) // has no role any more
	w.identity("bob", "bob@x.org")
	w.local("cid", "cid@x.org", RoleAdmin) // loses it at the next login
	w.identity("cid", "cid@x.org", gUsers)
	w.local("dan", "", RoleAdmin)                 // a password only
	w.local("eve", "", RoleAdmin).Enabled = false // nobody gets in
	w.local("fay", "fay@x.org", RoleUser)         // becomes admin
	w.identity("fay", "fay@x.org", gAdmins)
	s := Judge(w).Stats
	if s.Admins != 4 || s.UsableAdmins != 2 || s.RoleOnlyAdmins != 3 || s.AdminsText() != "4 admins, 3 by role only" {
		t.Errorf("%+v, %q", s, s.AdminsText())
	}
	w.Provider = Provider{}
	if s := Judge(w).Stats; s.UsableAdmins != 0 || s.RoleOnlyAdmins != 1 || s.AdminsText() != "4 admins, 1 by role only" {
		t.Errorf("nothing is known: %+v, %q", s, s.AdminsText())
	}
}

// What is the case and what to do about it are said where the person is shown.
func TestKeepsAdminIsSaid(t *testing.T) {
	w := testWorld()
	w.local("bob", "bob@x.org", RoleAdmin)
	w.identity("bob", "bob@x.org")
	p := Judge(w).Pairs[0]
	if said := strings.Join(p.Explain(), " "); !strings.Contains(said, "The account bob keeps the role admin and open sessions in RomM") {
		t.Errorf("%q", said)
	}
	if fix := p.Fix(); !strings.Contains(fix, "a group that has a role") || !strings.Contains(fix, "disable the RomM account or write a lower role now") {
		t.Errorf("%q", fix)
	}
}
