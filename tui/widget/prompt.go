package widget

import (
	"strings"
	"unicode"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
)

// Prompt is a dialog that asks for one line of text. Enter hands the text on
// and leaves the prompt open below whatever comes next, so that going back
// keeps what was typed.
type Prompt struct {
	Title string
	// About is shown above the input, one paragraph each.
	About []string
	// Submit takes the text. An error is shown below the input.
	Submit func(value string) (screen.Effect, error)

	theme *theme.Theme
	input Input
	began string
	err   error
	// leaving: esc was pressed and would have dropped what was typed.
	leaving bool
}

// NewPrompt returns a prompt with a prefilled input.
func NewPrompt(t *theme.Theme, title, value string, about []string, submit func(string) (screen.Effect, error)) Prompt {
	return Prompt{Title: title, About: about, Submit: submit, theme: t, input: NewInput(t, value), began: strings.TrimSpace(value)}
}

// Value is what stands in the prompt.
func (p Prompt) Value() string { return p.input.Value() }

// Refill replaces what stands in the prompt, as typing would.
func (p Prompt) Refill(value string) Prompt {
	p.input = NewInput(p.theme, value)
	return p
}

// Edited reports whether it is not what it began with.
func (p Prompt) Edited() bool { return p.input.Value() != p.began }

// Capturing implements screen.Overlay: every key is text.
func (Prompt) Capturing() bool { return true }

// Update implements screen.Overlay. A paste goes into the input, newlines and
// all: it never submits. Esc drops nothing that was typed unless it is pressed
// again at once.
func (p Prompt) Update(msg tea.Msg) (screen.Overlay, screen.Effect) {
	asked := p.leaving
	p.leaving = false
	if key, ok := msg.(tea.KeyPressMsg); ok {
		switch key.String() {
		case "esc":
			if p.Edited() && !asked {
				p.leaving = true
				return p, screen.Effect{}
			}
			return p, screen.Want(screen.CloseReq{})
		case "enter":
			effect, err := p.Submit(p.input.Value())
			p.err = err
			return p, effect
		}
	}
	before := p.input.Value()
	p.input = p.input.Update(msg)
	if p.input.Value() != before {
		p.err = nil
	}
	return p, screen.Effect{}
}

// View implements screen.Overlay.
func (p Prompt) View(a screen.Area) screen.Panel {
	t := p.theme
	var lines []string
	for _, about := range p.About {
		lines = append(lines, Wrap(t.Clean(about), a.Width)...)
	}
	lines = append(lines, "")
	const lead = "> "
	text, x := p.input.View(a.Width - len(lead))
	cursor := &screen.Cursor{X: len(lead) + x, Y: len(lines)}
	lines = append(lines, t.Key.Render(lead)+text)
	if v := p.input.Value(); !model.Untrusted(v).ASCII() {
		lines = append(lines, Text(t.Warning, "not plain ASCII: "+theme.Escape(v), a.Width)...)
	}
	if p.err != nil {
		lines = append(lines, "")
		lines = append(lines, ErrorLines(t, p.err, a.Width)...)
	}
	hints := keys.Hints(t, a.Width, keys.Hint(t, "preview", "enter"), keys.Hint(t, "cancel", "esc"))
	if p.leaving {
		hints = keys.Hints(t, a.Width, keys.Hint(t, "again drops what was typed", "esc"), keys.Hint(t, "preview", "enter"))
	}
	lines = append(lines, "", hints)
	return screen.Panel{Title: p.Title, Lines: lines, Cursor: cursor}
}

// ErrorLines renders an error for people: the message, then what to do next.
func ErrorLines(t *theme.Theme, err error, width int) []string {
	out := Text(t.Danger, t.Clean(Sentence(err.Error())), width)
	if hint := model.HintOf(err); hint != "" {
		out = append(out, Wrap(t.Clean(Sentence(hint)), width)...)
	}
	return out
}

// Sentence makes a message into a sentence: errors and plan titles are kept in
// lower case and without a full stop, to be joined.
func Sentence(s string) string {
	r, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	s = string(unicode.ToUpper(r)) + s[size:]
	if strings.HasSuffix(s, ".") || strings.HasSuffix(s, "”.") {
		return s
	}
	return s + "."
}

// Headline makes a plan's title into a dialog's.
func Headline(t *theme.Theme, s string) string { return strings.TrimSuffix(Sentence(t.Named(s)), ".") }
