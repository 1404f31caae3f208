package admin

import (
	"bytes"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model/plan"
)

// TestShowPlanHasNoEmptySide: of a whole object only what comes or goes is
// printed; a value that is absent is a dash.
func TestShowPlanHasNoEmptySide(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change plan.Change
		want   string
	}{
		"made": {
			plan.Change{Kind: plan.ChangeBinding, Object: "romm/x", After: `{"order":0,"enabled":true}`},
			"    + may use the application romm, order 0\n",
		},
		"an address": {plan.Change{Kind: plan.ChangeLocalEmail, Object: "1", After: "a@x.org"}, "    - —\n    + a@x.org\n"},
	} {
		var out bytes.Buffer
		c.change.Label = "it"
		showPlan(&out, plan.Plan{Title: "plan", Changes: []plan.Change{c.change}}, plan.Impact{})
		if !strings.Contains(out.String(), "  it\n"+c.want) {
			t.Errorf("%s: %s", name, out.String())
		}
	}
}
