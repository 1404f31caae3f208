package reconcile

import (
	"cmp"
	"context"
	"slices"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// SetupNeeds looks up what set-up builds on in Authentik.
func (s *Service) SetupNeeds(ctx context.Context) (model.SetupNeeds, error) {
	return s.Directory.SetupNeeds(ctx)
}

// WithTests says with a plan which of our mappings it has RomM's provider select
// untested, because the token may not have them tested (S11). It asks Authentik
// only where the plan does so.
func (s *Service) WithTests(ctx context.Context, p plan.Plan) (plan.Plan, error) {
	if !p.SelectsAnew() {
		return p, nil
	}
	needs, err := s.SetupNeeds(ctx)
	return p.WithTests(needs), err
}

// ClientSecret reads the secret that RomM and Authentik share.
func (s *Service) ClientSecret(ctx context.Context, r *model.Review) (model.Secret, error) {
	if r.World.Setup.Provider == nil {
		return "", &model.Error{Code: model.CodeNotFound, Msg: "Authentik has no provider for RomM", Hint: "set it up first: romm-admin setup apply"}
	}
	return s.Directory.ClientSecret(ctx, r.World.Setup.Provider.ClientID)
}

// journalPage is how many entries of the journal are read at a time.
const journalPage = 200

// MadeClientID returns the client id of the provider that set-up made last, by
// the journal; "" if it made none, or removed it. It finds a provider again
// that was made before its application (S36). One whose making failed counts
// if no other is left, because the answer of Authentik may have been lost, and
// then the one that a set-up would have made which was cut short: the next one
// finishes it under the same id.
func MadeClientID(ctx context.Context, h History) (string, error) {
	made, tried := "", ""
	err := eachEntry(ctx, h, func(e plan.JournalEntry) (goOn bool) {
		switch c := e.Change; {
		case !c.OfProvider():
		case e.Outcome != plan.OutcomeFailed:
			if c.After != "" {
				made = c.Object
			}
			return false
		case c.Before == "" && tried == "":
			tried = c.Object
		}
		return true
	})
	if made != "" || tried != "" || err != nil {
		return cmp.Or(made, tried), err
	}
	cut, err := h.Interrupted(ctx)
	for _, i := range cut {
		for _, c := range i.Changes {
			if i.Purpose.SetsUp() && c.MakesProvider() {
				return c.Object, err
			}
		}
	}
	return "", err
}

// lastCompanion is the companion that the roles mapping asked when it was written
// last, by the journal; "" if it asked none, or is not there any more.
func lastCompanion(ctx context.Context, h History) (address string, err error) {
	err = eachEntry(ctx, h, func(e plan.JournalEntry) (goOn bool) {
		if !e.Change.OfRolesMapping() || e.Outcome != plan.OutcomeDone {
			return true
		}
		if _, m, err := e.Change.ScopeMappings(); err == nil && m != nil && m.Roles != nil {
			address = m.Roles.Companion
		}
		return false
	})
	return address, err
}

// eachEntry walks through the journal, newest first, until one says stop.
func eachEntry(ctx context.Context, h History, visit func(plan.JournalEntry) (goOn bool)) error {
	for before := int64(0); ; {
		entries, err := h.Entries(ctx, journalPage, before)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if !visit(e) {
				return nil
			}
		}
		if len(entries) < journalPage {
			return nil
		}
		before = entries[len(entries)-1].Seq
	}
}

// UndoSetup builds the plan that undoes the last set-up: the last plan that
// set up, with those before it that were cut short and that it finished. It
// returns the ones that are still listed as cut short too; call Settle for them
// once the plan is applied.
func (s *Service) UndoSetup(ctx context.Context, r *model.Review) (plan.Plan, []plan.Interruption, error) {
	listed, err := s.Journal.Interrupted(ctx)
	if err != nil {
		return plan.Plan{}, nil, err
	}
	cut := make(map[string]plan.Interruption, len(listed))
	for _, i := range listed {
		cut[i.PlanID] = i
	}
	entries, err := lastSetup(ctx, s.Journal, cut)
	if err != nil {
		return plan.Plan{}, nil, err
	}
	var settle []plan.Interruption
	seen := map[string]bool{}
	for _, e := range entries {
		i, ok := cut[e.PlanID]
		if !ok || seen[e.PlanID] {
			continue
		}
		if err := i.Busy(s.Now()); err != nil {
			return plan.Plan{}, nil, err
		}
		seen[e.PlanID] = true
		settle = append(settle, i)
	}
	p, err := plan.UndoSetUp(r, entries)
	return p, settle, err
}

// lastSetup are the entries of the last plan that set up and of those before it
// that it finished: each one that was cut short, or failed.
func lastSetup(ctx context.Context, h History, cut map[string]plan.Interruption) ([]plan.JournalEntry, error) {
	var (
		plans [][]plan.JournalEntry // newest first
		at    = map[string]int{}
	)
	err := eachEntry(ctx, h, func(e plan.JournalEntry) bool {
		if !e.Purpose.SetsUp() {
			return true
		}
		i, ok := at[e.PlanID]
		if !ok {
			i = len(plans)
			at[e.PlanID] = i
			plans = append(plans, nil)
		}
		plans[i] = append(plans[i], e)
		return true
	})
	if err != nil {
		return nil, err
	}
	short := func(made []plan.JournalEntry) bool {
		_, listed := cut[made[0].PlanID]
		return listed || slices.ContainsFunc(made, func(e plan.JournalEntry) bool { return e.Outcome != plan.OutcomeDone })
	}
	var out []plan.JournalEntry
	for i, made := range plans {
		if i > 0 && !short(made) && plans[i-1][0].Purpose == plan.PurposeSetUp {
			break
		}
		out = append(out, made...)
	}
	return out, nil
}

// PlanSetup builds the plan that sets up. Where an earlier one was cut short it
// says that it finishes that one, so that the two are undone together.
func (s *Service) PlanSetup(ctx context.Context, r *model.Review, g plan.SetupGoal) (plan.Plan, error) {
	var err error
	if m, _ := r.World.Setup.Mapping(model.MarkRoles); m.Roles == nil && g.Companion == nil {
		if g.LastCompanion, err = lastCompanion(ctx, s.Journal); err != nil {
			return plan.Plan{}, err
		}
	}
	p, err := plan.SetUp(r, g)
	if err != nil || len(p.Changes) == 0 {
		return p, err
	}
	cut, err := s.cutSetups(ctx)
	if len(cut) > 0 {
		p.Title, p.Purpose = cut[0].FinishTitle(), plan.PurposeFinishSetUp
	}
	return p, err
}

// cutSetups are the set-ups that were cut short, newest first.
func (s *Service) cutSetups(ctx context.Context) ([]plan.Interruption, error) {
	cut, err := s.Interrupted(ctx)
	return slices.DeleteFunc(cut, func(i plan.Interruption) bool { return !i.Purpose.SetsUp() }), err
}

// SettleSetup marks set-ups that were cut short as dealt with, as far as nothing
// of them is left to do.
func (s *Service) SettleSetup(ctx context.Context) error {
	if s.ReadOnly {
		return nil
	}
	cut, err := s.cutSetups(ctx)
	if err != nil || len(cut) == 0 {
		return err
	}
	r, err := s.Load(ctx, model.ReadOptions{})
	if err != nil {
		return err
	}
	for _, i := range cut {
		if rest, err := plan.Resume(r, i); err != nil || len(rest.Changes) > 0 {
			continue // it is still listed
		}
		if err := s.Settle(ctx, r, i); err != nil {
			return err
		}
	}
	return nil
}
