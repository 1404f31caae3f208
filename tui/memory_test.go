package tui_test

import (
	"runtime"
	"testing"

	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// alive is how many bytes of the heap are in use once the garbage is gone.
func alive() int64 {
	runtime.GC()
	runtime.GC() // what finalizers let go of
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// proves R12: a console over 10,000 people on each side holds less than 80 MB,
// the review that it shows and the older one that a reading replaces included,
// a filter, a selection and an open plan for everybody as well. It runs alone:
// other tests' memory would count.
func TestMemory(t *testing.T) {
	const limit = 80_000_000
	before := alive()
	c := tuitest.NewConsole(crowd(10_000))
	world := alive()
	d := tuitest.New(t, c)
	read := alive()
	d.Press("r", "/", "example", "enter", "*", "F").Want("Set 200 RomM addresses").Hold().Press("esc", "r")
	held := alive()
	d.Release()
	d.Want("10000 people")
	after := alive()
	t.Logf("the world %.1f MB, the console over it %.1f MB, with everybody selected, a plan and a second reading %.1f MB, at rest %.1f MB (at most 80 in all)",
		mb(world-before), mb(read-world), mb(held-world), mb(after-world))
	for _, now := range []int64{read, held, after} {
		if now-before > limit {
			t.Errorf("%.1f MB are alive", mb(now-before))
		}
	}
	if read-world < 1_000_000 {
		t.Errorf("10,000 people in %d bytes: nothing was measured", read-world)
	}
	runtime.KeepAlive(c)
	runtime.KeepAlive(d)
}

func mb(n int64) float64 { return float64(n) / 1e6 }
