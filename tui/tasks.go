package tui

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/screen"
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
		impact model.Impact
		err    error
	}
	appliedMsg struct {
		gen    int
		review *model.Review
		report model.Report
	}
)

// startLoad reads both sides again. Old data stays on the screen meanwhile.
func (a App) startLoad() (App, tea.Cmd) {
	a.load = a.load.next(a.opts.Context)
	a.data.Reading = true
	a, cmd := a.tell(a.data)
	return a, tea.Batch(cmd, a.loadCmd())
}

func (a App) loadCmd() tea.Cmd {
	console, parent, gen := a.opts.Console, a.load.ctx, a.load.gen
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, loadLimit)
		defer cancel()
		r, err := console.Load(ctx)
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
	a.data.Reading, a.data.Err = false, msg.err
	if msg.err == nil {
		a.data.Review = msg.review
		a = a.settleToast()
	} else if a.data.Review != nil {
		a.toast = a.failure("not read again, this is the older state: ", msg.err)
	}
	a, cmd := a.tell(a.data)
	a, again := a.resimulate()
	return a, tea.Batch(cmd, again)
}

// preview opens the dialog at once and works the impact out in a command:
// judging ten thousand people takes longer than a key press may.
func (a App) preview(p model.Plan) (App, tea.Cmd) {
	a = a.push(widget.NewPreview(a.theme, p))
	return a.startSimulate(p)
}

func (a App) startSimulate(p model.Plan) (App, tea.Cmd) {
	a.simulation++
	review, gen := a.data.Review, a.simulation
	return a, func() tea.Msg {
		_, impact, err := review.Simulate(p)
		return simulatedMsg{gen, impact, err}
	}
}

// resimulate renews an open preview after newer data has come in.
func (a App) resimulate() (App, tea.Cmd) {
	top := len(a.overlays) - 1
	if top < 0 || a.data.Review == nil {
		return a, nil
	}
	p, ok := a.overlays[top].(widget.Preview)
	if !ok {
		return a, nil
	}
	a = a.replaceTop(p.Stale())
	return a.startSimulate(p.Plan)
}

func (a App) simulated(msg simulatedMsg) (App, tea.Cmd) {
	top := len(a.overlays) - 1
	if msg.gen != a.simulation || top < 0 {
		return a, nil
	}
	if p, ok := a.overlays[top].(widget.Preview); ok {
		a = a.replaceTop(p.Known(msg.impact, msg.err))
	}
	return a, nil
}

func (a App) replaceTop(o screen.Overlay) App {
	kept := a.overlays[: len(a.overlays)-1 : len(a.overlays)-1]
	a.overlays = append(kept, o) // the capacity is full, so this copies
	return a
}

// startApply writes. A reading that is under way is older than the change and
// is dropped.
func (a App) startApply(p model.Plan) (App, tea.Cmd) {
	if why := a.data.WriteBlocked(); why != "" {
		a.toast = a.note(screen.LevelError, "nothing was changed: "+why, "")
		return a, nil
	}
	a.overlays = nil
	a.load = a.load.next(a.opts.Context)
	a.apply = a.apply.next(a.opts.Context)
	a.data.Reading, a.data.Applying = false, true
	console, parent, gen, review := a.opts.Console, a.apply.ctx, a.apply.gen, a.data.Review
	a, cmd := a.tell(a.data)
	return a, tea.Batch(cmd, func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, applyLimit)
		defer cancel()
		after, report := console.Apply(ctx, review, p)
		return appliedMsg{gen, after, report}
	})
}

func (a App) applied(msg appliedMsg) (App, tea.Cmd) {
	if msg.gen != a.apply.gen {
		return a, nil
	}
	a.data.Applying, a.leaving = false, false
	if msg.review != nil {
		a.data.Review = msg.review
	}
	err := msg.report.Err()
	if err == nil {
		a.toast = a.note(screen.LevelDone, done(msg.report), "")
	} else {
		a.toast = a.failure(notDone(msg.report), err)
	}
	a, cmd := a.tell(a.data)
	if msg.review == nil || model.CodeOf(err) == model.CodeConflict {
		// What is on the screen is known to be old.
		var load tea.Cmd
		a, load = a.startLoad()
		cmd = tea.Batch(cmd, load)
	}
	return a, cmd
}

// done says what was changed.
func done(r model.Report) string {
	if len(r.Results) != 1 {
		return fmt.Sprintf("%d changes made", r.Done())
	}
	c := r.Results[0].Change
	what := fieldOf(c)
	if c.After == "" {
		return fmt.Sprintf("%s: %s is removed", c.Label, what)
	}
	return fmt.Sprintf("%s: %s is now %s", c.Label, what, c.After)
}

// notDone introduces a failure by what was tried and how far it came.
func notDone(r model.Report) string {
	for _, x := range r.Results {
		if x.Err == nil {
			continue
		}
		text := fmt.Sprintf("%s: %s is not changed: ", x.Change.Label, fieldOf(x.Change))
		if n := r.Done(); n > 0 {
			text = fmt.Sprintf("%d of %d changes made, then stopped; ", n, len(r.Plan.Changes)) + text
		}
		return text
	}
	return ""
}

func fieldOf(c model.Change) string {
	switch c.Kind {
	case model.ChangeLocalEmail:
		return "RomM e-mail"
	case model.ChangeRoleRow:
		return "role"
	}
	return "the " + string(c.Kind)
}
