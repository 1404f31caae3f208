package tui

import (
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// helpOverlay lists every action of the screen and the global ones.
func (a App) helpOverlay() screen.Overlay {
	s := a.screens[a.active]
	here, everywhere := s.Actions(), keys.Items(keys.Global, a.globals, a)
	t := a.theme
	return widget.Reader{Theme: t, Title: "Keys: " + s.Title(), Text: func(width int) []string {
		out := keys.Help(t, here, width)
		out = append(out, "", t.Heading.Render("On every screen"))
		return append(out, keys.Help(t, everywhere, width)...)
	}}
}

// notesOverlay shows all notes in full.
func (a App) notesOverlay() screen.Overlay {
	t, notes := a.theme, a.notes()
	return widget.Reader{Theme: t, Title: "Notes", Text: func(width int) []string {
		var out []string
		for i, n := range notes {
			if i > 0 {
				out = append(out, "")
			}
			out = append(out, widget.Wrap(t.Clean(n.Text), width)...)
		}
		return out
	}}
}
