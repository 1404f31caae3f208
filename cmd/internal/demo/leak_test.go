package demo

import (
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

// TestNothingIsLeftRunning: a world that was read and whose people were
// previewed leaves no goroutine behind when it is closed, and neither does one
// that could not start.
func TestNothingIsLeftRunning(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Run("used", func(t *testing.T) { agree(t, start(t, Options{})) })
	t.Run("failed", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Start(t.Context(), Options{DB: filepath.Join(file, "no-folder.db"), Now: Epoch}); err == nil {
			t.Error("it started")
		}
	})
	goleak.VerifyNone(t, before)
}
