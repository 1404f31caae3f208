package tuitest

import (
	"fmt"
	"slices"
	"testing"
)

// What a step of the cursor may send, in bytes. Two things are counted, each for
// itself: what the key makes the console send at once, which are rows of the
// list, and what it sends when the cursor has then stayed where it is for
// tui.RestTime, which is the text below the list (see widget.Trail). A key that
// comes before that takes the place of the second, so that a key that is held
// down costs the first alone.
const (
	CursorLimit = 400
	RestLimit   = 430
)

// Walked is what the steps of a walk sent, in bytes, in no order of the steps.
type Walked struct {
	// Keys and Rests are the two things that are counted, Sums both together
	// of the same step; each is in ascending order.
	Keys, Rests, Sums []int
}

// Middle is what half of the steps do not exceed.
func (x Walked) Middle() (key, rest int) { return middle(x.Keys), middle(x.Rests) }

func middle(sent []int) int { return sent[len(sent)/2] }

// String says the middle and the most of everything.
func (x Walked) String() string {
	one := func(sent []int) string { return fmt.Sprintf("%d, at most %d", middle(sent), sent[len(sent)-1]) }
	over, _ := slices.BinarySearch(x.Sums, CursorLimit+1)
	return fmt.Sprintf("%d steps, bytes in the middle: key %s; rest %s; both %s, more than %d in %d steps",
		len(x.Keys), one(x.Keys), one(x.Rests), one(x.Sums), CursorLimit, len(x.Sums)-over)
}

// Walk presses each of the keys n times, each of which must move the cursor,
// lets it rest after each, and holds both counts of every step to their limits.
func (w *Wire) Walk(t testing.TB, n int, keys ...string) Walked {
	t.Helper()
	var x Walked
	for _, k := range keys {
		for i := range n {
			key, rest := w.Step(k)
			if len(key) == 0 || len(key) > CursorLimit {
				t.Errorf("step %d of %q sends %d bytes, want 1 to %d: %q", i, k, len(key), CursorLimit, key)
			}
			if len(rest) == 0 || len(rest) > RestLimit {
				t.Errorf("the rest after step %d of %q sends %d bytes, want 1 to %d: %q", i, k, len(rest), RestLimit, rest)
			}
			x.Keys, x.Rests, x.Sums = append(x.Keys, len(key)), append(x.Rests, len(rest)), append(x.Sums, len(key)+len(rest))
		}
	}
	slices.Sort(x.Keys)
	slices.Sort(x.Rests)
	slices.Sort(x.Sums)
	return x
}
