package model

import (
	"fmt"
	"strings"
)

// signIns finds, for what people type at Authentik's login page, whom it takes
// them for: the first made whose username or address is that, letter case aside
// (docs/authentik.md 6).
type signIns struct {
	all   []Identity
	first map[string]int
}

func newSignIns(all []Identity) signIns {
	s := signIns{all, make(map[string]int, 2*len(all))}
	for i, id := range all {
		for _, typed := range []Untrusted{id.Username, id.Email} {
			if at, seen := s.first[signInKey(typed)]; typed != "" && (!seen || id.PK < all[at].PK) {
				s.first[signInKey(typed)] = i
			}
		}
	}
	return s
}

// signInKey is what Authentik compares, by upper case; in lower case, because most
// texts are in that already and then need no copy.
func signInKey(typed Untrusted) string {
	if typed.ASCII() {
		return strings.ToLower(typed.Raw())
	}
	return strings.ToLower(strings.ToUpper(typed.Raw()))
}

// other is the person that typing this signs in, if that is not the one at i.
func (s signIns) other(i int, typed Untrusted) *Identity {
	at, known := s.first[signInKey(typed)]
	if typed == "" || !known || at == i {
		return nil
	}
	return &s.all[at]
}

// signInFinding tells of somebody who is not the first whom Authentik's login
// page finds by the username or by the address: that one signs in somebody else,
// or nobody.
func (j *judge) signInFinding(p *Pair, i int) {
	id := p.Identity
	name, mail := j.signIns.other(i, id.Username), j.signIns.other(i, id.Email)
	if !id.Active || name == nil && mail == nil {
		return
	}
	var why, fix string
	switch {
	case name != nil && (mail != nil || id.Email == ""):
		p.NoSignIn, p.SignIn = true, "Not by Authentik's login page."
		why = takenFor(id.Username, name)
		if mail != nil {
			why += ", and " + takenFor(id.Email, mail)
		}
		why += ", so nobody gets in as this person by that page"
		fix = "rename one of the two in Authentik, in more than letter case"
	case name != nil:
		p.SignIn = fmt.Sprintf("By the address only: “%s” is %s there.", id.Username, name.Username)
		why = fmt.Sprintf("%s, so this person gets in by the address %s alone", takenFor(id.Username, name), id.Email)
		fix = "rename one of the two in Authentik, in more than letter case"
	default:
		p.SignIn = "By the username only."
		why = fmt.Sprintf("%s, so this person gets in by the username %s alone, and with the address only the other's password works", takenFor(id.Email, mail), id.Username)
		fix = "give each Authentik user an address of their own"
	}
	why = "Authentik's login page takes the first match, letter case aside: " + why + "."
	p.Findings = append(p.Findings, Finding{Kind: FindingSignInTaken, Why: why, Told: p.Verdict != nil, Fix: fix})
}

func takenFor(typed Untrusted, by *Identity) string {
	state := ""
	if !by.Active {
		state = ", who is inactive"
	}
	return fmt.Sprintf("“%s” is taken for %s%s", typed, by.Username, state)
}
