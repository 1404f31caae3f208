package widget

import (
	"strings"

	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/theme"
)

// inputLimit bounds what can be typed or pasted, in characters. RomM takes 255
// (docs/romm.md 2).
const inputLimit = 320

// Input is a line of text that is being edited. It draws itself, because the
// library's view shows bidirectional and zero-width characters as they are
// and places the cursor by characters instead of cells.
type Input struct {
	edit  textinput.Model
	theme *theme.Theme
}

// NewInput returns a focused input holding value, with the cursor at its end.
func NewInput(t *theme.Theme, value string) Input {
	e := textinput.New()
	e.Prompt = ""
	e.CharLimit = inputLimit
	// The library's paste key reads the clipboard of the machine that the
	// program runs on: over SSH that is the server's. PasteMsg still works.
	e.KeyMap.Paste.SetEnabled(false)
	e.SetVirtualCursor(false)
	e.SetValue(value)
	e.CursorEnd()
	e.Focus() // a real cursor needs no blink command
	return Input{edit: e, theme: t}
}

// Value returns the text without surrounding blanks, which a paste brings.
func (in Input) Value() string { return strings.TrimSpace(in.edit.Value()) }

// Update takes key presses and pastes.
func (in Input) Update(msg tea.Msg) Input {
	switch msg.(type) {
	case tea.KeyPressMsg, tea.PasteMsg:
		in.edit, _ = in.edit.Update(msg)
	}
	return in
}

// View returns the text, scrolled so that the cursor can be seen, in at most
// width cells, and the cursor's cell.
func (in Input) View(width int) (text string, x int) {
	if width < 2 {
		return "", 0
	}
	runes := []rune(in.edit.Value())
	at := min(in.edit.Position(), len(runes))
	before := in.theme.Clean(string(runes[:at]))
	after := in.theme.Clean(string(runes[at:]))
	x = Width(before)
	if x > width-1 { // the cursor needs a cell of its own at the end
		before = ansi.TruncateLeft(before, x-(width-1), "")
		x = Width(before)
	}
	text = ansi.Truncate(before+after, width, "")
	return text, min(x, width-1)
}

// filterLine draws the line in which a filter is typed, which stands in place
// of the footer, and says where the cursor is.
func filterLine(t *theme.Theme, in Input, width int) (line string, cursor int) {
	hints := keys.Hints(t, width, keys.Hint(t, "keep", "enter"), keys.Hint(t, "clear", "esc"))
	const lead = " / "
	text, x := in.View(max(2, width-len(lead)-len("   enter keep   esc clear ")))
	return t.Key.Render(lead) + text + "   " + hints, len(lead) + x
}
