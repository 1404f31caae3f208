package widget

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
)

// Block is text in an area, a few cells from its top left corner.
func Block(t *theme.Theme, lines []string, a screen.Area) string {
	const left, top = 3, 1
	text := lipgloss.NewStyle().Width(a.Width - left).Render(strings.Join(lines, "\n"))
	lines = Clip(t, strings.Split(text, "\n"), a.Height-top, "")
	return lipgloss.NewStyle().Padding(top, 0, 0, left).Height(a.Height).Render(strings.Join(lines, "\n"))
}

// Rule is a horizontal line with a title in it. Title must be clean. After a
// title with characters that are not one cell wide the line ends: terminals do
// not agree on their widths, so that the renderer sends such a line whole
// whenever anything near it moves.
func Rule(t *theme.Theme, width int, title string) string {
	switch {
	case width < 8:
		return ""
	case t.Linear:
		return t.Title.Render(Cut(t, title, width))
	}
	title, w := Fit(t, title, width-6)
	line := t.Border.Render(t.Box.Top) + " " + t.Title.Render(title)
	if w != utf8.RuneCountInString(title) {
		return line
	}
	return lipgloss.PlaceHorizontal(width, lipgloss.Left, line+" ",
		lipgloss.WithWhitespaceChars(t.Box.Top), lipgloss.WithWhitespaceStyle(t.Border))
}

// Pane is the lower part of a screen: a rule with a title, text about the line
// under the cursor, and below it what can be done.
type Pane struct {
	Title, Hints string
	Lines        []string // clean, with styles
	// More says how to read the lines that have no room, such as "d shows all".
	More string
}

// View is the pane with height lines of text, the rule above and the hints below
// not counted.
func (p Pane) View(t *theme.Theme, width, height int) string {
	lines := Clip(t, append(p.Lines, make([]string, max(0, height-len(p.Lines)))...), height, ", "+p.More)
	return Rule(t, width, p.Title) + "\n " + strings.Join(append(lines, p.Hints), "\n ")
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
	return append(lines, "", keys.Hints(t, width, keys.Hint(t, "try again", d.Retry), keys.Hint(t, "quit", d.Quit)))
}

// maxEarly bounds the people that are listed before anybody is judged.
const maxEarly = 200

// early lists Authentik's people while RomM still answers: who they are, and
// nothing of what RomM makes of them.
func early(t *theme.Theme, d screen.DataMsg, width int) []string {
	lines := []string{
		t.Strong.Render(Cut(t, d.Waiting()+t.Glyphs.Ellipsis, width)), // what follows is wrapped by Block
		fmt.Sprintf("Authentik has %s. The result of their next logins is known once RomM's accounts are here.", model.Counted(len(d.Early), "person", "people")), "",
	}
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
