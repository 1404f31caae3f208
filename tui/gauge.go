package tui

import (
	"context"
	"time"

	"charm.land/bubbles/v2/spinner"
	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
)

// gauge carries how far a command is to the console while it runs. The newest
// figure wins, and the command never waits for the console. Make it with
// [newGauge].
type gauge struct {
	now  chan figure           // holds one
	half chan []model.Identity // holds one: Authentik's people, while RomM still answers
	over <-chan struct{}
	end  func() // lets the listener go; may be called again
}

// figure is how much of something is done.
type figure struct{ done, total int }

// gaugePace is how long a command runs before its figure is shown, and how
// often it is renewed: what is over sooner does not flicker, and a slow line
// is not filled with figures.
const gaugePace = 250 * time.Millisecond

// gaugeMsg is the newest figure of the command of that generation.
type gaugeMsg struct {
	of     work
	gen    int
	figure figure
}

// work distinguishes the two things that are measured.
type work int

const (
	reading work = iota
	asking
)

// newGauge returns the gauge of a command that runs under ctx: nobody listens
// to it any more once that is cancelled.
func newGauge(ctx context.Context) gauge {
	ctx, cancel := context.WithCancel(ctx)
	return gauge{make(chan figure, 1), make(chan []model.Identity, 1), ctx.Done(), cancel}
}

// report replaces the figure. It must not be called twice at a time.
func (g gauge) report(done, total int) {
	select {
	case <-g.now:
	default:
	}
	select {
	case g.now <- figure{done, total}:
	default: // somebody reports at the same time: either will do
	}
}

// after does what follows a command that has run for long enough to be noticed;
// nothing once it has ended.
func (g gauge) after(next tea.Cmd) tea.Cmd {
	return func() tea.Msg {
		pace := time.NewTimer(gaugePace)
		defer pace.Stop()
		select {
		case <-g.over:
			return nil
		case <-pace.C:
			return next()
		}
	}
}

// listen waits for the next figure; it brings nothing once the command has
// ended.
func (g gauge) listen(of work, gen int) tea.Cmd {
	return g.after(func() tea.Msg {
		select {
		case <-g.over:
			return nil
		case f := <-g.now:
			return gaugeMsg{of, gen, f}
		}
	})
}

// waitPace is how often it is told anew how long RomM has been answering.
const waitPace = 5 * time.Second

// earlyMsg is what is known of that reading while RomM still answers.
type earlyMsg struct {
	gen    int
	people []model.Identity
}

// waitMsg renews how long that has been.
type waitMsg struct{ gen int }

// early hands over Authentik's people, once.
func (g gauge) early(people []model.Identity) {
	select {
	case g.half <- people:
	default:
	}
}

// listenEarly waits for them; it brings nothing where RomM is the quicker one, or
// as quick.
func (g gauge) listenEarly(gen int) tea.Cmd {
	return func() tea.Msg {
		select {
		case <-g.over:
			return nil
		case people := <-g.half:
			return g.after(func() tea.Msg { return earlyMsg{gen, people} })()
		}
	}
}

// spun turns the sign of a reading, until that has ended. A screen reader would
// read it out.
func (a App) spun(msg spinner.TickMsg) (App, tea.Cmd) {
	if a.turning = a.data.Reading && !a.theme.Linear; !a.turning {
		return a, nil
	}
	var cmd tea.Cmd
	a.spinner, cmd = a.spinner.Update(msg)
	return a, cmd
}

// halfRead shows Authentik's people while RomM still answers.
func (a App) halfRead(msg earlyMsg) (App, tea.Cmd) {
	if msg.gen != a.load.gen || !a.data.Reading {
		return a, nil
	}
	a.data.Early = msg.people
	return a.waiting()
}

// waited renews how long RomM has been answering.
func (a App) waited(msg waitMsg) (App, tea.Cmd) {
	if msg.gen != a.load.gen || !a.data.Reading {
		return a, nil
	}
	return a.waiting()
}

func (a App) waiting() (App, tea.Cmd) {
	a.data.Waited = a.opts.Clock().Sub(a.since)
	a, cmd := a.broadcast(a.data)
	gen := a.load.gen
	return a, tea.Batch(cmd, tea.Tick(waitPace, func(time.Time) tea.Msg { return waitMsg{gen} }))
}
