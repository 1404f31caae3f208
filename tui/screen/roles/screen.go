// Package roles is the Roles screen: which Authentik group gives which RomM
// role, and which roles wait for a group. It edits one row at a time, through a
// preview that says whose next login changes.
package roles

import (
	"fmt"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// ID is the screen's id and the scope of its actions.
const ID screen.ID = "roles"

// Screen is the Roles screen. Make it with [New].
type Screen struct {
	screen.Base
	theme *theme.Theme
	table screen.Table[Screen]
	area  screen.Area
	data  screen.DataMsg

	widget.Lines[entry]
	tally  tally
	widest int              // of their names, in cells
	counts map[state]int    // of all
	copied plan.Publication // how Authentik's copy of the map differs
}

// New returns the screen before anything has been read.
func New(t *theme.Theme, k keys.Map) Screen {
	return Screen{
		Base:  screen.Base{Scope: ID, Tab: "Roles", About: "show which group has which role"},
		theme: t, table: keys.Bind(actions(), k), data: screen.DataMsg{Reading: true},
		Lines: widget.Lines[entry]{Listed: widget.Listed{Sort: columns()[0].First()}},
	}
}

// Status implements screen.Screen: what needs an admin.
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
	if l := s.layout(); !l.headed(s.Sort.By) {
		parts = append(parts, s.Sort.Summary(columns()))
	}
	if told := s.Summary(s.theme); told != "" {
		parts = append(parts, told)
	}
	return strings.Join(parts, ", ")
}

// Actions implements screen.Screen.
func (s Screen) Actions() []keys.Item { return s.table.Items(s) }

// Invoke implements screen.Screen.
func (s Screen) Invoke(id string) (screen.Screen, screen.Effect, string) {
	return s.table.Invoke(s, id)
}

// key is what to press for an action.
func (s Screen) key(id string) string { return s.table.Key(s.theme, "roles."+id) }

// hint is the same with what it does, for a line of hints.
func (s Screen) hint(id, does string) key.Binding { return s.table.Hint(s.theme, "roles."+id, does) }

// Update implements screen.Screen.
func (s Screen) Update(msg tea.Msg) (screen.Screen, screen.Effect) {
	next, effect := s.update(msg)
	now := next.(Screen)
	lines, wants := now.Follow(s.Lines, msg, s.pane)
	now.Lines, effect.Intents = lines, append(effect.Intents, wants.Intents...)
	return now, effect
}

func (s Screen) update(msg tea.Msg) (screen.Screen, screen.Effect) {
	switch msg := msg.(type) {
	case screen.AreaMsg:
		s.area = msg.Area
		s.List = s.List.Resize(s.layout().rows)
	case screen.DataMsg:
		return s.known(msg), screen.Effect{}
	case widget.SortMsg:
		s.Sort = s.Sort.Turn(columns(), msg.By)
		return s.ordered(), screen.Effect{}
	case tea.KeyPressMsg:
		if !s.Capturing() {
			return s.table.Press(s, msg)
		}
	}
	s.Lines = s.Lines.Update(msg)
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
	s.copied = plan.Published(d.Review)
	s = s.ordered()
	s.widest = s.widestName()
	s.counts = map[state]int{}
	for _, e := range s.All {
		s.counts[e.state]++
	}
	return s
}

// ordered puts the lines in order; the cursor stays on its own.
func (s Screen) ordered() Screen {
	if r := s.data.Review; r != nil {
		s.All = widget.Sorted(s.Sort, entries(r, s.tally.groups), s.sortKey)
	}
	s.Lines = s.Narrow(s.List.Cursor())
	return s
}
