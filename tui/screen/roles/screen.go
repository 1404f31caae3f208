// Package roles is the Roles screen: which Authentik group gives which RomM
// role. It edits one row at a time, through a preview that says whose next
// login changes.
package roles

import (
	"slices"

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
	theme *theme.Theme
	table []action
	area  screen.Area
	data  screen.DataMsg
	list  widget.List
	tally tally
}

// New returns the screen before anything has been read.
func New(t *theme.Theme, k keys.Map) Screen {
	return Screen{theme: t, table: keys.Bind(actions(), k), data: screen.DataMsg{Reading: true}}
}

// ID implements screen.Screen.
func (Screen) ID() screen.ID { return ID }

// Title implements screen.Screen.
func (Screen) Title() string { return "Roles" }

// Purpose implements screen.Screen.
func (Screen) Purpose() string { return "show which group has which role" }

// Status implements screen.Screen.
func (Screen) Status() string { return "" }

// Capturing implements screen.Screen: nothing is typed on this screen itself.
func (Screen) Capturing() bool { return false }

// Actions implements screen.Screen.
func (s Screen) Actions() []keys.Item { return keys.Items(ID, s.table, s) }

// Invoke implements screen.Screen.
func (s Screen) Invoke(id string) (screen.Screen, screen.Effect, string) {
	next, effect, _, reason := keys.Invoke(s.table, s, id)
	return next, effect, reason
}

// key is what to press for an action.
func (s Screen) key(id string) string { return keys.Name(s.theme, keys.KeyOf(s.table, "roles."+id)) }

// Update implements screen.Screen.
func (s Screen) Update(msg tea.Msg) (screen.Screen, screen.Effect) {
	switch msg := msg.(type) {
	case screen.AreaMsg:
		s.area = msg.Area
		s.list = s.list.Resize(s.layout().rows)
	case screen.DataMsg:
		return s.known(msg), screen.Effect{}
	case screen.PointMsg:
		s.list = s.list.Point(msg.Y - headerRows)
	case screen.WheelMsg:
		s.list = s.list.Move(msg.Rows)
	case tea.KeyPressMsg:
		next, effect, found, reason := keys.Dispatch(s.table, s, msg.String())
		if found && reason != "" {
			return s, screen.Want(screen.ToastReq{Toast: screen.Toast{Text: reason}})
		}
		return next, effect
	}
	return s, screen.Effect{}
}

// known takes newer data; the cursor stays on the same group.
func (s Screen) known(d screen.DataMsg) Screen {
	old, had := s.selected()
	fresh := d.Review != s.data.Review
	s.data = d
	if !fresh || d.Review == nil {
		return s
	}
	s.tally = count(d.Review)
	rows := d.Review.World.Roles.Rows
	s.list = s.list.Fill(len(rows))
	for i, row := range rows {
		if had && row.Group == old.Group {
			s.list = s.list.Goto(i)
		}
	}
	return s
}

// selected returns the row under the cursor.
func (s Screen) selected() (model.RoleRow, bool) {
	if s.data.Review == nil || s.list.Len() == 0 {
		return model.RoleRow{}, false
	}
	return s.data.Review.World.Roles.Rows[s.list.Cursor()], true
}

// tally counts people once per review.
type tally struct {
	groups  map[model.GroupID]model.Group
	people  map[model.GroupID]int      // in the group, direct or inherited
	decides map[model.GroupID][]string // whose role it decides
}

func count(r *model.Review) tally {
	dir := r.World.Directory
	t := tally{
		groups:  make(map[model.GroupID]model.Group, len(dir.Groups)),
		people:  model.NewMemberships(dir.Groups).Count(dir.Identities),
		decides: map[model.GroupID][]string{},
	}
	for _, g := range dir.Groups {
		t.groups[g.ID] = g
	}
	for _, p := range r.Pairs {
		if p.Resolution == nil {
			continue
		}
		if row := p.Resolution.Source(); row != nil {
			t.decides[row.Group] = append(t.decides[row.Group], theme.Escape(p.Username().Raw()))
		}
	}
	for _, names := range t.decides {
		slices.Sort(names)
	}
	return t
}
