package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// reader is an overlay of text that scrolls: the help and the notes.
type reader struct {
	theme  *theme.Theme
	title  string
	text   func(width int) []string
	area   screen.Area
	offset int
}

// Capturing implements screen.Overlay.
func (reader) Capturing() bool { return false }

// Update implements screen.Overlay.
func (r reader) Update(msg tea.Msg) (screen.Overlay, screen.Effect) {
	switch msg := msg.(type) {
	case screen.AreaMsg:
		r.area = msg.Area
		return r.scroll(0), screen.Effect{}
	case tea.KeyPressMsg:
		switch msg.String() {
		case "esc", "q", "?", "enter":
			return r, screen.Want(screen.CloseReq{})
		case "down", "j":
			return r.scroll(1), screen.Effect{}
		case "up", "k":
			return r.scroll(-1), screen.Effect{}
		case "pgdown", "space":
			return r.scroll(r.rows()), screen.Effect{}
		case "pgup":
			return r.scroll(-r.rows()), screen.Effect{}
		}
	}
	return r, screen.Effect{}
}

func (r reader) rows() int { return max(1, r.area.Height-2) }

func (r reader) scroll(n int) reader {
	r.offset = max(0, min(r.offset+n, len(r.text(r.area.Width))-r.rows()))
	return r
}

// View implements screen.Overlay.
func (r reader) View(a screen.Area) screen.Panel {
	lines := r.text(a.Width)
	to := min(len(lines), r.offset+r.rows())
	from := min(r.offset, to)
	hint := widget.KeyHints(r.theme, a.Width, "esc", "back")
	if len(lines) > r.rows() {
		hint = widget.KeyHints(r.theme, a.Width, "esc", "back", keys.Name(r.theme, "down"), "more") +
			r.theme.Muted.Wrap(fmt.Sprintf("   %d to %d of %d lines", from+1, to, len(lines)))
	}
	shown := append([]string(nil), lines[from:to]...)
	return screen.Panel{Title: r.title, Lines: append(shown, "", hint)}
}

// helpOverlay lists every action of the screen and the global ones.
func (a App) helpOverlay() screen.Overlay {
	s := a.screens[a.active]
	here, everywhere := s.Actions(), keys.Items(keys.Global, a.globals, a)
	t := a.theme
	return reader{theme: t, title: "Keys: " + s.Title(), text: func(width int) []string {
		out := keys.Help(t, here, width)
		out = append(out, "", t.Heading.Wrap("On every screen"))
		return append(out, keys.Help(t, everywhere, width)...)
	}}
}

// notesOverlay shows all notes in full.
func (a App) notesOverlay() screen.Overlay {
	t, notes := a.theme, a.notes()
	return reader{theme: t, title: "Notes", text: func(width int) []string {
		var out []string
		for i, n := range notes {
			if i > 0 {
				out = append(out, "")
			}
			out = append(out, widget.Wrap(t.Clean(n), width)...)
		}
		return out
	}}
}
