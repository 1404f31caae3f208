package model

import (
	"math"
	"slices"
	"strings"
)

// Candidate is an Authentik user who may be the person behind an account that
// pairs with nobody, or only squats. It is shown as a suggestion and never acted on by itself.
type Candidate struct {
	PK    int64
	Score float64 // 0 to 1
	Why   string  // what is alike, in words

	ours, theirs string // what Why is made of
}

const (
	minPercent    = 45 // below it two names are merely both names
	minScore      = minPercent / 100.
	maxCandidates = 3
	nameWeight    = 0.9 // a display name says less than a username
)

// signature is one text of a person, ready for comparison.
type signature struct {
	identity int // index into leftovers
	what     string
	weight   float64
	grams    int
}

// matcher finds texts that share trigrams: an inverted index, so that a
// thousand by a thousand people take milliseconds.
type matcher struct {
	texts []signature
	index [][]int32 // by trigram
	// By text, and the texts that it is not zero for; only while a question is
	// answered.
	hits    []uint16
	sizes   []uint16 // trigrams of each text, beside hits because both are read for each
	touched []int32
}

// trigram is a number below trigramCount.
type trigram uint16

// Letters, digits, the blank of the padding, and one sign for every byte of
// other alphabets.
const (
	signs        = 26 + 10 + 2
	trigramCount = signs * signs * signs
)

// Suggestions returns the candidates of every account that pairs with nobody, or
// only squats, by account id. Accounts without any are left out.
func (r *Review) Suggestions() map[int64][]Candidate {
	m := &matcher{index: make([][]int32, trigramCount)}
	var free []*Identity
	for _, p := range r.Pairs {
		if p.Identity != nil && (p.Local == nil || p.Squats()) {
			m.add(len(free), p.Identity)
			free = append(free, p.Identity)
		}
	}
	out := map[int64][]Candidate{}
	if len(free) == 0 {
		return out
	}
	m.hits = make([]uint16, len(m.texts))
	for _, p := range r.Pairs {
		if p.Local == nil || p.Identity != nil && !p.Squats() {
			continue
		}
		u := *p.Local
		if p.Identity != nil {
			u.Email = "" // it says whose address it has, not whose account it is
		}
		if c := m.ask(u, free); len(c) > 0 {
			out[p.Local.ID] = c
		}
	}
	return out
}

func (m *matcher) add(i int, id *Identity) {
	m.text(i, id.Username.Raw(), "username", 1)
	m.text(i, localPart(id.Email), "address", 1)
	m.text(i, id.Name.Raw(), "name", nameWeight)
	if first, last, ok := strings.Cut(id.Name.Raw(), " "); ok && last != "" && first != "" {
		m.text(i, first[:1]+last, "initial and name", nameWeight) // bbaker of Bob Baker
	}
}

func (m *matcher) text(i int, s, what string, weight float64) {
	grams := trigrams(s)
	if len(grams) == 0 {
		return
	}
	n := int32(len(m.texts))
	m.texts = append(m.texts, signature{identity: i, what: what, weight: weight, grams: len(grams)})
	m.sizes = append(m.sizes, uint16(min(len(grams), math.MaxUint16)))
	for _, g := range grams {
		m.index[g] = append(m.index[g], n)
	}
}

// ask scores every text that shares a trigram with the account's by Dice's
// coefficient and keeps the best of each person.
func (m *matcher) ask(u LocalUser, free []*Identity) []Candidate {
	var out []Candidate
	for _, q := range []struct{ text, what string }{{u.Username.Raw(), "username"}, {localPart(u.Email), "address"}} {
		grams := trigrams(q.text)
		m.touched = m.touched[:0]
		for _, g := range grams {
			for _, n := range m.index[g] {
				if m.hits[n]++; m.hits[n] == 1 {
					m.touched = append(m.touched, n)
				}
			}
		}
		for _, n := range m.touched {
			hits := int(m.hits[n])
			if 200*hits < minPercent*(len(grams)+int(m.sizes[n])) { // whatever its weight
				m.hits[n] = 0
				continue
			}
			t := &m.texts[n]
			score := t.weight * 2 * float64(m.hits[n]) / float64(len(grams)+t.grams)
			m.hits[n] = 0
			full := len(out) == maxCandidates
			if score >= minScore && (!full || score >= out[maxCandidates-1].Score) {
				out = insertBest(out, Candidate{PK: free[t.identity].PK, Score: score}, q.what, t.what)
			}
		}
	}
	for i := range out {
		out[i].Why = "RomM's " + out[i].ours + " is like Authentik's " + out[i].theirs
	}
	return out
}

// insertBest puts the candidate into the list, best first, if it is among the
// best; a person stands in it once.
func insertBest(list []Candidate, c Candidate, ours, theirs string) []Candidate {
	if i := slices.IndexFunc(list, func(o Candidate) bool { return o.PK == c.PK }); i >= 0 {
		if !c.before(list[i]) {
			return list
		}
		list = slices.Delete(list, i, i+1)
	}
	i, _ := slices.BinarySearchFunc(list, c, func(o, c Candidate) int {
		if o.before(c) {
			return -1
		}
		return 1
	})
	if i == maxCandidates {
		return list
	}
	c.ours, c.theirs = ours, theirs
	return slices.Insert(list, i, c)[:min(len(list)+1, maxCandidates)]
}

func (c Candidate) before(o Candidate) bool {
	return c.Score > o.Score || c.Score == o.Score && c.PK < o.PK
}

func localPart(a Untrusted) string {
	s, _, _ := strings.Cut(a.Raw(), "@")
	return s
}

// trigrams returns the distinct groups of three letters or digits of a text,
// folded and padded, so that beginnings count. Other signs do not count:
// bob.baker, Bob Baker and bob_baker are alike.
func trigrams(s string) []trigram {
	out := make([]trigram, 0, len(s)+1)
	var a, b trigram // the two signs before, blanks at first
	push := func(c trigram) {
		if g := (a*signs+b)*signs + c; !slices.Contains(out, g) {
			out = append(out, g)
		}
		a, b = b, c
	}
	for i := range len(s) {
		switch c := s[i]; {
		case letter(c):
			push(trigram(c|0x20-'a') + 1)
		case '0' <= c && c <= '9':
			push(trigram(c-'0') + 27)
		case c >= 0x80:
			push(signs - 1)
		}
	}
	if len(out) == 0 {
		return nil
	}
	push(0)
	return out
}
