package reconcile

import (
	"testing"

	"github.com/romm-admin/romm-admin/model/plan"
)

// TestEveryKindIsWritten: a kind of change without a writer would be shown,
// guarded and recorded, and then fail.
func TestEveryKindIsWritten(t *testing.T) {
	for _, k := range plan.Kinds() {
		if _, ok := writers[k]; ok == (k == plan.ChangeRestore || k == plan.ChangeTrust) {
			t.Errorf("%s has a writer: %v", k, ok)
		}
	}
	if len(writers) != len(plan.Kinds())-2 {
		t.Errorf("%d writers for %d kinds", len(writers), len(plan.Kinds()))
	}
}
