package reconcile

import (
	"context"
	"errors"
	"fmt"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// Apply carries a plan out: [Service.Begin], then [Service.Step] for each
// change, then [Service.End]. It stops at the first failure; the changes after
// it are not tried. The review that it returns is judged from what was read
// back; when nothing was begun it is r.
func (s *Service) Apply(ctx context.Context, r *model.Review, p plan.Plan) (*model.Review, plan.Report) {
	run, err := s.Begin(ctx, r, p)
	if err != nil {
		return r, plan.NotBegun(p, err)
	}
	for _, more := run.Next(); more; _, more = run.Next() {
		run = s.Step(ctx, run)
	}
	return s.End(run), run.Report()
}

// Begin reads both sides again and holds the whole plan to what is the case
// now: somebody else may have changed something since the plan was made, so
// that what was harmless then would lose the last admin now, or keeps somebody
// out whom nobody was shown (S5, S35). What that depends on and was previewed
// before is asked of Authentik again. The run goes on from what was read. From
// then on the plan is under way for every program, until End.
func (s *Service) Begin(ctx context.Context, r *model.Review, p plan.Plan) (plan.Run, error) {
	switch {
	case len(p.Changes) == 0:
		return plan.Run{}, &model.Error{Code: model.CodeInvalid, Msg: "the plan is empty"}
	case p.NeedsClientID():
		return plan.Run{}, &model.Error{Code: model.CodeInternal, Msg: "the client id of the new provider was not drawn"}
	case s.ReadOnly:
		return plan.Run{}, readOnly()
	}
	begun := s.Now()
	fresh, err := s.Load(ctx, model.ReadOptions{ServiceAccounts: r.World.ServiceAccounts})
	if err != nil {
		return plan.Run{}, fmt.Errorf("read again before writing: %w", err)
	}
	_, impact, err := plan.Simulate(ctx, fresh, p)
	if err != nil {
		return plan.Run{}, err
	}
	if old := plan.StalePreviews(fresh, impact, begun); len(old) > 0 {
		if fresh, err = s.Preview(ctx, fresh, old, nil); err != nil {
			return plan.Run{}, fmt.Errorf("ask Authentik again before writing: %w", err)
		}
		if _, impact, err = plan.Simulate(ctx, fresh, p); err != nil {
			return plan.Run{}, err
		}
	}
	if p.Publishes() && !fresh.World.Roles.Same(r.World.Roles) {
		return plan.Run{}, &model.Error{
			Code: model.CodeConflict, Msg: "in the meantime the role map changed, and the plan would publish the older one",
			Hint: "reload and look again",
		}
	}
	_, shown, _ := plan.Simulate(ctx, r, p) // one that fails showed nothing
	if who := impact.WorseThan(shown); len(who) > 0 {
		return plan.Run{}, &model.Error{
			Code: model.CodeConflict, Msg: fmt.Sprintf("in the meantime other things changed, and the plan would change the next login of %s too", model.Clean(who[0].Who.Raw())),
			Hint: "reload and look again at whom it concerns",
		}
	}
	if err := plan.CheckSharers(fresh.World, p); err != nil {
		return plan.Run{}, err
	}
	run := plan.Run{Plan: p, ID: s.NewID(), World: fresh.World}
	return run, s.announce(ctx, run)
}

// announce takes the plan in hand and remembers all of it under its id, before
// its first change. Of a plan of one change that is for nothing in particular
// the entry in the journal says everything.
func (s *Service) announce(ctx context.Context, run plan.Run) error {
	err := s.Journal.HoldPlan(run.ID)
	if err != nil || len(run.Plan.Changes) < 2 && run.Plan.Purpose == plan.PurposeNone {
		return err
	}
	err = s.Journal.OpenPlan(ctx, plan.Interruption{
		PlanID: run.ID, Title: run.Plan.Title, Purpose: run.Plan.Purpose, Actor: model.Untrusted(s.Actor), At: s.Now(), Changes: run.Plan.Changes,
	}, s.Session)
	if err != nil {
		s.Journal.EndPlan(run.ID)
	}
	return wrap("write the journal", err)
}

// Step makes the next change of a run: record, compare, write, read back, close
// the record. A run without one is returned as it is.
func (s *Service) Step(ctx context.Context, run plan.Run) plan.Run {
	c, more := run.Next()
	if !more {
		return run
	}
	return run.Tried(s.record(ctx, run, c))
}

// record makes the change between the two lines of its entry in the journal. It
// returns the world after, which is that of the run where nothing was written.
func (s *Service) record(ctx context.Context, run plan.Run, c plan.Change) (model.World, error) {
	seq, err := s.Journal.OpenEntry(ctx, plan.JournalEntry{
		At: s.Now(), Actor: model.Untrusted(s.Actor), Session: s.Session,
		PlanID: run.ID, Plan: run.Plan.Title, Purpose: run.Plan.Purpose, Change: c, Outcome: plan.OutcomeOpen,
	})
	if err != nil { // no record, no change (S37)
		return run.World, fmt.Errorf("write the journal: %w", err)
	}
	next, err := s.write(ctx, run.World, c)
	outcome, detail := plan.OutcomeDone, ""
	if err != nil {
		outcome, detail = plan.OutcomeFailed, model.Clean(err.Error())
		switch {
		case model.CodeOf(err) == model.CodePartial: // made, but not read back
			outcome = plan.OutcomeDone
			if assumed, werr := plan.After(run.World, c); werr == nil {
				next = assumed
			}
		case errors.Is(ctx.Err(), context.Canceled):
			outcome = plan.OutcomeStopped
		}
	}
	// The record is closed even when the caller has gone away meanwhile.
	if closeErr := s.Journal.CloseEntry(context.WithoutCancel(ctx), seq, outcome, detail); closeErr != nil {
		err = errors.Join(err, fmt.Errorf("close the journal entry %d: %w", seq, closeErr))
	}
	return next, err
}

// End puts a plan down that Begin took in hand: it was made, or it stops here
// and can be finished or undone from now on. It judges everybody from what was
// read back.
func (s *Service) End(run plan.Run) *model.Review {
	s.Journal.EndPlan(run.ID)
	return model.Judge(run.World)
}

func readOnly() error {
	return &model.Error{
		Code: model.CodeRefused, Msg: "read-only mode: nothing is written", Hint: "start without --read-only to change something",
	}
}
