package plan

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

func TestPlanLocalEmail(t *testing.T) {
	w := testWorld()
	local(&w, "root", "root@x.org", model.RoleAdmin)
	identity(&w, "root", "root@x.org", gAdmins)
	bob := local(&w, "bob", "bob@old.org", model.RoleUser).ID
	identity(&w, "bob", "bob@x.org", gUsers)
	r := model.Judge(w)
	p, err := LocalEmail(r, bob, " Bob@X.org ")
	if err != nil {
		t.Fatal(err)
	}
	after, impact, err := Simulate(t.Context(), r, p)
	if err != nil || len(impact.CanSignIn) != 1 || len(impact.CannotSignIn)+len(impact.Roles) != 0 {
		t.Fatalf("impact %+v, %v", impact, err)
	}
	if got := findingsOf(t, after, "bob"); !slices.Equal(got, []model.FindingKind{model.FindingOK}) {
		t.Errorf("after the plan: %v", got)
	}
	back, _, err := Simulate(t.Context(), after, p.Inverse())
	if err != nil || !reflect.DeepEqual(back.Pairs, r.Pairs) {
		t.Errorf("undo does not bring the world back: %v", err)
	}
	if _, _, err := Simulate(t.Context(), after, p); model.CodeOf(err) != model.CodeConflict { // proves S35 for the simulation
		t.Errorf("a plan from an older world: %v", err)
	}
	for email, code := range map[string]model.Code{
		"BOB@OLD.org": model.CodeNothing, "root@x.org": model.CodeConflict, "x@y": model.CodeInvalid, "bob@old.org": model.CodeNothing,
	} {
		if _, err := LocalEmail(r, bob, email); model.CodeOf(err) != code || model.HintOf(err) == "" {
			t.Errorf("%s: %v (%s), hint %q", email, err, model.CodeOf(err), model.HintOf(err))
		}
	}
	if _, err := LocalEmail(r, 99, "x@y.org"); model.CodeOf(err) != model.CodeNotFound {
		t.Errorf("unknown account: %v", err)
	}
}

// TestGuard proves S4, S5 and S9.
func TestGuard(t *testing.T) {
	w := testWorld()
	local(&w, "root", "root@x.org", model.RoleAdmin)
	identity(&w, "root", "root@x.org", gAdmins)
	mallory := local(&w, "mallory", "mallory@x.org", model.RoleUser).ID
	identity(&w, "mallory", "mallory@x.org", gUsers)
	identity(&w, "ann", "ann@x.org", gUsers)
	r := model.Judge(w)

	// S5: taking the only admin group's role away.
	p, err := RoleRow(r, gAdmins, model.RoleNone)
	if err != nil {
		t.Fatal(err)
	}
	if _, impact, err := Simulate(t.Context(), r, p); model.CodeOf(err) != model.CodeRefused || len(impact.CannotSignIn) != 1 {
		t.Errorf("S5: %v, impact %+v", err, impact)
	}
	// S4: mallory's account would carry ann's address.
	if p, err = LocalEmail(r, mallory, "ann@x.org"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Simulate(t.Context(), r, p); model.CodeOf(err) != model.CodeRefused {
		t.Errorf("S4: %v", err)
	}
	// S4: an admin mapping that promotes a squatted account.
	squat := w
	squat.Locals = slices.Clone(w.Locals)
	squat.Locals[1].Email = "ann@x.org"
	rs := model.Judge(squat)
	if p, err = RoleRow(rs, gUsers, model.RoleAdmin); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Simulate(t.Context(), rs, p); model.CodeOf(err) != model.CodeRefused || !strings.Contains(err.Error(), "mallory") {
		t.Errorf("S4 by mapping: %v", err)
	}
	// S9: half a list.
	half := w
	half.Directory.Incomplete = "page 3 of 7 is missing"
	rh := model.Judge(half)
	if p, err = RoleRow(rh, gUsers, model.RoleNone); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Simulate(t.Context(), rh, p); model.CodeOf(err) != model.CodeRefused {
		t.Errorf("S9: %v", err)
	}
}

// TestNoPlanLosesTheLastAdmin proves S5 over random worlds and plans, and that
// an accepted plan followed by its inverse is the identity.
func TestNoPlanLosesTheLastAdmin(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 9))
	accepted := 0
	for range 10000 {
		r := model.Judge(randomWorld(rng))
		p, err := randomPlan(rng, r)
		if err != nil {
			continue
		}
		after, _, err := Simulate(t.Context(), r, p)
		if err != nil {
			continue
		}
		accepted++
		if r.Stats.UsableAdmins > 0 && after.Stats.UsableAdmins == 0 {
			t.Fatalf("plan %q loses the last admin", p.Title)
		}
		w := after.World
		for _, c := range p.Inverse().Changes {
			if w, err = After(w, c); err != nil {
				t.Fatal(err)
			}
		}
		if back := model.Judge(w); !reflect.DeepEqual(back.Pairs, r.Pairs) {
			t.Fatalf("undo of %q is not the identity", p.Title)
		}
	}
	if accepted < 2000 {
		t.Errorf("only %d of 10000 plans were accepted: the test says little", accepted)
	}
	t.Logf("%d plans accepted", accepted)
}

func randomPlan(rng *rand.Rand, r *model.Review) (Plan, error) {
	if rng.IntN(2) == 0 {
		return RoleRow(r, []model.GroupID{gAdmins, gUsers, gChild}[rng.IntN(3)], []model.Role{model.RoleNone, model.RoleUser, model.RoleAdmin}[rng.IntN(3)])
	}
	if len(r.World.Locals) == 0 {
		return LocalEmail(r, 0, "")
	}
	return LocalEmail(r, r.World.Locals[rng.IntN(len(r.World.Locals))].ID, []string{"ann", "bob", "new"}[rng.IntN(3)]+"@x.org")
}

// TestPlanCommand: the line is made to be copied into a shell.
func TestPlanCommand(t *testing.T) {
	for name, want := range map[model.Untrusted]string{
		"bob": "bob", "Odd Name.x": "'Odd Name.x'", "o'neil": `'o'\''neil'`, "$(reboot)": "'$(reboot)'", "a\x1bb": "1",
	} {
		w := testWorld()
		local(&w, string(name), "", model.RoleUser)
		p, err := LocalEmail(model.Judge(w), 1, "x@example.org")
		if want := "romm-admin users set-email " + want + " x@example.org"; err != nil || p.Command != want {
			t.Errorf("%q: %q, %v", name.Raw(), p.Command, err)
		}
	}
}
