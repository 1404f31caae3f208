package admin

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/cmd/internal/demo"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/model/reconcile"
)

// cutWorld is a world to set up, with nobody whom the guard would have to keep.
type cutWorld struct {
	*demo.World
	g *globals
}

func newCutWorld(t *testing.T) cutWorld {
	t.Helper()
	w := newWorld(t, true)
	out := cutWorld{w, &globals{Streams: Streams{Env: w.Env()}}}
	out.in(t, func(s *session, r *model.Review) {
		for _, row := range r.World.Roles.Rows {
			if row.Role == model.RoleAdmin {
				if err := s.Roles.SetRoleRow(t.Context(), model.RoleRow{Group: row.Group, Role: model.RoleNone}, row.Role); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
	return out
}

// in opens the world as a new process would.
func (w cutWorld) in(t *testing.T, fn func(*session, *model.Review)) {
	t.Helper()
	if err := withReview(t.Context(), w.g, func(s *session, r *model.Review) error { fn(s, r); return nil }); err != nil {
		t.Fatal(err)
	}
}

// apply sets up as `setup apply` does; it dies before the change that has the
// number dies, which is recorded and made as how says.
func (w cutWorld) apply(t *testing.T, dies int, how string) (left int) {
	t.Helper()
	w.in(t, func(s *session, r *model.Review) {
		goal, err := (&setupFlags{}).goal(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		p, err := s.PlanSetup(t.Context(), r, goal)
		if err == nil {
			p, err = p.WithClientID(newClientID())
		}
		if err != nil {
			t.Fatal(err)
		}
		if left = len(p.Changes); left == 0 {
			if err := s.SettleSetup(t.Context()); err != nil {
				t.Fatal(err)
			}
			return
		}
		if dies >= 0 {
			s.Now = func() time.Time { return time.Now().Add(-5 * time.Minute) } // it died a while ago
		}
		run, err := s.Begin(t.Context(), r, p)
		if err != nil {
			t.Fatal(err)
		}
		for i := range p.Changes {
			if i == dies {
				w.die(t, s, run, how)
				return
			}
			run = s.Step(t.Context(), run)
			if err := run.Report().Err(); err != nil {
				t.Fatalf("change %d: %v", i, err)
			}
		}
		if err := s.SettleSetup(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	return left
}

func (w cutWorld) die(t *testing.T, s *session, run plan.Run, how string) {
	t.Helper()
	entry := func() int64 {
		seq, err := s.Journal.OpenEntry(t.Context(), plan.JournalEntry{At: s.Now(), Actor: "x", PlanID: run.ID, Plan: run.Plan.Title, Change: run.Plan.Changes[len(run.Results)]})
		if err != nil {
			t.Fatal(err)
		}
		return seq
	}
	made := func() {
		journal := s.Journal
		s.Journal = silent{journal}
		if err := s.Step(t.Context(), run).Report().Err(); err != nil {
			t.Fatal(err)
		}
		s.Journal = journal
	}
	switch how {
	case "between":
	case "announced":
		entry()
	case "made":
		entry()
		made()
	case "said to have failed": // the answer was lost, and reading back failed too
		seq := entry()
		made()
		if err := s.Journal.CloseEntry(t.Context(), seq, plan.OutcomeFailed, "no answer"); err != nil {
			t.Fatal(err)
		}
	}
}

type silent struct{ reconcile.Journal }

func (silent) OpenEntry(context.Context, plan.JournalEntry) (int64, error) { return 1, nil }
func (silent) CloseEntry(context.Context, int64, string, string) error     { return nil }

func (w cutWorld) undo(t *testing.T) (err error) {
	t.Helper()
	w.in(t, func(s *session, r *model.Review) {
		p, cut, undoErr := s.UndoSetup(t.Context(), r)
		if err = undoErr; err != nil {
			return
		}
		_, report := s.Apply(t.Context(), r, p)
		if err = report.Err(); err != nil {
			return
		}
		for _, i := range cut {
			err = errors.Join(err, s.Settle(t.Context(), r, i))
		}
	})
	return err
}

// TestSetupCutShort proves S36 and R15: a set-up that dies anywhere is undone
// by `setup undo`, or finished by the next one, which draws no second
// client id; that one is undone as a whole, and nothing stays listed as cut
// short.
func TestSetupCutShort(t *testing.T) {
	t.Parallel()
	for dies := range 4 {
		for _, how := range []string{"between", "announced", "made", "said to have failed"} {
			for _, finish := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, change %d, finished %v", how, dies, finish), func(t *testing.T) {
					t.Parallel()
					w := newCutWorld(t)
					if n := w.apply(t, dies, how); n != 4 {
						t.Fatalf("%d changes", n)
					}
					nothing := dies == 0 && (how == "between" || how == "announced")
					if finish {
						w.apply(t, -1, "")
						if n := w.apply(t, -1, ""); n != 0 {
							t.Errorf("%d changes are left after the second run", n)
						}
						w.holds(t, 2, false)
						nothing = false
					}
					if err := w.undo(t); (err != nil) != nothing {
						t.Errorf("undo: %v (%s)", err, model.HintOf(err))
					}
					w.holds(t, 0, nothing)
				})
			}
		}
	}
}

// holds wants all of set-up's objects, mappings being their number, or none, and
// no set-up listed as cut short unless cut is true.
func (w cutWorld) holds(t *testing.T, mappings int, cut bool) {
	t.Helper()
	w.in(t, func(s *session, r *model.Review) {
		set := r.World.Setup
		if whole := mappings > 0; (set.Provider != nil) != whole || (set.Application != nil) != whole || len(set.Mappings) != mappings {
			t.Errorf("left: %+v, %+v, %+v", set.Provider, set.Application, set.Mappings)
		}
		if listed, err := s.Interrupted(t.Context()); err != nil || len(listed) > 0 && !cut {
			t.Errorf("still listed as cut short: %+v, %v", listed, err)
		}
		if n := w.Authentik.Effects()["POST /providers/oauth2/"]; n > 1 || mappings > 0 && n == 0 {
			t.Errorf("%d providers were made", n)
		}
	})
}
