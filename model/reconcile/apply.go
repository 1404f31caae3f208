package reconcile

import (
	"context"
	"errors"
	"fmt"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// Apply carries a plan out: [Service.Begin], then [Service.Step] for each
// change, then [Service.End]. It stops at the first failure, unless that was one
// that a definition refused; the changes after it are not tried. While another program has a plan in hand it waits as
// Service.Wait says. The review that it returns is judged from what was read
// back; when nothing was begun it is r.
func (s *Service) Apply(ctx context.Context, r *model.Review, p plan.Plan) (*model.Review, plan.Report) {
	var run plan.Run
	err := s.inTurn(ctx, func() (err error) {
		run, err = s.Begin(ctx, r, p)
		return err
	})
	if err != nil {
		return r, plan.NotBegun(p, err)
	}
	for _, more := run.Next(); more; _, more = run.Next() {
		run = s.Step(ctx, run)
	}
	return s.End(ctx, run)
}

// inTurn tries until no other program applies a plan, as long as Service.Wait
// says.
func (s *Service) inTurn(ctx context.Context, try func() error) error {
	err := try()
	for s.Wait != nil && model.CodeOf(err) == model.CodeBusy {
		if werr := s.Wait(ctx); werr != nil {
			return errors.Join(err, werr)
		}
		err = try()
	}
	return err
}

// Begin takes the right to apply plans, which one program has at a time; it is
// CodeBusy while another has it, and nothing was read then. Then it reads both
// sides again and holds the whole plan to what is the case now: somebody else
// may have changed something since the plan was made, so that what was harmless
// then would lose the last admin now, or keeps somebody out whom nobody was shown
// (S5, S35). What that depends on and was previewed before is asked of Authentik
// again. The run goes on from what was read. The right is kept until End.
func (s *Service) Begin(ctx context.Context, r *model.Review, p plan.Plan) (run plan.Run, err error) {
	switch {
	case len(p.Changes) == 0:
		return plan.Run{}, &model.Error{Code: model.CodeInvalid, Msg: "the plan is empty"}
	case p.NeedsClientID():
		return plan.Run{}, &model.Error{Code: model.CodeInternal, Msg: "the client id of the new provider was not drawn"}
	case s.ReadOnly:
		return plan.Run{}, readOnly()
	}
	run = plan.Run{Plan: p, ID: s.NewID()}
	if err := s.Journal.HoldPlan(run.ID); err != nil {
		return plan.Run{}, err
	}
	defer func() {
		if err != nil {
			s.Journal.EndPlan(run.ID)
			run = plan.Run{}
		}
	}()
	fresh, impact, err := s.judgeAgain(ctx, r, p)
	if err != nil {
		return run, err
	}
	run.World, run.Admins, run.Impact = fresh.World, fresh.Stats.UsableAdmins, impact
	return run, s.announce(ctx, run)
}

// judgeAgain reads both sides and judges the plan by what it read, which it
// returns, with what the plan does by it.
func (s *Service) judgeAgain(ctx context.Context, r *model.Review, p plan.Plan) (*model.Review, plan.Impact, error) {
	begun := s.Now()
	fresh, err := s.Load(ctx, model.ReadOptions{ServiceAccounts: r.World.ServiceAccounts})
	if err != nil {
		return nil, plan.Impact{}, fmt.Errorf("read again before writing: %w", err)
	}
	after, impact, err := plan.Simulate(ctx, fresh, p)
	if err != nil {
		return nil, plan.Impact{}, err
	}
	if old := plan.StalePreviews(fresh, impact, begun); len(old) > 0 {
		if fresh, err = s.Preview(ctx, fresh, old, nil); err != nil {
			return nil, plan.Impact{}, fmt.Errorf("ask Authentik again before writing: %w", err)
		}
		if after, impact, err = plan.Simulate(ctx, fresh, p); err != nil {
			return nil, plan.Impact{}, err
		}
	}
	return fresh, impact, plan.CheckShown(ctx, r, fresh, after, impact, p)
}

// announce remembers the whole plan under its id, before its first change. Of a
// plan of one change that is for nothing in particular the entry in the journal
// says everything.
func (s *Service) announce(ctx context.Context, run plan.Run) error {
	if len(run.Plan.Changes) < 2 && run.Plan.Purpose == plan.PurposeNone {
		return nil
	}
	return wrap("write the journal", s.Journal.OpenPlan(ctx, plan.Interruption{
		PlanID: run.ID, Title: run.Plan.Title, Purpose: run.Plan.Purpose, Actor: model.Untrusted(s.Actor), At: s.Now(), Changes: run.Plan.Changes,
	}, s.Session))
}

// Step makes the next change of a run: record, compare, write, read back, close
// the record. A run without one is returned as it is.
func (s *Service) Step(ctx context.Context, run plan.Run) plan.Run {
	c, more := run.Next()
	if !more {
		return run
	}
	if err := run.CheckRest(ctx); err != nil {
		return run.Tried(run.World, plan.OutcomeFailed, err)
	}
	return run.Tried(s.record(ctx, run, c))
}

// record makes the change between the two lines of its entry in the journal. It
// returns the world after, which is that of the run where nothing was written,
// and what became of the change.
func (s *Service) record(ctx context.Context, run plan.Run, c plan.Change) (next model.World, outcome string, err error) {
	seq, err := s.Journal.OpenEntry(ctx, plan.JournalEntry{
		At: s.Now(), Actor: model.Untrusted(s.Actor), Session: s.Session,
		PlanID: run.ID, Plan: run.Plan.Title, Purpose: run.Plan.Purpose, Change: c, Outcome: plan.OutcomeOpen,
	})
	if err != nil { // no record, no change (S37)
		return run.World, plan.OutcomeFailed, fmt.Errorf("write the journal: %w", err)
	}
	next, err = s.write(ctx, run.World, c)
	outcome, detail := plan.OutcomeDone, ""
	if err != nil {
		outcome, detail = outcomeOf(ctx, err), model.Clean(err.Error())
		if outcome == plan.OutcomeDone { // made, but not read back
			if assumed, werr := plan.After(run.World, c); werr == nil {
				next = assumed
			}
		}
	}
	// The record is closed even when the caller has gone away meanwhile.
	if closeErr := s.Journal.CloseEntry(context.WithoutCancel(ctx), seq, outcome, detail); closeErr != nil {
		err = errors.Join(err, fmt.Errorf("close the journal entry %d: %w", seq, closeErr))
	}
	return next, outcome, err
}

// outcomeOf is what became of a change whose write failed.
func outcomeOf(ctx context.Context, err error) string {
	switch code := model.CodeOf(err); {
	case code == model.CodePartial:
		return plan.OutcomeDone
	case code == model.CodeUnknown:
		return plan.OutcomeUnknown
	case errors.Is(ctx.Err(), context.Canceled):
		return plan.OutcomeStopped
	}
	return plan.OutcomeFailed
}

// End gives back what Begin took: the plan was made, or it stops here and can be
// finished or undone from now on. It judges everybody from what was read back,
// and when the plan took the right to sign in from an admin it reads both sides
// once more: two programs with a file each hold no lock against each other (S5).
func (s *Service) End(ctx context.Context, run plan.Run) (*model.Review, plan.Report) {
	s.Journal.EndPlan(run.ID)
	after, report := model.Judge(run.World), run.Report()
	// A plan that was allowed to take the last one itself is no surprise.
	if left := after.Stats.UsableAdmins; left > 0 && left < run.Admins {
		if fresh, err := s.Load(ctx, model.ReadOptions{ServiceAccounts: run.World.ServiceAccounts}); err == nil {
			after, report.NoAdmin = fresh, fresh.Stats.UsableAdmins == 0
		}
	}
	return after, report
}

func readOnly() error {
	return &model.Error{
		Code: model.CodeRefused, Msg: "read-only mode: nothing is written", Hint: "start without --read-only to change something",
	}
}
