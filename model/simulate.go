package model

import "fmt"

// Simulate applies the plan to a copy of the world and judges everybody
// again. err has CodeRefused when the guard forbids the plan; after and impact
// are valid even then, so that a person sees why.
func (r *Review) Simulate(p Plan) (after *Review, impact Impact, err error) {
	e := r.World.edit()
	for _, c := range p.Changes {
		if err := e.apply(c); err != nil {
			return nil, Impact{}, err
		}
	}
	after = Judge(e.w)
	return after, compare(r, after), guard(r, after)
}

// compare lists whose next login differs.
func compare(before, after *Review) Impact {
	verdicts := make(map[int64]Verdict, len(before.Pairs))
	for _, p := range before.Pairs {
		if p.Verdict != nil {
			verdicts[p.Identity.PK] = *p.Verdict
		}
	}
	var out Impact
	for _, p := range after.Pairs {
		if p.Verdict == nil {
			continue
		}
		was, ok := verdicts[p.Identity.PK]
		if !ok {
			continue
		}
		d := Delta{Who: p.Username(), Before: was, After: *p.Verdict}
		switch {
		case !was.OK() && d.After.OK():
			out.CanSignIn = append(out.CanSignIn, d)
		case was.OK() && !d.After.OK():
			out.CannotSignIn = append(out.CannotSignIn, d)
		case d.After.OK() && was.RoleAfter != d.After.RoleAfter:
			out.Roles = append(out.Roles, d)
		}
	}
	return out
}

// guard refuses plans that lose the last admin, that hand an account to
// somebody else, or that were made from half the truth.
func guard(before, after *Review) error {
	if why := before.World.Directory.Incomplete; why != "" { // S9
		return &Error{
			Code: CodeRefused, Msg: "the lists from Authentik are incomplete: " + why,
			Hint: "reload until they are whole; nothing is written from half a list",
		}
	}
	if before.Stats.UsableAdmins > 0 && after.Stats.UsableAdmins == 0 { // S5
		return &Error{
			Code: CodeRefused, Msg: "afterwards no admin could sign in to RomM",
			Hint: "keep at least one group with the role admin that has a member who can sign in",
		}
	}
	for _, a := range before.World.Assertions { // one that is broken already stops nothing else
		if why := a.Broken(after); why != "" && a.Broken(before) == "" {
			return &Error{
				Code: CodeRefused, Msg: fmt.Sprintf("the assertion “%s” would not hold: %s", a, why),
				Hint: "change the plan, or the assertion",
			}
		}
	}
	return guardSquatters(before, after)
}

// guardSquatters refuses a plan that makes or promotes an account which
// carries another person's address (S4).
func guardSquatters(before, after *Review) error {
	was := make(map[int64]Pair, len(before.Pairs))
	for _, p := range before.Pairs {
		if p.Local != nil && p.Has(FindingSquattedEmail) {
			was[p.Local.ID] = p
		}
	}
	for _, p := range after.Pairs {
		if p.Local == nil || !p.Has(FindingSquattedEmail) {
			continue
		}
		old, before := was[p.Local.ID]
		if !before {
			return &Error{
				Code: CodeRefused, Msg: fmt.Sprintf("the RomM account %s would carry the address of another person", p.Local.Username),
				Hint: "use this person's own address, or pin the two together if they are one person",
			}
		}
		if p.Verdict != nil && old.Verdict != nil && p.Verdict.OK() && p.Verdict.RoleAfter.Outranks(old.Verdict.RoleAfter) {
			return &Error{
				Code: CodeRefused, Msg: fmt.Sprintf("the RomM account %s carries another person's address and would become %s", p.Local.Username, p.Verdict.RoleAfter),
				Hint: "correct that account's address first",
			}
		}
	}
	return nil
}
