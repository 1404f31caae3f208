package users

import (
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// The widths at which the layout changes, in cells.
const (
	stateFrom  = 112 // Authentik's side has its state column
	wideFrom   = 100 // Authentik's side has its username
	mediumFrom = 76  // both addresses; below, one line a person with mark and word
)

const (
	gutter     = 2  // the cursor's bar and the mark of a selected person
	roleWidth  = 8  // "disabled"
	stateWidth = 10 // "unverified"
	linkWidth  = 2 + theme.MarkWidth
	signWidth  = 1  // beside the heading of the column that sorts
	detailMost = 24 // lines of the pane with the whole chain; who has more of it reads all with enter
)

// layout is where everything goes: row counts and column widths.
type layout struct {
	rows   int // of the list, without its header
	detail int // of the detail pane, without its rule

	user, email     int // RomM's side, or the only side
	idUser, idEmail int // Authentik's side; 0 hides the column
	state           int // 0 hides it
	gap             int // between columns of one side
	link            int
}

// layout is a pure function of the size and the widest texts.
func (s Screen) layout() layout {
	h, w := s.area.Height, s.area.Width
	detail := min(max(h*2/5, 5), 10)
	if s.detail {
		detail = max(min(h*2/3, detailMost), 4)
	}
	l := layout{detail: max(0, detail-1), rows: max(0, h-1-detail), gap: 1}
	if w >= stateFrom {
		l.gap = 2
	}
	l.link = linkWidth
	fixed := gutter + 2*l.gap + roleWidth + 3 + linkWidth + 3 // gaps, two column lines with blanks
	switch {
	case s.theme.Linear, w < mediumFrom:
		free := w - gutter - 1 - 1 - roleWidth - 1 - linkWidth
		l.user, l.email = split(free, max(s.listing.widest.user, s.listing.widest.idUser), max(s.listing.widest.email, s.listing.widest.idEmail))
	case w < wideFrom:
		// The name once, both addresses, and what is the matter in words.
		free := w - fixed
		l.user = min(max(8, s.listing.widest.user), free/4)
		free -= l.user
		l.email = min(s.listing.widest.email, free-min(s.listing.widest.idEmail, free/2))
		l.idEmail = min(s.listing.widest.idEmail, free-l.email)
	default:
		fixed += l.gap
		if w >= stateFrom {
			l.state = stateWidth
			fixed += l.gap + stateWidth
		}
		free := w - fixed
		left := free / 2
		l.user, l.email = split(left, max(s.listing.widest.user, len("RomM user")+signWidth), s.listing.widest.email)
		l.idUser, l.idEmail = split(free-left, max(s.listing.widest.idUser, len("Authentik")+signWidth), s.listing.widest.idEmail)
	}
	return l
}

// oneSided reports whether a person is one line without Authentik's columns.
func (l layout) oneSided() bool { return l.idEmail == 0 }

// split shares cells between a username and an address column: names get what
// they need up to two fifths, the rest goes to addresses as far as they need.
func split(free, user, email int) (int, int) {
	user = min(max(user, 8), max(8, free*2/5))
	user = max(0, min(user, free))
	return user, max(0, min(free-user, max(email, 8)))
}

// widest are the widths of the widest texts, so that columns are as narrow as
// the data allows and do not move while filtering or scrolling.
type widest struct{ user, email, idUser, idEmail int }

func measure(t *theme.Theme, pairs []model.Pair) widest {
	w := widest{user: len("RomM user"), email: len("e-mail"), idUser: len("Authentik"), idEmail: len("e-mail")}
	for _, p := range pairs {
		if u := p.Local; u != nil {
			w.user = max(w.user, widget.OutsideWidth(t, u.Username))
			w.email = max(w.email, widget.OutsideWidth(t, u.Email))
		}
		if id := p.Identity; id != nil {
			w.idUser = max(w.idUser, widget.OutsideWidth(t, id.Username))
			w.idEmail = max(w.idEmail, widget.OutsideWidth(t, id.Email))
		}
	}
	return w
}
