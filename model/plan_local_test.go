package model

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

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
	if got := findingsOf(t, after, "bob"); !slices.Equal(got, []FindingKind{FindingOK}) {
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

func randomPlan(rng *rand.Rand, r *Review) (Plan, error) {
	if rng.IntN(2) == 0 {
		return r.PlanRoleRow([]GroupID{gAdmins, gUsers, gChild}[rng.IntN(3)], []Role{RoleNone, RoleUser, RoleAdmin}[rng.IntN(3)])
	}
	if len(r.World.Locals) == 0 {
		return r.PlanLocalEmail(0, "")
	}
	return r.PlanLocalEmail(r.World.Locals[rng.IntN(len(r.World.Locals))].ID, []string{"ann", "bob", "new"}[rng.IntN(3)]+"@x.org")
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
