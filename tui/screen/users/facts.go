package users

import (
	"slices"
	"strings"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/theme"
)

// fact is what facets ask about a person, close together in memory: a filter
// asks it of everybody at every keystroke.
type fact struct {
	states    uint16
	findings  uint64 // by position in model.FindingKinds
	now, next model.Role
	last      int64 // seconds of lastSeen; never if nobody knows
}

// never stands for no sign of life; it is longer ago than anything.
const never = -1 << 62

// states are what `is:` knows beside findings; a bit each, in this order.
func states() []struct {
	name string
	test func(*model.Pair) bool
} {
	return []struct {
		name string
		test func(*model.Pair) bool
	}{
		{"disabled", func(p *model.Pair) bool { return p.Local != nil && !p.Local.Enabled }},
		{"enabled", func(p *model.Pair) bool { return p.Local != nil && p.Local.Enabled }},
		{"pinned", func(p *model.Pair) bool { return p.Basis == model.BasisPin }},
		{"inactive", (*model.Pair).Inactive},
		{"paired", func(p *model.Pair) bool { return p.Local != nil && p.Identity != nil }},
		{"stuck", func(p *model.Pair) bool { return p.Identity != nil && p.Identity.Active && !p.CanSignIn() }},
		{"fixable", func(p *model.Pair) bool { _, ok := p.SafeFix(); return ok }},
		{"problem", func(p *model.Pair) bool { return p.Worst().Kind.Problem() }},
	}
}

// isState reports whether `is:` knows a state of exactly that name.
func isState(name string) bool {
	for _, s := range states() {
		if s.name == name {
			return true
		}
	}
	return false
}

func factsOf(pairs []model.Pair) []fact {
	known := states()
	bit := map[model.FindingKind]uint64{}
	for i, k := range model.FindingKinds() {
		bit[k] = 1 << i
	}
	out := make([]fact, len(pairs))
	for i := range pairs {
		p, f := &pairs[i], fact{last: never}
		for n, s := range known {
			if s.test(p) {
				f.states |= 1 << n
			}
		}
		for _, x := range p.Findings {
			f.findings |= bit[x.Kind]
		}
		if p.Local != nil {
			f.now = p.Local.Role
		}
		if p.Verdict != nil && p.Verdict.OK() {
			f.next = p.Verdict.RoleAfter
		}
		if at := lastSeen(*p); !at.IsZero() {
			f.last = at.Unix()
		}
		out[i] = f
	}
	return out
}

// is tests for a finding, by name or by the beginning of one of its parts
// (`mismatch` is email-mismatch), or for a state; nil if there is none.
func (l listing) is(value string, chosen picks) func(i int) bool {
	if value == "selected" {
		pairs := l.review.Pairs
		return func(i int) bool { return chosen.has(pairs[i]) }
	}
	var begun uint16 // states whose name is still being typed
	for n, s := range states() {
		if s.name == value {
			return func(i int) bool { return l.facts[i].states&(1<<n) != 0 }
		}
		if strings.HasPrefix(s.name, value) && begun == 0 {
			begun = 1 << n
		}
	}
	var wanted uint64
	for n, k := range model.FindingKinds() {
		word := strings.ReplaceAll(strings.ToLower(theme.MarkOf(k).Word), " ", "-")
		if strings.HasPrefix(string(k), value) || strings.Contains(string(k), "-"+value) || strings.HasPrefix(word, value) {
			wanted |= 1 << n
		}
	}
	switch {
	case wanted != 0:
		return func(i int) bool { return l.facts[i].findings&wanted != 0 }
	case begun != 0 || strings.HasPrefix("selected", value):
		return func(i int) bool { return l.facts[i].states&begun != 0 }
	}
	return nil
}

// role tests the role that somebody has now or gets at the next login; nil when
// no role begins so.
func (l listing) role(value string) func(i int) bool {
	known := []model.Role{model.RoleAdmin, model.RoleUser, model.RoleEditor, model.RoleViewer}
	if !slices.ContainsFunc(known, func(r model.Role) bool { return strings.HasPrefix(string(r), value) }) {
		return nil
	}
	return func(i int) bool {
		f := &l.facts[i]
		return strings.HasPrefix(string(f.now), value) || strings.HasPrefix(string(f.next), value)
	}
}

// kind tests the type of the Authentik user, by its beginning; nil when no
// type begins so.
func (l listing) kind(value string) func(i int) bool {
	value = strings.ReplaceAll(value, "-", "_")
	known := []string{"internal", "external", "service_account", "internal_service_account"}
	if !slices.ContainsFunc(known, func(k string) bool { return strings.HasPrefix(k, value) }) {
		return nil
	}
	whole := slices.Contains(known, value) // internal is not internal_service_account
	pairs := l.review.Pairs
	return func(i int) bool {
		id := pairs[i].Identity
		return id != nil && (id.Type == value || !whole && strings.HasPrefix(id.Type, value))
	}
}

// group tests membership, inherited or not, in any group whose name has the
// text. The groups are looked up once, not for every person.
func (l listing) group(value string) func(i int) bool {
	groups := l.review.World.Directory.Groups
	named := make(map[model.GroupID]bool, len(groups))
	for _, g := range groups {
		named[g.ID] = strings.Contains(strings.ToLower(g.Name.Raw()), value)
	}
	members, leads := l.chains.Members(), make(map[model.GroupID]bool, len(groups))
	for _, g := range groups {
		all, _ := members.Of([]model.GroupID{g.ID})
		for _, id := range all {
			if named[id] {
				leads[g.ID] = true
				break
			}
		}
	}
	pairs := l.review.Pairs
	return func(i int) bool {
		id := pairs[i].Identity
		if id == nil {
			return false
		}
		for _, g := range id.Groups {
			if leads[g] {
				return true
			}
		}
		return false
	}
}
