package widget

import (
	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/tui/screen"
)

// Trail lets the pane below a list trail behind its cursor: while that moves,
// the pane stays on the line where it last rested, heading, text and keys
// alike, and it is drawn anew once it rests. Somebody who holds a key down on a
// slow line is then sent the rows, and the text of the last one alone. The zero
// value trails nothing.
type Trail struct {
	pane   string
	behind bool
}

// Follow returns the trail after a message; moved says whether the cursor is on
// another line than before, and pane draws what then stood below the list. Only what
// a person moves the cursor with is trailed: anything else is to be seen at
// once. The effect asks for a message when the cursor rests.
func (t Trail) Follow(msg tea.Msg, moved bool, pane func() string) (Trail, screen.Effect) {
	switch msg.(type) {
	case tea.KeyPressMsg, screen.PointMsg, screen.WheelMsg:
	default:
		return Trail{}, screen.Effect{}
	}
	if !moved {
		return Trail{}, screen.Effect{}
	}
	if !t.behind {
		t = Trail{pane(), true}
	}
	return t, screen.Want(screen.RestReq{})
}

// Pane returns what stands below the list while the cursor moves; false when
// that is to be drawn for the line that the cursor is on.
func (t Trail) Pane() (string, bool) { return t.pane, t.behind }
