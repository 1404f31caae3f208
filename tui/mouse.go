package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/romm-admin/romm-admin/tui/screen"
)

// clicked is a click of the left button: on the tab line it opens a screen, on
// a screen it moves the cursor. Dialogs answer to keys alone, so that no click
// that was meant for something else writes.
func (a App) clicked(m tea.Mouse) (App, tea.Cmd) {
	if m.Button != tea.MouseLeft || a.tooSmall() || len(a.overlays) > 0 || a.screens[a.active].Capturing() {
		return a, nil
	}
	const tabLine = 1
	if m.Y == tabLine {
		if i, ok := a.tabAt(m.X); ok {
			a.active = i
		}
		return a, nil
	}
	y := m.Y - len(a.head())
	if y < 0 || y >= a.area.Height {
		return a, nil
	}
	return a.toScreen(a.active, screen.PointMsg{X: m.X, Y: y})
}

// tabAt is the screen whose tab is drawn at that cell of the tab line.
func (a App) tabAt(x int) (int, bool) {
	line := ansi.Strip(a.tabs())
	for i, s := range a.screens {
		name := number(s.ID()) + " " + s.Title()
		if at := strings.Index(line, name); at >= 0 && x >= at-1 && x <= at+len(name) {
			return i, true
		}
	}
	return 0, false
}

// wheelRows is how far one notch of the wheel goes.
const wheelRows = 3

func (a App) wheeled(m tea.Mouse) (App, tea.Cmd) {
	rows, key := wheelRows, tea.KeyPressMsg{Code: tea.KeyDown}
	switch m.Button {
	case tea.MouseWheelUp:
		rows, key = -wheelRows, tea.KeyPressMsg{Code: tea.KeyUp}
	case tea.MouseWheelDown:
	default:
		return a, nil
	}
	if a.tooSmall() {
		return a, nil
	}
	if len(a.overlays) > 0 {
		return a.toOverlay(key)
	}
	return a.toScreen(a.active, screen.WheelMsg{Rows: rows})
}
