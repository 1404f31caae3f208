package authentik_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/authentik/authentiktest/strict"
	"github.com/romm-admin/romm-admin/model"
)

// callsOf learns which calls a job makes when all goes well.
func callsOf(t *testing.T, version string, j job) (out []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, err := strict.New(matrixSeed(t, version))
		if err != nil {
			t.Fatal(err)
		}
		c := inBubble(t, s)
		if j.prepare != nil {
			j.prepare(t.Context(), t, c)
		}
		before := s.Calls()
		whole, err := j.do(t.Context(), c)
		if err != nil || !whole {
			t.Fatalf("%s without faults: whole %v, %v", j.name, whole, err)
		}
		for _, v := range s.Violations() {
			t.Errorf("%s, %s: violation of the OpenAPI document: %+v", version, j.name, v)
		}
		for name, n := range s.Calls() {
			if n > before[name] {
				out = append(out, name)
			}
		}
	})
	slices.Sort(out)
	return out
}

// proves R10: everything that the client does works on every posed release, and
// every request is valid by the OpenAPI documents: that of 2026.5, and that of
// 2024.12 before 2025.12.
func TestEveryJobOnEveryRelease(t *testing.T) {
	calls := map[string]bool{}
	for _, version := range authentiktest.Versions() {
		for _, j := range jobs() {
			for _, name := range callsOf(t, version, j) {
				calls[name] = true
			}
		}
	}
	if len(calls) < 25 {
		t.Errorf("only %d kinds of calls", len(calls))
	}
	t.Logf("%d jobs with %d kinds of calls on %d releases", len(jobs()), len(calls), len(authentiktest.Versions()))
}

// newest is the newest release that the fake poses as.
func newest() string { return slices.Max(authentiktest.Versions()) }

// ends are the newest and the oldest one.
func ends() []string { return []string{newest(), slices.Min(authentiktest.Versions())} }

// proves R9, S9 and S35: each call of each job with each fault, struck once
// and every time. Nothing hangs, no write is made twice, no list that is short
// looks whole, and what is said of a write is true.
func TestFaultMatrix(t *testing.T) {
	cells, writes := 0, 0
	for _, version := range ends() {
		for _, j := range jobs() {
			for _, name := range callsOf(t, version, j) {
				for _, kind := range authentiktest.Faults() {
					for _, times := range []int{1, 0} {
						cells++
						if j.done != nil {
							writes++
						}
						for _, w := range cell(t, version, j, authentiktest.Fault{Kind: kind, Call: name, Times: times}) {
							t.Error(w)
						}
					}
				}
			}
		}
	}
	if cells < 4500 {
		t.Errorf("only %d cells", cells)
	}
	t.Logf("fault matrix: %d cells, %d of them of writes", cells, writes)
}

// cell returns what is wrong; a failure within a bubble would end the matrix.
func cell(t *testing.T, version string, j job, f authentiktest.Fault) (wrong []string) {
	t.Helper()
	note := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	f.RetryAfter = 7 * time.Second
	f.Hold = func(ctx context.Context) {
		select {
		case <-ctx.Done():
		case <-time.After(6 * time.Second): // the bubble's clock; a preview waits 8 s
		}
	}
	name := fmt.Sprintf("%s: %s, %s at %s (times %d)", version, j.name, f.Kind, f.Call, f.Times)
	synctest.Test(t, func(t *testing.T) {
		s, err := strict.New(matrixSeed(t, version))
		if err != nil {
			t.Fatal(err)
		}
		c := inBubble(t, s)
		if j.prepare != nil {
			j.prepare(t.Context(), t, c)
		}
		start, effects := time.Now(), total(s.Effects())
		s.Inject(f)
		whole, err := j.do(t.Context(), c)
		if took := time.Since(start); took > 5*time.Minute {
			note("%s: took %v", name, took)
		}
		if err == nil && !whole {
			note("%s: a part is shown as the whole", name)
		}
		if err != nil && model.CodeOf(err) == model.CodeInternal && !strings.Contains(err.Error(), "reported success") {
			note("%s: an error without a code: %v", name, err)
		}
		if f.Kind == authentiktest.FaultSlow && err != nil {
			note("%s: slow is no fault: %v", name, err)
		}
		synctest.Wait() // a read back may overtake the fake's count of the write
		made := total(s.Effects()) - effects
		if made > 1 || made > 0 && j.done == nil {
			note("%s: %d effects", name, made)
		}
		if j.done != nil {
			judgeWrite(t, note, name, j, s, err, made)
		}
		for _, v := range s.Violations() {
			note("%s: %+v", name, v)
		}
	})
	return wrong
}

// judgeWrite compares what was said of a write with what is the case, asked
// over a client that meets no faults.
func judgeWrite(t *testing.T, note func(string, ...any), name string, j job, s *authentiktest.Server, said error, made int) {
	t.Helper()
	s.Heal()
	done, err := j.done(t.Context(), inBubble(t, s))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if done != (made == 1) {
		note("%s: %d effects, and done is %v", name, made, done)
	}
	text := fmt.Sprint(said)
	switch {
	case said == nil && !done:
		note("%s: success, and nothing is done", name)
	case said != nil && done && !strings.Contains(text, "not known") && !strings.Contains(text, "could not be read back"):
		note("%s: done, and what is said is %v", name, said)
	case done && model.CodeOf(said) == model.CodePartial && !strings.Contains(text, "could not be read back"):
		note("%s: %v", name, said)
	}
}

func total(counts map[string]int) (n int) {
	for _, v := range counts {
		n += v
	}
	return n
}

// Cancelling ends at once, wherever it strikes; a write that is under way is
// still looked after, so that the journal tells the truth.
func TestCancelAtOnce(t *testing.T) {
	version := newest()
	for _, j := range jobs() {
		for _, name := range callsOf(t, version, j) {
			synctest.Test(t, func(t *testing.T) {
				s, err := strict.New(matrixSeed(t, version))
				if err != nil {
					t.Fatal(err)
				}
				c := inBubble(t, s)
				if j.prepare != nil {
					j.prepare(t.Context(), t, c)
				}
				effects := total(s.Effects())
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				s.Inject(authentiktest.Fault{Kind: authentiktest.FaultSlow, Call: name, Times: 1, Hold: func(held context.Context) {
					cancel()
					<-held.Done()
				}})
				start := time.Now()
				_, err = j.do(ctx, c)
				if took := time.Since(start); took != 0 {
					t.Errorf("%s, cancelled at %s: took %v", j.name, name, took)
				}
				synctest.Wait()
				made := total(s.Effects()) - effects
				if made > 1 || err == nil && made == 0 || err != nil && !errors.Is(err, context.Canceled) {
					t.Errorf("%s, cancelled at %s: %d effects, %v", j.name, name, made, err)
				}
			})
		}
	}
}
