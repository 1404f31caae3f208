package tui

import (
	"context"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/screen/history"
	"github.com/romm-admin/romm-admin/tui/widget"
)

type (
	loadedMsg struct {
		gen    int
		review *model.Review
		err    error
	}
	simulatedMsg struct {
		gen    int
		draft  plan.Draft
		impact plan.Impact
		err    error
	}
)

// startLoad reads both sides again. Old data stays on the screen meanwhile.
func (a App) startLoad() (App, tea.Cmd) {
	a.load = a.load.next(a.opts.Context)
	a.gauge, a.read, a.turning, a.since = newGauge(a.load.ctx), figure{}, false, a.opts.Clock()
	a.data.Reading, a.data.Early = true, nil
	a, cmd := a.broadcast(a.data)
	a, log := a.readJournal()
	return a, tea.Batch(cmd, log, a.loadCmd(), a.gaugeCmd())
}

// gaugeCmd tells what is known of a reading while it runs.
func (a App) gaugeCmd() tea.Cmd {
	return tea.Batch(a.gauge.listen(reading, a.load.gen), a.gauge.listenEarly(a.load.gen), a.gauge.after(a.spinner.Tick))
}

func (a App) loadCmd() tea.Cmd {
	console, parent, gen, g, services := a.opts.Console, a.load.ctx, a.load.gen, a.gauge, a.data.ServiceAccounts
	return func() tea.Msg {
		defer g.end()
		ctx, cancel := context.WithTimeout(parent, loadLimit)
		defer cancel()
		r, err := console.Load(ctx, model.ReadOptions{ServiceAccounts: services, Progress: g.report, Early: g.early})
		if err == nil && r == nil {
			err = &model.Error{Code: model.CodeInternal, Msg: "the reading brought nothing", Hint: "try again"}
		}
		return loadedMsg{gen, r, err}
	}
}

func (a App) loaded(msg loadedMsg) (App, tea.Cmd) {
	if msg.gen != a.load.gen {
		return a, nil // a newer reading or a change has overtaken it
	}
	a.data.Reading, a.data.Early, a.data.Err = false, nil, msg.err
	a.took = a.opts.Clock().Sub(a.since)
	switch {
	case msg.err == nil:
		a.data.Review = msg.review
		a = a.settleToast()
	case a.data.Review != nil:
		a.toast = a.failure("not read again, this is the older state: ", msg.err).of(aboutReading)
	case a.screens[a.active].ID() == history.ID: // the others have nothing else to show
		a.toast = a.failure("not read: ", msg.err).of(aboutReading)
	default:
		a = a.keep(problem{a.opts.Clock(), "not read: " + msg.err.Error(), model.HintOf(msg.err)})
	}
	a, cmd := a.broadcast(a.data)
	a, more := a.broadcastToOverlays(a.data)
	a, again := a.resimulate()
	return a, tea.Batch(cmd, more, again)
}

// preview opens the dialog at once and works the impact out in a command:
// judging ten thousand people takes longer than a key press may.
func (a App) preview(p widget.Preview) (App, tea.Cmd) {
	a = a.push(p)
	return a.startSimulate(p)
}

func (a App) startSimulate(p widget.Preview) (App, tea.Cmd) {
	a.simulation = a.simulation.next(a.opts.Context)
	review, ctx, gen := a.data.Review, a.simulation.ctx, a.simulation.gen
	return a, func() tea.Msg {
		draft, err := p.Draft(ctx, review)
		if err == nil {
			draft.Plan, err = a.opts.Console.WithTests(ctx, draft.Plan)
		}
		if err != nil {
			return simulatedMsg{gen: gen, draft: draft, err: err}
		}
		_, impact, err := plan.Simulate(ctx, review, draft.Plan)
		return simulatedMsg{gen, draft, impact, err}
	}
}

// resimulate renews an open preview after newer data has come in.
func (a App) resimulate() (App, tea.Cmd) {
	top := len(a.overlays) - 1
	if top < 0 || a.data.Review == nil {
		return a, nil
	}
	switch p := a.overlays[top].(type) {
	case widget.Preview:
		p = p.Stale()
		return a.replaceTop(p).startSimulate(p)
	case widget.Picker:
		return a.watch(p)
	}
	return a, nil
}

// watch works out what the choice under a picker's cursor would change.
func (a App) watch(p widget.Picker) (App, tea.Cmd) {
	draft, err, ok := p.Watch()
	if !ok {
		return a, nil
	}
	a.simulation = a.simulation.next(a.opts.Context)
	a = a.replaceTop(p.WithoutImpact())
	review, ctx, gen := a.data.Review, a.simulation.ctx, a.simulation.gen
	return a, func() tea.Msg {
		if err != nil {
			return simulatedMsg{gen: gen, err: err}
		}
		_, impact, err := plan.Simulate(ctx, review, draft)
		return simulatedMsg{gen: gen, impact: impact, err: err}
	}
}

func (a App) simulated(msg simulatedMsg) (App, tea.Cmd) {
	top := len(a.overlays) - 1
	if msg.gen != a.simulation.gen || top < 0 {
		return a, nil
	}
	switch p := a.overlays[top].(type) {
	case widget.Preview:
		a = a.replaceTop(p.Known(msg.draft, msg.impact, msg.err))
	case widget.Picker:
		a = a.replaceTop(p.Seen(msg.impact, msg.err))
	}
	return a, nil
}

func (a App) replaceTop(o screen.Overlay) App {
	kept := a.overlays[: len(a.overlays)-1 : len(a.overlays)-1]
	a.overlays = append(kept, o) // the capacity is full, so this copies
	return a
}
