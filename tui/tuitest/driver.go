// Package tuitest drives the console in tests: it presses keys, runs the
// commands that follow at once and in order, and looks at the screen. Nothing
// sleeps and nothing runs in parallel.
package tuitest

import (
	"reflect"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/tui"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// Driver is a console under test.
type Driver struct {
	t    testing.TB
	app  tea.Model
	held []tea.Cmd
	hold bool
	now  time.Time
	quit bool

	copied string
}

// Copied is what was last sent to the clipboard.
func (d *Driver) Copied() string { return d.copied }

// clipboard reads the message of tea.SetClipboard, whose type is not exported:
// it is the only one of a kind of string among those that commands return.
func clipboard(msg tea.Msg) (string, bool) {
	if v := reflect.ValueOf(msg); v.Kind() == reflect.String {
		return v.String(), true
	}
	return "", false
}

// Option changes how a driver starts.
type Option func(*tui.Options, *start)

type start struct {
	width, height int
	held          bool
}

// Size sets the terminal's size; 120x40 otherwise.
func Size(width, height int) Option {
	return func(_ *tui.Options, s *start) { s.width, s.height = width, height }
}

// With changes the console's options.
func With(f func(*tui.Options)) Option {
	return func(o *tui.Options, _ *start) { f(o) }
}

// Held starts with commands on hold, so that the first reading has not come
// back yet.
func Held() Option { return func(_ *tui.Options, s *start) { s.held = true } }

// New starts the console on c and waits for the first reading.
func New(t testing.TB, c tui.Console, options ...Option) *Driver {
	t.Helper()
	d := &Driver{t: t, now: Now()}
	o := tui.Options{Console: c, Actor: "ann", Clock: func() time.Time { return d.now }}
	s := start{width: 120, height: 40}
	for _, f := range options {
		f(&o, &s)
	}
	d.app, d.hold = tui.New(o), s.held
	d.Send(tea.WindowSizeMsg{Width: s.width, Height: s.height})
	d.run(d.app.Init())
	return d
}

// Send delivers a message and runs what follows from it.
func (d *Driver) Send(msg tea.Msg) *Driver {
	d.t.Helper()
	var cmd tea.Cmd
	d.app, cmd = d.app.Update(msg)
	d.run(cmd)
	return d
}

// run executes a command and everything that follows, in order; on hold it
// only keeps it.
func (d *Driver) run(cmd tea.Cmd) {
	d.t.Helper()
	todo := []tea.Cmd{cmd}
	for n := 0; len(todo) > 0; n++ {
		if n > 1000 {
			d.t.Fatal("commands never settle")
		}
		next := todo[0]
		todo = todo[1:]
		if next == nil {
			continue
		}
		if d.hold {
			d.held = append(d.held, next)
			continue
		}
		switch msg := next().(type) {
		case nil:
		case tea.BatchMsg:
			todo = append(todo, msg...)
		case tea.QuitMsg:
			d.quit = true
		default:
			if text, ok := clipboard(msg); ok {
				d.copied = text
			}
			d.app, cmd = d.app.Update(msg)
			todo = append(todo, cmd)
		}
	}
}

// Hold keeps commands back from now on, as a slow network does.
func (d *Driver) Hold() *Driver {
	d.hold = true
	return d
}

// Release runs the commands on hold, oldest first, and holds no more.
func (d *Driver) Release() *Driver {
	d.t.Helper()
	held := d.held
	d.hold, d.held = false, nil
	for _, cmd := range held {
		d.run(cmd)
	}
	return d
}

// ReleaseNewest runs the newest command on hold and keeps holding the others.
func (d *Driver) ReleaseNewest() *Driver {
	d.t.Helper()
	if len(d.held) == 0 {
		d.t.Fatal("no command is on hold")
	}
	last := len(d.held) - 1
	cmd, rest := d.held[last], d.held[:last:last]
	d.hold, d.held = false, nil
	d.run(cmd)
	d.hold, d.held = true, rest
	return d
}

// ReleaseOne runs the oldest command on hold and keeps holding what follows.
func (d *Driver) ReleaseOne() *Driver {
	d.t.Helper()
	if len(d.held) == 0 {
		d.t.Fatal("no command is on hold")
	}
	cmd, rest := d.held[0], d.held[1:]
	d.held = rest
	switch msg := cmd().(type) {
	case tea.BatchMsg:
		d.held = append(append([]tea.Cmd(nil), msg...), d.held...)
		return d.ReleaseOne()
	case nil:
		return d.ReleaseOne()
	default:
		return d.Send(msg)
	}
}

// ReleaseLate runs the commands on hold, newest first: old results arrive
// last.
func (d *Driver) ReleaseLate() *Driver {
	d.t.Helper()
	for i, j := 0, len(d.held)-1; i < j; i, j = i+1, j-1 {
		d.held[i], d.held[j] = d.held[j], d.held[i]
	}
	return d.Release()
}

// Pass lets time go by on the console's clock.
func (d *Driver) Pass(t time.Duration) *Driver {
	d.now = d.now.Add(t)
	return d
}

// Press presses keys, named as Bubble Tea spells them; a longer word that is
// no key name is typed letter by letter.
func (d *Driver) Press(keys ...string) *Driver {
	d.t.Helper()
	for _, k := range keys {
		if msg, ok := Key(k); ok {
			d.Send(msg)
			continue
		}
		for _, r := range k {
			d.Send(tea.KeyPressMsg{Code: r, Text: string(r)})
		}
	}
	return d
}

// SortBy chooses the column in that place of the screen's sort dialog.
func (d *Driver) SortBy(place int) *Driver {
	d.t.Helper()
	d.Press("s").Want("┌─ Sort by", "now; enter turns it round").Press("k", "k", "k", "k", "k", "k")
	for range place {
		d.Press("j")
	}
	return d.Press("enter").WantNot("┌")
}

// Paste pastes text, newlines included.
func (d *Driver) Paste(text string) *Driver {
	d.t.Helper()
	return d.Send(tea.PasteMsg{Content: text})
}

// Key returns the message of a key name such as "ctrl+c" or "enter"; false
// for text that is no key name.
func Key(name string) (tea.KeyPressMsg, bool) {
	special := map[string]rune{
		"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "up": tea.KeyUp, "down": tea.KeyDown,
		"left": tea.KeyLeft, "right": tea.KeyRight, "home": tea.KeyHome, "end": tea.KeyEnd,
		"pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "backspace": tea.KeyBackspace, "delete": tea.KeyDelete,
	}
	var mod tea.KeyMod
	rest := name
	for prefix, m := range map[string]tea.KeyMod{"ctrl+": tea.ModCtrl, "shift+": tea.ModShift} {
		if after, ok := strings.CutPrefix(rest, prefix); ok {
			rest, mod = after, m
		}
	}
	if code, ok := special[rest]; ok {
		return tea.KeyPressMsg{Code: code, Mod: mod}, true
	}
	if name == "space" {
		return tea.KeyPressMsg{Code: tea.KeySpace, Text: " "}, true
	}
	if mod != 0 && len(rest) == 1 {
		return tea.KeyPressMsg{Code: rune(rest[0]), Mod: mod}, true
	}
	return tea.KeyPressMsg{}, false
}

// View is what Bubble Tea would draw.
func (d *Driver) View() tea.View { return d.app.View() }

// Screen is the text on the screen, without styles.
func (d *Driver) Screen() string { return widget.Strip(d.app.View().Content) }

// Row is the line on the screen that has all of the words, "" if none has.
func (d *Driver) Row(words ...string) string {
next:
	for line := range strings.SplitSeq(d.Screen(), "\n") {
		for _, w := range words {
			if !strings.Contains(line, w) {
				continue next
			}
		}
		return line
	}
	return ""
}

// Want fails the test unless every text is on the screen.
func (d *Driver) Want(texts ...string) *Driver {
	d.t.Helper()
	s := d.Screen()
	for _, text := range texts {
		if !strings.Contains(s, text) {
			d.t.Fatalf("the screen does not show %q:\n%s", text, s)
		}
	}
	return d
}

// WantNot fails the test if any of the texts is on the screen.
func (d *Driver) WantNot(texts ...string) *Driver {
	d.t.Helper()
	s := d.Screen()
	for _, text := range texts {
		if strings.Contains(s, text) {
			d.t.Fatalf("the screen shows %q:\n%s", text, s)
		}
	}
	return d
}

// WantCursor fails the test unless the cursor row, the dialog's if one is
// open, has all of the words.
func (d *Driver) WantCursor(words ...string) *Driver {
	d.t.Helper()
	row := d.Row("│ ▌")
	if row == "" {
		row = d.Row("▌")
	}
	for _, w := range words {
		if !strings.Contains(row, w) {
			d.t.Fatalf("the cursor row is %q, want %q in it:\n%s", row, w, d.Screen())
		}
	}
	return d
}

// App is the console under test.
func (d *Driver) App() tui.App { return d.app.(tui.App) }

// Left reports whether the console has quit.
func (d *Driver) Left() bool { return d.quit }
