package widget

import (
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/theme"
)

// Row is one line, written cell by cell.
type Row struct {
	strings.Builder
	t     *theme.Theme
	width int // cells left
	// selected cells are all in reverse video, padding included.
	selected bool
}

// NewRow starts a line of width cells.
func NewRow(t *theme.Theme, width int, selected bool) *Row {
	return &Row{t: t, width: width, selected: selected}
}

// Unselect has the cells from here on drawn as in any other row. A row that is
// selected from edge to edge is sent whole when the cursor comes and when it
// goes, and so is everything between two parts of it that are: only what stands
// out at its beginning alone is cheap. In the lists of all screens that is the
// bar and the column that says which row it is.
func (r *Row) Unselect() { r.selected = false }

// Cell writes text in exactly width cells: cut with an ellipsis or padded.
// Text must be clean (see [theme.Theme.Clean]).
func (r *Row) Cell(text string, width int, style lipgloss.Style) {
	width = min(width, r.width)
	if width <= 0 {
		return
	}
	r.width -= width
	text, w := Fit(r.t, text, width)
	pad := strings.Repeat(" ", width-w)
	switch {
	case r.selected:
		r.WriteString(r.t.Selection.Inline(true).Render(text + pad))
		return
	case text != "":
		r.WriteString(style.Inline(true).Render(text))
	}
	r.WriteString(pad)
}

// Gap writes blanks.
func (r *Row) Gap(width int) { r.Cell("", width, r.t.Text) }

// Divider writes the line between two columns, a blank on both sides.
func (r *Row) Divider() {
	if r.width >= 3 {
		r.width -= 3
		r.WriteString(r.t.Divider)
	}
}

// Outside writes text from outside in exactly width cells. Text that is not
// pure ASCII is marked, because it may look like something it is not (S31).
func (r *Row) Outside(u model.Untrusted, width int, style lipgloss.Style) {
	text := r.t.Clean(u.Raw())
	if u.ASCII() || width < 3 {
		r.Cell(text, width, style)
		return
	}
	text, w := Fit(r.t, text, width-1)
	r.Cell(text, w, style)
	r.Cell(r.t.Glyphs.Odd, width-w, r.t.Warning)
}

// Spoken writes a row for a screen reader and ends it: who it is about, which
// stands out when it is selected, and everything about it with its words.
func (r *Row) Spoken(selected, picked bool, name model.Untrusted, facts ...string) string {
	r.Bar(selected)
	text := Said(r.t, name)
	r.Cell(text, Width(text), r.t.Text)
	r.Unselect()
	if picked {
		facts = append([]string{"selected"}, facts...)
	}
	r.Cell(": "+strings.Join(facts, ", "), r.width, r.t.Text)
	return r.End()
}

// Said is text from outside within a sentence, marked as [Row.Outside] marks it.
func Said(t *theme.Theme, u model.Untrusted) string {
	if u.ASCII() {
		return t.Clean(u.Raw())
	}
	return t.Clean(u.Raw()) + t.Glyphs.Odd
}

// OutsideWidth is how many cells [Row.Outside] needs to show all of a text.
func OutsideWidth(t *theme.Theme, u model.Untrusted) int {
	if u.ASCII() {
		return len(u)
	}
	return Width(t.Clean(u.Raw())) + 1 // the mark
}

// Bar writes the cell at the left that marks the row under the cursor.
func (r *Row) Bar(selected bool) {
	bar := " "
	if selected {
		bar = r.t.Glyphs.Bar
	}
	r.Cell(bar, 1, r.t.Accent)
}

// End fills the line and returns it.
func (r *Row) End() string {
	r.Gap(r.width)
	return r.String()
}

// Width returns the width of clean text in cells. Almost everything is ASCII,
// where it is the length.
func Width(text string) int {
	for i := range len(text) {
		if text[i] < 0x20 || text[i] > 0x7e {
			return ansi.StringWidth(text)
		}
	}
	return len(text)
}

// Fit cuts text to at most width cells and returns its width. Of a text that is
// far too long only the beginning is looked at.
func Fit(t *theme.Theme, text string, width int) (string, int) {
	text = beginning(text, width)
	w := Width(text)
	if w <= width {
		return text, w
	}
	tail := t.Glyphs.Ellipsis
	if Width(tail) > width {
		tail = ""
	}
	text = ansi.Truncate(text, width, tail)
	return text, Width(text)
}

// beginning is the shortest part of text that is wider than width, or all of it.
func beginning(text string, width int) string {
	if len(text) <= width || strings.ContainsRune(text, ansi.ESC) { // of styled text the end counts
		return text
	}
	for at, w := 0, 0; at < len(text); {
		cluster, cells := ansi.FirstGraphemeCluster(text[at:], ansi.GraphemeWidth)
		at += len(cluster)
		if w += cells; w > width {
			return text[:at]
		}
	}
	return text
}

// Wrap breaks text into lines of at most width cells; words that are longer
// are cut into pieces.
func Wrap(text string, width int) []string {
	switch {
	case width <= 0:
		return nil
	case len(text) <= width && Width(text) == len(text): // as almost everything
		return []string{text}
	}
	lines := strings.Split(lipgloss.Wrap(text, width, ""), "\n")
	for i, line := range lines {
		lines[i] = ansi.Truncate(line, width, "") // a blank at the break stays on its line
	}
	return lines
}

// Text is a paragraph in a style, in lines of at most width cells.
func Text(st lipgloss.Style, text string, width int) []string { return Item("", st, text, width) }

// Item is a paragraph that hangs from a sign, which has its style already.
func Item(sign string, st lipgloss.Style, text string, width int) []string {
	text = strings.Join(Wrap(text, max(1, width-lipgloss.Width(sign))), "\n")
	return strings.Split(lipgloss.JoinHorizontal(lipgloss.Top, sign, st.Render(text)), "\n")
}

// Cut is [Fit] for callers who do not need the width.
func Cut(t *theme.Theme, text string, width int) string {
	text, _ = Fit(t, text, width)
	return text
}
