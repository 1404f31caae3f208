package tuitest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// Console is a console over a world in memory. It plans, judges and refuses
// with the real model. Change World between key presses to imitate somebody
// else's edit; the functions replace the answers.
type Console struct {
	mu    sync.Mutex
	world model.World
	// LoadErr, when set, is what the next readings fail with.
	loadErr error
	// ApplyErr, when set, is what the next change fails with.
	applyErr error
	loads    int
	steps    int
	failFrom int // the first step that fails with applyErr
	applied  []plan.Plan
	journal  []plan.JournalEntry // newest first
	cut      []plan.Interruption
	settled  []string // ids of the plans that were settled
	ended    []string // ids of the plans that were put down
	logErr   error
	answers  answers

	access    model.Access
	accessErr error
}

// NewConsole returns a console over that world.
func NewConsole(w model.World) *Console { return &Console{world: w} }

// FailLoads makes readings fail; nil lets them succeed again.
func (c *Console) FailLoads(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.loadErr = err
}

// FailChanges makes changes fail; nil lets them succeed again.
func (c *Console) FailChanges(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.applyErr, c.failFrom = err, 0
}

// Edit changes the world behind the console's back.
func (c *Console) Edit(f func(*model.World)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.world)
}

// World is how both systems and the role map are now.
func (c *Console) World() model.World {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.world
}

// Applied lists the plans that reached the console.
func (c *Console) Applied() []plan.Plan {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]plan.Plan(nil), c.applied...)
}

// Loads counts the readings.
func (c *Console) Loads() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.loads
}

// Load implements tui.Console.
func (c *Console) Load(ctx context.Context, o model.ReadOptions) (*model.Review, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.loads++
	if _, limited := ctx.Deadline(); !limited {
		return nil, errors.New("the command has no deadline")
	}
	if c.loadErr != nil {
		return nil, c.loadErr
	}
	w := c.world
	for _, i := range c.cut {
		w.CutShort = append(w.CutShort, i.Title)
	}
	if w.ServiceAccounts = o.ServiceAccounts; !o.ServiceAccounts {
		w.Directory.Identities = slices.DeleteFunc(slices.Clone(w.Directory.Identities), model.Identity.Service)
	}
	return model.Judge(w), nil
}

// Apply implements tui.Console: guard, compare, write, judge again.
func (c *Console) Apply(ctx context.Context, r *model.Review, p plan.Plan) (*model.Review, plan.Report) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.applied = append(c.applied, p)
	report := plan.Report{Plan: p}
	_, limited := ctx.Deadline()
	_, _, refused := plan.Simulate(r, p)
	for _, change := range p.Changes {
		next, err := plan.After(c.world, change)
		switch {
		case !limited:
			err = errors.New("the command has no deadline")
		case refused != nil:
			err = refused
		case c.applyErr != nil:
			err = c.applyErr
		}
		report.Results = append(report.Results, plan.ChangeResult{Change: change, Err: err})
		if err != nil {
			return r, report
		}
		c.world = next
	}
	return model.Judge(c.world), report
}

// Begin implements tui.Stepper: the guard over the whole plan.
func (c *Console) Begin(ctx context.Context, r *model.Review, p plan.Plan) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.applied = append(c.applied, p)
	if _, limited := ctx.Deadline(); !limited {
		return "", errors.New("the command has no deadline")
	}
	_, _, err := plan.Simulate(r, p)
	return fmt.Sprintf("plan-%d", len(c.applied)), err
}

// Step implements tui.Stepper: compare, write, judge again.
func (c *Console) Step(ctx context.Context, w model.World, planID string, p plan.Plan, i int) (model.World, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, limited := ctx.Deadline(); !limited {
		return w, errors.New("the command has no deadline")
	}
	if c.applyErr != nil && c.failFrom <= c.steps {
		c.record(planID, p, i, c.applyErr)
		return w, c.applyErr
	}
	next, err := plan.After(c.world, p.Changes[i])
	if err != nil {
		c.record(planID, p, i, err)
		return w, err
	}
	c.world = next
	c.steps++
	c.record(planID, p, i, nil)
	next.CutShort = w.CutShort // only a reading looks again
	return next, nil
}

// End implements tui.Stepper: a plan that stopped before its end without a
// failure is listed as interrupted from then on.
func (c *Console) End(planID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = append(c.ended, planID)
	var made []plan.JournalEntry
	for _, e := range slices.Backward(c.journal) {
		if e.PlanID == planID {
			made = append(made, e)
		}
	}
	p := c.applied[len(c.applied)-1] // one plan is made at a time
	if len(made) == 0 || len(made) == len(p.Changes) || made[len(made)-1].Outcome != plan.OutcomeDone {
		return
	}
	last := made[len(made)-1]
	c.cut = slices.Insert(c.cut, 0, plan.Interruption{
		PlanID: planID, Title: p.Title, Actor: last.Actor, At: last.At, Entries: made, Changes: p.Changes, Held: plan.HoldingNobody,
	})
}

// Ended lists the plans that were ended.
func (c *Console) Ended() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.ended)
}

// Steps counts the changes that were made one by one.
func (c *Console) Steps() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.steps
}

// FailAfter lets n more changes succeed and the next one fail.
func (c *Console) FailAfter(n int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failFrom, c.applyErr = c.steps+n, err
}

// Whole hides that the console can apply plans step by step.
type Whole struct{ C *Console }

// Load implements tui.Console.
func (w Whole) Load(ctx context.Context, o model.ReadOptions) (*model.Review, error) {
	return w.C.Load(ctx, o)
}

// Apply implements tui.Console.
func (w Whole) Apply(ctx context.Context, r *model.Review, p plan.Plan) (*model.Review, plan.Report) {
	return w.C.Apply(ctx, r, p)
}
