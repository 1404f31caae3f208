package users

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/theme"
)

// candidate is somebody on the other side who may be the same person. It is only
// ever shown, and never acted on by itself.
type candidate struct {
	id    int64 // RomM's id of an account, Authentik's pk of a user
	name  model.Untrusted
	score float64 // 0 to 1
	why   string
}

// candidates are the likely ones for everybody who pairs with nobody, or only by
// an address that is another's, the likeliest first: users by account, and accounts by user.
func candidates(r *model.Review) (users, accounts map[int64][]candidate) {
	users, accounts = map[int64][]candidate{}, map[int64][]candidate{}
	found := r.Suggestions()
	if len(found) == 0 {
		return users, accounts
	}
	names := map[int64]model.Untrusted{}
	for _, p := range r.Pairs {
		if p.Identity != nil && (p.Local == nil || p.Squats()) { // candidates are always such
			names[p.Identity.PK] = p.Identity.Username
		}
	}
	for _, p := range r.Pairs {
		if p.Local == nil {
			continue
		}
		for _, c := range found[p.Local.ID] {
			users[p.Local.ID] = append(users[p.Local.ID], candidate{c.PK, names[c.PK], c.Score, c.Why})
			accounts[c.PK] = append(accounts[c.PK], candidate{p.Local.ID, p.Local.Username, c.Score, c.Why})
		}
	}
	for _, list := range accounts {
		slices.SortStableFunc(list, func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
	}
	return users, accounts
}

// candidateNames names those who may be on the other side of somebody who has
// one only.
func (s Screen) candidateNames(p model.Pair) string {
	list, nobody := s.listing.accounts, "no RomM account without an Authentik user looks alike"
	var id int64
	if p.Local != nil {
		list, nobody, id = s.listing.likely, "nobody in Authentik looks alike", p.Local.ID
	} else {
		id = p.Identity.PK
	}
	var parts []string
	for _, c := range list[id][:min(len(list[id]), likelyShown)] {
		parts = append(parts, fmt.Sprintf("%s (%.0f %%: %s)", theme.Escape(c.name.Raw()), 100*c.score, model.Clean(c.why)))
	}
	if len(parts) == 0 {
		return nobody
	}
	return strings.Join(parts, ", ") + "; " + s.key("pin") + " pins one"
}

// likelyShown bounds how many of them are named.
const likelyShown = 5

// likeness is what stands beside a choice that may be the same person; "" and no
// score when it is none of those.
func likeness(all []candidate, id int64) (note string, score float64) {
	for _, c := range all {
		if c.id == id {
			return "likely: " + model.Clean(c.why), 1 + c.score
		}
	}
	return "", 0
}
