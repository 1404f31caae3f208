package model

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

const (
	gAdmins GroupID = "00000000-0000-0000-0000-00000000000a"
	gUsers  GroupID = "00000000-0000-0000-0000-00000000000b"
	gChild  GroupID = "00000000-0000-0000-0000-00000000000c"
	gHidden GroupID = "00000000-0000-0000-0000-00000000000d"
)

// testWorld is a RomM 5.2 behind an Authentik that is set up as we do it.
func testWorld() World {
	return World{
		Directory: Directory{Groups: []Group{
			{ID: gAdmins, Name: "romm-admins"},
			{ID: gUsers, Name: "romm-users"},
			{ID: gChild, Name: "kids", Parents: []GroupID{gUsers}},
		}},
		Roles:    RoleMap{Rows: []RoleRow{{Group: gAdmins, Name: "romm-admins", Role: RoleAdmin}, {Group: gUsers, Name: "romm-users", Role: RoleUser}}},
		Provider: Provider{Found: true, Verified: VerifiedAddress, Profile: true, RoleMap: true, ClaimsSupported: []string{"email_verified"}},
		Settings: Settings{
			Version: Version{Major: 5, Minor: 2}, Database: DatabasePostgreSQL, AllowRegistration: true,
			ClaimRoles: RolesClaim, RoleAdmin: "admin", RoleEditor: "editor", RoleViewer: "viewer",
		},
	}
}

func (w *World) local(name, email string, role Role) *LocalUser {
	w.Locals = append(w.Locals, LocalUser{
		ID: int64(len(w.Locals) + 1), Username: Untrusted(name), Email: Untrusted(email), Role: role, Enabled: true,
	})
	return &w.Locals[len(w.Locals)-1]
}

func (w *World) identity(name, email string, groups ...GroupID) *Identity {
	n := len(w.Directory.Identities) + 1
	w.Directory.Identities = append(w.Directory.Identities, Identity{
		PK: int64(n), UID: fmt.Sprintf("uid-%d", n), Username: Untrusted(name), Email: Untrusted(email),
		TrustedEmail: Untrusted(email), Active: true, Groups: groups,
	})
	return &w.Directory.Identities[len(w.Directory.Identities)-1]
}

// kinds lists the findings of the pair with that Authentik (or else RomM)
// username.
func kinds(t *testing.T, r *Review, name string) []FindingKind {
	t.Helper()
	for _, p := range r.Pairs {
		if p.Identity != nil && p.Identity.Username == Untrusted(name) || p.Identity == nil && p.Local.Username == Untrusted(name) {
			var out []FindingKind
			for _, f := range p.Findings {
				out = append(out, f.Kind)
			}
			return out
		}
	}
	t.Fatalf("nobody is called %s", name)
	return nil
}

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
			w.Links = []Link{{UID: "uid-1", LocalID: 1}}
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
			if got := kinds(t, r, c.who); !slices.Equal(got, c.want) {
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

// TestNextLoginWords: the sentence of the design's own example.
func TestNextLoginWords(t *testing.T) {
	w := testWorld()
	w.local("bob", "bob@old.example", RoleUser)
	w.identity("bob", "bob@example.org", gUsers)
	const want = "500 Internal Server Error. Authentik sends bob@example.org, no RomM account has it, and the username “bob” is taken, so RomM cannot register a second one."
	if got := Judge(w).Pairs[0].NextLogin; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestPlanLocalEmail(t *testing.T) {
	w := testWorld()
	w.local("root", "root@x.org", RoleAdmin)
	w.identity("root", "root@x.org", gAdmins)
	bob := w.local("bob", "bob@old.org", RoleUser).ID
	w.identity("bob", "bob@x.org", gUsers)
	r := Judge(w)
	p, err := r.PlanLocalEmail(bob, " Bob@X.org ")
	if err != nil {
		t.Fatal(err)
	}
	after, impact, err := r.Simulate(p)
	if err != nil || len(impact.CanSignIn) != 1 || len(impact.CannotSignIn)+len(impact.Roles) != 0 {
		t.Fatalf("impact %+v, %v", impact, err)
	}
	if got := kinds(t, after, "bob"); !slices.Equal(got, []FindingKind{FindingOK}) {
		t.Errorf("after the plan: %v", got)
	}
	back, _, err := after.Simulate(p.Inverse())
	if err != nil || !reflect.DeepEqual(back.Pairs, r.Pairs) {
		t.Errorf("undo does not bring the world back: %v", err)
	}
	if _, _, err := after.Simulate(p); CodeOf(err) != CodeConflict { // proves S35 for the simulation
		t.Errorf("a plan from an older world: %v", err)
	}
	for email, code := range map[string]Code{
		"BOB@OLD.org": CodeNothing, "root@x.org": CodeConflict, "x@y": CodeInvalid, "bob@old.org": CodeNothing,
	} {
		if _, err := r.PlanLocalEmail(bob, email); CodeOf(err) != code || HintOf(err) == "" {
			t.Errorf("%s: %v (%s), hint %q", email, err, CodeOf(err), HintOf(err))
		}
	}
	if _, err := r.PlanLocalEmail(99, "x@y.org"); CodeOf(err) != CodeNotFound {
		t.Errorf("unknown account: %v", err)
	}
}

// TestGuard proves S4, S5 and S9.
func TestGuard(t *testing.T) {
	w := testWorld()
	w.local("root", "root@x.org", RoleAdmin)
	w.identity("root", "root@x.org", gAdmins)
	mallory := w.local("mallory", "mallory@x.org", RoleUser).ID
	w.identity("mallory", "mallory@x.org", gUsers)
	w.identity("ann", "ann@x.org", gUsers)
	r := Judge(w)

	// S5: taking the only admin group's role away.
	p, err := r.PlanRoleRow(gAdmins, RoleNone)
	if err != nil {
		t.Fatal(err)
	}
	if _, impact, err := r.Simulate(p); CodeOf(err) != CodeRefused || len(impact.CannotSignIn) != 1 {
		t.Errorf("S5: %v, impact %+v", err, impact)
	}
	// S4: mallory's account would carry ann's address.
	if p, err = r.PlanLocalEmail(mallory, "ann@x.org"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := r.Simulate(p); CodeOf(err) != CodeRefused {
		t.Errorf("S4: %v", err)
	}
	// S4: an admin mapping that promotes a squatted account.
	squat := w
	squat.Locals = slices.Clone(w.Locals)
	squat.Locals[1].Email = "ann@x.org"
	rs := Judge(squat)
	if p, err = rs.PlanRoleRow(gUsers, RoleAdmin); err != nil {
		t.Fatal(err)
	}
	if _, _, err := rs.Simulate(p); CodeOf(err) != CodeRefused || !strings.Contains(err.Error(), "mallory") {
		t.Errorf("S4 by mapping: %v", err)
	}
	// S9: half a list.
	half := w
	half.Directory.Incomplete = "page 3 of 7 is missing"
	rh := Judge(half)
	if p, err = rh.PlanRoleRow(gUsers, RoleNone); err != nil {
		t.Fatal(err)
	}
	if _, _, err := rh.Simulate(p); CodeOf(err) != CodeRefused {
		t.Errorf("S9: %v", err)
	}
}

// TestNoPlanLosesTheLastAdmin proves S5 over random worlds and plans, and that
// an accepted plan followed by its inverse is the identity.
func TestNoPlanLosesTheLastAdmin(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 9))
	accepted := 0
	for range 10000 {
		r := Judge(randomWorld(rng))
		p, err := randomPlan(rng, r)
		if err != nil {
			continue
		}
		after, _, err := r.Simulate(p)
		if err != nil {
			continue
		}
		accepted++
		if r.Stats.UsableAdmins > 0 && after.Stats.UsableAdmins == 0 {
			t.Fatalf("plan %q loses the last admin", p.Title)
		}
		w := after.World
		for _, c := range p.Inverse().Changes {
			if w, err = w.With(c); err != nil {
				t.Fatal(err)
			}
		}
		if back := Judge(w); !reflect.DeepEqual(back.Pairs, r.Pairs) {
			t.Fatalf("undo of %q is not the identity", p.Title)
		}
	}
	if accepted < 2000 {
		t.Errorf("only %d of 10000 plans were accepted: the test says little", accepted)
	}
	t.Logf("%d plans accepted", accepted)
}

func randomWorld(rng *rand.Rand) World {
	w := testWorld()
	names := []string{"ann", "bob", "cid", "dan"}
	mail := func() string {
		if rng.IntN(8) == 0 {
			return ""
		}
		return names[rng.IntN(len(names))] + "@x.org"
	}
	used := map[string]bool{}
	for _, n := range names {
		if m := mail(); rng.IntN(4) > 0 && (m == "" || !used[m]) {
			used[m] = true
			u := w.local(n, m, []Role{RoleUser, RoleAdmin}[rng.IntN(2)])
			u.Enabled = rng.IntN(6) > 0
		}
		if rng.IntN(4) > 0 {
			w.identity(n, mail(), []GroupID{gAdmins, gUsers, gChild}[rng.IntN(3)])
		}
	}
	return w
}

func randomPlan(rng *rand.Rand, r *Review) (Plan, error) {
	if rng.IntN(2) == 0 {
		return r.PlanRoleRow([]GroupID{gAdmins, gUsers, gChild}[rng.IntN(3)], []Role{RoleNone, RoleUser, RoleAdmin}[rng.IntN(3)])
	}
	if len(r.World.Locals) == 0 {
		return r.PlanLocalEmail(0, "")
	}
	return r.PlanLocalEmail(r.World.Locals[rng.IntN(len(r.World.Locals))].ID, []string{"ann", "bob", "new"}[rng.IntN(3)]+"@x.org")
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

// TestPlanCommand: the line is made to be copied into a shell.
func TestPlanCommand(t *testing.T) {
	for name, want := range map[Untrusted]string{
		"bob": "bob", "Odd Name.x": "'Odd Name.x'", "o'neil": `'o'\''neil'`, "$(reboot)": "'$(reboot)'", "a\x1bb": "1",
	} {
		w := testWorld()
		w.local(string(name), "", RoleUser)
		p, err := Judge(w).PlanLocalEmail(1, "x@example.org")
		if want := "romm-admin users set-email " + want + " x@example.org"; err != nil || p.Command != want {
			t.Errorf("%q: %q, %v", name.Raw(), p.Command, err)
		}
	}
}
