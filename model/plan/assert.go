package plan

import (
	"fmt"
	"slices"

	"github.com/romm-admin/romm-admin/model"
)

// Assert builds the plan that keeps the sentence with the role map, or,
// with keep false, that drops it. A sentence that does not hold now is refused
// by the guard.
func Assert(r *model.Review, sentence string, keep bool) (Plan, error) {
	a, err := model.ParseAssertion(sentence)
	if err != nil {
		return Plan{}, err
	}
	c := Change{
		Kind: ChangeAssertion, Side: SideRoleMap, Object: a.Text(), Label: model.Untrusted(a.Text()),
		Reason: "plans that break it are refused",
	}
	have := slices.Contains(r.World.Assertions, a)
	if have == keep {
		return Plan{}, &model.Error{Code: model.CodeNothing, Msg: fmt.Sprintf("there is nothing to do: “%s”", a), Hint: "see `romm-admin roles list`"}
	}
	if keep {
		c.After = model.Untrusted(a.Text())
		return Plan{Title: "assert " + a.String(), Changes: []Change{c}, Command: "romm-admin roles assert " + model.ShellWord(c.Label, "")}, nil
	}
	c.Before = model.Untrusted(a.Text())
	return Plan{Title: "no longer assert " + a.String(), Changes: []Change{c}, Command: "romm-admin roles unassert " + model.ShellWord(c.Label, "")}, nil
}

// Reassert builds the plan that keeps another sentence in place of one that
// is kept. The guard judges the new one alone.
func Reassert(r *model.Review, old, sentence string) (Plan, error) {
	drop, err := Assert(r, old, false)
	if err != nil {
		return Plan{}, err
	}
	keep, err := Assert(r, sentence, true)
	if err != nil {
		return Plan{}, err
	}
	return Plan{
		Title:   "assert " + keep.Changes[0].After.String() + " in place of " + drop.Changes[0].Before.String(),
		Changes: append(drop.Changes, keep.Changes...),
		Command: drop.Command + " && " + keep.Command,
	}, nil
}
