package widget

import (
	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/tui/theme"
)

// In linear mode choices are numbered, so that somebody who hears them once
// can name one instead of counting key presses. One digit is enough for the
// rows that are there at first; the others are reached with the arrow keys.
const numbered = 9

// Number is what stands before a row: its number and a blank in linear mode,
// nothing otherwise. Rows count from 0.
func Number(t *theme.Theme, row int) string {
	if !t.Linear || row >= numbered {
		return ""
	}
	return string(rune('1'+row)) + ". "
}

// Numbered returns the row that a key press names in linear mode, of so many.
func Numbered(t *theme.Theme, key tea.KeyPressMsg, rows int) (int, bool) {
	row := int(key.Code - '1')
	return row, t.Linear && key.Mod == 0 && row >= 0 && row < min(numbered, rows)
}
