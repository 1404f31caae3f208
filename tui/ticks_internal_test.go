package tui

import (
	"context"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// still is a console that counts nothing and knows nobody.
type still struct {
	Console
	at func() time.Time
}

func (s still) Load(context.Context, model.ReadOptions) (*model.Review, error) {
	return model.Judge(model.World{At: s.at()}), nil
}

func (still) History(context.Context, int) ([]plan.JournalEntry, error) { return nil, nil }

func (still) Interrupted(context.Context) ([]plan.Interruption, error) { return nil, nil }

// How long RomM has been answering is told as time goes by, and what is late for a
// reading that has ended changes nothing.
func TestHowLongRomMAnswers(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 3, 7, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	a := New(Options{Console: still{at: clock}, Clock: clock})
	send := func(msg tea.Msg) {
		m, _ := a.Update(msg)
		a = m.(App)
	}
	send(tea.WindowSizeMsg{Width: 80, Height: 24})
	now = now.Add(7 * time.Second)
	send(earlyMsg{a.load.gen, []model.Identity{{PK: 1, Username: "ann"}}})
	if text, _ := a.state(); text != "RomM is still answering (7s)" {
		t.Errorf("at first: %q", text)
	}
	now = now.Add(20 * time.Second)
	send(waitMsg{a.load.gen})
	if text, _ := a.state(); text != "RomM is still answering (27s)" {
		t.Errorf("later: %q", text)
	}
	gen := a.load.gen
	send(a.loadCmd()())
	send(waitMsg{gen})
	send(earlyMsg{gen, []model.Identity{{PK: 1, Username: "ann"}}})
	if text, _ := a.state(); text != "read 03:07" || a.data.Early != nil {
		t.Errorf("at its end: %q", text)
	}
}

// A reading that takes long is not begun anew as soon as it has ended: RomM
// would do nothing else.
func TestTheIntervalBacksOff(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 3, 7, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	a := New(Options{Console: still{at: clock}, Clock: clock, Every: time.Minute})
	send := func(msg tea.Msg) tea.Cmd {
		m, cmd := a.Update(msg)
		a = m.(App)
		return cmd
	}
	send(tea.WindowSizeMsg{Width: 80, Height: 24})
	now = now.Add(46 * time.Second)
	send(a.loadCmd()())
	now = now.Add(time.Minute)
	if cmd := send(tickMsg{a.ticks}); a.data.Reading || cmd == nil {
		t.Error("a reading of 46 s is begun anew after a minute, or the timer stopped")
	}
	send(tea.BlurMsg{})
	if cmd := send(tea.FocusMsg{}); a.data.Reading || cmd == nil {
		t.Error("and so it is by coming back")
	}
	now = now.Add(3 * time.Minute)
	if send(tickMsg{a.ticks}); !a.data.Reading {
		t.Error("nor is it begun four minutes later")
	}
	send(a.loadCmd()()) // takes no time
	now = now.Add(time.Minute)
	if send(tickMsg{a.ticks}); !a.data.Reading {
		t.Error("a quick one does not bring the interval back")
	}
}

// The interval reads again, but not while a dialog is open, and not at all
// while the terminal has no focus.
func TestTheIntervalPausesWhenUnfocused(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 3, 7, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	a := New(Options{Console: still{at: clock}, Clock: clock, Every: time.Minute})
	send := func(msg tea.Msg) tea.Cmd {
		m, cmd := a.Update(msg)
		a = m.(App)
		return cmd
	}
	send(tea.WindowSizeMsg{Width: 80, Height: 24})
	send(a.loadCmd()())
	if send(tickMsg{a.ticks}); !a.data.Reading {
		t.Fatal("a tick does not read")
	}
	send(a.loadCmd()())
	send(tea.KeyPressMsg{Code: '?', Text: "?"})
	if cmd := send(tickMsg{a.ticks}); a.data.Reading || cmd == nil {
		t.Error("a tick read under an open dialog, or the timer stopped")
	}
	send(tea.KeyPressMsg{Code: tea.KeyEscape})
	old := a.ticks
	if cmd := send(tea.BlurMsg{}); cmd != nil {
		t.Error("losing the focus starts something")
	}
	if cmd := send(tickMsg{old}); cmd != nil || a.data.Reading || a.tickCmd() != nil {
		t.Error("ticks go on without focus")
	}
	if send(tea.FocusMsg{}); a.data.Reading {
		t.Error("fresh data is read again at once")
	}
	send(tea.BlurMsg{})
	now = now.Add(2 * time.Minute)
	if send(tea.FocusMsg{}); !a.data.Reading {
		t.Error("coming back to old data does not read")
	}
	if cmd := send(tea.FocusMsg{}); cmd != nil {
		t.Error("focus twice starts a second timer")
	}
	a = New(Options{Console: still{at: clock}, Clock: clock})
	if a.tickCmd() != nil {
		t.Error("there is a timer without an interval")
	}
}

// A sign turns while both sides are read, and stands still for good once they have
// been; a screen reader is not told of it.
func TestASignTurnsWhileReading(t *testing.T) {
	t.Parallel()
	clock := func() time.Time { return time.Date(2026, 11, 23, 3, 7, 0, 0, time.UTC) }
	for _, linear := range []bool{false, true} {
		a := New(Options{Console: still{at: clock}, Clock: clock, Linear: linear})
		send := func(msg tea.Msg) (cmd tea.Cmd) {
			m, cmd := a.Update(msg)
			a = m.(App)
			return cmd
		}
		turned := func() string { return strings.Trim(strings.Split(ansi.Strip(a.status(60)), "reading")[0], " ") }
		send(tea.WindowSizeMsg{Width: 80, Height: 24})
		if sign := turned(); sign != "" {
			t.Errorf("linear %v: a reading begins with %q", linear, sign)
		}
		first := send(a.spinner.Tick())
		if sign := turned(); (sign != "") == linear || (first != nil) == linear {
			t.Errorf("linear %v: %q stands before a reading that takes long", linear, sign)
		}
		before := turned()
		send(a.spinner.Tick())
		if (turned() == before) != linear {
			t.Errorf("linear %v: %q does not turn", linear, before)
		}
		send(a.loadCmd()())
		if cmd := send(a.spinner.Tick()); cmd != nil || a.turning {
			t.Errorf("linear %v: it turns on after the reading", linear)
		}
	}
}
