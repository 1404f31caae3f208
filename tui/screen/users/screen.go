// Package users is the Users screen: RomM accounts and Authentik users side
// by side, one row a person, with the verdict of the next login. It shows what
// model judged and decides nothing itself.
package users

import (
	"fmt"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
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
	screen.Base
	theme   *theme.Theme
	clock   func() time.Time
	at      time.Time // when the newest message came
	table   screen.Table[Screen]
	area    screen.Area
	data    screen.DataMsg
	listing listing // what is shown; older than data while a newer one is made
	making  int     // generation of the newest listing that was asked for

	widget.Listed
	found  found
	picks  picks
	detail bool // the tall detail pane
	active bool // people who are inactive in Authentik are left out
}

// New returns the screen before anything has been read. The clock is asked at
// each message, for how old things are.
func New(t *theme.Theme, k keys.Map, clock func() time.Time) Screen {
	return Screen{
		Base:  screen.Base{Scope: ID, Tab: "Users", About: "show the people"},
		theme: t, clock: clock, table: keys.Bind(actions(), k), data: screen.DataMsg{Reading: true},
		Listed: widget.Listed{Sort: columns()[0].First()},
	}
}

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
	if l := s.layout(); !s.theme.Linear && !l.headed(s.listing.sort.By) {
		parts = append(parts, s.listing.sort.Summary(columns()))
	}
	if s.Filter.Text() != "" {
		match := "match"
		if s.found.near {
			match = "come near"
		}
		parts = append(parts, fmt.Sprintf("%d of %d %s %s", s.List.Len(), s.listing.len(), match, widget.Quoted(s.theme, s.Filter.Text())))
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
func (s Screen) key(id string) string { return s.table.Key(s.theme, "users."+id) }

// hint is the same with what it does, for a line of hints.
func (s Screen) hint(id, does string) key.Binding { return s.table.Hint(s.theme, "users."+id, does) }

// Update implements screen.Screen.
func (s Screen) Update(msg tea.Msg) (screen.Screen, screen.Effect) {
	s.at = s.clock()
	next, effect := s.update(msg)
	now := next.(Screen)
	from, had := s.Selected()
	to, has := now.Selected()
	list, wants := now.Follow(msg, had && has && !samePerson(from, to), s.pane)
	now.Listed, effect.Intents = list, append(effect.Intents, wants.Intents...)
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
	case tea.KeyPressMsg:
		if !s.Capturing() {
			return s.table.Press(s, msg)
		}
	}
	list, narrow := s.Listed.Update(msg)
	if s.Listed = list; narrow {
		return s.narrowed(), screen.Effect{}
	}
	return s, screen.Effect{}
}

// resized gives the list the rows that the layout leaves it.
func (s Screen) resized() Screen {
	s.List = s.List.Resize(s.layout().rows)
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
	t, old, sort, active, gen := s.theme, s.listing, s.Sort, s.active, s.making
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
	return s.moveTo(person).resized()
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
	if s.found.some {
		return s.listing.review.Pairs[s.found.shown[row]]
	}
	return s.listing.review.Pairs[s.listing.at(row)]
}

// Selected returns the person under the cursor.
func (s Screen) Selected() (model.Pair, bool) {
	if s.listing.review == nil || s.List.Len() == 0 {
		return model.Pair{}, false
	}
	return s.pair(s.List.Cursor()), true
}
