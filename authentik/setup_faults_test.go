package authentik_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/authentik/authentiktest/strict"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/model/reconcile"
)

// setupRun is an Authentik without anything for RomM and a client of it, within
// a bubble.
func setupRun(t *testing.T, version string) (*authentiktest.Server, fixture) {
	t.Helper()
	s, err := strict.New(setupSeed(version))
	if err != nil {
		t.Fatal(err)
	}
	c, err := authentik.New(authentik.Config{
		URL: "https://auth.example.org", Token: authentiktest.DefaultToken, HTTP: s.Client(), ClientID: "random-client-id",
	})
	if err != nil {
		t.Fatal(err)
	}
	return s, fixture{fake: s, client: c}
}

// setUp plans and makes what is missing; it stops at the first failure.
func (f fixture) setUp(ctx context.Context, t *testing.T, struck func()) (made int, err error) {
	t.Helper()
	r := f.rommWorld(t)
	p, err := plan.SetUp(r, f.goal(t))
	if err != nil {
		t.Fatal(err)
	}
	struck()
	s := &reconcile.Service{Directory: f.client, Journal: paper{}, Now: time.Now}
	run := plan.Run{Plan: p, ID: "plan", World: r.World}
	for _, more := run.Next(); more; _, more = run.Next() {
		run = s.Step(ctx, run)
	}
	return run.Report().Done(), run.Report().Err()
}

// proves S36, R9 and R15: a set-up that any fault at any of its calls stops, in
// the middle of a write or after its effect, is finished by the next one:
// every object is there once, and nothing is left to do.
func TestSetupFaultMatrix(t *testing.T) {
	t.Parallel()
	cells, stopped := 0, 0
	for _, version := range ends() {
		for _, call := range setupCalls(t, version) {
			for _, kind := range authentiktest.Faults() {
				cells++
				synctest.Test(t, func(t *testing.T) {
					s, f := setupRun(t, version)
					name := fmt.Sprintf("%s: %s at %s", version, kind, call)
					fault := authentiktest.Fault{Kind: kind, Call: call, RetryAfter: time.Second, Hold: func(ctx context.Context) {
						select {
						case <-ctx.Done():
						case <-time.After(10 * time.Second): // the bubble's clock
						}
					}}
					made, err := f.setUp(t.Context(), t, func() { s.Inject(fault) })
					if err != nil {
						stopped++
					}
					s.Heal()
					synctest.Wait() // a read back may overtake the fake's count of the write
					effects := total(s.Effects())
					if effects < made || effects > made+1 || err == nil && effects != 4 {
						t.Errorf("%s: %d changes are said to be made, %d were: %v", name, made, effects, err)
					}
					if _, err := f.setUp(t.Context(), t, func() {}); err != nil {
						t.Errorf("%s: not finished: %v (%s)", name, err, model.HintOf(err))
					}
					if n := total(s.Effects()); n != 4 {
						t.Errorf("%s: %d writes for 4 objects", name, n)
					}
					r := f.rommWorld(t)
					if p, err := plan.SetUp(r, f.goal(t)); err != nil || len(p.Changes) != 0 || r.Stats.UsableAdmins != 1 {
						t.Errorf("%s: left to do: %v, %v, %+v", name, kindsOf(p), err, r.Stats)
					}
				})
			}
		}
	}
	if cells < 256 || stopped < 160 {
		t.Errorf("only %d cells, of which %d stopped the set-up", cells, stopped)
	}
	t.Logf("set-up fault matrix: %d cells, %d of them stopped the set-up half-way", cells, stopped)
}

// setupCalls learns which calls a set-up makes when all goes well.
func setupCalls(t *testing.T, version string) (out []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, f := setupRun(t, version)
		var before map[string]int
		if made, err := f.setUp(t.Context(), t, func() { before = s.Calls() }); err != nil || made != 4 {
			t.Fatalf("%d made, %v", made, err)
		}
		for name, n := range s.Calls() {
			if n > before[name] {
				out = append(out, name)
			}
		}
	})
	return out
}
