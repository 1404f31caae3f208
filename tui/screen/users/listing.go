package users

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// column is what the list is sorted by.
type column string

// The columns. Gravity is the order of the review: whoever needs help first.
const (
	byGravity column = ""
	byUser    column = "user"
	byEmail   column = "email"
	byRole    column = "role"
	byIDUser  column = "authentik"
	byIDEmail column = "authentik-email"
	byLast    column = "last"
)

// order is a column and its direction.
type order struct {
	by      column
	falling bool
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
	// likely are the candidates of each account that pairs with nobody, and
	// identity the usernames by which they are called.
	likely   map[int64][]model.Candidate
	identity map[int64]model.Untrusted
	sort     order
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
func arrange(t *theme.Theme, old listing, r *model.Review, by order, active bool) listing {
	l := old
	if old.review != r {
		l = listing{
			review: r, chains: r.Chains(),
			widest: measure(t, r.Pairs), index: index(r.Pairs), facts: factsOf(r.Pairs), likely: r.Suggestions(),
			identity: map[int64]model.Untrusted{},
		}
		for _, p := range r.Pairs {
			if p.Identity != nil && p.Local == nil { // candidates are always such
				l.identity[p.Identity.PK] = p.Identity.Username
			}
		}
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

func sortedRows(r *model.Review, by order) []int {
	if by == (order{}) {
		return nil
	}
	rows := make([]int, len(r.Pairs))
	for i := range rows {
		rows[i] = i
	}
	if by.by == byLast {
		times := make([]time.Time, len(rows))
		for i, p := range r.Pairs {
			times[i] = lastSeen(p)
		}
		slices.SortStableFunc(rows, func(a, b int) int { return times[b].Compare(times[a]) }) // newest first
	} else if by.by != byGravity {
		texts := make([]string, len(rows))
		for i, p := range r.Pairs {
			texts[i] = strings.ToLower(cell(p, by.by))
		}
		slices.SortStableFunc(rows, func(a, b int) int {
			x, y := texts[a], texts[b]
			if x == "" || y == "" { // who has nothing there comes last
				return -cmp.Compare(len(x), len(y))
			}
			return strings.Compare(x, y)
		})
	}
	if by.falling {
		slices.Reverse(rows)
	}
	return rows
}

func cell(p model.Pair, by column) string {
	switch {
	case p.Local != nil && by == byUser:
		return p.Local.Username.Raw()
	case p.Local != nil && by == byEmail:
		return p.Local.Email.Raw()
	case p.Local != nil && by == byRole:
		return string(p.Local.Role)
	case p.Identity != nil && by == byIDUser:
		return p.Identity.Username.Raw()
	case p.Identity != nil && by == byIDEmail:
		return p.Identity.Email.Raw()
	}
	return ""
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

type sortMsg struct{ by column }

// For implements screen.Result.
func (sortMsg) For() screen.ID { return ID }

// sorted takes the answer of the sort dialog; the column that sorts already
// turns round.
func (s Screen) sorted(msg sortMsg) (Screen, screen.Effect) {
	next := order{by: msg.by}
	if msg.by == s.sort.by {
		next.falling = !s.sort.falling
	}
	s.sort = next
	if s.data.Review == nil {
		return s, screen.Effect{}
	}
	return s.relist(s.data.Review)
}

// sortPicker asks what to sort by.
func (s Screen) sortPicker() widget.Picker {
	choices := []widget.Choice{
		{ID: string(byGravity), Label: "next login", Note: "gravest problem first"},
		{ID: string(byUser), Label: "RomM user"},
		{ID: string(byEmail), Label: "RomM e-mail"},
		{ID: string(byRole), Label: "RomM role"},
		{ID: string(byIDUser), Label: "Authentik user"},
		{ID: string(byIDEmail), Label: "Authentik e-mail"},
		{ID: string(byLast), Label: "last seen", Note: "newest first"},
	}
	for i := range choices {
		if column(choices[i].ID) == s.sort.by {
			choices[i].Note = "now; enter turns it round"
		}
	}
	return widget.NewPicker(s.theme, widget.Picker{
		Title: "Sort by", Choices: choices,
		Choose: func(c widget.Choice) (screen.Effect, error) {
			return screen.Want(screen.CloseReq{}, screen.TellReq{Result: sortMsg{column(c.ID)}}), nil
		},
	}, string(s.sort.by))
}
