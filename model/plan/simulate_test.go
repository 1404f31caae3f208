package plan

import (
	"slices"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// A person whom a plan is about and who cannot sign in afterwards either is
// named, with RomM's answer of then: that an address is right now does not mean
// that the person gets in.
func TestStillOut(t *testing.T) {
	t.Parallel()
	w := testWorld()
	local(&w, "root", "root@x.org", model.RoleAdmin)
	identity(&w, "root", "root@x.org", gAdmins)
	bob := local(&w, "bob", "bob@old.org", model.RoleUser).ID
	identity(&w, "bob", "bob@x.org") // in no group
	identity(&w, "eve", "eve@x.org") // neither, and not what the plans are about
	local(&w, "dan", "dan@old.org", model.RoleUser)
	dan := identity(&w, "dan", "dan@x.org", gUsers).Username // the name is taken: 500
	for i := range w.Directory.Identities[1:] {
		if id := &w.Directory.Identities[1+i]; id.Username != dan {
			id.TrustedEmail = ""
		}
	}
	r := model.Judge(w)
	still := func(p Plan, err error) (names []model.Untrusted, answers []int) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		_, impact, err := Simulate(t.Context(), r, p)
		if err != nil || !impact.Empty() {
			t.Fatalf("%+v, %v", impact, err)
		}
		for _, d := range impact.StillOut {
			names, answers = append(names, d.Who), append(answers, d.After.Status)
		}
		return names, answers
	}
	for what, tc := range map[string]struct {
		plan   func() (Plan, error)
		who    model.Untrusted
		answer int
	}{
		"the address alone":              {func() (Plan, error) { return LocalEmail(r, bob, "bob@x.org") }, "bob", 400},
		"verified, but in no group":      {func() (Plan, error) { return planOf(Trust(t.Context(), r, w.Directory.Identities[1].PK)) }, "bob", 403},
		"for another reason than before": {func() (Plan, error) { return RoleRow(r, gUsers, model.RoleNone) }, dan, 403},
	} {
		names, answers := still(tc.plan())
		if !slices.Equal(names, []model.Untrusted{tc.who}) || !slices.Equal(answers, []int{tc.answer}) {
			t.Errorf("%s: %v %v, want %s with %d", what, names, answers, tc.who, tc.answer)
		}
	}
	off, err := planOf(Enabled(t.Context(), r, false, bob))
	if names, _ := still(off, err); len(names) != 0 {
		t.Errorf("keeping bob out tells of %v", names)
	}
}

// Two things may keep somebody out; what to do names both, so that nobody fixes
// one, tries to sign in and is refused again.
func TestFixNamesWhatElseKeepsOut(t *testing.T) {
	t.Parallel()
	w := testWorld()
	local(&w, "carol", "", model.RoleUser)
	identity(&w, "carol", "carol@x.org", gUsers).TrustedEmail = ""
	local(&w, "dan", "dan@old.org", model.RoleUser)
	identity(&w, "dan", "dan@x.org", gUsers) // one thing: the name is taken because the address differs
	identity(&w, "eve", "eve@x.org")
	for name, want := range map[string]string{
		"carol": "set the RomM e-mail to carol@x.org; then verify the address",
		"dan":   "set the RomM e-mail to dan@x.org",
		"eve":   "put the person in a group that has a role, or give one of their groups a role",
	} {
		for _, p := range model.Judge(w).Pairs {
			if p.Identity.Username == model.Untrusted(name) && p.Fix() != want {
				t.Errorf("%s: %q, want %q", name, p.Fix(), want)
			}
		}
	}
}
