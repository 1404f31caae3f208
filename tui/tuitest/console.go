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
	busy     int  // how many times a plan cannot begin yet
	noAdmin  bool // no admin is left after a plan
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

// Busy has another program apply a plan: so many times one cannot begin.
func (c *Console) Busy(times int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy = times
}

// NoAdmin has somebody else take the last admin while a plan is applied.
func (c *Console) NoAdmin() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.noAdmin = true
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
	return c.read(o), nil
}

// read is a reading of the world as it is now.
func (c *Console) read(o model.ReadOptions) *model.Review {
	w := c.world
	for _, i := range c.cut {
		w.CutShort = append(w.CutShort, i.Title)
	}
	if w.ServiceAccounts = o.ServiceAccounts; !o.ServiceAccounts {
		w.Directory.Identities = slices.DeleteFunc(slices.Clone(w.Directory.Identities), model.Identity.Service)
	}
	return model.Judge(w)
}

// Begin implements tui.Console: the whole plan is held to the world as it is now.
func (c *Console) Begin(ctx context.Context, r *model.Review, p plan.Plan) (plan.Run, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy > 0 {
		c.busy--
		return plan.Run{}, &model.Error{Code: model.CodeBusy, Msg: "another program is applying a plan to the same database"}
	}
	c.applied = append(c.applied, p)
	if _, limited := ctx.Deadline(); !limited {
		return plan.Run{}, errors.New("the command has no deadline")
	}
	fresh := c.read(model.ReadOptions{ServiceAccounts: r.World.ServiceAccounts})
	after, impact, err := plan.Simulate(ctx, fresh, p)
	if err == nil {
		err = plan.CheckShown(ctx, r, fresh, after, impact, p)
	}
	return plan.Run{Plan: p, ID: fmt.Sprintf("plan-%d", len(c.applied)), World: fresh.World}, err
}

// Step implements tui.Console: compare, write, judge again.
func (c *Console) Step(ctx context.Context, run plan.Run) plan.Run {
	c.mu.Lock()
	defer c.mu.Unlock()
	i, w := len(run.Results), run.World
	if _, limited := ctx.Deadline(); !limited {
		return run.Tried(w, plan.OutcomeFailed, errors.New("the command has no deadline"))
	}
	if c.applyErr != nil && c.failFrom <= c.steps {
		c.record(run.ID, run.Plan, i, c.applyErr)
		return run.Tried(w, outcomeOf(c.applyErr), c.applyErr)
	}
	next, err := plan.After(c.world, run.Plan.Changes[i])
	c.record(run.ID, run.Plan, i, err)
	if err != nil {
		return run.Tried(w, plan.OutcomeFailed, err)
	}
	c.world = next
	c.steps++
	next.CutShort = w.CutShort // only a reading looks again
	return run.Tried(next, plan.OutcomeDone, nil)
}

// End implements tui.Console: a plan that stopped before its end without a
// failure is listed as interrupted from then on.
func (c *Console) End(_ context.Context, run plan.Run) (*model.Review, plan.Report) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = append(c.ended, run.ID)
	var made []plan.JournalEntry
	for _, e := range slices.Backward(c.journal) {
		if e.PlanID == run.ID {
			made = append(made, e)
		}
	}
	if len(made) > 0 && len(made) < len(run.Plan.Changes) && made[len(made)-1].Outcome == plan.OutcomeDone {
		last := made[len(made)-1]
		c.cut = slices.Insert(c.cut, 0, plan.Interruption{
			PlanID: run.ID, Title: run.Plan.Title, Actor: last.Actor, At: last.At, Entries: made, Changes: run.Plan.Changes, Held: plan.HoldingNobody,
		})
	}
	report := run.Report()
	report.NoAdmin = c.noAdmin
	return model.Judge(run.World), report
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
