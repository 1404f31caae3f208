package admin

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
)

// remote is a terminal that only streams lead to, as those of an SSH session
// do: a console in this process, and an emulator that answers its questions.
type remote struct {
	t       *testing.T
	screen  *vt.SafeEmulator
	keys    io.Writer
	resized chan Size
	drawn   chan struct{} // a token whenever something was drawn
	code    chan int

	mu        sync.Mutex
	raw, said bytes.Buffer
}

// Write implements io.Writer for what the console draws.
func (s *remote) Write(p []byte) (int, error) {
	s.mu.Lock()
	s.raw.Write(p)
	s.mu.Unlock()
	_, err := s.screen.Write(bytes.ReplaceAll(p, []byte("\n"), []byte("\r\n")))
	select {
	case s.drawn <- struct{}{}:
	default:
	}
	return len(p), err
}

// connect starts a command line at a terminal; change may alter what it is run with.
func connect(t *testing.T, size Size, env []string, change func(*globals), args ...string) *remote {
	t.Helper()
	in, keys := io.Pipe()
	s := &remote{
		t: t, screen: vt.NewSafeEmulator(size.Width, size.Height), keys: keys,
		resized: make(chan Size), drawn: make(chan struct{}, 1), code: make(chan int, 1),
	}
	g := &globals{console: newConsole, Streams: Streams{
		In: in, Out: s, Err: &s.said, Actor: "ann",
		Env:      append([]string{"HOME=" + t.TempDir(), "TERM=xterm-256color", "LANG=C.UTF-8"}, env...),
		Terminal: &Terminal{Size: size, Resized: s.resized},
	}}
	if change != nil {
		change(g)
	}
	answered := make(chan struct{})
	go func() { defer close(answered); _, _ = io.Copy(keys, s.screen) }()
	go func() { s.code <- run(t.Context(), args, g) }()
	t.Cleanup(func() {
		_ = s.screen.Close()
		_ = in.Close()
		<-answered
	})
	return s
}

func (s *remote) text() string { return ansi.Strip(s.screen.Render()) }

// patience bounds a wait; nothing depends on its length when all is well.
const patience = 60 * time.Second

func (s *remote) wait(text string) {
	s.t.Helper()
	limit := time.After(patience)
	for !strings.Contains(s.text(), text) {
		select {
		case <-s.drawn:
		case <-limit:
			s.t.Fatalf("waited for %q; the screen is:\n%s", text, s.text())
		}
	}
}

func (s *remote) press(keys string) {
	s.t.Helper()
	if _, err := io.WriteString(s.keys, keys); err != nil {
		s.t.Fatal(err)
	}
}

// end waits for the end and returns what was said on stderr. The terminal has
// to be as it was.
func (s *remote) end(code int) string {
	s.t.Helper()
	select {
	case got := <-s.code:
		if got != code {
			s.t.Errorf("exit code %d, want %d: %s", got, code, s.said.String())
		}
	case <-time.After(patience):
		s.t.Fatalf("it does not end; the screen is:\n%s", s.text())
	}
	for name, mode := range map[string]string{"the alternate screen": "?1049", "bracketed paste": "?2004", "focus reports": "?1004"} {
		on, off := bytes.LastIndex(s.raw.Bytes(), []byte("\x1b["+mode+"h")), bytes.LastIndex(s.raw.Bytes(), []byte("\x1b["+mode+"l"))
		if on < 0 || off < on {
			s.t.Errorf("%s: switched on at byte %d, off at %d", name, on, off)
		}
	}
	return s.said.String()
}

// TestSessions: several people use consoles in one process, each at a
// terminal and a file of their own, and are journalled under their own names;
// one console follows its terminal's size, and none hears the others' keys.
func TestSessions(t *testing.T) {
	t.Parallel()
	for _, who := range []string{"ann", "ben", "cleo"} {
		t.Run(who, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, false)
			s := connect(t, Size{100, 30}, w.Env(), func(g *globals) { g.Actor = who })
			s.wait("as " + who)
			s.wait("cannot sign in")
			s.press("/bob\r")
			s.wait("match “bob”")
			s.press("e")
			s.wait("RomM e-mail of bob")
			s.press("\r")
			s.wait("tab moves, enter presses")
			s.press("\t")
			s.wait("[ Apply ]")
			s.press("\r")
			s.wait("bob: RomM e-mail is now bob@example.org")
			s.screen.Resize(60, 20)
			s.resized <- Size{60, 20}
			s.wait("ones  ? help  q quit") // as it is in 60 columns
			s.press("q")
			if said := s.end(0); said != "" {
				t.Errorf("it said %q", said)
			}
			out, _, code := inProcess(t, w.Env(), "history", "--json")
			if code != 0 || strings.Count(out, `"seq"`) != 1 || !strings.Contains(out, fmt.Sprintf(`"actor": %q`, who)) {
				t.Errorf("exit code %d, the journal has %s", code, out)
			}
		})
	}
}

// TestCommandsSideBySide runs different commands at the same time in one
// process, each on a world, a file, an environment and streams of its own:
// what one writes stands in its own output and its own journal, and nowhere
// else.
func TestCommandsSideBySide(t *testing.T) {
	t.Parallel()
	for i := range 4 {
		mark := fmt.Sprintf("mark%d", i)
		t.Run(mark, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, false)
			do := func(t *testing.T, want int, args ...string) (out, said string) {
				t.Helper()
				out, said, code := inProcess(t, w.Env(), args...)
				if code != want {
					t.Fatalf("%v: exit code %d, want %d: %s", args, code, want, said)
				}
				return out, said
			}
			_, said := do(t, 0, "users", "set-email", "bob", mark+"@example.org", "--yes")
			if !strings.Contains(said, "+ "+mark+"@example.org") || !strings.Contains(said, "done: ") {
				t.Errorf("said %q", said)
			}
			for _, args := range [][]string{
				{"users", "list"},
				{"users", "list", "--json"},
				{"history"},
				{"history", "--json"},
				{"simulate", "kenji"},
				{"roles", "list"},
				{"--snapshot", "80x24"},
				{"users", "list", "--help"},
			} {
				t.Run(strings.Join(args, " "), func(t *testing.T) {
					t.Parallel()
					out, said := do(t, 0, args...)
					if told := args[0] == "history" || args[0] == "users" && len(args) < 4 && args[len(args)-1] != "--help"; told && !strings.Contains(out, mark+"@example.org") {
						t.Errorf("its own change is missing in\n%s", out)
					}
					if other := strings.ReplaceAll(out+said, mark, ""); out == "" || strings.Contains(other, "mark") {
						t.Errorf("another's output, or none:\n%s\n%s", out, said)
					}
				})
			}
			for code, args := range map[int][]string{
				2: {"users", "set-email", "bob"}, 1: {"history", "show", "999"}, 3: {"check"},
			} {
				t.Run(strings.Join(args, " "), func(t *testing.T) {
					t.Parallel()
					if _, said := do(t, code, args...); !strings.HasPrefix(said, "romm-admin: ") && code != 3 {
						t.Errorf("said %q", said)
					}
				})
			}
		})
	}
}
