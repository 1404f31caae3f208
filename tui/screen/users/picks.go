package users

import (
	"iter"
	"maps"
	"slices"

	"github.com/romm-admin/romm-admin/model"
)

// picks are the people that somebody selected. They are kept by the keys of
// both systems, so that they survive the filter, a new order and a reload. A
// value does not change; with returns another one.
type picks struct {
	locals, ids map[int64]bool
	count       int        // rows that are picked
	anchor      model.Pair // the newest pick, where a range begins
}

func (p picks) has(q model.Pair) bool {
	return q.Local != nil && p.locals[q.Local.ID] || q.Identity != nil && p.ids[q.Identity.PK]
}

// with returns picks in which these people are picked, or not.
func (p picks) with(on bool, people ...model.Pair) picks {
	p.locals, p.ids = maps.Clone(p.locals), maps.Clone(p.ids)
	if p.locals == nil {
		p.locals, p.ids = map[int64]bool{}, map[int64]bool{}
	}
	for _, q := range people {
		switch had := p.has(q); {
		case had && !on:
			p.count--
		case !had && on:
			p.count++
		}
		if q.Local != nil {
			set(p.locals, q.Local.ID, on)
		}
		if q.Identity != nil {
			set(p.ids, q.Identity.PK, on)
		}
		p.anchor = q
	}
	return p
}

func set(m map[int64]bool, id int64, on bool) {
	if on {
		m[id] = true
	} else {
		delete(m, id)
	}
}

// recount counts anew after a reload, in which people may have gone or been
// paired.
func (p picks) recount(pairs []model.Pair) picks {
	if p.count == 0 {
		return p
	}
	var stay []model.Pair
	for _, q := range pairs {
		if p.has(q) {
			stay = append(stay, q)
		}
	}
	anchor := p.anchor
	p = picks{}.with(true, stay...)
	p.anchor = anchor
	return p
}

// toggle picks the person under the cursor, or no longer, and moves on.
func (s Screen) toggle() Screen {
	if q, ok := s.Selected(); ok {
		s.picks = s.picks.with(!s.picks.has(q), q)
		s.List = s.List.Move(1)
	}
	return s
}

// extend picks the person under the cursor and the next one, n rows on.
func (s Screen) extend(n int) Screen {
	q, ok := s.Selected()
	if !ok {
		return s
	}
	s.List = s.List.Move(n)
	next, _ := s.Selected()
	s.picks = s.picks.with(true, q, next)
	return s
}

// selectRange picks everybody between the newest pick and the cursor.
func (s Screen) selectRange() Screen {
	from := s.List.Cursor()
	for row := range s.List.Len() {
		if s.picks.count > 0 && samePerson(s.pair(row), s.picks.anchor) {
			from = row
			break
		}
	}
	to := s.List.Cursor()
	step := 1
	if to < from {
		step = -1
	}
	people := []model.Pair{s.pair(from)}
	for row := from; row != to; row += step {
		people = append(people, s.pair(row+step))
	}
	s.picks = s.picks.with(true, people...)
	return s
}

// everybody picks all that the filter leaves; if all are picked already, none
// of them.
func (s Screen) everybody() Screen {
	people := make([]model.Pair, s.List.Len())
	all := true
	for row := range people {
		people[row] = s.pair(row)
		all = all && s.picks.has(people[row])
	}
	s.picks = s.picks.with(!all, people...)
	return s
}

// targets are the people that an action is about: the selected ones, also
// those that the filter hides, or else the one under the cursor.
func (s Screen) targets() []model.Pair { return slices.Collect(s.eachTarget()) }

// eachTarget is targets for who needs the first of them only.
func (s Screen) eachTarget() iter.Seq[model.Pair] {
	return func(yield func(model.Pair) bool) {
		if s.picks.count == 0 {
			if p, ok := s.Selected(); ok {
				yield(p)
			}
			return
		}
		for _, p := range s.listing.review.Pairs {
			if s.picks.has(p) && !yield(p) {
				return
			}
		}
	}
}
