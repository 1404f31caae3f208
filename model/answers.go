package model

import (
	"cmp"
	"fmt"
	"slices"
)

// RolesAnswer says which of two answers our roles mapping gives now, where it
// asks a companion first: the companion's, by the role map, or the one of the
// table that was compiled into it.
type RolesAnswer string

// The answers. AnswersUnknown is also where nobody needs to know, because the
// two are equal for everybody.
const (
	AnswersUnknown   RolesAnswer = ""
	AnswersCompanion RolesAnswer = "companion"
	AnswersTable     RolesAnswer = "table"
)

// Deciding is the table that our roles mapping answers from now; nil while the
// companion answers, or is taken to.
func (p Provider) Deciding() *RoleTable {
	if p.Table == nil && p.Answers == AnswersTable {
		return p.Compiled
	}
	return p.Table
}

// Telling returns somebody to whom the companion and the table in Authentik
// give different answers, so that a preview of theirs tells which of the two
// answers; false where there is nobody, or where no companion is asked.
func (w World) Telling() (Identity, bool) {
	p := newPredictor(&w)
	if !p.asksCompanion() || len(w.Provider.Unrequested) > 0 {
		return Identity{}, false
	}
	for _, id := range w.Directory.Identities {
		// Of a role map that is not believed the companion gives nobody admin (S27),
		// so that its answer to an admin is neither of the two.
		if own, whole := p.apart(id); own != nil && whole && (w.RolesDoubt == "" || own.Role != RoleAdmin) {
			return id, true
		}
	}
	return Identity{}, false
}

// Answered returns the world in which that preview of the person tells which of
// the two answers. One that is neither is kept: it is what the next login of
// this person brings, and shows that the companion reads another role map.
func (w World) Answered(id Identity, preview Preview) World {
	p := newPredictor(&w)
	all, _ := p.members.Of(id.Groups)
	got := preview.Claims[RolesClaim]
	w.Provider.AnswersWhy, w.Provider.Answers = "", AnswersCompanion
	switch {
	case sameClaim(got, list(w.Provider.Compiled.Resolve(all))):
		w.Provider.Answers = AnswersTable
	case !sameClaim(got, list(p.tokens(w.Roles.Resolve(all)))):
		return w.WithPreviews(map[int64]Preview{id.PK: preview})
	}
	return w
}

// kept is the table that stands in our mapping.
func (p Provider) kept() *RoleTable { return cmp.Or(p.Compiled, p.Table) }

// asksCompanion reports whether RomM's role claim is one that our mapping asks a
// companion for.
func (p predictor) asksCompanion() bool {
	return p.provider.Found && p.ownRoles() && p.provider.Compiled != nil && p.provider.Compiled.Companion != ""
}

// apart returns the answer of the role map to an active person if the table in
// Authentik gives another one, else nil; whole is false if some of their groups
// cannot be seen.
func (p predictor) apart(id Identity) (own *Resolution, whole bool) {
	all, whole := p.members.Of(id.Groups)
	res := p.roles.Resolve(all)
	table := p.provider.kept()
	if !id.Active || table == nil || slices.Equal(table.Resolve(all), p.tokens(res)) {
		return nil, whole
	}
	return &res, whole
}

// whoAnswers says which of the two answers the verdicts follow, where the table
// in Authentik and the role map differ for somebody; "" where they do not.
func (j *judge) whoAnswers() string {
	if !j.ownRoles() || j.provider.kept() == nil {
		return ""
	}
	n := 0
	for _, id := range j.w.Directory.Identities {
		if own, _ := j.apart(id); own != nil {
			n++
		}
	}
	companion := Clean(j.provider.kept().Companion)
	switch {
	case n == 0:
		return ""
	case companion == "":
		return fmt.Sprintf("Authentik answers from the role table published in it, not from the role map here: for %s the two differ.", people(n))
	case j.provider.Answers == AnswersTable:
		return fmt.Sprintf("The companion at %s does not answer now, or not by this role map: Authentik answers from the role table kept in it, and for %s the two differ.", companion, people(n))
	case j.provider.Answers == AnswersCompanion:
		return fmt.Sprintf("The companion at %s answers now. Without it Authentik would answer from the role table kept in it, which differs from the role map for %s: romm-admin roles publish.", companion, people(n))
	}
	if j.provider.AnswersWhy == "" { // nobody was asked yet
		return ""
	}
	return fmt.Sprintf("It is not known whether the companion at %s answers now (%s). The verdicts take it that it does; without it Authentik would answer from the role table kept in it, which differs from the role map for %s.", companion, Clean(j.provider.AnswersWhy), people(n))
}

// mayBeTheTables says of somebody to whom the two give different answers that it
// is not known which one counts.
func (j *judge) mayBeTheTables(id Identity) string {
	if !j.asksCompanion() || j.provider.AnswersWhy == "" {
		return ""
	}
	own, _ := j.apart(id)
	if own == nil {
		return ""
	}
	all, _ := j.members.Of(id.Groups)
	return fmt.Sprintf("it is not known whether the companion answers; without it %s would be sent", Clean(claimText(list(j.provider.Compiled.Resolve(all)))))
}
