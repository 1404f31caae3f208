package widget

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
)

// Filter is the text that narrows a screen's list, and the typing of it in
// place of the footer. The zero value shows everything.
type Filter struct {
	text   string
	typing bool
	input  Input
}

// NewFilter returns a filter that is in force and not being typed.
func NewFilter(text string) Filter { return Filter{text: text} }

// Facet is the filter for everything whose field of that name has all words of
// value.
func Facet(name, value string) string {
	words := strings.Fields(value)
	for i := range words {
		words[i] = name + ":" + words[i]
	}
	return strings.Join(words, " ")
}

// Text is the filter in force; "" shows everything.
func (f Filter) Text() string { return f.text }

// Typing reports whether key presses are its text now.
func (f Filter) Typing() bool { return f.typing }

// Open starts typing, with what is in force.
func (f Filter) Open(t *theme.Theme) Filter {
	f.typing, f.input = true, NewInput(t, f.text)
	return f
}

// Update takes a key press or a paste while it is typed: enter keeps the text,
// esc drops it. Changed says that the list is to be narrowed anew; move is by
// how many rows its cursor moves.
func (f Filter) Update(msg tea.Msg) (next Filter, changed bool, move int) {
	if key, ok := msg.(tea.KeyPressMsg); ok {
		switch key.String() {
		case "esc":
			return Filter{}, true, 0
		case "enter":
			f.typing = false
			return f, false, 0
		case "up":
			return f, false, -1
		case "down":
			return f, false, 1
		}
	}
	f.input = f.input.Update(msg)
	if text := f.input.Value(); text != f.text {
		f.text = text
		return f, true, 0
	}
	return f, false, 0
}

// Draw puts the line in which it is typed into a frame of that area.
func (f Filter) Draw(t *theme.Theme, frame *screen.Frame, a screen.Area) {
	if !f.typing {
		return
	}
	frame.Footer, frame.FooterX = filterLine(t, f.input, a.Width)
	frame.Cursor = &screen.Cursor{X: frame.FooterX, Y: a.Height}
}

// Matches reports whether every word of a filter is in one of the fields. A
// word such as actor:ann looks in the field of that name alone; a leading !
// turns a word round. Case does not matter.
func Matches(filter string, fields map[string]string) bool {
	for _, word := range strings.Fields(strings.ToLower(filter)) {
		word, not := strings.CutPrefix(word, "!")
		if word == "" {
			continue
		}
		found := false
		if name, value, ok := strings.Cut(word, ":"); ok {
			if field, known := fields[name]; known {
				if strings.Contains(strings.ToLower(field), value) == not {
					return false
				}
				continue
			}
		}
		for _, field := range fields {
			found = found || strings.Contains(strings.ToLower(field), word)
		}
		if found == not {
			return false
		}
	}
	return true
}
