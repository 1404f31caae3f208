package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// leaving is a world in which ann, an admin in RomM by the group of the users,
// and bob lose their only role by the plan.
func leaving(t *testing.T) (*model.Review, Plan) {
	t.Helper()
	w := rooted()
	local(&w, "ann", "ann@x.org", model.RoleAdmin)
	identity(&w, "ann", "ann@x.org", gUsers)
	local(&w, "bob", "bob@x.org", model.RoleUser)
	identity(&w, "bob", "bob@x.org", gUsers)
	r := model.Judge(w)
	p, err := RoleRow(r, gUsers, model.RoleNone)
	if err != nil {
		t.Fatal(err)
	}
	return r, p
}

// TestPlanSaysWhoStaysAdmin: RomM takes no role at a login that it refuses
// (docs/romm.md row 12), so the impact names who stays admin.
func TestPlanSaysWhoStaysAdmin(t *testing.T) {
	r, p := leaving(t)
	after, impact, err := Simulate(t.Context(), r, p)
	if err != nil || len(impact.CannotSignIn) != 2 {
		t.Fatalf("%+v, %v", impact, err)
	}
	if k := impact.Keepers(); len(k) != 1 || k[0].Who != "ann" || k[0].Keeps != "ann" {
		t.Errorf("%+v", k)
	}
	if after.Stats.RoleOnlyAdmins != 1 || after.Stats.UsableAdmins != 1 {
		t.Errorf("%+v", after.Stats)
	}
}

// TestWithAlso proves S13: the same plan can take the role, or the account, and
// nobody stays admin then.
func TestWithAlso(t *testing.T) {
	for also, want := range map[Also]Change{
		AlsoRole:    {Kind: ChangeLocalRole, Before: "admin", After: "user"},
		AlsoDisable: {Kind: ChangeLocalEnabled, Before: enabledText(true), After: enabledText(false)},
	} {
		r, p := leaving(t)
		d, err := WithAlso(t.Context(), r, Draft{Plan: p}, also)
		if err != nil || len(d.Plan.Changes) != 2 {
			t.Fatalf("%s: %+v, %v", also, d, err)
		}
		c := d.Plan.Changes[1]
		if c.Kind != want.Kind || c.Label != "ann" || c.Before != want.Before || c.After != want.After {
			t.Errorf("%s: %+v", also, c)
		}
		if !strings.HasSuffix(d.Plan.Command, "romm-users --also "+string(also)) {
			t.Errorf("%q", d.Plan.Command)
		}
		after, impact, err := Simulate(t.Context(), r, d.Plan)
		if err != nil || len(impact.Keepers()) != 0 || len(impact.CannotSignIn) != 2 || after.Stats.RoleOnlyAdmins != 0 {
			t.Errorf("%s: %+v, %v", also, impact, err)
		}
	}
	r, p := leaving(t)
	if d, err := WithAlso(t.Context(), r, Draft{Plan: p}, AlsoNothing); err != nil || len(d.Plan.Changes) != 1 {
		t.Errorf("nothing: %+v, %v", d, err)
	}
	p.Purpose, p.Command = PurposeSetUp, "romm-admin setup apply"
	if d, err := WithAlso(t.Context(), r, Draft{Plan: p}, AlsoDisable); err != nil || d.Plan.Command != "romm-admin setup apply --also disable" || d.Plan.Purpose != PurposeSetUp {
		t.Errorf("set-up: %+v, %v", d.Plan, err)
	}
	p, err := DefaultRole(r, model.RoleUser)
	if err != nil {
		t.Fatal(err)
	}
	if d, err := WithAlso(t.Context(), r, Draft{Plan: p}, AlsoDisable); err != nil || len(d.Plan.Changes) != 1 {
		t.Errorf("nobody stays admin: %+v, %v", d, err)
	}
}

// TestRoleNowTakesAdmin: A covers those whom RomM refuses for want of a role.
func TestRoleNowTakesAdmin(t *testing.T) {
	r, p := leaving(t)
	after, _, err := Simulate(t.Context(), r, p)
	if err != nil {
		t.Fatal(err)
	}
	d, err := RoleNow(t.Context(), after, 2, 3)
	if err != nil || len(d.Plan.Changes) != 1 || d.Plan.Changes[0].Label != "ann" || d.Plan.Changes[0].After != "user" || !strings.Contains(d.Plan.Changes[0].Reason, "lets nobody in") {
		t.Fatalf("%+v, %v", d, err)
	}
	if len(d.Left) != 1 || d.Left[0].Who != "bob" {
		t.Errorf("%+v", d.Left)
	}
	after.World.Settings.Version = model.Version{Major: 4, Minor: 8} // which has three roles
	if d, err := RoleNow(t.Context(), model.Judge(after.World), 2); err != nil || d.Plan.Changes[0].After != "viewer" {
		t.Errorf("%+v, %v", d, err)
	}
}

// TestGuardKnowsBothKinds proves S5: while nobody can sign in as admin, the last
// account that has the role is not taken either; and the refusal says who only has
// the role.
func TestGuardKnowsBothKinds(t *testing.T) {
	w := testWorld()
	local(&w, "ann", "ann@x.org", model.RoleAdmin)
	identity(&w, "ann", "ann@x.org")
	r := model.Judge(w)
	for _, d := range []func() (Draft, error){
		func() (Draft, error) { return RoleNow(t.Context(), r, 1) },
		func() (Draft, error) { return Enabled(t.Context(), r, false, 1) },
	} {
		p, err := planOf(d())
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := Simulate(t.Context(), r, p); model.RuleOf(err) != string(RuleLastAdmin) {
			t.Errorf("%s: %v", p.Title, err)
		}
	}
	local(&w, "bob", "bob@x.org", model.RoleAdmin)
	r = model.Judge(w)
	p, err := planOf(RoleNow(t.Context(), r, 1))
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Simulate(t.Context(), r, p); err != nil {
		t.Errorf("bob is left: %v", err)
	}

	w = rooted()
	r = model.Judge(w)
	if p, err = RoleRow(r, gAdmins, model.RoleNone); err != nil {
		t.Fatal(err)
	}
	_, impact, err := Simulate(t.Context(), r, p)
	if model.RuleOf(err) != string(RuleLastAdmin) || !strings.Contains(model.HintOf(err), "1 account would keep the role admin only") ||
		!slices.ContainsFunc(impact.Keepers(), func(d Delta) bool { return d.Who == "root" }) {
		t.Errorf("%v, %+v", err, impact)
	}
}
