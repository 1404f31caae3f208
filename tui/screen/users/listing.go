package users

import (
	"strings"
	"time"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// The columns that sort, by id. Gravity is the order of the review: people who
// need help first.
const (
	byGravity = "next-login"
	byUser    = "user"
	byEmail   = "email"
	byRole    = "role"
	byIDUser  = "authentik"
	byIDEmail = "authentik-email"
	byState   = "state"
	byLast    = "last"
)

// columns are what the list can be sorted by, the order at first before all.
func columns() []widget.Column {
	return []widget.Column{
		{ID: byGravity, Label: "next login", Note: "gravest problem first", Falling: true},
		{ID: byUser, Label: "RomM user"},
		{ID: byEmail, Label: "RomM e-mail"},
		{ID: byRole, Label: "RomM role"},
		{ID: byIDUser, Label: "Authentik user"},
		{ID: byIDEmail, Label: "Authentik e-mail"},
		{ID: byState, Label: "Authentik state", Note: "unverified first"},
		{ID: byLast, Label: "last seen", Note: "newest first", Falling: true},
	}
}

// listing is a review made ready to be listed and searched. Making one for a
// hundred thousand people takes longer than a key press may, so a command
// does; after that it does not change.
type listing struct {
	review *model.Review
	chains model.Chains
	widest widest
	index  []string // what is searched, by pair
	facts  []fact   // what facets ask, by pair
	// likely are the Authentik users who may be behind each account that pairs
	// with nobody, accounts the same the other way round, by the Authentik user.
	likely, accounts map[int64][]candidate
	sort             widget.Order
	// active leaves out people who are inactive in Authentik; hidden is how
	// many that are.
	active bool
	hidden int
	rows   []int // pairs in order; nil is all, in the review's own
}

type listedMsg struct {
	gen     int
	listing listing
}

// For implements screen.Result.
func (listedMsg) For() screen.ID { return ID }

// arrange makes a listing; what old knows of the same review is kept.
func arrange(t *theme.Theme, old listing, r *model.Review, by widget.Order, active bool) listing {
	l := old
	if old.review != r {
		l = listing{
			review: r, chains: r.Chains(),
			widest: measure(t, r.Pairs), index: index(r.Pairs), facts: factsOf(r.Pairs),
		}
		l.likely, l.accounts = candidates(r)
	}
	l.sort, l.active, l.rows = by, active, sortedRows(r, by)
	if l.hidden = 0; active {
		l = l.withoutInactive()
	}
	return l
}

// withoutInactive leaves out who is inactive in Authentik.
func (l listing) withoutInactive() listing {
	rows := make([]int, 0, len(l.review.Pairs))
	for row := range l.review.Pairs {
		if i := l.at(row); l.review.Pairs[i].Inactive() {
			l.hidden++
		} else {
			rows = append(rows, i)
		}
	}
	l.rows = rows
	return l
}

// len is the number of rows of the whole list.
func (l listing) len() int {
	if l.rows == nil {
		return len(l.review.Pairs)
	}
	return len(l.rows)
}

// at is the index of the pair in that row of the whole list.
func (l listing) at(row int) int {
	if l.rows == nil {
		return row
	}
	return l.rows[row]
}

// sortedRows are the pairs in order; nil is the review's own.
func sortedRows(r *model.Review, by widget.Order) []int {
	if by == columns()[0].First() {
		return nil
	}
	sorts := make([]widget.Key, len(r.Pairs))
	for i := range r.Pairs {
		sorts[i] = sortKey(&r.Pairs[i], i, by.By)
	}
	return by.Rows(sorts)
}

// sortKey is what a person is sorted by; at is the place in the review.
func sortKey(p *model.Pair, at int, by string) widget.Key {
	switch {
	case by == byGravity:
		return widget.Key{Number: int64(-at)}
	case by == byLast:
		seen := lastSeen(*p)
		return widget.Key{Number: seen.Unix(), None: seen.IsZero()}
	case p.Local != nil && by == byUser:
		return widget.TextKey(p.Local.Username.Raw())
	case p.Local != nil && by == byEmail:
		return widget.TextKey(p.Local.Email.Raw())
	case p.Local != nil && by == byRole:
		return widget.TextKey(string(p.Local.Role))
	case p.Identity != nil && by == byIDUser:
		return widget.TextKey(p.Identity.Username.Raw())
	case p.Identity != nil && by == byIDEmail:
		return widget.TextKey(p.Identity.Email.Raw())
	case p.Identity != nil && by == byState:
		return widget.Key{Number: int64(stateOf(p))}
	}
	return widget.Key{None: true}
}

// lastSeen is the newest sign of life that either side knows; zero if none.
func lastSeen(p model.Pair) time.Time {
	var t time.Time
	if p.Local != nil {
		t = later(p.Local.LastLogin, p.Local.LastActive)
	}
	if p.Identity != nil {
		t = later(t, p.Identity.LastLogin)
	}
	return t
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// index returns the text that a person is found by: usernames, names,
// addresses, roles, and the findings by name and word, each on its own line so
// that no match spans two of them. All texts lie in one piece of memory, in
// order, which makes searching them several times as fast.
func index(pairs []model.Pair) []string {
	var b strings.Builder
	b.Grow(len(pairs) * 128)
	ends := make([]int, len(pairs))
	add := func(text string) {
		b.WriteString(strings.ToLower(text))
		b.WriteByte('\n')
	}
	for i := range pairs {
		p := &pairs[i]
		if u := p.Local; u != nil {
			add(u.Username.Raw())
			add(u.Email.Raw())
			add(string(u.Role))
			if !u.Enabled {
				add("disabled")
			}
		}
		if id := p.Identity; id != nil {
			add(id.Username.Raw())
			add(id.Name.Raw())
			add(id.Email.Raw())
		}
		if p.Verdict != nil && p.Verdict.OK() {
			add(string(p.Verdict.RoleAfter))
		}
		for _, f := range p.Findings {
			add(string(f.Kind))
			add(theme.MarkOf(f.Kind).Word)
		}
		ends[i] = b.Len()
	}
	all := b.String()
	out := make([]string, len(pairs))
	from := 0
	for i, end := range ends {
		out[i], from = all[from:end], end
	}
	return out
}

// sorted takes the answer of the sort dialog.
func (s Screen) sorted(msg widget.SortMsg) (Screen, screen.Effect) {
	s.Sort = s.Sort.Turn(columns(), msg.By)
	if s.data.Review == nil {
		return s, screen.Effect{}
	}
	return s.relist(s.data.Review)
}

// headed reports whether a heading tells that the list is sorted by that column.
func (l layout) headed(by string) bool {
	switch by {
	case byIDUser:
		return l.idUser > 0
	case byIDEmail:
		return l.idEmail > 0
	case byState:
		return l.state > 0
	}
	return by != byLast
}
