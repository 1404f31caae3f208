package reconcile

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// doorkeeper is an oracle with a policy on its application, which lets only the
// second person in.
type doorkeeper struct {
	*oracle
	superuser func(asked int64) bool // by how often it was asked
	meAsked   atomic.Int64
	asked     atomic.Int64
	fails     error
}

func (d *doorkeeper) ReadDirectory(ctx context.Context, o model.ReadOptions) (model.DirectoryReading, error) {
	r, err := d.oracle.ReadDirectory(ctx, o)
	r.Setup = model.Setup{
		Known: true, BindingsKnown: true, Application: &model.Application{Name: "RomM", Slug: "romm"},
		Bindings: []model.Binding{{Application: "romm", Policy: "p", PolicyName: "gate"}},
	}
	return r, err
}

func (d *doorkeeper) AnswersForOthers(context.Context) (bool, error) {
	return d.superuser(d.meAsked.Add(1)), nil
}

func (d *doorkeeper) MayOpen(_ context.Context, slug string, pk int64) (model.AccessAnswer, error) {
	d.asked.Add(1)
	if slug != "romm" {
		return model.AccessAnswer{}, errors.New("another application")
	}
	return model.AccessAnswer{Passes: pk == 2}, d.fails
}

// TestAccessIsAskedOfSuperusers: an answer counts only while the token is a
// superuser's, before and after it was asked; it lives as long as the preview.
func TestAccessIsAskedOfSuperusers(t *testing.T) {
	t.Parallel()
	always := func(int64) bool { return true }
	for name, c := range map[string]struct {
		superuser func(int64) bool
		fails     error
		asked     int64
		known     bool
	}{
		"a superuser":     {always, nil, 3, true},
		"another token":   {func(int64) bool { return false }, nil, 0, false},
		"no longer":       {func(n int64) bool { return n == 1 }, nil, 3, false},
		"it does not say": {always, errors.New("503"), 3, false},
	} {
		o, s := consult(t, 3)
		d := &doorkeeper{oracle: o, superuser: c.superuser, fails: c.fails}
		s.Directory = d
		r, failed := s.Preview(t.Context(), load(t, s, model.ReadOptions{}), nil, nil)
		if (failed != nil) != (c.fails != nil) || d.asked.Load() != c.asked {
			t.Errorf("%s: %v, asked %d times", name, failed, d.asked.Load())
		}
		for _, r := range []*model.Review{r, load(t, s, model.ReadOptions{})} {
			out, in := pair(t, r, 1), pair(t, r, 2)
			if c.known != strings.Contains(out.Barred, "gate") || c.known != (in.MayStop == "") || in.Barred != "" {
				t.Errorf("%s: %q, %q, %q", name, out.Barred, in.MayStop, in.Barred)
			}
		}
	}
}
