package widget

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
)

// Block writes lines into an area, a few cells from its top left corner, and
// fills the rest with blank lines. Lines that are too long are wrapped.
func Block(b *strings.Builder, t *theme.Theme, lines []string, a screen.Area) {
	const left, top = 3, 1
	out := make([]string, top, a.Height+1)
	for _, line := range lines {
		out = append(out, Wrap(line, a.Width-left)...)
	}
	out = Clip(t, out, a.Height, "")
	for i := range a.Height {
		if i < len(out) && out[i] != "" {
			b.WriteString(strings.Repeat(" ", left))
			b.WriteString(out[i])
		}
		b.WriteByte('\n')
	}
}

// Rule writes a horizontal line with a title in it. Title must be clean. After a
// title with characters that are not one cell wide the line ends: terminals do
// not agree on their widths, so that the renderer sends such a line whole
// whenever anything near it moves.
func Rule(b *strings.Builder, t *theme.Theme, width int, title string) {
	g := t.Glyphs
	if width < 8 {
		b.WriteByte('\n')
		return
	}
	if t.Linear {
		title, _ := Fit(t, title, width)
		b.WriteString(t.Title.Render(title))
		b.WriteByte('\n')
		return
	}
	title, w := Fit(t, title, width-6)
	b.WriteString(t.Border.Render(g.Rule))
	b.WriteByte(' ')
	b.WriteString(t.Title.Render(title))
	if w == utf8.RuneCountInString(title) {
		b.WriteByte(' ')
		b.WriteString(t.Border.Render(strings.Repeat(g.Rule, width-w-3)))
	}
	b.WriteByte('\n')
}

// Pane is the lower part of a screen: a rule with a title, text about the line
// under the cursor, and below it what can be done.
type Pane struct {
	Title, Hints string
	Lines        []string // clean, with styles
	// More says how to read the lines that have no room, such as "d shows all".
	More string
}

// Draw writes it in height lines of text, the rule above and the hints below
// not counted.
func (p Pane) Draw(b *strings.Builder, t *theme.Theme, width, height int) {
	Rule(b, t, width, p.Title)
	lines := Clip(t, p.Lines, height, ", "+p.More)
	for i := range height {
		if i < len(lines) && lines[i] != "" {
			b.WriteString(" " + lines[i])
		}
		b.WriteByte('\n')
	}
	b.WriteString(" " + p.Hints + "\n")
}

// Unread is what a screen says while nothing has been read: that it is being
// read, or why it could not be.
func Unread(t *theme.Theme, d screen.DataMsg, width int) []string {
	if d.Reading && d.Early != nil {
		return early(t, d, max(1, width-3))
	}
	if d.Err == nil || d.Reading {
		return []string{
			t.Strong.Render("Reading RomM and Authentik" + t.Glyphs.Ellipsis),
			"People, groups and roles are read from both sides; nothing is changed.",
		}
	}
	lines := []string{t.Strong.Render("Nothing could be read.")}
	lines = append(lines, ErrorLines(t, d.Err, max(1, width-3))...)
	return append(lines, "", KeyHints(t, width, d.Retry, "try again", d.Quit, "quit"))
}

// maxEarly bounds the people that are listed before anybody is judged.
const maxEarly = 200

// early lists Authentik's people while RomM still answers: who they are, and
// nothing of what RomM makes of them.
func early(t *theme.Theme, d screen.DataMsg, width int) []string {
	lines := []string{t.Strong.Render(Cut(t, d.Waiting()+t.Glyphs.Ellipsis, width))}
	lines = append(lines, Wrap(fmt.Sprintf("Authentik has %s. The result of their next logins is known once RomM's accounts are here.",
		model.Counted(len(d.Early), "person", "people")), width)...)
	lines = append(lines, "")
	for _, id := range d.Early[:min(len(d.Early), maxEarly)] {
		text := theme.Escape(id.Username.Raw())
		if id.Email != "" {
			text += "  " + theme.Escape(id.Email.Raw())
		}
		if !id.Active {
			text += "  inactive"
		}
		lines = append(lines, Cut(t, t.Clean(text), width))
	}
	if more := len(d.Early) - maxEarly; more > 0 {
		lines = append(lines, t.Muted.Render(fmt.Sprintf("and %d more", more)))
	}
	return lines
}

// Strip returns a frame as plain text: no styles, no blanks at the end of
// lines.
func Strip(frame string) string {
	lines := strings.Split(ansi.Strip(frame), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n")
}
