package model

import (
	"os"
	"slices"
	"testing"
)

// TestLimits holds the ratios that `make bench` prints; it takes a quarter of a
// minute and wants a machine to itself, so it runs only when asked for.
func TestLimits(t *testing.T) {
	if os.Getenv("ROMM_ADMIN_LIMITS") == "" {
		t.Skip("set ROMM_ADMIN_LIMITS=1 (make bench does)")
	}
	w := crowd(100_000)
	ours := func(b *testing.B) {
		for b.Loop() {
			pair(&w)
		}
	}
	floor := func(b *testing.B) {
		for b.Loop() {
			plainJoin(&w)
		}
	}
	var ratios []float64
	for range 5 { // interleaved, so that a machine that changes its pace changes both
		a, b := testing.Benchmark(ours).NsPerOp(), testing.Benchmark(floor).NsPerOp()
		ratios = append(ratios, float64(a)/float64(b))
	}
	slices.Sort(ratios)
	t.Logf("pairing 100,000 people with 100,000: %.2f of a plain two-map join (median of %d; %.2f to %.2f)",
		ratios[2], len(ratios), ratios[0], ratios[4])
	if ratios[2] > 1 {
		t.Errorf("slower than the floor")
	}
}
