// Package users is the Users screen: RomM accounts and Authentik users side
// by side, one row a person, with the verdict of the next login. It shows what
// model judged and decides nothing itself.
package users

import (
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// ID is the screen's id and the scope of its actions.
const ID screen.ID = "users"

// headerRows is how many lines stand above the list.
const headerRows = 1

// Screen is the Users screen. Make it with [New].
type Screen struct {
	theme   *theme.Theme
	clock   func() time.Time
	at      time.Time // when the newest message came
	table   []action
	area    screen.Area
	data    screen.DataMsg
	listing listing // what is shown; older than data while a newer one is made
	making  int     // generation of the newest listing that was asked for

	list   widget.List
	trail  widget.Trail
	filter filter
	sort   widget.Order
	picks  picks
	detail bool // the tall detail pane
	active bool // people who are inactive in Authentik are left out
}

// New returns the screen before anything has been read. The clock is asked at
// each message, for how old things are.
func New(t *theme.Theme, k keys.Map, clock func() time.Time) Screen {
	return Screen{theme: t, clock: clock, table: keys.Bind(actions(), k), sort: columns()[0].First(), data: screen.DataMsg{Reading: true}}
}

// ID implements screen.Screen.
func (Screen) ID() screen.ID { return ID }

// Title implements screen.Screen.
func (Screen) Title() string { return "Users" }

// Purpose implements screen.Screen.
func (Screen) Purpose() string { return "show the people" }

// Status implements screen.Screen: who is selected and what the filter leaves.
func (s Screen) Status() string {
	if s.listing.review == nil {
		return ""
	}
	var parts []string
	if n := s.picks.count; n > 0 {
		parts = append(parts, fmt.Sprintf("%d selected", n))
	}
	if s.listing.review.World.ServiceAccounts {
		parts = append(parts, "with service accounts")
	}
	if s.listing.active {
		parts = append(parts, fmt.Sprintf("%d inactive hidden", s.listing.hidden))
	}
	if l := s.layout(); !l.headed(s.listing.sort.By) {
		parts = append(parts, s.listing.sort.Told(columns()))
	}
	if s.filter.text != "" {
		match := "match"
		if s.filter.near {
			match = "come near"
		}
		parts = append(parts, fmt.Sprintf("%d of %d %s %q", s.list.Len(), s.listing.len(), match, s.theme.Clean(s.filter.text)))
	}
	return strings.Join(parts, ", ")
}

// Capturing implements screen.Screen.
func (s Screen) Capturing() bool { return s.filter.typing }

// Actions implements screen.Screen.
func (s Screen) Actions() []keys.Item { return keys.Items(ID, s.table, s) }

// Invoke implements screen.Screen.
func (s Screen) Invoke(id string) (screen.Screen, screen.Effect, string) {
	next, effect, _, reason := keys.Invoke(s.table, s, id)
	return next, effect, reason
}

// key is what to press for an action.
func (s Screen) key(id string) string { return keys.Name(s.theme, keys.KeyOf(s.table, "users."+id)) }

// Update implements screen.Screen.
func (s Screen) Update(msg tea.Msg) (screen.Screen, screen.Effect) {
	s.at = s.clock()
	next, effect := s.update(msg)
	now := next.(Screen)
	from, had := s.Selected()
	to, has := now.Selected()
	trail, wants := s.trail.Follow(msg, had && has && !samePerson(from, to), s.below)
	now.trail, effect.Intents = trail, append(effect.Intents, wants.Intents...)
	return now, effect
}

func (s Screen) update(msg tea.Msg) (screen.Screen, screen.Effect) {
	switch msg := msg.(type) {
	case screen.AreaMsg:
		s.area = msg.Area
		return s.resized(), screen.Effect{}
	case screen.DataMsg:
		return s.known(msg)
	case listedMsg:
		return s.listed(msg), screen.Effect{}
	case widget.SortMsg:
		return s.sorted(msg)
	case tea.PasteMsg:
		if s.filter.typing {
			return s.edit(msg), screen.Effect{}
		}
	case screen.PointMsg:
		s.list = s.list.Point(msg.Y - headerRows)
	case screen.WheelMsg:
		s.list = s.list.Move(msg.Rows)
	case tea.KeyPressMsg:
		if s.filter.typing {
			return s.typed(msg), screen.Effect{}
		}
		next, effect, found, reason := keys.Dispatch(s.table, s, msg.String())
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

// known takes newer data and has it made ready to be listed.
func (s Screen) known(d screen.DataMsg) (Screen, screen.Effect) {
	fresh := d.Review != s.data.Review && d.Review != nil
	s.data = d
	if !fresh {
		return s, screen.Effect{}
	}
	return s.relist(d.Review)
}

// relist asks for a listing of the review in the screen's order.
func (s Screen) relist(r *model.Review) (Screen, screen.Effect) {
	s.making++
	t, old, sort, active, gen := s.theme, s.listing, s.sort, s.active, s.making
	return s, screen.Effect{Cmd: func() tea.Msg { return listedMsg{gen, arrange(t, old, r, sort, active)} }}
}

// listed shows a listing. The cursor stays on the same person, wherever that
// row has gone.
func (s Screen) listed(msg listedMsg) Screen {
	if msg.gen != s.making {
		return s
	}
	person, had := s.Selected()
	s.listing = msg.listing
	s.picks = s.picks.recount(s.listing.review.Pairs)
	s = s.refilter()
	if !had {
		return s.resized()
	}
	for row := range s.list.Len() {
		if samePerson(person, s.pair(row)) {
			s.list = s.list.Goto(row)
			break
		}
	}
	return s.resized()
}

// samePerson compares by the keys of both systems: an edit may pair or part
// the two sides, so one of them is enough.
func samePerson(a, b model.Pair) bool {
	if a.Local != nil && b.Local != nil {
		return a.Local.ID == b.Local.ID
	}
	return a.Identity != nil && b.Identity != nil && a.Identity.PK == b.Identity.PK
}

// pair is the person in that row of the list.
func (s Screen) pair(row int) model.Pair {
	if s.filter.text != "" {
		return s.listing.review.Pairs[s.filter.shown[row]]
	}
	return s.listing.review.Pairs[s.listing.at(row)]
}

// Selected returns the person under the cursor.
func (s Screen) Selected() (model.Pair, bool) {
	if s.listing.review == nil || s.list.Len() == 0 {
		return model.Pair{}, false
	}
	return s.pair(s.list.Cursor()), true
}
