package users

import (
	"strconv"
	"strings"
	"time"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/theme"
)

// query is what the filter asks: all terms must hold.
type query struct {
	terms []term
	wrong string // what was typed and means nothing; "" when all is understood
}

// term is a word that the text of a person must have, or a test; a leading !
// turns it round.
type term struct {
	not  bool
	word string
	test func(model.Pair) bool
}

// words reports whether the query has a word that could be spelled otherwise.
func (q query) words() bool {
	for _, t := range q.terms {
		if t.test == nil && !t.not && len(t.word) > 1 {
			return true
		}
	}
	return false
}

// parse reads a filter in lower case. A facet that is still being typed, such
// as `role:`, narrows nothing; one that cannot mean anything is named in wrong
// and matches nobody.
func parse(text string, l listing, p picks) query {
	var q query
	for _, word := range fields(text) {
		t := term{}
		word, t.not = strings.CutPrefix(word, "!")
		name, value, facet := strings.Cut(word, ":")
		switch {
		case word == "":
			continue
		case !facet:
			t.word = word
		case value == "":
			continue
		case name == "is":
			t.test = is(value, p)
		case name == "role":
			t.test = func(p model.Pair) bool { return roleIs(p, value) }
		case name == "group":
			t.test = inGroup(value, l)
		case name == "last":
			var whole bool
			if t.test, whole = last(value, l.review.World.At); !whole {
				continue
			}
		default:
			t.word = word // an address or a name may have a colon
		}
		if t.word == "" && t.test == nil {
			q.wrong = word
			t.test = func(model.Pair) bool { return t.not }
		}
		q.terms = append(q.terms, t)
	}
	return q
}

// fields splits at blanks; text in double quotes stays together.
func fields(text string) []string {
	var out []string
	var b strings.Builder
	quoted := false
	for _, r := range text {
		switch {
		case r == '"':
			quoted = !quoted
		case r == ' ' && !quoted:
			out = append(out, b.String())
			b.Reset()
		default:
			b.WriteRune(r)
		}
	}
	return append(out, b.String())
}

// is tests for a finding, by name or by the beginning of one of its parts
// (`mismatch` is email-mismatch), or for a state.
func is(value string, p picks) func(model.Pair) bool {
	states := []struct {
		name string
		test func(model.Pair) bool
	}{
		{"disabled", func(p model.Pair) bool { return p.Local != nil && !p.Local.Enabled }},
		{"enabled", func(p model.Pair) bool { return p.Local != nil && p.Local.Enabled }},
		{"pinned", func(p model.Pair) bool { return p.Basis == model.BasisPin }},
		{"paired", func(p model.Pair) bool { return p.Local != nil && p.Identity != nil }},
		{"selected", p.has},
		{"stuck", func(p model.Pair) bool { return p.Identity != nil && p.Identity.Active && !p.CanSignIn() }},
		{"fixable", func(p model.Pair) bool { _, ok := p.SafeFix(); return ok }},
		{"problem", func(p model.Pair) bool {
			k := p.Worst().Kind
			return k != model.FindingOK && k != model.FindingCaseOnly
		}},
	}
	for _, s := range states {
		if s.name == value {
			return s.test
		}
	}
	wanted := map[model.FindingKind]bool{}
	for _, k := range model.FindingKinds() {
		word := strings.ReplaceAll(strings.ToLower(theme.MarkOf(k).Word), " ", "-")
		if strings.HasPrefix(string(k), value) || strings.Contains(string(k), "-"+value) || strings.HasPrefix(word, value) {
			wanted[k] = true
		}
	}
	if len(wanted) > 0 {
		return func(p model.Pair) bool {
			for _, f := range p.Findings {
				if wanted[f.Kind] {
					return true
				}
			}
			return false
		}
	}
	for _, s := range states {
		if strings.HasPrefix(s.name, value) { // still being typed
			return s.test
		}
	}
	return nil
}

// roleIs tests the role that somebody has now or gets at the next login.
func roleIs(p model.Pair, value string) bool {
	now := p.Local != nil && strings.HasPrefix(string(p.Local.Role), value)
	return now || p.Verdict != nil && p.Verdict.OK() && strings.HasPrefix(string(p.Verdict.RoleAfter), value)
}

// inGroup tests membership, inherited or not, in any group whose name has the
// text. The groups are looked up once, not for every person.
func inGroup(value string, l listing) func(model.Pair) bool {
	groups := l.review.World.Directory.Groups
	named := make(map[model.GroupID]bool, len(groups))
	for _, g := range groups {
		named[g.ID] = strings.Contains(strings.ToLower(g.Name.Raw()), value)
	}
	leads := make(map[model.GroupID]bool, len(groups))
	for _, g := range groups {
		all, _ := l.members.Of([]model.GroupID{g.ID})
		for _, id := range all {
			if named[id] {
				leads[g.ID] = true
				break
			}
		}
	}
	return func(p model.Pair) bool {
		if p.Identity == nil {
			return false
		}
		for _, g := range p.Identity.Groups {
			if leads[g] {
				return true
			}
		}
		return false
	}
}

// last reads `>30d`, `<12h` or `never` and tests how long ago somebody was
// seen; > is "longer ago than", and holds for people who never were. Whole is
// false while the value is still being typed.
func last(value string, now time.Time) (test func(model.Pair) bool, whole bool) {
	if strings.HasPrefix("never", value) {
		return func(p model.Pair) bool { return lastSeen(p).IsZero() }, true
	}
	older := value[0] == '>'
	if !older && value[0] != '<' {
		return nil, true
	}
	digits := strings.TrimRight(value[1:], "hdwmy")
	unit := value[1+len(digits):]
	if unit == "" && strings.Trim(digits, "0123456789") == "" {
		return nil, false
	}
	n, err := strconv.Atoi(digits)
	hours := map[string]int{"h": 1, "d": 24, "w": 7 * 24, "m": 30 * 24, "y": 365 * 24}[unit]
	if err != nil || n < 0 || n > 100_000 || hours == 0 {
		return nil, true
	}
	limit := now.Add(-time.Duration(n*hours) * time.Hour)
	return func(p model.Pair) bool {
		at := lastSeen(p)
		if older {
			return at.Before(limit)
		}
		return at.After(limit)
	}, true
}
