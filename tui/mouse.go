package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/tui/screen"
)

// clicked is a click of the left button: on a tab it opens that screen, on a
// screen it moves the cursor. Dialogs answer to keys alone, so that no click
// that was meant for something else writes.
func (a App) clicked(m tea.Mouse) (App, tea.Cmd) {
	if m.Button != tea.MouseLeft || a.tooSmall() || a.screens[a.active].Capturing() {
		return a, nil
	}
	hit := a.at(m.X, m.Y)
	if hit.ID() == onScreen {
		return a.toScreen(a.active, screen.PointMsg{X: m.X, Y: m.Y - hit.Bounds().Min.Y})
	}
	for i, s := range a.screens {
		if hit.ID() == onTab+string(s.ID()) {
			a.active = i
		}
	}
	return a, nil
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
