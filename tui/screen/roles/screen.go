// Package roles is the Roles screen: which Authentik group gives which RomM
// role, and which roles wait for a group. It edits one row at a time, through a
// preview that says whose next login changes.
package roles

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
const ID screen.ID = "roles"

// headerRows is how many lines stand above the list.
const headerRows = 1

// Screen is the Roles screen. Make it with [New].
type Screen struct {
	screen.Base
	theme *theme.Theme
	table screen.Table[Screen]
	area  screen.Area
	data  screen.DataMsg

	list   widget.List
	trail  widget.Trail
	filter widget.Filter
	sort   widget.Order
	all    []entry // in order
	rows   []entry // those of all that the filter leaves
	tally  tally
	widest int               // of their names, in cells
	counts map[state]int     // of all
	copied model.Publication // how Authentik's copy of the map stands
}

// New returns the screen before anything has been read.
func New(t *theme.Theme, k keys.Map) Screen {
	return Screen{
		Base:  screen.Base{Scope: ID, Tab: "Roles", About: "show which group has which role"},
		theme: t, table: keys.Bind(actions(), k), data: screen.DataMsg{Reading: true}, sort: columns()[0].First(),
	}
}

// Status implements screen.Screen: what waits for somebody.
func (s Screen) Status() string {
	var parts []string
	if ok, _ := canPublish(s); ok {
		parts = append(parts, "not published")
	}
	for _, p := range []struct {
		state state
		text  string
	}{{bindable, "to bind"}, {pending, "pending"}, {vanished, "vanished"}} {
		if n := s.counts[p.state]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, p.text))
		}
	}
	if len(parts) > 1 && s.area.Width < 80 {
		parts = parts[:1] // the tab line has no room for more
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
func (s Screen) key(id string) string { return s.table.Key(s.theme, "roles."+id) }

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
		return s.known(msg), screen.Effect{}
	case widget.SortMsg:
		s.sort = s.sort.Turn(columns(), msg.By)
		return s.ordered(), screen.Effect{}
	case screen.PointMsg:
		s.list = s.list.Point(msg.Y - headerRows)
	case screen.WheelMsg:
		s.list = s.list.Move(msg.Rows)
	case tea.PasteMsg:
		if s.filter.Typing() {
			return s.typed(msg), screen.Effect{}
		}
	case tea.KeyPressMsg:
		if s.filter.Typing() {
			return s.typed(msg), screen.Effect{}
		}
		return s.table.Press(s, msg.String())
	}
	return s, screen.Effect{}
}

// known takes newer data; the cursor stays on the same line.
func (s Screen) known(d screen.DataMsg) Screen {
	fresh := d.Review != s.data.Review
	s.data = d
	if !fresh || d.Review == nil {
		return s
	}
	s.tally = count(d.Review)
	s.copied = d.Review.Publication()
	s = s.ordered()
	s.widest = s.widestName()
	s.counts = map[state]int{}
	for _, e := range s.all {
		s.counts[e.state]++
	}
	return s
}

// ordered puts the lines in order; the cursor stays on its own.
func (s Screen) ordered() Screen {
	if r := s.data.Review; r != nil {
		s.all = widget.Sorted(s.sort, entries(r, s.tally.groups), s.sortKey)
	}
	return s.narrow(s.list.Cursor())
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
	for _, e := range s.all {
		if !widget.Matches(s.filter.Text(), e.fields()) {
			continue
		}
		if had && e.same(old) {
			at = len(s.rows)
		}
		s.rows = append(s.rows, e)
	}
	s.list = s.list.Fill(len(s.rows)).Goto(at)
	return s
}

// selected returns the line under the cursor.
func (s Screen) selected() (entry, bool) {
	if len(s.rows) == 0 {
		return entry{}, false
	}
	return s.rows[s.list.Cursor()], true
}
