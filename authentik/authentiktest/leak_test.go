package authentiktest_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/romm-admin/romm-admin/authentik/authentiktest"
)

// TestNothingIsLeftRunning: neither the fake, after it has evaluated mappings,
// nor the interpreter that runs them leaves a goroutine behind when closed.
func TestNothingIsLeftRunning(t *testing.T) {
	if err := authentiktest.FindPython(); err != nil {
		t.Skip(err)
	}
	before := goleak.IgnoreCurrent()
	t.Run("asked", func(t *testing.T) {
		start(t, family(t, "2026.5.3")).get("/providers/oauth2/1/preview_user/?for_user=100")
	})
	goleak.VerifyNone(t, before)
}
