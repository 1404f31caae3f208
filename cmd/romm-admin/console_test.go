package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/cmd/internal/config"
	"github.com/romm-admin/romm-admin/tui"
)

// TestCrashReport proves S32 for panics: a report of one whose value holds the
// whole configuration shows no secret, and nobody else may read it; what was
// being typed is in it.
func TestCrashReport(t *testing.T) {
	t.Parallel()
	const canary = "CANARY-panic-71"
	cfg := config.Config{AuthentikToken: canary, RomMToken: canary, RomMPassword: canary, ClientSecret: canary}
	var crash tui.Crash
	func() {
		defer func() {
			crash = tui.Crash{Value: fmt.Sprint(recover()), Stack: string(debug.Stack()), Drafts: []string{"bob@example.org\x1b[31m"}}
		}()
		panic(fmt.Sprintf("%+v %#v", cfg, cfg))
	}()
	dir := t.TempDir()
	said := reportCrash(filepath.Join(dir, "romm-admin.db"), crash)
	_, path, ok := strings.Cut(said, ", see ")
	if !ok {
		t.Fatal(said)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if text := string(data); strings.Contains(text, canary) || strings.Contains(text, "\x1b") ||
		!strings.Contains(text, "bob@example.org") || !strings.Contains(text, "TestCrashReport") {
		t.Errorf("the report:\n%s", text)
	}
	if said := reportCrash(filepath.Join(dir, "gone", "x.db"), crash); !strings.Contains(said, "no report could be written") {
		t.Error(said)
	}
}
