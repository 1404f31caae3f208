package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
)

// helloPackage is the floor: see its package comment.
const helloPackage = "./testdata/hello"

// TestHelloIsLinkedTheSame: whatever romm-admin links, the floor links as well,
// so that a library's cost at the start is in both.
func TestHelloIsLinkedTheSame(t *testing.T) {
	t.Parallel()
	deps := func(pkg string) []string {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", pkg).Output()
		if err != nil {
			t.Fatal(err)
		}
		return strings.Fields(string(out))
	}
	floor := deps(helloPackage)
	for _, d := range deps(".") {
		if !slices.Contains(floor, d) && !strings.HasSuffix(d, "/cmd/romm-admin") {
			t.Errorf("%s does not link %s", helloPackage, d)
		}
	}
}

// limits skips a test that measures time or memory of whole programs unless it
// was asked for.
func limits(t *testing.T) {
	t.Helper()
	if os.Getenv("ROMM_ADMIN_LIMITS") == "" {
		t.Skip("set ROMM_ADMIN_LIMITS=1 (make bench does)")
	}
}

// built builds both programs as they are shipped.
func built(t *testing.T) (console, hello string) {
	t.Helper()
	dir := t.TempDir()
	console, hello = filepath.Join(dir, "romm-admin"), filepath.Join(dir, "hello")
	for out, pkg := range map[string]string{console: ".", hello: helloPackage} {
		cmd := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", out, pkg)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
	}
	return console, hello
}

// series is how long starts took, in milliseconds: a hello world's first frame,
// the console's, and the console's with the people on it.
type series struct{ hello, frame, people []float64 }

// TestLimitsFirstFrame measures, on a pty and side by side, how long a start
// takes until the first frame: of the least Bubble Tea program, and of the
// console on a world of 1,000 people behind real HTTP, served by another
// process. proves R12: at most 1.3 times. The first frame says that it is
// reading; the one with the people on it is told beside it. The medians of all
// starts count: the people are read meanwhile from a server on the same
// machine, so the console's starts spread, and those of one series say little.
func TestLimitsFirstFrame(t *testing.T) {
	limits(t)
	console, hello := built(t)
	env := serveWorld(t, filepath.Dir(console), "--people", "1000")
	start := func(s *series) {
		h := seen(t, nil, hello, "hello, world")
		c := seen(t, env, console, "[1 Users]", "1000 people")
		s.hello, s.frame, s.people = append(s.hello, h[0]), append(s.frame, c[0]), append(s.people, c[1])
	}
	start(&series{}) // warms the page cache
	var all series
	for n := range 8 {
		var s series
		for range 15 {
			start(&s)
		}
		t.Logf("series %d, medians of 15: hello world %.1f ms, first frame %.1f ms (%.2f), with 1,000 people %.1f ms (%.2f)",
			n+1, median(s.hello), median(s.frame), median(s.frame)/median(s.hello), median(s.people), median(s.people)/median(s.hello))
		all.hello, all.frame = append(all.hello, s.hello...), append(all.frame, s.frame...)
	}
	r := median(all.frame) / median(all.hello)
	t.Logf("first frame, medians of %d: %.2f times a hello world's, at most 1.3", len(all.frame), r)
	if r > 1.3 {
		t.Errorf("the first frame takes %.2f times as long as a hello world's, want at most 1.3", r)
	}
}

func median(of []float64) float64 {
	s := slices.Sorted(slices.Values(of))
	return s[len(s)/2]
}

// seen starts a program on a pty, returns the milliseconds from before exec
// until the terminal has received each of the texts, in order, and ends it.
func seen(t *testing.T, env []string, name string, texts ...string) []float64 {
	t.Helper()
	cmd := command(t, env, name)
	start := time.Now()
	f, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: 120, Rows: 40})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	impatient := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
	defer impatient.Stop()
	var got []byte
	var at []float64
	buf := make([]byte, 64<<10)
	for _, want := range texts {
		for !bytes.Contains(got, []byte(want)) {
			n, err := f.Read(buf)
			if err != nil {
				t.Fatalf("%s ended before %q was seen: %v\n%q", name, want, err, got)
			}
			got = append(got, buf[:n]...)
		}
		at = append(at, float64(time.Since(start).Microseconds())/1000)
	}
	if _, err := f.WriteString("q"); err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = f.Read(buf)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	return at
}

// TestLimitsResident measures what the system counts as the console's memory,
// the pages of the program itself included, on a world of 10,000 people that
// another process serves: after the first reading, and the most there ever was
// with four more. proves R12: less than 80 MB (of 2^20 bytes, as the system
// tells them). What is alive is held by TestMemory in tui.
func TestLimitsResident(t *testing.T) {
	limits(t)
	const limit = 80
	console, _ := built(t)
	term := startTerminal(t, 120, 40, serveWorld(t, filepath.Dir(console), "--people", "10000"), console)
	term.wait("10000 people")
	first := resident(t, term.cmd.Process.Pid, "VmRSS")
	for range 4 {
		term.keys("r")
		term.until("the end of the reading", func() bool { return !strings.Contains(term.text(), "reading") })
	}
	most := resident(t, term.cmd.Process.Pid, "VmHWM")
	t.Logf("10,000 people: %d MB resident after the first reading, at most %d MB with four more", first, most)
	if most >= limit {
		t.Errorf("%d MB were resident, want less than %d", most, limit)
	}
	term.keys("q")
	term.exit(0)
}

// resident reads a figure of /proc, in MB of 2^20 bytes.
func resident(t *testing.T, pid int, field string) int {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		t.Skip(err)
	}
	_, rest, _ := strings.Cut(string(data), field+":")
	kb, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kb >> 10
}
