package widget

import (
	"cmp"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
)

// Reader is a dialog of text that scrolls. Text must give the same lines
// whenever it is asked with the same width.
type Reader struct {
	Theme *theme.Theme
	Title string
	Text  func(width int) []string
	// Keys are pairs of key and meaning that stand before the reader's own;
	// Back is what esc means, "back" when empty.
	Keys []string
	Back string

	area   screen.Area
	offset int
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
		case "home", "g":
			return r.scroll(-r.offset), screen.Effect{}
		case "end", "G":
			return r.scroll(len(r.Text(r.area.Width))), screen.Effect{}
		}
	}
	return r, screen.Effect{}
}

func (r Reader) rows() int { return max(1, r.area.Height-2) }

func (r Reader) scroll(n int) Reader {
	r.offset = max(0, min(r.offset+n, len(r.Text(r.area.Width))-r.rows()))
	return r
}

// View implements screen.Overlay.
func (r Reader) View(a screen.Area) screen.Panel {
	lines := r.Text(a.Width)
	to := min(len(lines), r.offset+r.rows())
	from := min(r.offset, to)
	pairs := append(append([]string(nil), r.Keys...), "esc", cmp.Or(r.Back, "back"))
	tail := ""
	if len(lines) > r.rows() {
		pairs = append(pairs, keys.Name(r.Theme, "down"), "more")
		tail = fmt.Sprintf("   %d to %d of %d lines", from+1, to, len(lines))
	}
	hint := KeyHints(r.Theme, a.Width, pairs...)
	if room := a.Width - Width(Strip(hint)); len(tail) > room {
		tail, _ = Fit(r.Theme, strings.TrimSuffix(tail, " lines"), max(0, room))
	}
	shown := append([]string(nil), lines[from:to]...)
	return screen.Panel{Title: r.Title, Lines: append(shown, "", hint+r.Theme.Muted.Render(tail))}
}

// Bar draws how far something is, in at most 40 cells; linear mode says it.
func Bar(t *theme.Theme, done, all, width int) string {
	if t.Linear {
		return fmt.Sprintf("%d percent", 100*min(done, all)/max(1, all))
	}
	width = min(width, 40)
	full := 0
	if all > 0 {
		full = width * min(done, all) / all
	}
	out := make([]byte, 0, max(0, width))
	for i := range width {
		if i < full {
			out = append(out, '#')
		} else {
			out = append(out, '.')
		}
	}
	return t.Accent.Render(string(out))
}
