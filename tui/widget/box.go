package widget

import (
	"strings"

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

// Over draws a panel in a border over the middle of base, which must be lines
// of at most full.Width cells. The base loses its styles and turns faint, so
// that it is plain which of the two is alive.
func Over(t *theme.Theme, base []string, full screen.Area, p screen.Panel) ([]string, *screen.Cursor) {
	if t.Linear {
		return standalone(t, full, p)
	}
	inner := Inner(full)
	lines := p.Lines
	if len(lines) > inner.Height {
		lines = lines[:inner.Height]
	}
	w, h := inner.Width+4, len(lines)+2
	x, y := max(0, (full.Width-w)/2), max(0, (full.Height-h)/2)
	out := make([]string, len(base))
	for i, line := range base {
		plain := ansi.Strip(line)
		row := i - y
		if row < 0 || row >= h {
			out[i] = t.Muted.Wrap(plain)
			continue
		}
		left, right := strings.Repeat(" ", x), ""
		if x >= sliver {
			left, right = around(plain, x, x+w)
		}
		out[i] = t.Muted.Wrap(left) + boxLine(t, p.Title, lines, row, inner.Width) + t.Muted.Wrap(right)
	}
	if p.Cursor == nil || p.Cursor.Y >= len(lines) {
		return out, nil
	}
	return out, &screen.Cursor{X: x + 2 + p.Cursor.X, Y: y + 1 + p.Cursor.Y}
}

// standalone draws a panel by itself, as text from the top left corner.
func standalone(t *theme.Theme, full screen.Area, p screen.Panel) ([]string, *screen.Cursor) {
	title, _ := Fit(t, t.Clean(p.Title), full.Width)
	out := append([]string{t.Title.Wrap(title), ""}, p.Lines...)
	out = out[:min(len(out), full.Height)]
	for len(out) < full.Height { // a frame has the height of its area
		out = append(out, "")
	}
	if p.Cursor == nil || p.Cursor.Y+2 >= len(out) {
		return out, nil
	}
	return out, &screen.Cursor{X: p.Cursor.X, Y: p.Cursor.Y + 2}
}

// around returns what lies left of cell from and right of cell to. Wide
// characters on either edge become blanks.
func around(line string, from, to int) (left, right string) {
	left = ansi.Truncate(line, from, "")
	left += strings.Repeat(" ", from-ansi.StringWidth(left))
	space := ansi.StringWidth(line) - to
	if space <= 0 {
		return left, ""
	}
	right = ansi.TruncateLeft(line, to, "")
	for n := 1; ansi.StringWidth(right) > space; n++ {
		right = ansi.TruncateLeft(line, to+n, "")
	}
	return left, strings.Repeat(" ", space-ansi.StringWidth(right)) + right
}

func boxLine(t *theme.Theme, title string, lines []string, row, width int) string {
	g := t.Glyphs
	switch row {
	case 0:
		title, w := Fit(t, t.Clean(title), width-2)
		return t.Border.Wrap(g.Corners[0]+g.Rule) + " " + t.Title.Wrap(title) + " " +
			t.Border.Wrap(strings.Repeat(g.Rule, max(0, width-w-1))+g.Corners[1])
	case len(lines) + 1:
		return t.Border.Wrap(g.Corners[2] + strings.Repeat(g.Rule, width+2) + g.Corners[3])
	}
	line := lines[row-1]
	if ansi.StringWidth(line) > width {
		line = ansi.Truncate(line, width, g.Ellipsis)
	}
	pad := strings.Repeat(" ", width-ansi.StringWidth(line))
	return t.Border.Wrap(g.Column) + " " + line + pad + " " + t.Border.Wrap(g.Column)
}
