package users

import (
	"strings"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// found are the people whom the filter leaves.
type found struct {
	some  bool  // a filter is in force; otherwise it is everybody
	shown []int // indexes of the review's pairs
	near  bool  // nobody has the words, these have their letters in order
	wrong string
	colon bool // a word may have been meant as a term
}

// narrowed applies the filter after its text changed. The cursor goes to the
// first of those who match; once everybody is shown again it stays on its
// person.
func (s Screen) narrowed() Screen {
	person, had := s.Selected()
	s = s.refilter()
	s.List = s.List.Goto(0)
	if had && !s.found.some {
		s = s.moveTo(person)
	}
	return s
}

// moveTo puts the cursor on a person, if the list has them.
func (s Screen) moveTo(person model.Pair) Screen {
	for row := range s.List.Len() {
		if samePerson(person, s.pair(row)) {
			s.List = s.List.Goto(row)
			break
		}
	}
	return s
}

// refilter applies the filter to the listing.
func (s Screen) refilter() Screen {
	r := s.listing.review
	if r == nil {
		return s
	}
	s.found = found{some: s.Filter.Text() != ""}
	if !s.found.some {
		s.List = s.List.Fill(s.listing.len())
		return s
	}
	q := parse(strings.ToLower(s.Filter.Text()), s.listing, s.picks)
	s.found.wrong, s.found.colon = q.wrong, q.colon
	s.found.shown = q.find(s.listing, strings.Contains)
	if len(s.found.shown) == 0 && q.words() {
		s.found.shown = q.find(s.listing, widget.Spelled)
		s.found.near = len(s.found.shown) > 0
	}
	s.List = s.List.Fill(len(s.found.shown))
	return s
}

// find lists the pairs that match all terms, in the listing's order; has says
// when a text has a word.
func (q query) find(l listing, has func(text, word string) bool) []int {
	shown := make([]int, 0, l.len()/4)
next:
	for row := range l.len() {
		i := l.at(row)
		for _, t := range q.terms {
			ok := false
			if t.test != nil {
				ok = t.test(i)
			} else {
				ok = has(l.index[i], t.word)
			}
			if ok == t.not {
				continue next
			}
		}
		shown = append(shown, i)
	}
	return shown
}
