package tui

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
)

type (
	beganMsg struct {
		gen int
		run plan.Run
		err error
	}
	// queuedMsg says that it is time to ask again whether a plan can begin.
	queuedMsg struct {
		gen int
	}
	steppedMsg struct {
		gen int
		run plan.Run
	}
	appliedMsg struct {
		gen     int
		review  *model.Review
		report  plan.Report
		stopped bool
		back    bool // what was made can be undone
	}
)

// applying is a plan that is being applied. Its result messages come one after
// the other, so it needs no lock.
type applying struct {
	plan.Run
	stopping bool      // after the change that is being made
	holding  bool      // before the next change, until the user goes on or stops
	waiting  bool      // it is held: no change is being made
	queued   time.Time // since when another program's plan is waited for
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
	a.data.Reading, a.data.Early, a.data.Applying = false, nil, true
	a.run = applying{Run: plan.Run{Plan: p, World: a.data.Review.World}, before: a.data.Review, settles: req.Settles}
	a, cmd := a.broadcast(a.data)
	if len(p.Changes) > 1 {
		a = a.showProgress()
	}
	return a, tea.Batch(cmd, a.beginCmd())
}

func (a App) beginCmd() tea.Cmd {
	console, parent, gen, review, p := a.opts.Console, a.apply.ctx, a.apply.gen, a.data.Review, a.run.Plan
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, loadLimit) // it reads everything again
		defer cancel()
		run, err := console.Begin(ctx, review, p)
		return beganMsg{gen, run, err}
	}
}

// began starts with the first change. While another program applies a plan it
// asks again, until it is this one's turn, somebody gives up, or the limit is
// reached.
func (a App) began(msg beganMsg) (App, tea.Cmd) {
	if msg.gen != a.apply.gen {
		return a, nil
	}
	if model.CodeOf(msg.err) == model.CodeBusy && !a.run.stopping {
		if a.run.queued.IsZero() {
			a.run.queued = a.opts.Clock()
		}
		if a.opts.Clock().Sub(a.run.queued) < queueLimit {
			gen := msg.gen
			return a.showProgress(), tea.Tick(queuePause, func(time.Time) tea.Msg { return queuedMsg{gen} })
		}
	}
	if msg.err == nil && !a.run.queued.IsZero() {
		a.run.queued = time.Time{}
		a = a.hideProgress()
	}
	if msg.err != nil {
		return a.applied(appliedMsg{gen: msg.gen, review: a.data.Review, report: plan.NotBegun(a.run.Plan, msg.err)})
	}
	a.run.Run = msg.run
	return a.nextStep()
}

// askAgain tries to begin the plan that waits for another program's.
func (a App) askAgain(msg queuedMsg) (App, tea.Cmd) {
	if msg.gen != a.apply.gen {
		return a, nil
	}
	return a, a.beginCmd()
}

// stepped takes the result of one change and starts the next, unless it
// failed or somebody asked to stop.
func (a App) stepped(msg steppedMsg) (App, tea.Cmd) {
	if msg.gen != a.apply.gen {
		return a, nil
	}
	a.run.Run = msg.run
	return a.nextStep()
}

func (a App) nextStep() (App, tea.Cmd) {
	if _, more := a.run.Next(); !more || a.run.stopping {
		return a, a.endCmd(more)
	}
	if a.run.holding {
		a.run.waiting = true
		return a.showProgress(), nil
	}
	if len(a.run.Plan.Changes) > 1 {
		a = a.showProgress()
	}
	console, parent, gen, run := a.opts.Console, a.apply.ctx, a.apply.gen, a.run.Run
	return a, func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, applyLimit)
		defer cancel()
		return steppedMsg{gen, console.Step(ctx, run)}
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

// endCmd ends the plan, judges everybody from what was read back, and finds out
// whether what was made can be undone.
func (a App) endCmd(stopped bool) tea.Cmd {
	console, ctx, gen, run := a.opts.Console, a.apply.ctx, a.apply.gen, a.run.Run
	return func() tea.Msg {
		after, report := console.End(ctx, run)
		return appliedMsg{gen, after, report, stopped, plan.CanUndo(ctx, after, report.Made())}
	}
}

func (a App) applied(msg appliedMsg) (App, tea.Cmd) {
	if msg.gen != a.apply.gen {
		return a, nil
	}
	a.data.Applying, a.leaving = false, false
	was := a.run
	a.run = applying{}
	a = a.hideProgress()
	if msg.review != nil {
		a.data.Review = msg.review
	}
	if made := msg.report.Made(); len(made.Changes) > 0 {
		a.last, a.lastID = &made, was.ID
	}
	err := msg.report.Err()
	switch {
	case err != nil:
		a.toast = a.failure(notDone(msg.report), err)
	case msg.stopped:
		a.toast = a.note(screen.LevelInfo, "stopped: "+msg.report.Count(), "")
	default:
		a.toast = a.note(screen.LevelDone, done(msg.report)+a.undoHint(msg), "")
	}
	if len(msg.report.Plan.Changes) > 1 {
		a = a.push(a.reportOverlay(msg.report))
	}
	a, cmd := a.broadcast(a.data)
	if msg.report.NoAdmin && msg.back { // what to do about it is on the screen before anything else
		var undo tea.Cmd
		a, undo = a.carryOut(screen.Effect{Intents: []screen.Intent{a.undoReq()}})
		cmd = tea.Batch(cmd, undo)
	}
	a, log := a.readJournal()
	cmd = tea.Batch(cmd, log)
	if was.settles != nil && err == nil && !msg.stopped {
		cmd = tea.Batch(cmd, a.settleCmd(was.before, was.settles))
	}
	// A plan that was shown and is refused now says that the two sides moved (S35).
	overtaken := slices.Contains([]model.Code{model.CodeConflict, model.CodeRefused}, model.CodeOf(err))
	if msg.review == nil || msg.stopped || overtaken || msg.report.Unknown() > 0 {
		// What is on the screen is known to be old, or a plan has to be reported.
		var load tea.Cmd
		a, load = a.startLoad()
		cmd = tea.Batch(cmd, load)
	}
	return a, cmd
}

// done says what was changed.
func done(r plan.Report) string {
	if len(r.Results) != 1 {
		return fmt.Sprintf("%d changes made", r.Done())
	}
	return r.Results[0].Change.Made()
}

// undoHint says how to undo what was made, where that is possible.
func (a App) undoHint(msg appliedMsg) string {
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

// notDone introduces a failure by what was tried and how far it came.
func notDone(r plan.Report) string {
	for _, x := range r.Results {
		if x.Err == nil {
			continue
		}
		// It begins with no name, which has no capital.
		text := map[string]string{plan.OutcomeDone: "changed, but", plan.OutcomeUnknown: "not known whether it was changed"}[x.Outcome]
		text = fmt.Sprintf("%s: %s, %s: ", cmp.Or(text, "not changed"), x.Change.Label, x.Change.Words().Sets)
		if len(r.Plan.Changes) > 1 && r.Done()+r.Unknown() > 0 {
			text = r.Count() + ", then stopped; " + text
		}
		return text
	}
	return ""
}
