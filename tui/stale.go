package tui

import (
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/screen"
)

// ago says how old something is, to stand after a time of day; "" below a
// minute.
func ago(d time.Duration) string {
	if d < time.Minute {
		return ""
	}
	return ", " + model.Ago(d)
}

// dimmed is a screen's frame, faint while it shows old data. The row under the
// cursor stays as it is.
func (a App) dimmed(f screen.Frame) string {
	if a.data.Err == nil || a.data.Review == nil {
		return f.Content
	}
	lines := strings.Split(f.Content, "\n")
	for i, line := range lines {
		if i == 0 || i != f.Row {
			lines[i] = a.theme.Muted.Render(ansi.Strip(line))
		}
	}
	return strings.Join(lines, "\n")
}

type tickMsg struct{ gen int }

// restFactor is how many times as long as a reading took nothing is read after
// it, whatever the interval: RomM works at the list of its accounts for about as
// long, and would do little else.
const restFactor = 4

// tickCmd waits until both sides are to be read again.
func (a App) tickCmd() tea.Cmd { return a.tickIn(a.opts.Every) }

func (a App) tickIn(d time.Duration) tea.Cmd {
	if a.opts.Every <= 0 || a.blurred {
		return nil
	}
	gen := a.ticks
	return tea.Tick(d, func(time.Time) tea.Msg { return tickMsg{gen} })
}

// ticked reads both sides again, but not under somebody's hands: while a
// dialog is open, something is typed or written, it waits for the next tick.
func (a App) ticked(msg tickMsg) (App, tea.Cmd) {
	if msg.gen != a.ticks {
		return a, nil
	}
	busy := len(a.overlays) > 0 || a.screens[a.active].Capturing() || a.data.Applying || a.data.Reading
	if busy {
		return a, a.tickCmd()
	}
	if left := a.since.Add((1 + restFactor) * a.took).Sub(a.opts.Clock()); left > 0 {
		return a, a.tickIn(left)
	}
	a, cmd := a.startLoad()
	return a, tea.Batch(cmd, a.tickCmd())
}

// focused resumes the timer; what a person returns to is read at once when
// it is older than the interval.
func (a App) focused() (App, tea.Cmd) {
	if !a.blurred {
		return a, nil
	}
	a.blurred = false
	r := a.data.Review
	if a.opts.Every <= 0 || r == nil || a.opts.Clock().Sub(r.World.At) < a.opts.Every {
		return a, a.tickCmd()
	}
	return a.ticked(tickMsg{a.ticks})
}
