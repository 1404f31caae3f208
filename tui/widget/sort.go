package widget

import (
	"cmp"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
)

// Column is something that a list can be sorted by.
type Column struct {
	ID    string
	Label string // what people call it
	// Note says which way round it is at first where that is not plain, such as
	// "newest first".
	Note string
	// Falling has it at first with the newest, the most or the gravest on top.
	Falling bool
}

// Order is the column that a list is sorted by, and its direction.
type Order struct {
	By      string
	Falling bool
}

// First is the order by a column that was not in force before.
func (c Column) First() Order { return Order{By: c.ID, Falling: c.Falling} }

// Turn is the order after a column was chosen: the one in force turns round.
func (o Order) Turn(columns []Column, id string) Order {
	if id == o.By {
		o.Falling = !o.Falling
		return o
	}
	for _, c := range columns {
		if c.ID == id {
			return c.First()
		}
	}
	return o
}

// Key is what a row is sorted by. The number goes before the text.
type Key struct {
	Number int64
	Text   string // in lower case, so that letter case does not matter
	// None is true for a row that has nothing there: it comes last in
	// both directions.
	None bool
}

// TextKey is the key of a text, which has nothing there when it is empty.
func TextKey(text string) Key { return Key{Text: strings.ToLower(text), None: text == ""} }

// Rows returns the rows of those keys in order, by their indexes. What is equal
// stays in the order that it has, in both directions.
func (o Order) Rows(by []Key) []int {
	rows := make([]int, len(by))
	for i := range rows {
		rows[i] = i
	}
	slices.SortStableFunc(rows, func(a, b int) int {
		x, y := &by[a], &by[b]
		switch {
		case x.None && y.None:
			return 0
		case x.None:
			return 1
		case y.None:
			return -1
		}
		c := cmp.Compare(x.Number, y.Number)
		if c == 0 {
			c = strings.Compare(x.Text, y.Text)
		}
		if o.Falling {
			return -c
		}
		return c
	})
	return rows
}

// Sorted returns the rows in order; see [Order.Rows].
func Sorted[T any](o Order, rows []T, key func(T) Key) []T {
	by := make([]Key, len(rows))
	for i, row := range rows {
		by[i] = key(row)
	}
	out := make([]T, len(rows))
	for i, row := range o.Rows(by) {
		out[i] = rows[row]
	}
	return out
}

// Head is the heading of a column: its text, what is sorted by it, and its
// width, 0 being none. Before it are so many blanks, or the line between columns.
type Head struct {
	Text, By   string
	Width, Gap int
	Divided    bool
}

// Heads is the line of headings above a list. In linear mode no column has one,
// and the order is said instead: a screen reader says nothing of an arrow.
func (o Order) Heads(t *theme.Theme, width int, columns []Column, heads ...Head) string {
	r := NewRow(t, width, false)
	if t.Linear {
		r.Cell(" "+o.spoken(columns), width, t.Heading)
		return r.End()
	}
	for _, h := range heads {
		if h.Width == 0 {
			continue
		}
		if r.Gap(h.Gap); h.Divided {
			r.Divider()
		}
		r.Cell(o.head(t, h), h.Width, t.Heading)
	}
	return r.End()
}

// head is a heading with the sign of the direction if it is the one that sorts.
// The sign is there however narrow the column is.
func (o Order) head(t *theme.Theme, h Head) string {
	if h.By != o.By {
		return h.Text
	}
	sign := t.Glyphs.Order[0]
	if o.Falling {
		sign = t.Glyphs.Order[1]
	}
	free := h.Width - Width(sign)
	if Width(h.Text) < free {
		return h.Text + " " + sign
	}
	return ansi.Truncate(h.Text, max(0, free), "") + sign
}

func (o Order) spoken(columns []Column) string {
	way := "ascending"
	if o.Falling {
		way = "descending"
	}
	for _, c := range columns {
		if c.ID == o.By {
			return "sorted by " + c.Label + ", " + way
		}
	}
	return ""
}

// Summary is the order in a few words, for where no heading tells it.
func (o Order) Summary(columns []Column) string {
	for _, c := range columns {
		switch {
		case c.ID != o.By:
		case c.Falling == o.Falling:
			return "by " + c.Label
		default:
			return "by " + c.Label + ", turned round"
		}
	}
	return ""
}

// SortMsg answers a screen's sort dialog with the column that was chosen.
type SortMsg struct {
	Screen screen.ID
	By     string
}

// For implements screen.Result.
func (m SortMsg) For() screen.ID { return m.Screen }

// Picker asks what to sort that screen's list by.
func (o Order) Picker(t *theme.Theme, id screen.ID, columns []Column) Picker {
	choices := make([]Choice, len(columns))
	for i, c := range columns {
		choices[i] = Choice{ID: c.ID, Label: model.Untrusted(c.Label), Note: c.Note}
		if c.ID == o.By {
			choices[i].Note = "now; enter turns it round"
		}
	}
	return NewPicker(t, Picker{
		Title: "Sort by", Choices: choices,
		Choose: func(c Choice) (screen.Effect, error) {
			return screen.Want(screen.CloseReq{}, screen.TellReq{Result: SortMsg{id, c.ID}}), nil
		},
	}, o.By)
}

// SortAction is the action that sorts a screen's list, with the same key on
// every screen.
func SortAction[S any](scope keys.Scope, picker func(S) Picker) keys.Action[S, screen.Effect] {
	return keys.Action[S, screen.Effect]{
		Info: keys.Info{
			ID: string(scope) + ".sort", Title: "sort", Help: "sort by any column; the same one again turns it round", Keys: []string{"s"}, Footer: 4,
		},
		Run: func(s S) (S, screen.Effect) { return s, screen.Want(screen.OpenReq{Overlay: picker(s)}) },
	}
}
