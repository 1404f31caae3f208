package tui_test

import (
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// sink counts what a terminal would receive.
type sink struct {
	mu     sync.Mutex
	n      int
	writes int
	text   strings.Builder
}

func (s *sink) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n += len(p)
	s.writes++
	return s.text.Write(p)
}

// taken returns the bytes since the last call.
func (s *sink) taken() (int, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, text := s.n, s.text.String()
	s.n, s.writes = 0, 0
	s.text.Reset()
	return n, text
}

// frames counts the writes since the last call of taken.
func (s *sink) frames() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.writes
}

// terminal runs a console in Bubble Tea itself, on a clock that tests move, so
// that nothing waits in real time.
type terminal struct {
	program *tea.Program
	out     *sink
	keys    *io.PipeWriter
	done    chan error
}

func boot(w model.World) *terminal { return run(tuitest.NewConsole(w)) }

func run(c tui.Console) *terminal {
	in, keys := io.Pipe()
	t := &terminal{out: &sink{}, keys: keys, done: make(chan error, 1)}
	app := tui.New(tui.Options{Console: c, Clock: tuitest.Now, Actor: "ann"})
	t.program = tea.NewProgram(app, tea.WithInput(in), tea.WithOutput(t.out), tea.WithWindowSize(120, 40),
		tea.WithoutSignalHandler(), tea.WithColorProfile(colorprofile.ANSI256), tea.WithEnvironment([]string{"TERM=xterm-256color"}))
	go func() {
		_, err := t.program.Run()
		t.done <- err
	}()
	t.rest()
	return t
}

// rest lets frames be drawn until nothing moves any more.
func (t *terminal) rest() {
	time.Sleep(time.Second) // of the test's own clock
	synctest.Wait()
}

// text is what came since the last look.
func (t *terminal) text() string {
	_, text := t.out.taken()
	return text
}

// send sends bytes as a terminal does.
func (t *terminal) send(keys string) {
	if _, err := io.WriteString(t.keys, keys); err != nil {
		panic(err)
	}
	t.rest()
}

// press sends bytes and returns what came back.
func (t *terminal) press(keys string) (int, string) {
	t.out.taken()
	t.send(keys)
	return t.out.taken()
}

// village is a world of n people with names as people have them, four to nine
// letters long; every fiftieth has another address in RomM.
func village(n int) model.World {
	w := tuitest.World()
	w.Locals, w.Directory.Identities = nil, nil
	syllables := []string{"ba", "do", "ke", "li", "mar", "nu", "ri", "sen", "ta", "vo"}
	for i := range n {
		name := model.Untrusted(syllables[i%10] + syllables[i/10%10] + syllables[i/100%10])
		email := name + "@example.org"
		u := model.LocalUser{ID: int64(i + 1), Username: name, Email: email, Role: model.RoleUser, Enabled: true}
		if i%50 == 0 {
			u.Email = name + "@old.example"
		}
		group := tuitest.Users
		if i == 1 {
			u.Role, group = model.RoleAdmin, tuitest.Admins
		}
		w.Locals = append(w.Locals, u)
		w.Directory.Identities = append(w.Directory.Identities, model.Identity{
			PK: int64(i + 1), UID: string(name), Username: name, Name: name, Email: email, TrustedEmail: email,
			Active: true, Groups: []model.GroupID{group},
		})
	}
	return w
}

const (
	// cursorLimit is what one cursor key may send, in bytes; middleLimit what
	// half of them stay below.
	cursorLimit = 400
	middleLimit = 275
	// Between people of whom no two have the same verdict, every step brings
	// up to three lines of other sentences.
	otherLimit, otherMiddle = 400, 300
)

// proves the budget over SSH: no cursor key sends more than cursorLimit, a key
// of the filter less than a first frame, an idle console nothing, for an hour.
func TestBytesOnTheWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := boot(village(1000))
		n, first := x.out.taken()
		if !strings.Contains(first, "1000 people") {
			t.Fatalf("the first frame has no people: %q", first)
		}
		t.Logf("first frame: %d bytes", n)
		var sent []int
		for _, key := range []string{"j", "\x1b[A"} { // down over several pages, and back
			for range 100 {
				n, text := x.press(key)
				sent = append(sent, n)
				if n == 0 || n > cursorLimit {
					t.Errorf("a cursor key sends %d bytes, want 1 to %d: %q", n, cursorLimit, text)
				}
			}
		}
		slices.Sort(sent)
		t.Logf("a cursor key: %d bytes in the middle, at most %d", sent[len(sent)/2], sent[len(sent)-1])
		if sent[len(sent)/2] > middleLimit {
			t.Errorf("a cursor key sends %d bytes in the middle, want at most %d", sent[len(sent)/2], middleLimit)
		}
		x.press("/")
		worst := 0
		for _, k := range strings.Split("bado", "") {
			sent, _ := x.press(k)
			worst = max(worst, sent)
		}
		t.Logf("a key of the filter: at most %d bytes", worst)
		if worst > n {
			t.Errorf("a key of the filter sends %d bytes, more than the whole first frame of %d", worst, n)
		}
		x.press("\r")
		x.out.taken()
		time.Sleep(time.Hour)
		synctest.Wait()
		if n, text := x.out.taken(); n != 0 {
			t.Errorf("an idle hour sends %d bytes: %q", n, text)
		}
		x.press("q")
		if err := <-x.done; err != nil {
			t.Error(err)
		}
		_ = x.keys.Close()
	})
}

// Two people with different verdicts have nothing in common below the list;
// still no step between them sends more than otherLimit.
func TestBytesBetweenVeryDifferentPeople(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := boot(tuitest.World())
		var sent []int
		for _, key := range []string{"j", "k"} {
			for range 10 {
				n, text := x.press(key)
				sent = append(sent, n)
				if n == 0 || n > otherLimit {
					t.Errorf("a cursor key sends %d bytes, want 1 to %d: %q", n, otherLimit, text)
				}
			}
		}
		slices.Sort(sent)
		t.Logf("between different people: %d bytes in the middle, at most %d", sent[len(sent)/2], sent[len(sent)-1])
		if sent[len(sent)/2] > otherMiddle {
			t.Errorf("a cursor key sends %d bytes in the middle, want at most %d", sent[len(sent)/2], otherMiddle)
		}
		x.press("q")
		if err := <-x.done; err != nil {
			t.Error(err)
		}
		_ = x.keys.Close()
	})
}

// proves that the terminal is given back as it was: after quitting, after
// ctrl+c, and after a panic.
func TestTheTerminalIsGivenBack(t *testing.T) {
	for name, end := range map[string]func(*terminal){
		"q":      func(x *terminal) { x.send("q") },
		"ctrl+c": func(x *terminal) { x.send("\x03") },
		"panic":  func(x *terminal) { x.program.Send(panicMsg{}); x.rest() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				x := boot(tuitest.World())
				_, first := x.out.taken()
				end(x)
				if err := <-x.done; err != nil {
					t.Error(err)
				}
				_, last := x.out.taken()
				all := first + last
				for _, mode := range []struct{ on, off, what string }{
					{"\x1b[?1049h", "\x1b[?1049l", "alternate screen"},
					{"\x1b[?1002h", "\x1b[?1002l", "mouse"},
					{"\x1b[?1004h", "\x1b[?1004l", "focus reports"},
					{"\x1b[?2004h", "\x1b[?2004l", "bracketed paste"},
					{"\x1b[?25l", "\x1b[?25h", "hidden cursor"},
				} {
					if on, off := strings.LastIndex(all, mode.on), strings.LastIndex(all, mode.off); on >= 0 && off < on {
						t.Errorf("%s is switched on and not off again", mode.what)
					}
				}
				if !strings.Contains(all, "\x1b[?1049h") {
					t.Error("the alternate screen is not used")
				}
				_ = x.keys.Close()
			})
		})
	}
}
