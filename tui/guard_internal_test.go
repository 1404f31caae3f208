package tui

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/screen"
)

// silent is a console that must not be asked to write.
type silent struct {
	Console
	t *testing.T
}

func (silent) Load(context.Context, model.ReadOptions) (*model.Review, error) {
	return model.Judge(model.World{}), nil
}

func (s silent) Begin(context.Context, *model.Review, plan.Plan) (plan.Run, error) {
	s.t.Error("a plan reached the console")
	return plan.Run{}, errors.New("not to be begun")
}

// The preview cannot be opened in a read-only session; should a screen forget
// to ask, nothing is written either.
func TestReadOnlyAppWritesNothing(t *testing.T) {
	t.Parallel()
	a := New(Options{Console: silent{t: t}, ReadOnly: true, Clock: func() time.Time { return time.Time{} }})
	a, _ = a.loaded(a.loadCmd()().(loadedMsg))
	a, cmd := a.startApply(screen.ApplyReq{Plan: plan.Plan{Changes: []plan.Change{{Kind: plan.ChangeLocalEmail}}}})
	if cmd != nil {
		cmd()
	}
	if a.data.Applying || !strings.Contains(a.toast.Text, "read-only") {
		t.Errorf("applying %v, toast %q", a.data.Applying, a.toast.Text)
	}
}
