package admin

import (
	"context"
	"runtime/debug"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/reconcile"
)

// How much memory Go may hold before it collects without waiting for the heap
// to double: what the console needs with nobody in it, and for each person a
// reading, the next one, which is held beside it for a while, and a plan.
// TestLimitsResident holds what this amounts to with 10,000 people.
const (
	memoryBase      = 16 << 20
	memoryPerPerson = 6 << 9
)

// startGC is how much the heap may grow, in per cent, before it is collected,
// until the console is up: little is allocated until then, and a collection
// would only delay its first frame.
const startGC = 400

// delayGC puts collections off until restore is called.
func delayGC() (restore func()) {
	before := debug.SetGCPercent(startGC)
	return func() { debug.SetGCPercent(before) }
}

// bounded is the service of a console that has the process to itself.
type bounded struct{ *reconcile.Service }

// Load implements tui.Console.
func (b bounded) Load(ctx context.Context, o model.ReadOptions) (*model.Review, error) {
	r, err := b.Service.Load(ctx, o)
	if r != nil {
		debug.SetMemoryLimit(memoryBase + memoryPerPerson*int64(len(r.Pairs)))
	}
	return r, err
}
