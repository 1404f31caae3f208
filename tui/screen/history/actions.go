package history

import (
	"context"
	"fmt"
	"slices"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/widget"
)

type action = keys.Action[Screen, screen.Effect]

// actions is the screen's registry, most useful first.
func actions() []action {
	out := []action{
		{
			Info: keys.Info{
				ID: "history.undo", Title: "undo this", Help: "undo this change, as a new plan; of an interrupted plan, all that was made",
				Keys: []string{"u"}, Dangerous: true, Footer: 2, Command: "romm-admin history undo N",
			},
			Enabled: canUndo, Same: func(s Screen) string {
				l, _ := s.Selected()
				if l.cut != nil {
					return sameUndoPlan(s)
				}
				return fmt.Sprintf("romm-admin history undo %d", l.entry.Seq)
			},
			Run: func(s Screen) (Screen, screen.Effect) {
				l, _ := s.Selected()
				if l.cut != nil {
					return s, screen.Want(rollback(*l.cut))
				}
				return s, screen.Want(undo([]plan.JournalEntry{*l.entry}))
			},
		},
		{
			Info: keys.Info{
				ID: "history.undo-plan", Title: "undo the plan", Help: "undo every change of the plan that this one was part of",
				Keys: []string{"U"}, Dangerous: true, Command: "romm-admin history undo --plan ID",
			},
			Enabled: canUndoPlan, Same: sameUndoPlan,
			Run: func(s Screen) (Screen, screen.Effect) {
				l, _ := s.Selected()
				if l.cut != nil {
					return s, screen.Want(rollback(*l.cut))
				}
				entries, _ := s.plan(l.entry.PlanID)
				return s, screen.Want(undo(entries))
			},
		},
		{
			Info: keys.Info{
				ID: "history.resume", Title: "resume", Help: "finish a plan that was interrupted",
				Keys: []string{"enter", "c"}, Dangerous: true, Command: "romm-admin history resume ID",
			},
			Enabled: canResume,
			Same: func(s Screen) string {
				l, _ := s.Selected()
				return "romm-admin history resume " + model.ShellWord(model.Untrusted(l.planID()), "")
			},
			Run: func(s Screen) (Screen, screen.Effect) {
				l, _ := s.Selected()
				return s, screen.Want(resume(*l.cut))
			},
		},
		{
			Info:    keys.Info{ID: "history.details", Title: "details", Help: "read all about the selected line", Keys: []string{"d"}},
			Enabled: func(s Screen) (bool, string) { return len(s.Shown) > 0, "no change is selected" },
			Run: func(s Screen) (Screen, screen.Effect) {
				return s, screen.Want(screen.OpenReq{Overlay: s.details()})
			},
		},
		{
			Info: keys.Info{
				ID: "history.filter", Title: "filter", Help: "find changes by words, or by actor:, person:, plan:, is:failed; ! turns a term round",
				Keys: []string{"/"}, Footer: 1,
			},
			Run: func(s Screen) (Screen, screen.Effect) {
				s.Filter = s.Filter.Open(s.theme)
				return s, screen.Effect{}
			},
		},
		{
			Info:    keys.Info{ID: "history.clear-filter", Title: "clear filter", Help: "show everything again", Keys: []string{"esc"}},
			Enabled: func(s Screen) (bool, string) { return s.Filter.Text() != "", "no filter is set" },
			Run: func(s Screen) (Screen, screen.Effect) {
				s.Lines = s.Filtered(widget.Filter{})
				return s, screen.Effect{}
			},
		},
	}
	out = append(out, widget.SortAction(ID, func(s Screen) widget.Picker { return s.Sort.Picker(s.theme, ID, columns()) }))
	out = append(out, narrowActions()...)
	return append(out, moves()...)
}

// narrowActions are the actions that narrow the list to what has something in
// common with the line under the cursor.
func narrowActions() []action {
	narrow := func(id, key, help string, facet func(line) string) action {
		return action{
			Info: keys.Info{ID: "history." + id, Title: id, Help: help, Keys: []string{key}},
			Enabled: func(s Screen) (bool, string) {
				l, ok := s.Selected()
				if !ok {
					return false, "no change is selected"
				}
				return facet(l) != "", "an interrupted plan may be about several people"
			},
			Run: func(s Screen) (Screen, screen.Effect) {
				l, _ := s.Selected()
				s.Lines = s.Filtered(widget.NewFilter(facet(l)))
				return s, screen.Effect{}
			},
		}
	}
	return []action{
		narrow("same-plan", "p", "show this plan alone", func(l line) string {
			if l.cut != nil {
				return widget.Facet("plan", l.cut.PlanID)
			}
			return widget.Facet("plan", l.entry.PlanID)
		}),
		narrow("same-person", "o", "show what was changed of this person or group", func(l line) string {
			if l.cut != nil {
				return ""
			}
			return widget.Facet("person", l.entry.Change.Label.Raw())
		}),
		narrow("same-actor", "w", "show what the same person changed", func(l line) string {
			if l.cut != nil {
				return widget.Facet("actor", l.cut.Actor.Raw())
			}
			return widget.Facet("actor", l.entry.Actor.Raw())
		}),
	}
}

func moves() []action {
	words := widget.MoveWords{Down: "next change", Up: "previous change", Top: "first change", Bottom: "last change"}
	return widget.Moves(ID, words, func(s Screen, f func(widget.List) widget.List) Screen {
		s.List = f(s.List)
		return s
	})
}

// planID is that of the plan that the line is about.
func (l line) planID() string {
	if l.cut != nil {
		return l.cut.PlanID
	}
	return l.entry.PlanID
}

func sameUndoPlan(s Screen) string {
	l, _ := s.Selected()
	return "romm-admin history undo --plan " + model.ShellWord(model.Untrusted(l.planID()), "")
}

func canUndo(s Screen) (bool, string) {
	if why := s.data.WriteBlocked(); why != "" {
		return false, why
	}
	l, ok := s.Selected()
	switch {
	case !ok:
		return false, "no change is selected"
	case l.entry != nil && l.entry.Unsettled():
		return false, "this change was never ended; see the interrupted plan it belongs to"
	case l.entry != nil && l.entry.Outcome != plan.OutcomeDone:
		return false, "this change failed, so there is nothing to undo"
	}
	return true, ""
}

func canUndoPlan(s Screen) (bool, string) {
	if why := s.data.WriteBlocked(); why != "" {
		return false, why
	}
	l, ok := s.Selected()
	if !ok {
		return false, "no change is selected"
	}
	if l.entry == nil {
		return true, ""
	}
	entries, whole := s.plan(l.entry.PlanID)
	switch {
	case !whole:
		return false, fmt.Sprintf("the plan is longer than the %d entries that are shown; use `romm-admin history undo --plan`", screen.JournalLimit)
	case !slices.ContainsFunc(entries, func(e plan.JournalEntry) bool { return e.Outcome == plan.OutcomeDone }):
		return false, "nothing of this plan was made, so there is nothing to undo"
	}
	return true, ""
}

func canResume(s Screen) (bool, string) {
	if why := s.data.WriteBlocked(); why != "" {
		return false, why
	}
	if l, ok := s.Selected(); !ok || l.cut == nil {
		return false, "this is no interrupted plan"
	}
	return true, ""
}

// plan returns the entries of a plan; whole is false when older ones may be
// beyond what was read.
func (s Screen) plan(id string) (entries []plan.JournalEntry, whole bool) {
	all := s.journal.Entries
	for _, e := range all {
		if e.PlanID == id {
			entries = append(entries, e)
		}
	}
	oldest := len(all) - 1
	return entries, len(all) < screen.JournalLimit || all[oldest].PlanID != id
}

func undo(entries []plan.JournalEntry) screen.PlanReq {
	return screen.PlanReq{Title: "undo: " + entries[0].Plan, Make: func(_ context.Context, r *model.Review) (plan.Draft, error) {
		return plan.Whole(plan.Undo(r, entries))
	}}
}

func rollback(i plan.Interruption) screen.PlanReq {
	return screen.PlanReq{Title: "undo: " + i.Title, Settles: &i, Make: func(_ context.Context, r *model.Review) (plan.Draft, error) {
		return plan.Whole(plan.RollBack(r, i))
	}}
}

func resume(i plan.Interruption) screen.PlanReq {
	return screen.PlanReq{Title: "finish: " + i.Title, Settles: &i, Make: func(_ context.Context, r *model.Review) (plan.Draft, error) {
		return plan.Whole(plan.Resume(r, i))
	}}
}
