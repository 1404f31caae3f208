package plan

import (
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// TestRoleForThoseWhoCannotSignInYet: a role for a group names those of its members
// who get it only once they can sign in, and nobody else.
func TestRoleForThoseWhoCannotSignInYet(t *testing.T) {
	t.Parallel()
	w := rooted()
	local(&w, "ann", "ann@x.org", model.RoleUser)
	identity(&w, "ann", "ann@x.org", gUsers)
	identity(&w, "unverified", "u@x.org", gUsers).TrustedEmail = ""
	identity(&w, "child", "c@x.org", gChild).TrustedEmail = ""
	identity(&w, "elsewhere", "e@x.org", gHidden).TrustedEmail = ""
	r := model.Judge(w)
	for _, c := range []struct {
		role model.Role
		want string
	}{
		{model.RoleAdmin, "gets the role admin once that is possible"},
		{model.RoleNone, "has no role then, instead of user"},
	} {
		p, err := RoleRow(r, gUsers, c.role)
		if err != nil {
			t.Fatal(err)
		}
		_, impact, err := Simulate(t.Context(), r, p)
		if err != nil {
			t.Fatal(err)
		}
		got := map[model.Untrusted]string{}
		for _, d := range impact.StillOut {
			got[d.Who] = d.Later()
		}
		if len(got) != 2 || got["unverified"] != c.want || got["child"] != c.want {
			t.Errorf("%s: %v", c.role, got)
		}
	}
	p, err := LocalEmail(r, 2, "ann@y.org")
	if err != nil {
		t.Fatal(err)
	}
	if _, impact, _ := Simulate(t.Context(), r, p); len(impact.StillOut) != 0 {
		t.Errorf("a plan without roles: %+v", impact.StillOut)
	}
}

// TestLaterIsAboutRoles: of somebody who stays out for another reason than before,
// no role is told: the two verdicts say nothing of each other's.
func TestLaterIsAboutRoles(t *testing.T) {
	t.Parallel()
	d := Delta{Before: model.Verdict{Status: 500, RoleAfter: model.RoleNone}, After: model.Verdict{Status: 400, RoleAfter: model.RoleUser}}
	if got := d.Later(); got != "" {
		t.Errorf("another reason: %q", got)
	}
	d.Before.Status = 400
	if got := d.Later(); got != "gets the role user once that is possible" {
		t.Errorf("the same reason: %q", got)
	}
}
