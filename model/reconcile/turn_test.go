package reconcile

import (
	"context"
	"errors"
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// TestInTurn proves S5 for both ways to write: a plan, and a write of the whole
// database, wait while another program applies a plan, until somebody gives up.
func TestInTurn(t *testing.T) {
	enough := errors.New("enough")
	p, s, r := start(t)
	written := 0
	ways := map[string]func() error{
		"a plan": func() error {
			change, err := plan.DefaultRole(r, model.RoleUser)
			if err != nil {
				t.Fatal(err)
			}
			p.roles.Default = model.RoleNone
			_, report := s.Apply(t.Context(), r, change)
			written = report.Done()
			return report.Err()
		},
		"a whole": func() error {
			return s.WriteWhole(t.Context(), plan.JournalEntry{}, func(context.Context, plan.JournalEntry) error {
				written++
				return nil
			})
		},
	}
	for name, write := range ways {
		for _, c := range []struct{ busy, patience, waits int }{{0, 9, 0}, {3, 9, 3}, {9, 2, 2}} {
			waits := 0
			p.busy, written = c.busy, 0
			s.Wait = func(context.Context) error {
				if waits == c.patience {
					return enough
				}
				waits++
				return nil
			}
			err := write()
			gaveUp := c.busy > c.patience
			if errors.Is(err, enough) != gaveUp || !gaveUp && err != nil || waits != c.waits || (written == 0) != gaveUp {
				t.Errorf("%s, %+v: %v, %d waits, %d written", name, c, err, waits, written)
			}
		}
		s.Wait, p.busy, written = nil, 1, 0
		if err := write(); model.CodeOf(err) != model.CodeBusy || written != 0 {
			t.Errorf("%s: without Wait it is refused at once: %v", name, err)
		}
	}
}
