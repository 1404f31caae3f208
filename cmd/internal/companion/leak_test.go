package companion

import (
	"net/http"
	"testing"

	"go.uber.org/goleak"

	"github.com/romm-admin/romm-admin/model"
)

// TestNothingIsLeftRunning: a companion that has answered, and whose records
// were being written, leaves no goroutine behind when it is stopped.
func TestNothingIsLeftRunning(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Run("asked", func(t *testing.T) {
		f := serve(t)
		for _, g := range []model.GroupID{admins, users} {
			if status, _ := f.ask(f.request(g)); status != http.StatusOK {
				t.Errorf("status %d", status)
			}
		}
	})
	goleak.VerifyNone(t, before)
}
