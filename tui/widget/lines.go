package widget

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
)

// HeadRows is how many lines stand above a list: its headings.
const HeadRows = 1

// Listed is what every screen with a list has: the window on its rows, the
// filter that narrows them, their order, and the pane below that trails behind
// the cursor. Screens embed it.
type Listed struct {
	List   List
	Filter Filter
	Sort   Order
	Trail  Trail
}

// Capturing implements [screen.Screen].
func (l Listed) Capturing() bool { return l.Filter.Typing() }

// Update takes what is the list's own: the mouse, and key presses and pastes
// while the filter is typed. Narrow says that its text changed, so that the rows
// are others now.
func (l Listed) Update(msg tea.Msg) (next Listed, narrow bool) {
	switch msg := msg.(type) {
	case screen.PointMsg:
		l.List = l.List.Point(msg.Y - HeadRows)
	case screen.WheelMsg:
		l.List = l.List.Move(msg.Rows)
	case tea.KeyPressMsg, tea.PasteMsg:
		if l.Filter.Typing() {
			var move int
			l.Filter, narrow, move = l.Filter.Update(msg)
			l.List = l.List.Move(move)
		}
	}
	return l, narrow
}

// Follow lets the pane trail behind the cursor after a message; moved says
// whether the cursor is on another line, and pane draws what stood below the
// list before. See [Trail.Follow].
func (l Listed) Follow(msg tea.Msg, moved bool, pane func() string) (Listed, screen.Effect) {
	var effect screen.Effect
	l.Trail, effect = l.Trail.Follow(msg, moved, pane)
	return l, effect
}

// Draw is the headings, the rows of the window, the lines that follow them, what
// of the height they leave free, and the pane.
func (l Listed) Draw(head string, row func(i int, selected bool) string, after []string, pane func() string) string {
	lines := []string{head}
	from, to := l.List.Window()
	for i := from; i < to; i++ {
		lines = append(lines, row(i, i == l.List.Cursor()))
	}
	lines = append(append(lines, after...), make([]string, l.List.Height()-(to-from))...)
	below, trails := l.Trail.Pane()
	if !trails {
		below = pane()
	}
	return strings.Join(append(lines, below), "\n")
}

// Frame is the frame of that content: in linear mode the cursor stands on the
// row, so that a screen reader reads it, and the filter in place of the footer
// while it is typed.
func (l Listed) Frame(t *theme.Theme, a screen.Area, content string) screen.Frame {
	f := screen.Frame{Content: content}
	if l.List.Len() > 0 {
		f.Row = HeadRows + l.List.Line()
		if t.Linear {
			f.Cursor = &screen.Cursor{Y: f.Row}
		}
	}
	l.Filter.Draw(t, &f, a)
	return f
}

// Line is a row that is held as a value.
type Line[T any] interface {
	// Same reports whether both are about the same thing, so that the cursor
	// stays on it.
	Same(T) bool
	// Fields are what a filter looks in; see [Matches].
	Fields() map[string]string
}

// Lines is a list that holds its rows.
type Lines[T Line[T]] struct {
	Listed
	All   []T // in order
	Shown []T // those of all that the filter leaves
}

// Selected returns the row under the cursor.
func (l Lines[T]) Selected() (T, bool) {
	if len(l.Shown) == 0 {
		var none T
		return none, false
	}
	return l.Shown[l.List.Cursor()], true
}

// Narrow applies the filter to all rows. The cursor stays on its own if that is
// left, or goes to the row at.
func (l Lines[T]) Narrow(at int) Lines[T] {
	old, had := l.Selected()
	l.Shown = nil
	for _, row := range l.All {
		if !Matches(l.Filter.Text(), row.Fields()) {
			continue
		}
		if had && row.Same(old) {
			at = len(l.Shown)
		}
		l.Shown = append(l.Shown, row)
	}
	l.List = l.List.Fill(len(l.Shown)).Goto(at)
	return l
}

// Filtered puts a filter in force.
func (l Lines[T]) Filtered(f Filter) Lines[T] {
	l.Filter = f
	return l.Narrow(0)
}

// Update is that of [Listed], and narrows the rows.
func (l Lines[T]) Update(msg tea.Msg) Lines[T] {
	var narrow bool
	if l.Listed, narrow = l.Listed.Update(msg); narrow {
		return l.Narrow(0)
	}
	return l
}

// Follow is that of [Listed]; the cursor moved when it is on another row.
func (l Lines[T]) Follow(before Lines[T], msg tea.Msg, pane func() string) (Lines[T], screen.Effect) {
	from, had := before.Selected()
	to, has := l.Selected()
	var effect screen.Effect
	l.Listed, effect = l.Listed.Follow(msg, had && has && !to.Same(from), pane)
	return l, effect
}

// Summary says how many rows the filter leaves; "" without one.
func (l Lines[T]) Summary(t *theme.Theme) string {
	text := l.Filter.Text()
	if text == "" {
		return ""
	}
	return fmt.Sprintf("%d of %d match %s", len(l.Shown), len(l.All), Quoted(t, text))
}
