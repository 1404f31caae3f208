package db

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// underWay begins a plan of three changes, makes the first, and has it in hand
// until it is killed: path, plan.
func underWay(ctx context.Context, args []string) error {
	d, err := Open(ctx, args[0], Options{Now: epoch, MustExist: true})
	if err != nil {
		return err
	}
	if err := d.HoldPlan(args[1]); err != nil {
		return err
	}
	if err := d.OpenPlan(ctx, samplePlan(args[1], 3), "s"); err != nil {
		return err
	}
	e := entry(0)
	e.PlanID = args[1]
	seq, err := d.OpenEntry(ctx, e)
	if err != nil {
		return err
	}
	if err := d.CloseEntry(ctx, seq, plan.OutcomeDone, ""); err != nil {
		return err
	}
	fmt.Println("held")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// holding says how the one unfinished plan is held.
func holding(t *testing.T, d *DB) plan.Holding {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells")
	}
	all, err := d.Interrupted(t.Context())
	must(t, err)
	if len(all) != 1 {
		t.Fatalf("%d unfinished plans, want one", len(all))
	}
	return all[0].Held
}

// A plan is under way exactly as long as a program that is alive has it in
// hand, however long that takes; it was cut short from the moment on in which
// the program dies.
func TestAPlanUnderWayIsToldFromOneThatWasCutShort(t *testing.T) {
	t.Parallel()
	// proves R15
	path := makeFile(t)
	maker := startChild(t, "under-way", path, "p")
	if !maker.out.Scan() || maker.out.Text() != "held" {
		t.Fatalf("the child said %q", maker.out.Text())
	}
	d := openAt(t, path, Options{})
	reader := openAt(t, path, Options{ReadOnly: true})
	for _, seen := range []*DB{d, reader} {
		if got := holding(t, seen); got != plan.HoldingSomebody {
			t.Errorf("while it is made: %d", got)
		}
	}
	s := service(d, -1)
	s.Now = func() time.Time { return epoch().Add(time.Hour) }
	if cut, err := s.Interrupted(t.Context()); err != nil || len(cut) != 0 {
		t.Errorf("while it is made, an hour later: %+v %v", cut, err)
	}
	maker.kill(t)
	for _, seen := range []*DB{d, reader} {
		if got := holding(t, seen); got != plan.HoldingNobody {
			t.Errorf("after the death of who made it: %d", got)
		}
	}
	s.Now = epoch // it began this moment
	if cut, err := s.Interrupted(t.Context()); err != nil || len(cut) != 1 {
		t.Errorf("after the death of who made it: %+v %v", cut, err)
	}
}

// Two sessions of one process do not take each other's plan for their own, and
// another plan of the same file does not count.
func TestPlansAreHeldOneByOne(t *testing.T) {
	t.Parallel()
	path := makeFile(t)
	other, d := openAt(t, path, Options{}), openAt(t, path, Options{})
	must(t, d.OpenPlan(t.Context(), samplePlan("p", 3), "s"))
	begin(t, d, "p", 2, plan.OutcomeDone)
	for _, step := range []struct {
		what string
		do   func()
		want plan.Holding
	}{
		{"nobody has", func() {}, plan.HoldingNobody},
		{"another plan is held", func() { must(t, d.HoldPlan("q")) }, plan.HoldingNobody},
		{"the other session has it", func() { d.EndPlan("q"); must(t, other.HoldPlan("p")) }, plan.HoldingSomebody},
		{"what is not held is ended", func() { d.EndPlan("q"); d.EndPlan("p") }, plan.HoldingSomebody},
		{"it is put down", func() { other.EndPlan("p") }, plan.HoldingNobody},
		{"it is taken again", func() { must(t, other.HoldPlan("p")) }, plan.HoldingSomebody},
		{"the other session ends", func() { must(t, other.Close()) }, plan.HoldingNobody},
	} {
		step.do()
		if got := holding(t, d); got != step.want {
			t.Errorf("%s: %d, want %d", step.what, got, step.want)
		}
	}
	begin(t, d, "p", 1, plan.OutcomeDone)
	if all, err := d.Interrupted(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("a whole plan: %+v %v", all, err)
	}
}

// A program that is just being started has a copy of every descriptor until it
// runs; that keeps no plan in hand.
func TestAStartingProgramHoldsNoPlan(t *testing.T) {
	t.Parallel()
	path := makeFile(t)
	d := openAt(t, path, Options{})
	must(t, d.OpenPlan(t.Context(), samplePlan("p", 3), "s"))
	begin(t, d, "p", 2, plan.OutcomeDone)
	for _, how := range []string{"it is put down", "the session ends"} {
		holder := openAt(t, path, Options{})
		must(t, holder.HoldPlan("p"))
		started, err := syscall.Dup(int(holder.held["p"].Fd()))
		must(t, err)
		if got := holding(t, d); got != plan.HoldingSomebody {
			t.Errorf("while it is held: %d", got)
		}
		if how == "the session ends" {
			must(t, holder.Close())
		}
		holder.EndPlan("p")
		if got := holding(t, d); got != plan.HoldingNobody {
			t.Errorf("%s: %d, want %d", how, got, plan.HoldingNobody)
		}
		must(t, syscall.Close(started))
	}
}

// A plan that no other program could see is not begun.
func TestAFolderThatCannotBeMarked(t *testing.T) {
	t.Parallel()
	d := openNew(t)
	d.path += "/not/there"
	wantCode(t, d.HoldPlan("p"), model.CodeForbidden, "cannot be marked")
}

// The service puts down what it took in hand: a plan that it stopped in can be
// ended at once, one that it is still making cannot.
func TestTheServiceHoldsItsPlan(t *testing.T) {
	t.Parallel()
	d := openNew(t)
	addUser(t, d, "alice", "a@example.org")
	addUser(t, d, "bob", "b@example.org")
	s := service(d, -1)
	r, err := s.Load(t.Context(), model.ReadOptions{})
	must(t, err)
	p := cutPlanOf()
	run, err := s.Begin(t.Context(), r, p)
	must(t, err)
	run = s.Step(t.Context(), run)
	must(t, run.Report().Err())
	if got := holding(t, d); got != plan.HoldingSomebody {
		t.Errorf("between two changes: %d", got)
	}
	s.End(t.Context(), run)
	if cut, err := s.Interrupted(t.Context()); err != nil || len(cut) != 1 || cut[0].Held != plan.HoldingNobody {
		t.Errorf("after a stop: %+v %v", cut, err)
	}
	// A whole plan, and one that fails, are put down as well.
	r, err = s.Load(t.Context(), model.ReadOptions{})
	must(t, err)
	s.NewID = func() string { return "p2" }
	rest, err := plan.Resume(r, plan.Interruption{Changes: p.Changes, Entries: []plan.JournalEntry{{Outcome: plan.OutcomeDone}}})
	must(t, err)
	_, report := s.Apply(t.Context(), r, rest)
	must(t, report.Err())
	d.holding.Lock()
	defer d.holding.Unlock()
	if len(d.held) != 0 {
		t.Errorf("still held: %v", d.held)
	}
}

// proves S5: one program at a time has a plan of a file in hand, in one process
// or in several, and whoever comes meanwhile is told; other files are free.
func TestOnePlanAtATime(t *testing.T) {
	t.Parallel()
	path := makeFile(t)
	const programs, rounds = 4, 200
	var inside, entered, busy atomic.Int32
	var wg sync.WaitGroup
	for n := range programs {
		d := openAt(t, path, Options{})
		wg.Go(func() {
			for i := range rounds {
				id := fmt.Sprintf("%d-%d", n, i)
				if err := d.HoldPlan(id); err != nil {
					if model.CodeOf(err) != model.CodeBusy || model.HintOf(err) == "" {
						t.Error(err)
					}
					busy.Add(1)
					runtime.Gosched()
					continue
				}
				if inside.Add(1) != 1 {
					t.Error("two plans are in hand")
				}
				runtime.Gosched()
				entered.Add(1)
				inside.Add(-1)
				d.EndPlan(id)
			}
		})
	}
	wg.Wait()
	if entered.Load() == 0 || entered.Load()+busy.Load() != programs*rounds {
		t.Errorf("%d got in, %d were told to wait", entered.Load(), busy.Load())
	}
	d, other := openAt(t, path, Options{}), openNew(t)
	must(t, d.HoldPlan("a"))
	must(t, other.HoldPlan("a"))
	wantCode(t, openAt(t, path, Options{}).HoldPlan("b"), model.CodeBusy, "another program")
	d.EndPlan("a")
	must(t, d.HoldPlan("c"))
}
