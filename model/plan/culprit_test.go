package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// TestRefusalNamesTheChange: the change after which the guard says no is named
// where there are others, wherever in the plan it stands; none is where the
// refusal is no change's doing.
func TestRefusalNamesTheChange(t *testing.T) {
	t.Parallel()
	for at := range 7 {
		w := rooted()
		for i := range 6 {
			name := fmt.Sprintf("p%d", i)
			local(&w, name, name+"@x.org", model.RoleUser)
			identity(&w, name, name+"@x.org", gUsers)
		}
		ids := []int64{2, 3, 4, 5, 6, 7}
		ids = append(ids[:at:at], append([]int64{1}, ids[at:]...)...) // root is the last admin
		r := model.Judge(w)
		d, err := Enabled(t.Context(), r, false, ids...)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = Simulate(t.Context(), r, d.Plan)
		c, ok := InTheWay(err)
		if !ok || c.Label != "root" || model.RuleOf(err) != string(RuleLastAdmin) || model.CodeOf(err) != model.CodeRefused ||
			!strings.HasSuffix(err.Error(), "; the change in the way: RomM account root") || model.HintOf(err) == "" {
			t.Errorf("at %d: %v, %+v", at, err, c)
		}

		w.Directory.Incomplete = "the second page is missing"
		r = model.Judge(w)
		if _, _, err = Simulate(t.Context(), r, d.Plan); model.RuleOf(err) != string(RuleIncompleteLists) {
			t.Fatal(err)
		}
		if c, ok := InTheWay(err); ok {
			t.Errorf("%s is blamed for %v", c.Label, err)
		}
	}
	r := model.Judge(rooted())
	d, err := Enabled(t.Context(), r, false, 1)
	if err != nil {
		t.Fatal(err)
	}
	_, _, err = Simulate(t.Context(), r, d.Plan)
	if c, ok := InTheWay(err); !ok || c.Label != "root" || strings.Contains(err.Error(), "in the way") {
		t.Errorf("a plan of one change: %v, %+v", err, c)
	}
}
