package admin

import (
	"context"
	"sync/atomic"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/reconcile"
	"github.com/romm-admin/romm-admin/tui/screen"
)

// demoPanicName is a variable that works with --demo only: it makes F12 stop
// the console as a mistake in the program would, so that what is saved and how
// the terminal is left can be tried out. `romm-admin demo --help` describes it.
const demoPanicName = "ROMM_ADMIN_DEMO_PANIC"

// panicker is the demo world's service with F12 as a panic: in Update, or in
// the command of the reading that r has started, which waits for it.
type panicker struct {
	*reconcile.Service
	inCommand bool
	readings  atomic.Int32
	pressed   chan struct{}
}

// demoPanic returns nil in normal use.
func demoPanic(demo bool, where string, s *reconcile.Service) *panicker {
	if !demo || where != "update" && where != "command" {
		return nil
	}
	return &panicker{Service: s, inCommand: where == "command", pressed: make(chan struct{}, 1)}
}

// Load implements tui.Console. The first reading is what there is to look at.
func (p *panicker) Load(ctx context.Context, o model.ReadOptions) (*model.Review, error) {
	if p.inCommand && p.readings.Add(1) > 1 {
		select {
		case <-p.pressed:
			panic("forced in a command by " + demoPanicName)
		case <-ctx.Done():
		}
	}
	return p.Service.Load(ctx, o)
}

// options takes F12 away from the console.
func (p *panicker) options() []tea.ProgramOption {
	if p == nil {
		return nil
	}
	return []tea.ProgramOption{tea.WithFilter(func(_ tea.Model, msg tea.Msg) tea.Msg {
		key, ok := msg.(tea.KeyPressMsg)
		if !ok || key.String() != "f12" {
			return msg
		}
		if !p.inCommand {
			return forcedMsg{}
		}
		select {
		case p.pressed <- struct{}{}:
		default:
		}
		return nil
	})}
}

// forcedMsg is a result whose delivery panics.
type forcedMsg struct{}

// For implements screen.Result.
func (forcedMsg) For() screen.ID { panic("forced in Update by " + demoPanicName) }
