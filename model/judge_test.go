package model

import (
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
