package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/tui/screen"
)

// RestTime is what [Options].Rest is for a person at a terminal: longer than
// the pause between two presses of somebody who looks for a line, or between
// the repeats of a key that is held down, and too short to be waited for.
const RestTime = 150 * time.Millisecond

type restMsg struct{ gen int }

// startRest sends the screens a message once the cursor rests. A newer request
// takes the place of the older one.
func (a App) startRest() (App, tea.Cmd) {
	a.rests++
	if a.opts.Rest <= 0 {
		return a.broadcast(screen.RestMsg{})
	}
	gen := a.rests
	return a, tea.Tick(a.opts.Rest, func(time.Time) tea.Msg { return restMsg{gen} })
}

func (a App) rested(msg restMsg) (App, tea.Cmd) {
	if msg.gen != a.rests {
		return a, nil
	}
	return a.broadcast(screen.RestMsg{})
}
