package admin

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/golden"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
)

// snapshot runs the program as a person does: --demo --snapshot SIZE.
func snapshot(t *testing.T, size string, more ...string) string {
	t.Helper()
	out, said, code := inProcess(t, []string{"LANG=C.UTF-8"}, append(more, "--demo", "--snapshot", size)...)
	if code != cli.ExitOK {
		t.Fatalf("exit code %d: %s", code, said)
	}
	return out
}

// TestSnapshotGolden is the first frame of the demo world at three sizes.
func TestSnapshotGolden(t *testing.T) {
	t.Parallel()
	for _, size := range []string{"60x20", "80x24", "120x40"} {
		t.Run(size, func(t *testing.T) {
			t.Parallel()
			frame := snapshot(t, size)
			var width, height int
			if _, err := fmt.Sscanf(size, "%dx%d", &width, &height); err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(strings.TrimSuffix(frame, "\n"), "\n")
			if len(lines) > height {
				t.Errorf("%d lines", len(lines))
			}
			for _, l := range lines {
				if ansi.StringWidth(l) > width || ansi.Strip(l) != l {
					t.Errorf("too wide or not plain: %q", l)
				}
			}
			golden.RequireEqual(t, frame)
		})
	}
}

// TestLinkedSnapshotGolden is the first frame of the demo world as a RomM that
// links accounts.
func TestLinkedSnapshotGolden(t *testing.T) {
	t.Parallel()
	golden.RequireEqual(t, snapshot(t, "120x40", "--romm", "5.5.0"))
}

// TestReadmeSnapshot keeps the README's screenshot the one that the program
// prints, and its table of keys the one of the registry; -update rewrites them.
func TestReadmeSnapshot(t *testing.T) {
	t.Parallel()
	keepReadme(t, "```text\n", "```\n", snapshot(t, "100x30"))
	keepReadme(t, "<!-- keys: made from the registry; kept fresh by a test (make golden) -->\n", "<!-- end of keys -->\n", keyTable(everyAction()))
}

// keepReadme wants that text between the two marks of the README; -update
// writes it there.
func keepReadme(t *testing.T, from, to, want string) {
	t.Helper()
	const path = "../../../README.md"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), from)
	_, after, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 {
		t.Fatalf("the README has no %q and %q", from, to)
	}
	whole := before + from + want + to + after
	if whole == string(text) {
		return
	}
	if update := flag.Lookup("update"); update != nil && update.Value.String() == "true" {
		if err := os.WriteFile(path, []byte(whole), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Errorf("the README is stale below %q: make golden, then read the diff", strings.TrimSpace(from))
}
