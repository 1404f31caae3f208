package model

import (
	"fmt"
	"slices"
)

// PlanAssert builds the plan that keeps the sentence with the role map, or,
// with keep false, that drops it. A sentence that does not hold now is refused
// by the guard.
func (r *Review) PlanAssert(sentence string, keep bool) (Plan, error) {
	a, err := ParseAssertion(sentence)
	if err != nil {
		return Plan{}, err
	}
	c := Change{
		Kind: ChangeAssertion, Side: SideRoleMap, Object: a.Text(), Label: Untrusted(a.Text()),
		Reason: "plans that break it are refused",
	}
	have := slices.Contains(r.World.Assertions, a)
	if have == keep {
		return Plan{}, &Error{Code: CodeNothing, Msg: fmt.Sprintf("there is nothing to do: “%s”", a), Hint: "see `romm-admin roles list`"}
	}
	if keep {
		c.After = Untrusted(a.Text())
		return Plan{Title: "assert " + a.String(), Changes: []Change{c}, Command: "romm-admin roles assert " + ShellWord(c.Label, "")}, nil
	}
	c.Before = Untrusted(a.Text())
	return Plan{Title: "no longer assert " + a.String(), Changes: []Change{c}, Command: "romm-admin roles unassert " + ShellWord(c.Label, "")}, nil
}

// PlanReassert builds the plan that keeps another sentence in place of one that
// is kept. The guard judges the new one alone.
func (r *Review) PlanReassert(old, sentence string) (Plan, error) {
	drop, err := r.PlanAssert(old, false)
	if err != nil {
		return Plan{}, err
	}
	keep, err := r.PlanAssert(sentence, true)
	if err != nil {
		return Plan{}, err
	}
	return Plan{
		Title:   "assert " + keep.Changes[0].After.String() + " in place of " + drop.Changes[0].Before.String(),
		Changes: append(drop.Changes, keep.Changes...),
		Command: drop.Command + " && " + keep.Command,
	}, nil
}
