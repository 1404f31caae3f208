package main

import (
	"bytes"
	"database/sql"
	"path/filepath"
	"strings"
	"testing"
	"time"

	_ "modernc.org/sqlite" // another program that has our file open

	"github.com/romm-admin/romm-admin/authentik/authentiktest/strict"
	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/cmd/internal/config"
	"github.com/romm-admin/romm-admin/cmd/internal/demo"
)

// TestLockedFile proves R4 for the command line: another program that holds
// the file gets named in words, nothing is written, and the next try works.
func TestLockedFile(t *testing.T) {
	t.Parallel()
	w, err := demo.Start(t.Context(), demo.Options{Now: time.Now, Authentik: strict.New})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	path, _ := config.FromEnv(w.Env())("ROMM_ADMIN_DB")
	other, err := sql.Open("sqlite", "file:"+path+"?_txlock=exclusive")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	tx, err := other.Begin()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(programs(t), "romm-admin")
	set := func() (string, int) {
		cmd := command(t, w.Env(), bin, "roles", "set", "staff", "user", "--yes")
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		_ = cmd.Run()
		return stderr.String(), cmd.ProcessState.ExitCode()
	}
	out, code := set()
	if code != cli.ExitError || !strings.Contains(out, "another program is writing to") || !strings.Contains(out, "what to do") || strings.Contains(out, "SQLITE") {
		t.Errorf("exit %d: %s", code, out)
	}
	if list := output(t, w.Env(), bin, "roles", "list"); bytes.Contains(list, []byte("staff")) {
		t.Errorf("it was written all the same:\n%s", list)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	if out, code := set(); code != cli.ExitOK {
		t.Errorf("after the lock is gone: exit %d: %s", code, out)
	}
}
