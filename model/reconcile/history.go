package reconcile

import (
	"context"
	"slices"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// History returns the newest entries of the journal first, at most limit.
func (s *Service) History(ctx context.Context, limit int) ([]plan.JournalEntry, error) {
	return s.Journal.Entries(ctx, limit, 0)
}

// Interrupted returns the plans that were cut short, newest first; those that
// may be under way right now are left out. plan.Resume and plan.RollBack make
// the plans that end them, and Settle closes them.
func (s *Service) Interrupted(ctx context.Context) ([]plan.Interruption, error) {
	all, err := s.Journal.Interrupted(ctx)
	return slices.DeleteFunc(all, func(i plan.Interruption) bool { return i.MayBeRunning(s.Now()) }), err
}

// Settle closes what the interrupted plan left open, by what r says of each
// object, and marks the plan as dealt with. Call it once the plan that
// finishes it or undoes it is applied, with the review from before that.
func (s *Service) Settle(ctx context.Context, r *model.Review, i plan.Interruption) error {
	if s.ReadOnly {
		return readOnly()
	}
	return wrap("close the interrupted plan", s.Journal.Settle(ctx, i.PlanID, plan.Settle(r, i)))
}

// WriteWhole makes a change to the database that is of no plan: write makes it,
// and the entry of the journal that says so, in one transaction. Like Apply it
// waits while another program applies a plan.
func (s *Service) WriteWhole(ctx context.Context, e plan.JournalEntry, write func(context.Context, plan.JournalEntry) error) error {
	if s.ReadOnly {
		return readOnly()
	}
	e.At, e.Actor, e.Session, e.PlanID = s.Now(), model.Untrusted(s.Actor), s.Session, s.NewID()
	if err := s.inTurn(ctx, func() error { return s.Journal.HoldPlan(e.PlanID) }); err != nil {
		return err
	}
	defer s.Journal.EndPlan(e.PlanID)
	return write(ctx, e)
}
