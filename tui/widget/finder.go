package widget

import (
	"fmt"
	"io"
	"strings"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/list"
	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
)

// Choice is one line of a [Finder].
type Choice struct {
	ID    string
	Sign  string // before the label
	Label model.Untrusted
	Note  string // shown muted at the right
	Also  string // found by this too
	// Detail is shown in full below the list while the cursor is on the choice.
	Detail string
	// Off makes it faint: it cannot be chosen now, for the reason that Choose
	// gives, or need not be.
	Off bool
}

// FilterValue implements list.Item. What is typed is looked for by [Find].
func (c Choice) FilterValue() string { return c.Label.Raw() + "\n" + c.Also }

// Finder is a list of choices in a dialog, which typing narrows if it is to.
type Finder struct {
	theme *theme.Theme
	all   []Choice
	typed bool // letters are text
	// other makes a last choice of what was typed; see [Picker].
	other func(typed string) (Choice, bool)
	input Input
	list  list.Model
	moved bool // the list was last used, and not the input
}

// finderRows is how many choices are seen at once, at most.
const finderRows = 10

// NewFinder returns a finder with the cursor on the first choice.
func NewFinder(t *theme.Theme, choices []Choice, typed bool) Finder {
	l := list.New(nil, choiceRow{}, 0, finderRows)
	l.SetShowTitle(false)
	l.SetFilteringEnabled(false) // its own filter answers later than a key press
	l.SetShowStatusBar(false)
	l.SetShowPagination(false)
	l.SetShowHelp(false)
	l.KeyMap = list.KeyMap{
		CursorUp: key.NewBinding(key.WithKeys("up")), CursorDown: key.NewBinding(key.WithKeys("down")),
		PrevPage: key.NewBinding(key.WithKeys("pgup")), NextPage: key.NewBinding(key.WithKeys("pgdown")),
	}
	if !typed {
		l.KeyMap.CursorUp.SetKeys("up", "k")
		l.KeyMap.CursorDown.SetKeys("down", "j")
	}
	return Finder{theme: t, typed: typed, list: l}.Type("").With(choices)
}

// With returns the finder with other choices; the cursor stays in its row.
func (f Finder) With(choices []Choice) Finder {
	f.all = choices
	return f.fill()
}

// fill lists the choices that contain what was typed; if none does, those
// that have its letters in order.
func (f Finder) fill() Finder {
	var items []list.Item
	for _, i := range Find(len(f.all), f.Typed(), func(i int) string { return f.all[i].FilterValue() }) {
		items = append(items, f.all[i])
	}
	if f.other != nil && f.Typed() != "" {
		if c, ok := f.other(f.Typed()); ok {
			items = append(items, c)
		}
	}
	f.list.SetItems(items)
	row := choiceRow{theme: f.theme, numbered: f.Typed() == ""}
	for _, item := range items {
		row.note = max(row.note, Width(item.(Choice).Note))
	}
	for _, c := range f.all {
		row.note = max(row.note, Width(c.Note))
	}
	f.list.SetDelegate(row)
	return f
}

// Typed is what narrows the list.
func (f Finder) Typed() string { return f.input.Value() }

// Type replaces what narrows the list.
func (f Finder) Type(text string) Finder {
	f.input, f.moved = NewInput(f.theme, text), false
	f = f.fill()
	f.list.Select(0)
	return f
}

// Len is the number of rows.
func (f Finder) Len() int { return len(f.list.Items()) }

// At is the row of the cursor.
func (f Finder) At() int { return f.list.Index() }

// Goto puts the cursor on that row.
func (f Finder) Goto(row int) Finder {
	f.list.Select(row)
	f.moved = true
	return f
}

// Selected is the choice under the cursor; false when there is none.
func (f Finder) Selected() (Choice, bool) {
	c, ok := f.list.SelectedItem().(Choice)
	return c, ok
}

// Numbered puts the cursor on the row that a key press names in linear mode.
func (f Finder) Numbered(press tea.KeyPressMsg) (Finder, bool) {
	row, ok := Numbered(f.theme, press, f.Len())
	if !ok || f.Typed() != "" {
		return f, false
	}
	return f.Goto(row), true
}

// Update takes the keys that move the cursor, and what is typed; changed says
// that the list is another one now.
func (f Finder) Update(msg tea.Msg) (next Finder, changed bool) {
	keys := f.list.KeyMap
	if press, ok := msg.(tea.KeyPressMsg); ok && key.Matches(press, keys.CursorUp, keys.CursorDown, keys.PrevPage, keys.NextPage) {
		f.list, _ = f.list.Update(msg)
		f.moved = true
		return f, false
	}
	before := f.Typed()
	if f.typed {
		f.input = f.input.Update(msg)
	}
	if f.Typed() == before {
		return f, false
	}
	f = f.fill()
	f.list.Select(0)
	f.moved = false
	return f, true
}

// Resize gives the list so many rows. It takes no more than it can need, and no
// fewer while it is narrowed, so that the dialog does not jump.
func (f Finder) Resize(width, rows int) Finder {
	f.list.SetSize(width, max(1, min(finderRows, rows, max(len(f.all), f.Len()))))
	return f
}

// View is the line that is typed in, the rows, and none instead of them, with
// the place of the cursor.
func (f Finder) View(none string) (lines []string, cursor *screen.Cursor) {
	t, width := f.theme, f.list.Width()
	if f.typed {
		const lead = "/ "
		text, x := f.input.View(width - len(lead))
		lines, cursor = []string{t.Key.Render(lead) + text}, &screen.Cursor{X: len(lead) + x}
	}
	if t.Linear && f.Len() > 0 && (f.moved || !f.typed) {
		cursor = &screen.Cursor{Y: len(lines) + f.list.Cursor()} // what a screen reader reads
	}
	rows := Item(" ", t.Muted, none, width)
	if f.Len() > 0 {
		rows = strings.Split(f.list.View(), "\n")
	}
	for len(rows) < f.list.Height() {
		rows = append(rows, "")
	}
	lines = append(lines, rows...)
	if hidden := f.Len() - f.list.Paginator.ItemsOnPage(f.Len()); hidden > 0 {
		return append(lines, t.Muted.Render(fmt.Sprintf(" %d more", hidden))), cursor
	} else if len(f.all) > f.list.Height() {
		lines = append(lines, "")
	}
	return lines, cursor
}

// choiceRow draws the rows, all with a note of that width.
type choiceRow struct {
	theme    *theme.Theme
	note     int
	numbered bool
}

// Height implements list.ItemDelegate.
func (choiceRow) Height() int { return 1 }

// Spacing implements list.ItemDelegate.
func (choiceRow) Spacing() int { return 0 }

// Update implements list.ItemDelegate.
func (choiceRow) Update(tea.Msg, *list.Model) tea.Cmd { return nil }

// Render implements list.ItemDelegate.
func (d choiceRow) Render(w io.Writer, m list.Model, i int, item list.Item) {
	t, c := d.theme, item.(Choice)
	r := NewRow(t, m.Width(), i == m.Index())
	r.Bar(i == m.Index())
	number, label := "", t.Text
	if d.numbered {
		number = Number(t, i)
	}
	if c.Off {
		label = t.Muted
	}
	note := min(d.note, m.Width()/2)
	number += c.Sign
	r.Cell(number, len(number), t.Text)
	r.Outside(c.Label, m.Width()-note-3-len(number), label)
	r.Gap(1)
	r.Cell(c.Note, note, t.Muted)
	_, _ = io.WriteString(w, r.End())
}
