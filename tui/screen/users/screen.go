// Package users is the Users screen: RomM accounts and Authentik users side
// by side, one row a person, with the verdict of the next login. It shows what
// model judged and decides nothing itself.
package users

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// ID is the screen's id and the scope of its actions.
const ID screen.ID = "users"

// Screen is the Users screen. Make it with [New].
type Screen struct {
	theme   *theme.Theme
	area    screen.Area
	data    screen.DataMsg
	members model.Memberships
	widest  widest

	list   widget.List
	filter filter
	detail bool // the tall detail pane
}

// New returns the screen before anything has been read.
func New(t *theme.Theme) Screen {
	return Screen{theme: t, data: screen.DataMsg{Reading: true}}
}

// ID implements screen.Screen.
func (Screen) ID() screen.ID { return ID }

// Title implements screen.Screen.
func (Screen) Title() string { return "Users" }

// Status implements screen.Screen: what the filter leaves.
func (s Screen) Status() string {
	if s.filter.text == "" || s.data.Review == nil {
		return ""
	}
	return fmt.Sprintf("%d of %d match %q", s.list.Len(), len(s.data.Review.Pairs), s.theme.Clean(s.filter.text))
}

// Capturing implements screen.Screen.
func (s Screen) Capturing() bool { return s.filter.typing }

// Actions implements screen.Screen.
func (s Screen) Actions() []keys.Item { return keys.Items(ID, actions(), s) }

// Update implements screen.Screen.
func (s Screen) Update(msg tea.Msg) (screen.Screen, screen.Effect) {
	switch msg := msg.(type) {
	case screen.AreaMsg:
		s.area = msg.Area
		return s.resized(), screen.Effect{}
	case screen.DataMsg:
		return s.known(msg), screen.Effect{}
	case tea.PasteMsg:
		if s.filter.typing {
			return s.edit(msg), screen.Effect{}
		}
	case tea.KeyPressMsg:
		if s.filter.typing {
			return s.typed(msg), screen.Effect{}
		}
		next, effect, found, reason := keys.Dispatch(actions(), s, msg.String())
		if found && reason != "" {
			return s, screen.Want(screen.ToastReq{Toast: screen.Toast{Text: reason}})
		}
		return next, effect
	}
	return s, screen.Effect{}
}

// resized gives the list the rows that the layout leaves it.
func (s Screen) resized() Screen {
	s.list = s.list.Resize(s.layout().rows)
	return s
}

// known takes newer data. The cursor stays on the same person, wherever that
// row has gone.
func (s Screen) known(d screen.DataMsg) Screen {
	old, had := s.Selected()
	fresh := d.Review != s.data.Review
	s.data = d
	if !fresh || d.Review == nil {
		return s
	}
	s.members = model.NewMemberships(d.Review.World.Directory.Groups)
	s.widest = measure(s.theme, d.Review.Pairs)
	s.filter.index = nil
	s = s.refilter()
	if !had {
		return s
	}
	for row := range s.list.Len() {
		if samePerson(old, d.Review.Pairs[s.filter.at(row)]) {
			s.list = s.list.Goto(row)
			break
		}
	}
	return s
}

// samePerson compares by the keys of both systems: an edit may pair or part
// the two sides, so one of them is enough.
func samePerson(a, b model.Pair) bool {
	if a.Local != nil && b.Local != nil {
		return a.Local.ID == b.Local.ID
	}
	return a.Identity != nil && b.Identity != nil && a.Identity.PK == b.Identity.PK
}

// Selected returns the person under the cursor.
func (s Screen) Selected() (model.Pair, bool) {
	if s.data.Review == nil || s.list.Len() == 0 {
		return model.Pair{}, false
	}
	return s.data.Review.Pairs[s.filter.at(s.list.Cursor())], true
}
