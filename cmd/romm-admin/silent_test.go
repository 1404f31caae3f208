package main

import (
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
)

// Neither help nor an error may wait for a terminal: on one that never answers,
// nothing is asked of it, whether the mistake is in the command line, in the configuration
// or in what a command finds.
func TestHelpAndErrorsAskTheTerminalNothing(t *testing.T) {
	t.Parallel()
	bin := programs(t)
	for _, tc := range []struct {
		line string
		code int
		want string
	}{
		{"romm-admin --help", 0, "Available Commands:"},
		{"romm-companion", 0, "Available Commands:"},
		{"romm-admin nosuch", 2, `romm-admin: unknown command or argument "nosuch" for romm-admin`},
		{"romm-admin users list --nosuch", 2, "romm-admin: unknown flag: --nosuch"},
		{"romm-admin history undo x", 2, `romm-admin: "x" is not the number of an entry`},
		{"romm-admin users list", 1, "what to do: set AUTHENTIK_URL"},
		{"romm-admin --db /nowhere/romm-admin.db history", 1, "there is no such file"},
		{"romm-admin --demo simulate nobody", 1, "nobody"},
		{"romm-companion serve", 1, "romm-companion: open database"},
	} {
		args := strings.Fields(tc.line)
		cmd := command(t, nil, filepath.Join(bin, args[0]), args[1:]...)
		f, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: 200, Rows: 40})
		if err != nil {
			t.Fatal(err)
		}
		out, _ := io.ReadAll(f) // the other end is gone at its end, which Linux calls an error
		_ = cmd.Wait()
		_ = f.Close()
		if strings.Contains(string(out), "\x1b") {
			t.Errorf("%s: the terminal was asked something: %q", tc.line, out)
		}
		if got := cmd.ProcessState.ExitCode(); got != tc.code || !strings.Contains(string(out), tc.want) {
			t.Errorf("%s: exit code %d, want %d, and %q in %q", tc.line, got, tc.code, tc.want, out)
		}
	}
}
