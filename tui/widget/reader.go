package widget

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/progress"
	"charm.land/bubbles/v2/viewport"
	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
)

// Reader is a dialog of text that scrolls.
type Reader struct {
	Theme *theme.Theme
	Title string
	Text  func(width int) []string
	// Keys stand before the reader's own; Back is what esc means, "back" when
	// empty.
	Keys []key.Binding
	Back string

	area screen.Area
	port viewport.Model
}

// Capturing implements screen.Overlay.
func (Reader) Capturing() bool { return false }

// Update implements screen.Overlay.
func (r Reader) Update(msg tea.Msg) (screen.Overlay, screen.Effect) {
	next, effect := r.Read(msg)
	return next, effect
}

// Read is Update for dialogs that are made of a reader.
func (r Reader) Read(msg tea.Msg) (Reader, screen.Effect) {
	switch msg := msg.(type) {
	case screen.AreaMsg:
		r.area = msg.Area
		return r.Refresh(), screen.Effect{}
	case tea.KeyPressMsg:
		switch msg.String() {
		case "esc", "q", "?", "enter":
			return r, screen.Want(screen.CloseReq{})
		case "home", "g":
			r.port.GotoTop()
		case "end", "G":
			r.port.GotoBottom()
		}
	}
	r.port, _ = r.port.Update(msg)
	return r, screen.Effect{}
}

// Refresh has the text written anew; the place in it stays.
func (r Reader) Refresh() Reader {
	if r.area.Width > 0 {
		lines := r.Text(r.area.Width)
		r.port.SetWidth(r.area.Width)
		r.port.SetHeight(min(max(1, r.area.Height-2), len(lines)))
		r.port.SetContentLines(lines)
	}
	return r
}

// View implements screen.Overlay.
func (r Reader) View(a screen.Area) screen.Panel {
	t, all, shown := r.Theme, r.port.TotalLineCount(), r.port.VisibleLineCount()
	hints, tail := append(slices.Clone(r.Keys), keys.Hint(t, cmp.Or(r.Back, "back"), "esc")), ""
	if all > shown {
		hints = append(hints, keys.Hint(t, "more", "down"))
		tail = fmt.Sprintf("   %d to %d of %d lines", r.port.YOffset()+1, r.port.YOffset()+shown, all)
	}
	hint := keys.Hints(t, a.Width, hints...)
	if room := a.Width - lipgloss.Width(hint); len(tail) > room {
		tail = Cut(t, strings.TrimSuffix(tail, " lines"), max(0, room))
	}
	return screen.Panel{Title: r.Title, Lines: append(strings.Split(r.port.View(), "\n"), "", hint+t.Muted.Render(tail))}
}

// Bar draws how far something is, in at most 40 cells; linear mode says it.
func Bar(t *theme.Theme, done, all, width int) string {
	part := float64(min(done, all)) / float64(max(1, all))
	if t.Linear {
		return fmt.Sprintf("%.0f percent", 100*part)
	}
	full, empty := '█', '░'
	if t.ASCII {
		full, empty = '#', '.'
	}
	bar := progress.New(progress.WithWidth(min(width, 40)), progress.WithoutPercentage(),
		progress.WithFillCharacters(full, empty), progress.WithColors(t.Accent.GetForeground()))
	bar.EmptyColor = t.Muted.GetForeground()
	return bar.ViewAs(part)
}
