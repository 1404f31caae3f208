package reconcile

import (
	"context"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// History reads the journal. A Journal that can be read satisfies it too.
type History interface {
	// Entries returns entries, newest first, with numbers below beforeSeq
	// unless that is 0.
	Entries(ctx context.Context, limit int, beforeSeq int64) ([]plan.JournalEntry, error)
	Entry(ctx context.Context, seq int64) (plan.JournalEntry, error)
	// PlanEntries returns the entries of one plan, oldest first.
	PlanEntries(ctx context.Context, planID string) ([]plan.JournalEntry, error)
	Interrupted(ctx context.Context) ([]plan.Interruption, error)
}

// PlanLog remembers whole plans, so that one that is cut short can be finished
// or taken back (security.md R15). A Journal that can do so satisfies it too.
type PlanLog interface {
	// OpenPlan remembers the plan; one that is known is left as it is.
	OpenPlan(ctx context.Context, p plan.Interruption, session string) error
	// Settle closes the entries that the plan left open and marks it as dealt
	// with.
	Settle(ctx context.Context, planID string, open []plan.Settlement) error
	// HoldPlan lets other programs know that the plan is under way, until
	// EndPlan or the death of this one.
	HoldPlan(planID string) error
	// EndPlan forgets a plan that is held; another one is no mistake.
	EndPlan(planID string)
}

// History returns the newest entries of the journal first, at most limit.
func (s *Service) History(ctx context.Context, limit int) ([]plan.JournalEntry, error) {
	h, err := s.history()
	if err != nil {
		return nil, err
	}
	return h.Entries(ctx, limit, 0)
}

// PlanUndo builds the plan that takes back the entry seq, or the whole plan
// planID if seq is 0, from the review r.
func (s *Service) PlanUndo(ctx context.Context, r *model.Review, seq int64, planID string) (plan.Plan, error) {
	h, err := s.history()
	if err != nil {
		return plan.Plan{}, err
	}
	if seq == 0 {
		entries, err := h.PlanEntries(ctx, planID)
		if err != nil {
			return plan.Plan{}, err
		}
		return plan.Undo(r, entries)
	}
	e, err := h.Entry(ctx, seq)
	if err != nil {
		return plan.Plan{}, err
	}
	return plan.Undo(r, []plan.JournalEntry{e})
}

// Interrupted returns the plans that were cut short, newest first; those that
// may be under way right now are left out. PlanResume and PlanRollback of the
// review make the plans that end them, and Settle closes them.
func (s *Service) Interrupted(ctx context.Context) ([]plan.Interruption, error) {
	h, err := s.history()
	if err != nil {
		return nil, err
	}
	all, err := h.Interrupted(ctx)
	if err != nil {
		return nil, err
	}
	var out []plan.Interruption
	for _, i := range all {
		if !i.MayBeRunning(s.Now()) {
			out = append(out, i)
		}
	}
	return out, nil
}

// announce takes the plan in hand and remembers all of it under its id, before
// its first change. A plan of one change needs not be remembered: its entry in
// the journal says everything.
func (s *Service) announce(ctx context.Context, planID string, p plan.Plan) error {
	log, ok := s.Journal.(PlanLog)
	if !ok {
		return nil
	}
	if err := log.HoldPlan(planID); err != nil || len(p.Changes) < 2 {
		return err
	}
	err := log.OpenPlan(ctx, plan.Interruption{
		PlanID: planID, Title: p.Title, Actor: model.Untrusted(s.Actor), At: s.Now(), Changes: p.Changes,
	}, s.Session)
	if err != nil {
		log.EndPlan(planID)
	}
	return wrap("write the journal", err)
}

// End puts a plan down that Begin took in hand: it was made, or it stops here
// and can be finished or taken back from now on.
func (s *Service) End(planID string) {
	if log, ok := s.Journal.(PlanLog); ok {
		log.EndPlan(planID)
	}
}

// Settle closes what the interrupted plan left open, by what r says of each
// object, and marks the plan as dealt with. Call it once the plan that
// finishes it or takes it back is applied, with the review from before that.
func (s *Service) Settle(ctx context.Context, r *model.Review, i plan.Interruption) error {
	log, ok := s.Journal.(PlanLog)
	if !ok {
		return unreadable()
	}
	if s.ReadOnly {
		return &model.Error{
			Code: model.CodeRefused, Msg: "read-only mode: nothing is written", Hint: "start without --read-only to change something",
		}
	}
	return wrap("close the interrupted plan", log.Settle(ctx, i.PlanID, plan.Settle(r, i)))
}

func (s *Service) history() (History, error) {
	if h, ok := s.Journal.(History); ok {
		return h, nil
	}
	return nil, unreadable()
}

func unreadable() error {
	return &model.Error{Code: model.CodeInternal, Msg: "this journal can only be written"}
}
