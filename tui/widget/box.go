package widget

import (
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
)

// boxWidth is how wide a dialog gets, border and padding included.
const boxWidth = 76

// sliver is how many cells beside a dialog are too few to be read.
const sliver = 6

// Inner is the area inside a dialog's border on a terminal of that size.
func Inner(full screen.Area) screen.Area {
	return screen.Area{
		Width:  max(1, min(boxWidth, full.Width-2)-4),
		Height: max(1, full.Height-4),
	}
}

// Over draws a panel in a border over the middle of base. The base loses its
// styles and turns faint, so that it is plain which of the two is alive.
func Over(t *theme.Theme, base string, full screen.Area, p screen.Panel) (string, *screen.Cursor) {
	if t.Linear {
		return standalone(t, full, p)
	}
	inner := Inner(full)
	lines := p.Lines[:min(len(p.Lines), inner.Height)]
	w, h := inner.Width+4, len(lines)+2
	x, y := max(0, (full.Width-w)/2), max(0, (full.Height-h)/2)
	side := 0 // beside the border, what is too narrow to be read is blank
	if x < sliver {
		side = x
	}
	text := lipgloss.NewStyle().MaxWidth(inner.Width).Render(strings.Join(lines, "\n"))
	box := lipgloss.NewStyle().Border(t.Box).BorderForeground(t.Border.GetForeground()).Padding(0, 1).Width(w).Margin(0, side)
	// Composed are only the rows that both are in: it costs more than drawing them.
	under := strings.Split(ansi.Strip(base), "\n")
	for i := range under {
		under[i] = t.Muted.Inline(true).Render(under[i])
	}
	under = append(under, make([]string, max(0, full.Height-len(under)))...)
	layers := lipgloss.NewCompositor(
		lipgloss.NewLayer(strings.Join(under[y:min(y+h, full.Height)], "\n")),
		lipgloss.NewLayer(box.Render(text)).X(x-side).Z(1),
		lipgloss.NewLayer(" "+t.Title.Render(Cut(t, t.Clean(p.Title), inner.Width-2))+" ").X(x+2).Z(2),
	)
	rows := lipgloss.NewCanvas(full.Width, h).Compose(layers).Render()
	screenful := strings.Join(slices.Concat(under[:y], []string{rows}, under[min(y+h, full.Height):]), "\n")
	if p.Cursor == nil || p.Cursor.Y >= len(lines) {
		return screenful, nil
	}
	return screenful, &screen.Cursor{X: x + 2 + p.Cursor.X, Y: y + 1 + p.Cursor.Y}
}

// standalone draws a panel by itself, as text from the top left corner.
func standalone(t *theme.Theme, full screen.Area, p screen.Panel) (string, *screen.Cursor) {
	text := append([]string{t.Title.Render(Cut(t, t.Clean(p.Title), full.Width)), ""}, p.Lines...)
	page := lipgloss.NewStyle().Height(full.Height).MaxHeight(full.Height).Render(strings.Join(text, "\n"))
	if p.Cursor == nil || p.Cursor.Y+2 >= full.Height {
		return page, nil
	}
	return page, &screen.Cursor{X: p.Cursor.X, Y: p.Cursor.Y + 2}
}
