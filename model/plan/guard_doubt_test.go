package plan

import (
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// TestDoubtedRoleMapIsNotChanged proves S27: while the role map is not believed no
// role is changed, and everything else is.
func TestDoubtedRoleMapIsNotChanged(t *testing.T) {
	t.Parallel()
	w := rooted()
	w.RolesDoubt = "it went back"
	local(&w, "bob", "bob@x.org", model.RoleUser)
	r := model.Judge(w)
	for _, change := range []func() (Plan, error){
		func() (Plan, error) { return RoleRow(r, gUsers, model.RoleAdmin) },
		func() (Plan, error) { return DefaultRole(r, model.RoleUser) },
	} {
		p, err := change()
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := Simulate(t.Context(), r, p); model.RuleOf(err) != string(RuleRoleMapDoubted) {
			t.Errorf("%s: %v", p.Title, err)
		}
	}
	if _, _, err := Simulate(t.Context(), r, Plan{Changes: []Change{mail(2, "bob@x.org", "robert@x.org")}}); err != nil {
		t.Errorf("an address: %v", err)
	}
}
