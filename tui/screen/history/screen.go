// Package history is the History screen: who changed what and when, from the
// journal, and the plans that take changes back or finish what was cut short.
package history

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// ID is the screen's id and the scope of its actions.
const ID screen.ID = "history"

// headerRows is how many lines stand above the list.
const headerRows = 1

// Screen is the History screen. Make it with [New].
type Screen struct {
	screen.Base
	theme   *theme.Theme
	table   screen.Table[Screen]
	area    screen.Area
	data    screen.DataMsg
	journal screen.JournalMsg

	list   widget.List
	trail  widget.Trail
	filter widget.Filter
	sort   widget.Order
	all    []line // in order
	widest widest // of all
	rows   []line // those of all that the filter leaves
}

// line is one line of the list: an interrupted plan or an entry.
type line struct {
	cut   *model.Interruption
	entry *model.JournalEntry
}

// New returns the screen before anything has been read.
func New(t *theme.Theme, k keys.Map) Screen {
	return Screen{
		Base:  screen.Base{Scope: ID, Tab: "History", About: "show who changed what, and take it back"},
		theme: t, table: keys.Bind(actions(), k), data: screen.DataMsg{Reading: true}, sort: columns()[0].First(),
	}
}

// Status implements screen.Screen.
func (s Screen) Status() string {
	var parts []string
	if s.journal.Read && s.journal.Err != nil {
		parts = append(parts, "journal not read again")
	}
	if n := len(s.journal.Interrupted); n > 0 {
		parts = append(parts, fmt.Sprintf("%d interrupted", n))
	}
	if len(s.journal.Entries) >= screen.JournalLimit {
		parts = append(parts, fmt.Sprintf("newest %d entries", len(s.journal.Entries)))
	}
	if l := s.layout(); !l.headed(s.sort.By) {
		parts = append(parts, s.sort.Told(columns()))
	}
	if text := s.filter.Text(); text != "" {
		parts = append(parts, fmt.Sprintf("%d of %d match %q", len(s.rows), len(s.all), s.theme.Clean(text)))
	}
	return strings.Join(parts, ", ")
}

// Capturing implements screen.Screen.
func (s Screen) Capturing() bool { return s.filter.Typing() }

// Actions implements screen.Screen.
func (s Screen) Actions() []keys.Item { return s.table.Items(s) }

// Invoke implements screen.Screen.
func (s Screen) Invoke(id string) (screen.Screen, screen.Effect, string) {
	return s.table.Invoke(s, id)
}

// key is what to press for an action.
func (s Screen) key(id string) string { return s.table.Key(s.theme, "history."+id) }

// Update implements screen.Screen.
func (s Screen) Update(msg tea.Msg) (screen.Screen, screen.Effect) {
	next, effect := s.update(msg)
	now := next.(Screen)
	from, had := s.selected()
	to, has := now.selected()
	trail, wants := s.trail.Follow(msg, had && has && !to.same(from), s.below)
	now.trail, effect.Intents = trail, append(effect.Intents, wants.Intents...)
	return now, effect
}

func (s Screen) update(msg tea.Msg) (screen.Screen, screen.Effect) {
	switch msg := msg.(type) {
	case screen.AreaMsg:
		s.area = msg.Area
		s.list = s.list.Resize(s.layout().rows)
	case screen.DataMsg:
		s.data = msg
	case screen.JournalMsg:
		return s.known(msg), screen.Effect{}
	case widget.SortMsg:
		s.sort = s.sort.Turn(columns(), msg.By)
		return s.ordered(), screen.Effect{}
	case tea.PasteMsg:
		if s.filter.Typing() {
			return s.typed(msg), screen.Effect{}
		}
	case screen.PointMsg:
		s.list = s.list.Point(msg.Y - headerRows)
	case screen.WheelMsg:
		s.list = s.list.Move(msg.Rows)
	case tea.KeyPressMsg:
		if s.filter.Typing() {
			return s.typed(msg), screen.Effect{}
		}
		return s.table.Press(s, msg.String())
	}
	return s, screen.Effect{}
}

// known takes a newer journal. The cursor stays on the same line; where the
// newest are on top, it stays on the newest.
func (s Screen) known(msg screen.JournalMsg) Screen {
	if msg.Err != nil { // what was read stays
		s.journal.Err = msg.Err
		return s
	}
	s.journal = msg
	if s.list.Cursor() == 0 && s.sort == columns()[0].First() {
		s.rows = nil // no line to stay on
	}
	return s.ordered()
}

// ordered puts the lines in order; the cursor stays on its own. Plans that were
// cut short wait for somebody to end them, so they stand above all changes in
// every order.
func (s Screen) ordered() Screen {
	entries := make([]line, len(s.journal.Entries))
	for i := range s.journal.Entries {
		entries[i].entry = &s.journal.Entries[i]
	}
	s.all = make([]line, len(s.journal.Interrupted), len(s.journal.Interrupted)+len(entries))
	for i := range s.journal.Interrupted {
		s.all[i].cut = &s.journal.Interrupted[i]
	}
	s.all = append(s.all, widget.Sorted(s.sort, entries, s.sortKey)...)
	s.widest = s.measure()
	return s.narrow(s.list.Cursor())
}

func (l line) same(o line) bool {
	if l.cut != nil || o.cut != nil {
		return l.cut != nil && o.cut != nil && l.cut.PlanID == o.cut.PlanID
	}
	return l.entry.Seq == o.entry.Seq
}

func (s Screen) selected() (line, bool) {
	if len(s.rows) == 0 {
		return line{}, false
	}
	return s.rows[s.list.Cursor()], true
}

// typed takes a key press or a paste while the filter is being typed.
func (s Screen) typed(msg tea.Msg) Screen {
	var changed bool
	var move int
	if s.filter, changed, move = s.filter.Update(msg); changed {
		return s.narrow(0)
	}
	s.list = s.list.Move(move)
	return s
}

// narrow applies the filter. The cursor stays on its line if that is left, or
// goes to the row at.
func (s Screen) narrow(at int) Screen {
	old, had := s.selected()
	s.rows = nil
	for _, l := range s.all {
		if !widget.Matches(s.filter.Text(), l.fields()) {
			continue
		}
		if had && l.same(old) {
			at = len(s.rows)
		}
		s.rows = append(s.rows, l)
	}
	s.list = s.list.Fill(len(s.rows)).Goto(at)
	return s
}

// fields are what a filter looks in.
func (l line) fields() map[string]string {
	if c := l.cut; c != nil {
		people := make([]string, 0, c.Total())
		for _, change := range c.Changes {
			people = append(people, change.Label.Raw())
		}
		for _, e := range c.Entries {
			people = append(people, e.Change.Label.Raw())
		}
		return map[string]string{
			"actor": c.Actor.Raw(), "person": strings.Join(people, "\n"), "plan": c.Title + "\n" + c.PlanID, "is": "interrupted",
			"at": c.At.Format("2006-01-02 15:04"),
		}
	}
	e := l.entry
	return map[string]string{
		"actor": e.Actor.Raw(), "person": e.Change.Label.Raw(), "plan": e.Plan + "\n" + e.PlanID, "is": e.Outcome,
		"what": widget.Noun(e.Change), "at": e.At.Format("2006-01-02 15:04"), "value": e.Change.Before.Raw() + "\n" + e.Change.After.Raw(),
	}
}
