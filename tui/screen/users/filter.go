package users

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/tui/widget"
)

// filter narrows the list to the people who match what was typed.
type filter struct {
	text   string // in force now; "" shows everybody
	typing bool
	input  widget.Input
	shown  []int // indexes of the review's pairs; meaningless without text
	near   bool  // nobody has the words, these have their letters in order
	wrong  string
}

// typed takes a key press while the filter is being typed.
func (s Screen) typed(msg tea.KeyPressMsg) Screen {
	switch msg.String() {
	case "esc":
		return s.clear()
	case "enter":
		s.filter.typing = false
		return s
	case "up":
		s.list = s.list.Move(-1)
		return s
	case "down":
		s.list = s.list.Move(1)
		return s
	}
	return s.edit(msg)
}

// edit passes a key press or a paste to the input and filters anew.
func (s Screen) edit(msg tea.Msg) Screen {
	s.filter.input = s.filter.input.Update(msg)
	if text := s.filter.input.Value(); text != s.filter.text {
		s.filter.text = text
		s = s.refilter()
		s.list = s.list.Goto(0)
	}
	return s
}

// clear drops the filter and keeps the cursor on the same person.
func (s Screen) clear() Screen {
	person, had := s.Selected()
	s.filter = filter{}
	s = s.refilter()
	s.list = s.list.Goto(0)
	for row := range s.list.Len() {
		if had && samePerson(person, s.pair(row)) {
			s.list = s.list.Goto(row)
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
	s.filter.near, s.filter.wrong = false, ""
	if s.filter.text == "" {
		s.filter.shown = nil
		s.list = s.list.Fill(s.listing.len())
		return s
	}
	q := parse(strings.ToLower(s.filter.text), s.listing, s.picks)
	s.filter.wrong = q.wrong
	s.filter.shown = q.find(s.listing, strings.Contains)
	if len(s.filter.shown) == 0 && q.words() {
		s.filter.shown = q.find(s.listing, widget.Spelled)
		s.filter.near = len(s.filter.shown) > 0
	}
	s.list = s.list.Fill(len(s.filter.shown))
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
