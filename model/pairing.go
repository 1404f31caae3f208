package model

import (
	"cmp"
	"slices"
)

// pairing joins both sides: by the link that RomM itself keeps, then by pin,
// equal address and equal username. One account pairs with at most one identity.
type pairing struct {
	locals     []LocalUser
	identities []Identity
	localOf    []int // by identity; -1 for none
	idOf       []int // by local; -1 for none
	basis      []Basis
	alone      int         // locals that pair with nobody yet
	pinned     map[int]Pin // by identity, pins whose two sides both exist or whose account is gone
	brokenPin  map[int]Pin // by local, pins whose identity is gone
}

func pair(w *World) *pairing {
	p := &pairing{
		locals: w.Locals, identities: w.Directory.Identities,
		localOf: filled(len(w.Directory.Identities)), idOf: filled(len(w.Locals)),
		basis: make([]Basis, len(w.Directory.Identities)), alone: len(w.Locals),
		pinned: map[int]Pin{}, brokenPin: map[int]Pin{},
	}
	p.byLink(w.Provider)
	p.byPin(w.Pins)
	p.byKey(BasisEmail, func(u *LocalUser) (string, bool) { return AddressKey(u.Email) },
		func(i *Identity) (string, bool) { return AddressKey(i.Email) })
	p.byKey(BasisUsername, func(u *LocalUser) (string, bool) { return UsernameKey(u.Username) },
		func(i *Identity) (string, bool) { return UsernameKey(i.Username) })
	return p
}

func filled(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = -1
	}
	return s
}

// usernameKey is how usernames pair: letter case does not count among ASCII
// names, other names pair only with themselves.
func UsernameKey(u Untrusted) (string, bool) { return asciiLower(u.Raw()), u != "" }

// byLink joins an account with the person whose issuer and subject RomM has
// stored: it lets that person in there, whatever the addresses say
// (docs/romm.md row 21). RomM compares both exactly.
func (p *pairing) byLink(provider Provider) {
	byLink := map[OIDCLink]int{}
	for i := range p.locals {
		if u := &p.locals[i]; u.Link.Linked() {
			byLink[u.Link] = i
		}
	}
	if len(byLink) == 0 {
		return
	}
	for i := range p.identities {
		l, err := provider.LinkOf(p.identities[i])
		if u, ok := byLink[l]; err == nil && ok && p.idOf[u] < 0 {
			p.join(i, u, BasisLink)
		}
	}
}

func (p *pairing) byPin(pins []Pin) {
	if len(pins) == 0 {
		return
	}
	byUID := make(map[string]int, len(p.identities))
	for i, id := range p.identities {
		byUID[id.UID] = i
	}
	byID := make(map[int64]int, len(p.locals))
	for i, u := range p.locals {
		byID[u.ID] = i
	}
	for _, l := range pins {
		i, haveID := byUID[l.UID]
		u, haveLocal := byID[l.LocalID]
		switch {
		case haveID && haveLocal && p.idOf[u] < 0 && p.localOf[i] < 0:
			p.join(i, u, BasisPin)
			p.pinned[i] = l
		case haveID:
			p.pinned[i] = l
		case haveLocal:
			p.brokenPin[u] = l
		}
	}
}

func (p *pairing) join(identity, local int, b Basis) {
	p.localOf[identity], p.idOf[local], p.basis[identity] = local, identity, b
	p.alone--
}

// byKey joins what is still alone and has the same key. Of several identities
// with one key the account goes to the one with its username, else to an
// active one, else to the first.
func (p *pairing) byKey(b Basis, localKey func(*LocalUser) (string, bool), idKey func(*Identity) (string, bool)) {
	local := make(map[string]int32, p.alone)
	for i := range p.locals {
		if p.idOf[i] >= 0 {
			continue
		}
		if k, ok := localKey(&p.locals[i]); ok {
			if _, taken := local[k]; !taken {
				local[k] = int32(i)
			}
		}
	}
	best := filled(len(p.locals)) // identity, by local
	for i := range p.identities {
		id := &p.identities[i]
		if p.localOf[i] >= 0 {
			continue
		}
		k, ok := idKey(id)
		if !ok {
			continue
		}
		at, ok := local[k]
		if !ok {
			continue
		}
		u := int(at)
		if have := best[u]; have < 0 || p.better(i, have, u) {
			best[u] = i
		}
	}
	for u, i := range best {
		if i >= 0 {
			p.join(i, u, b)
		}
	}
}

// better reports whether identity a is the likelier owner of the account than
// b, which came earlier.
func (p *pairing) better(a, b, local int) bool {
	score := func(i int) int {
		n := 0
		if ka, _ := UsernameKey(p.identities[i].Username); ka == asciiLower(p.locals[local].Username.Raw()) {
			n += 2
		}
		if p.identities[i].Active {
			n++
		}
		return n
	}
	return score(a) > score(b)
}

// sortPairs orders rows: gravest finding first, then by name, then by ids, so
// that equal worlds give equal lists.
func sortPairs(pairs []Pair, rank map[FindingKind]int) {
	slices.SortFunc(pairs, func(a, b Pair) int {
		return cmp.Or(
			cmp.Compare(rank[a.Worst().Kind], rank[b.Worst().Kind]),
			cmp.Compare(asciiLower(a.Username().Raw()), asciiLower(b.Username().Raw())),
			cmp.Compare(a.LocalID(), b.LocalID()),
			cmp.Compare(a.IdentityPK(), b.IdentityPK()),
		)
	})
}

func (p Pair) LocalID() int64 {
	if p.Local == nil {
		return 0
	}
	return p.Local.ID
}

func (p Pair) IdentityPK() int64 {
	if p.Identity == nil {
		return 0
	}
	return p.Identity.PK
}
