package reconcile

import (
	"context"
	"errors"
	"fmt"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// Apply carries a plan out: see [Service.Begin], then [Service.Step] for each
// change. It stops at the first failure; the changes after it are not tried.
// The review that it returns is judged from what was read back; when nothing
// was begun it is r.
func (s *Service) Apply(ctx context.Context, r *model.Review, p plan.Plan) (*model.Review, plan.Report) {
	report := plan.Report{Plan: p}
	fresh, planID, err := s.begin(ctx, r, p)
	if err != nil {
		report.Results = []plan.ChangeResult{{Err: err}}
		if len(p.Changes) > 0 {
			report.Results[0].Change = p.Changes[0]
		}
		return r, report
	}
	defer s.End(planID)
	w := fresh.World
	for i, c := range p.Changes {
		next, err := s.Step(ctx, w, planID, p, i)
		report.Results = append(report.Results, plan.ChangeResult{Change: c, Err: err})
		w = next
		if err != nil {
			break
		}
	}
	return model.Judge(w), report
}

// Begin reads both sides again and holds the whole plan to what is the case
// now: somebody else may have changed something since the plan was made, so
// that what was harmless then would lose the last admin now, or keeps somebody
// out whom nobody was shown (S5, S35). What that leans on and was previewed
// before is asked of Authentik again. It returns the id under which the changes
// stand in the journal. From then on the plan is under way for every program,
// until End.
func (s *Service) Begin(ctx context.Context, r *model.Review, p plan.Plan) (planID string, err error) {
	_, planID, err = s.begin(ctx, r, p)
	return planID, err
}

func (s *Service) begin(ctx context.Context, r *model.Review, p plan.Plan) (*model.Review, string, error) {
	switch {
	case len(p.Changes) == 0:
		return nil, "", &model.Error{Code: model.CodeInvalid, Msg: "the plan is empty"}
	case p.NeedsClientID():
		return nil, "", &model.Error{Code: model.CodeInternal, Msg: "the client id of the new provider was not drawn"}
	case s.ReadOnly:
		return nil, "", &model.Error{
			Code: model.CodeRefused, Msg: "read-only mode: nothing is written", Hint: "start without --read-only to change something",
		}
	}
	begun := s.Now()
	fresh, err := s.Load(ctx, model.ReadOptions{ServiceAccounts: r.World.ServiceAccounts})
	if err != nil {
		return nil, "", fmt.Errorf("read again before writing: %w", err)
	}
	_, impact, err := plan.Simulate(fresh, p)
	if err != nil {
		return nil, "", err
	}
	if old := plan.StalePreviews(fresh, impact, begun); len(old) > 0 {
		if fresh, err = s.Preview(ctx, fresh, old, nil); err != nil {
			return nil, "", fmt.Errorf("ask Authentik again before writing: %w", err)
		}
		if _, impact, err = plan.Simulate(fresh, p); err != nil {
			return nil, "", err
		}
	}
	if p.Publishes() && !fresh.World.Roles.Same(r.World.Roles) {
		return nil, "", &model.Error{
			Code: model.CodeConflict, Msg: "in the meantime the role map changed, and the plan would publish the older one",
			Hint: "reload and look again",
		}
	}
	_, shown, _ := plan.Simulate(r, p) // one that fails showed nothing
	if who := impact.WorseThan(shown); len(who) > 0 {
		return nil, "", &model.Error{
			Code: model.CodeConflict, Msg: fmt.Sprintf("in the meantime the plan has come to change the next login of %s too", model.Clean(who[0].Who.Raw())),
			Hint: "reload and look again at whom it concerns",
		}
	}
	if err := plan.CheckSharers(fresh.World, p); err != nil {
		return nil, "", err
	}
	planID := s.NewID()
	if err := s.announce(ctx, planID, p); err != nil {
		return nil, "", err
	}
	return fresh, planID, nil
}

// Step makes the change p.Changes[i] of a plan that has begun: record, compare,
// write, read back, close the record. It returns the world after, which is w
// where nothing was written.
func (s *Service) Step(ctx context.Context, w model.World, planID string, p plan.Plan, i int) (model.World, error) {
	c := p.Changes[i]
	seq, err := s.Journal.OpenEntry(ctx, plan.JournalEntry{
		At: s.Now(), Actor: model.Untrusted(s.Actor), Session: s.Session,
		PlanID: planID, Plan: p.Title, Change: c, Outcome: plan.OutcomeOpen,
	})
	if err != nil { // no record, no change (S37)
		return w, fmt.Errorf("write the journal: %w", err)
	}
	next, err := s.write(ctx, w, c)
	outcome, detail := plan.OutcomeDone, ""
	if err != nil {
		detail = model.Clean(err.Error())
		if outcome = plan.OutcomeFailed; model.CodeOf(err) == model.CodePartial { // made, but not read back
			outcome = plan.OutcomeDone
			if assumed, werr := plan.After(w, c); werr == nil {
				next = assumed
			}
		} else if errors.Is(ctx.Err(), context.Canceled) {
			detail = plan.StoppedDetail + detail
		}
	}
	// The record is closed even when the caller has gone away meanwhile.
	if closeErr := s.Journal.CloseEntry(context.WithoutCancel(ctx), seq, outcome, detail); closeErr != nil {
		err = errors.Join(err, fmt.Errorf("close the journal entry %d: %w", seq, closeErr))
	}
	return next, err
}
