package users

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// query is what the filter asks: all terms must hold.
type query struct {
	terms []term
	wrong string // what was typed and means nothing; "" when all is understood
	colon bool   // a word has a colon, and may have been meant as a facet
}

// term is a word that the text of a person must have, or a test; a leading !
// turns it round.
type term struct {
	not  bool
	word string
	test func(i int) bool
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
		case !facet && t.not && isState(word): // !disabled: surely the state, not a name
			t.test = l.is(word, p)
		case !facet:
			t.word = word
		case value == "":
			continue
		case name == "is":
			t.test = l.is(value, p)
		case name == "role":
			t.test = l.role(value)
		case name == "type":
			t.test = l.kind(value)
		case name == "group":
			t.test = l.group(value)
		case name == "last":
			var whole bool
			if t.test, whole = l.last(value); !whole {
				continue
			}
		default:
			t.word, q.colon = word, true // an address or a name may have a colon
		}
		if t.word == "" && t.test == nil {
			q.wrong = word
			t.test = func(int) bool { return t.not }
		}
		q.terms = append(q.terms, t)
	}
	slices.SortStableFunc(q.terms, func(a, b term) int { return len(a.word) - len(b.word) }) // tests are cheaper
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

// last reads `>30d`, `<12h` or `never` and tests how long before the reading
// somebody was seen; > is "longer ago than", and holds for people who never
// were. Whole is false while the value is still being typed; the test is nil
// when it cannot mean anything.
func (l listing) last(value string) (test func(i int) bool, whole bool) {
	if strings.HasPrefix("never", value) {
		return func(i int) bool { return l.facts[i].last == never }, true
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
	limit := l.review.World.At.Add(-time.Duration(n*hours) * time.Hour).Unix()
	return func(i int) bool {
		if older {
			return l.facts[i].last < limit
		}
		return l.facts[i].last > limit
	}, true
}
