package widget

import "testing"

// A window that is resized and comes back to a size shows the same rows; a key
// in between counts from what is seen then.
func TestResizedListsComeBack(t *testing.T) {
	t.Parallel()
	l := List{}.Resize(10).Fill(100).Goto(50).Move(-5)
	from, to := l.Window()
	if from != 41 || to != 51 {
		t.Fatalf("rows %d to %d", from, to)
	}
	for _, heights := range [][]int{{3}, {40}, {200}, {0}, {1, 500, 7}} {
		for _, h := range heights {
			l = l.Resize(h)
			if a, b := l.Window(); h > 0 && (l.Cursor() < a || l.Cursor() >= b) {
				t.Errorf("height %d shows %d to %d, the cursor is on %d", h, a, b, l.Cursor())
			}
		}
		if a, b := l.Resize(10).Window(); a != from || b != to {
			t.Errorf("after heights %v rows %d to %d, want %d to %d", heights, a, b, from, to)
		}
	}
	if a, _ := l.Resize(3).Move(-1).Resize(10).Window(); a == from {
		t.Error("a move in a smaller window does not count")
	}
}
