package tui

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// Stepper is a [Console] that can apply a plan one change at a time, so that a
// person sees how far it is and can stop it between two changes. A console
// that is none applies whole plans.
type Stepper interface {
	// Begin checks the plan as a whole, as Apply does, and returns the id
	// under which its changes will stand in the journal. It writes nothing.
	Begin(ctx context.Context, r *model.Review, p plan.Plan) (planID string, err error)
	// Step makes the change p.Changes[i] of a plan that Begin let pass:
	// record, compare, write, read back. It returns the world after, which
	// is w as far as nothing was read back.
	Step(ctx context.Context, w model.World, planID string, p plan.Plan, i int) (model.World, error)
	// End follows the last Step of a plan that Begin let pass, whether it is
	// the plan's last change or not.
	End(planID string)
}

type (
	beganMsg struct {
		gen int
		id  string
		err error
	}
	steppedMsg struct {
		gen   int
		world model.World
		err   error
	}
	appliedMsg struct {
		gen     int
		review  *model.Review
		report  plan.Report
		stopped bool
		back    bool // what was made can be taken back
	}
)

// run is a plan that is being applied. Its result messages come one after the
// other, so it needs no lock.
type run struct {
	plan     plan.Plan
	id       string
	world    model.World // as last read back
	results  []plan.ChangeResult
	stopping bool // after the change that is being made
	holding  bool // before the next change, until somebody says how to go on
	waiting  bool // it is held: no change is being made
	// settles is the interrupted plan that this one ends, judged by before.
	settles *plan.Interruption
	before  *model.Review
}

// startApply writes. A reading that is under way is older than the change and
// is dropped.
func (a App) startApply(req screen.ApplyReq) (App, tea.Cmd) {
	p := req.Plan
	if why := a.data.WriteBlocked(); why != "" {
		a.toast = a.note(screen.LevelError, "nothing was changed: "+why, "")
		return a, nil
	}
	a.overlays = nil
	if len(p.Changes) == 0 && req.Settles != nil {
		return a, a.settleCmd(a.data.Review, req.Settles)
	}
	a.load = a.load.next(a.opts.Context)
	a.apply = a.apply.next(a.opts.Context)
	a.data.Reading, a.data.Applying = false, true
	a.run = run{plan: p, world: a.data.Review.World, before: a.data.Review, settles: req.Settles}
	a, cmd := a.tell(a.data)
	stepper, ok := a.opts.Console.(Stepper)
	if !ok {
		return a, tea.Batch(cmd, a.wholeCmd())
	}
	if len(p.Changes) > 1 {
		a = a.showProgress()
	}
	parent, gen, review := a.apply.ctx, a.apply.gen, a.data.Review
	return a, tea.Batch(cmd, func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, loadLimit) // it reads everything again
		defer cancel()
		id, err := stepper.Begin(ctx, review, p)
		return beganMsg{gen, id, err}
	})
}

// wholeCmd applies the plan in one go.
func (a App) wholeCmd() tea.Cmd {
	console, parent, gen, review, p := a.opts.Console, a.apply.ctx, a.apply.gen, a.data.Review, a.run.plan
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, applyLimit)
		defer cancel()
		after, report := console.Apply(ctx, review, p)
		return appliedMsg{gen: gen, review: after, report: report, back: after != nil && plan.CanUndo(after, madeOf(report))}
	}
}

func (a App) began(msg beganMsg) (App, tea.Cmd) {
	if msg.gen != a.apply.gen {
		return a, nil
	}
	a.run.id = msg.id
	if msg.err != nil {
		var c plan.Change
		if len(a.run.plan.Changes) > 0 {
			c = a.run.plan.Changes[0]
		}
		return a.applied(appliedMsg{gen: msg.gen, review: a.data.Review, report: plan.Report{
			Plan: a.run.plan, Results: []plan.ChangeResult{{Change: c, Err: msg.err}},
		}})
	}
	return a.nextStep()
}

// stepped takes the result of one change and starts the next, unless it
// failed or somebody asked to stop.
func (a App) stepped(msg steppedMsg) (App, tea.Cmd) {
	if msg.gen != a.apply.gen {
		return a, nil
	}
	done := len(a.run.results)
	a.run.world = msg.world
	a.run.results = append(a.run.results[:done:done], plan.ChangeResult{Change: a.run.plan.Changes[done], Err: msg.err})
	if msg.err != nil {
		return a, a.judgeCmd(false)
	}
	return a.nextStep()
}

func (a App) nextStep() (App, tea.Cmd) {
	i := len(a.run.results)
	if i >= len(a.run.plan.Changes) || a.run.stopping {
		return a, a.judgeCmd(i < len(a.run.plan.Changes))
	}
	if a.run.holding {
		a.run.waiting = true
		return a.showProgress(), nil
	}
	if len(a.run.plan.Changes) > 1 {
		a = a.showProgress()
	}
	stepper := a.opts.Console.(Stepper) // startApply asked
	parent, gen, now := a.apply.ctx, a.apply.gen, a.run
	return a, func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, applyLimit)
		defer cancel()
		world, err := stepper.Step(ctx, now.world, now.id, now.plan, i)
		return steppedMsg{gen, world, err}
	}
}

// hold has the plan wait before its next change, or go on: to that change, or to
// the end when it was stopped.
func (a App) hold(on bool) (App, tea.Cmd) {
	a.run.holding = on
	if !on && a.run.waiting {
		a.run.waiting = false
		return a.nextStep()
	}
	return a.showProgress(), nil
}

// judgeCmd ends the plan and judges everybody from what was read back.
func (a App) judgeCmd(stopped bool) tea.Cmd {
	stepper := a.opts.Console.(Stepper) // startApply asked
	gen, now := a.apply.gen, a.run
	return func() tea.Msg {
		stepper.End(now.id)
		report := plan.Report{Plan: now.plan, Results: now.results}
		after := model.Judge(now.world)
		return appliedMsg{gen, after, report, stopped, plan.CanUndo(after, madeOf(report))}
	}
}

func (a App) applied(msg appliedMsg) (App, tea.Cmd) {
	if msg.gen != a.apply.gen {
		return a, nil
	}
	a.data.Applying, a.leaving = false, false
	was := a.run
	a.run = run{}
	a = a.hideProgress()
	if msg.review != nil {
		a.data.Review = msg.review
	}
	if made := madeOf(msg.report); len(made.Changes) > 0 {
		a.last, a.lastID = &made, was.id
	}
	err := msg.report.Err()
	switch {
	case err != nil:
		a.toast = a.failure(notDone(msg.report), err)
	case msg.stopped:
		a.toast = a.note(screen.LevelInfo, fmt.Sprintf("stopped: %d of %d changes made", msg.report.Done(), len(msg.report.Plan.Changes)), "")
	default:
		a.toast = a.note(screen.LevelDone, done(msg.report)+a.wayBack(msg), "")
	}
	if len(msg.report.Plan.Changes) > 1 {
		a = a.push(a.reportOverlay(msg.report))
	}
	a, cmd := a.tell(a.data)
	a, log := a.readJournal()
	cmd = tea.Batch(cmd, log)
	if was.settles != nil && err == nil && !msg.stopped {
		cmd = tea.Batch(cmd, a.settleCmd(was.before, was.settles))
	}
	if msg.review == nil || msg.stopped || model.CodeOf(err) == model.CodeConflict {
		// What is on the screen is known to be old, or there is a plan to tell of.
		var load tea.Cmd
		a, load = a.startLoad()
		cmd = tea.Batch(cmd, load)
	}
	return a, cmd
}

// madeOf is the part of a plan that was really made.
func madeOf(r plan.Report) plan.Plan {
	out := plan.Plan{Title: r.Plan.Title}
	for _, x := range r.Results {
		if x.Err == nil {
			out.Changes = append(out.Changes, x.Change)
		}
	}
	return out
}

// done says what was changed.
func done(r plan.Report) string {
	if len(r.Results) != 1 {
		return fmt.Sprintf("%d changes made", r.Done())
	}
	return madeText(r.Results[0].Change)
}

// wayBack says how to take back what was made, where that is possible.
func (a App) wayBack(msg appliedMsg) string {
	if ok, _ := canUndo(a); !ok || !msg.back {
		return ""
	}
	key, what := a.key("undo"), "it"
	if keys.KeyOf(a.globals, "undo") == "" { // it is found among the actions
		key += " undo"
	}
	if msg.report.Done() > 1 {
		what = "them"
	}
	return fmt.Sprintf("; %s undoes %s", key, what)
}

// madeText says what one change has made of its object.
func madeText(c plan.Change) string {
	what := widget.Noun(c)
	switch {
	case c.Kind == plan.ChangeLocalEnabled && c.After == "true":
		return fmt.Sprintf("%s: the RomM account is enabled", c.Label)
	case c.Kind == plan.ChangeLocalAccount && c.After != "":
		return fmt.Sprintf("%s: the account is made", c.Label)
	case c.Kind == plan.ChangeAssertion && c.After != "":
		return fmt.Sprintf("must stay true from now on: %s", c.After)
	case c.Kind == plan.ChangeAssertion:
		return fmt.Sprintf("need not stay true any more: %s", c.Before)
	case c.Kind == plan.ChangeLocalEnabled:
		return fmt.Sprintf("%s: the RomM account is disabled", c.Label)
	case c.After == "":
		return fmt.Sprintf("%s: %s is removed", c.Label, what)
	}
	return fmt.Sprintf("%s: %s is now %s", c.Label, what, c.Text(c.After))
}

// notDone introduces a failure by what was tried and how far it came.
func notDone(r plan.Report) string {
	for _, x := range r.Results {
		if x.Err == nil {
			continue
		}
		text := fmt.Sprintf("not changed: %s, %s: ", x.Change.Label, widget.Noun(x.Change)) // begins with no name, which has no capital
		if n := r.Done(); n > 0 {
			text = fmt.Sprintf("%d of %d changes made, then stopped; ", n, len(r.Plan.Changes)) + text
		}
		return text
	}
	return ""
}
