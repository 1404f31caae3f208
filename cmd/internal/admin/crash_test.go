package admin

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/cmd/internal/config"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/reconcile"
	"github.com/romm-admin/romm-admin/tui"
	"github.com/romm-admin/romm-admin/tui/screen"
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
			crash = tui.Crash{Value: fmt.Sprint(recover()), Stack: string(debug.Stack()), Drafts: []tui.Draft{{Dialog: "E-mail", Text: "bob@example.org\x1b[31m"}}}
		}()
		panic(fmt.Sprintf("%+v %#v", cfg, cfg))
	}()
	dir := t.TempDir()
	said := reportCrash(filepath.Join(dir, "romm-admin.db"), "ann", crash)
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
	if said := reportCrash(filepath.Join(dir, "gone", "x.db"), "ann", crash); !strings.Contains(said, "no report could be written") {
		t.Error(said)
	}
}

// TestDraftsAreKeptAndForgotten: what was being typed is offered to the same
// actor at the next start, oldest first, from a file that nobody else may read,
// and is gone once it was taken.
func TestDraftsAreKeptAndForgotten(t *testing.T) {
	t.Parallel()
	database := filepath.Join(t.TempDir(), "a [b]*", "romm-admin.db")
	dir := filepath.Dir(database)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(reportCrash(database, "ann", tui.Crash{Drafts: []tui.Draft{{Dialog: "E-mail of bob", Text: "bob@\x1b[2J\u202eexample"}, {Dialog: "A new rule", Text: "user:"}}}), ",")
	reportCrash(database, "ben", tui.Crash{Drafts: []tui.Draft{{Dialog: "E-mail of bob", Text: "of somebody else"}}})
	kept := keptDrafts(database, "ann")
	if len(kept) != 2 || kept[0].Incident != first || kept[0].Dialog != "E-mail of bob" || kept[0].Text != model.Clean("bob@\x1b[2J\u202eexample") || kept[1].Text != "user:" {
		t.Fatalf("kept %+v", kept)
	}
	path := filepath.Join(dir, kept[0].ID)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}

	// A second crash keeps what is kept already where it is.
	reportCrash(database, "ann", tui.Crash{Drafts: kept})
	if again := keptDrafts(database, "ann"); len(again) != 2 {
		t.Errorf("after a second crash %+v", again)
	}
	forget := forgetDraft(database)
	for range 2 { // another console may have been faster
		if err := forget(kept[0]); err != nil {
			t.Error(err)
		}
	}
	if left := keptDrafts(database, "ann"); len(left) != 1 || left[0] != kept[1] {
		t.Errorf("left %+v", left)
	}
}

// Files that are not ours, or that others may have written, are left alone.
func TestForeignDraftsAreLeftAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	database := filepath.Join(dir, "romm-admin.db")
	good := `{"version":1,"incident":"a","actor":"ann","dialog":"d","text":"t"}`
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(path, []byte(text), 0o600), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("incident-1.draft", good, 0o660)
	write("incident-2.draft", "nonsense", 0o600)
	write("incident-3.draft", strings.Replace(good, `"version":1`, `"version":2`, 1), 0o600)
	write("incident-4.draft", good+strings.Repeat(" ", maxDraft), 0o600)
	if err := os.Symlink(write("elsewhere", good, 0o600), filepath.Join(dir, "incident-5.draft")); err != nil {
		t.Fatal(err)
	}
	if got := keptDrafts(database, "ann"); len(got) != 0 {
		t.Errorf("offered %+v", got)
	}
	write("incident-6.draft", good, 0o600)
	if got := keptDrafts(database, "ann"); len(got) != 1 || got[0].ID != "incident-6.draft" {
		t.Errorf("offered %+v", got)
	}
}

// crashing is a console in which F12 is a mistake in the program: in Update, or
// in the reading that r has started, which waits for it.
type crashing struct {
	tea.Model
	pressed chan struct{} // nil: in Update
}

// Update implements tea.Model. With F12 the console itself takes over, so that
// it is what the program ends with.
func (c crashing) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if key, ok := msg.(tea.KeyPressMsg); ok && key.String() == "f12" {
		if c.pressed == nil {
			return c.Model.Update(forcedMsg{})
		}
		close(c.pressed)
		return c.Model, nil
	}
	var cmd tea.Cmd
	c.Model, cmd = c.Model.Update(msg)
	return c, cmd
}

// forcedMsg is a result whose delivery panics.
type forcedMsg struct{}

// For implements screen.Result.
func (forcedMsg) For() screen.ID { panic("forced in Update") }

// crashingService panics in the second reading.
type crashingService struct {
	*reconcile.Service
	readings atomic.Int32
	pressed  <-chan struct{}
}

// Load implements tui.Console. The first reading is what there is to look at.
func (s *crashingService) Load(ctx context.Context, o model.ReadOptions) (*model.Review, error) {
	if s.readings.Add(1) > 1 {
		select {
		case <-s.pressed:
			panic("forced in a command")
		case <-ctx.Done():
		}
	}
	return s.Service.Load(ctx, o)
}

// crashIn makes consoles that crash there, in update or in a command.
func crashIn(where string) func(tui.Options) tea.Model {
	return func(o tui.Options) tea.Model {
		if where == "update" {
			return crashing{Model: newConsole(o)}
		}
		service, ok := o.Console.(*reconcile.Service)
		if b, alone := o.Console.(bounded); alone {
			service, ok = b.Service, true
		}
		if !ok {
			panic(fmt.Sprintf("unexpected console %T", o.Console))
		}
		pressed := make(chan struct{})
		o.Console = &crashingService{Service: service, pressed: pressed}
		return crashing{newConsole(o), pressed}
	}
}

// crashingMain is the program that the end-to-end run crashes in a real
// terminal.
func crashingMain() int {
	g := &globals{Streams: Streams{}.withDefaults(), console: crashIn(os.Getenv("CRASH_IN"))}
	return run(context.Background(), os.Args[1:], g)
}

// TestCrash: a mistake in the program leaves the terminal as it was, names the
// incident and no stack, and writes the report.
func TestCrash(t *testing.T) {
	t.Parallel()
	for _, where := range []string{"update", "command"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, false)
			s := connect(t, Size{100, 30}, w.Env(), func(g *globals) { g.console = crashIn(where) })
			s.wait("cannot sign in")
			if where == "command" {
				s.press("r")
				s.wait("reading")
			}
			s.press("\x1b[24~") // F12
			said := s.end(cli.ExitError)
			database, _ := config.FromEnv(w.Env())("ROMM_ADMIN_DB")
			reports, err := filepath.Glob(filepath.Join(filepath.Dir(database), "incident-*.txt"))
			if err != nil || len(reports) != 1 {
				t.Fatalf("reports %v, %v", reports, err)
			}
			if id := strings.TrimSuffix(filepath.Base(reports[0]), ".txt"); !strings.Contains(said, "incident "+strings.TrimPrefix(id, "incident-")) || strings.Contains(said, "goroutine") {
				t.Errorf("it says %q, the report is %s", said, id)
			}
			if text, err := os.ReadFile(reports[0]); err != nil || !strings.Contains(string(text), "forced in") || !strings.Contains(string(text), "crash_test.go") {
				t.Errorf("%v, the report:\n%s", err, text)
			}
		})
	}
}
