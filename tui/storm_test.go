package tui_test

import (
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// openings are the key presses that lead to every view that an action of the
// registry opens, on every screen, beside those of walks.
func openings(t *testing.T) [][]string {
	out := walks()
	for _, on := range screens() {
		d, _ := past(t)
		for _, it := range d.Press(on).App().Actions() {
			if len(it.Keys) > 0 && it.ID != "quit" {
				out = append(out, []string{on, it.Keys[0]}, []string{on, "j", it.Keys[0], "enter"})
			}
		}
	}
	return out
}

// sizes are terminals from 1x1 to 500x200: both sides of every width and height
// at which the layout changes, steps between, and jumps, in a random order.
func sizes(r *rand.Rand, step, jumps int) []tea.WindowSizeMsg {
	var out []tea.WindowSizeMsg
	add := func(w, h int) { out = append(out, tea.WindowSizeMsg{Width: w, Height: h}) }
	for _, w := range []int{1, 59, 60, 61, 75, 76, 99, 100, 112, 120, 500} {
		add(w, []int{1, 14, 15, 16, 20, 24, 29, 30, 40, 200}[r.IntN(10)])
	}
	for w := 1; w <= 500; w += step {
		add(w, 1+(w*7)%200)
	}
	for range jumps {
		add(1+r.IntN(500), 1+r.IntN(200))
	}
	add(1, 1)
	add(500, 200)
	r.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// proves R12: whatever is open, on a terminal of any size from 1x1 to 500x200,
// while data arrives or not, nothing panics, every line fits, there are as many
// as the terminal has, and a size that is set again shows the same frame,
// whatever sizes were between. ROMM_ADMIN_STORM=1 takes every view through every
// world and many more sizes (make storm), instead of a sample.
func TestResizeStorm(t *testing.T) {
	t.Parallel()
	long := os.Getenv("ROMM_ADMIN_STORM") != ""
	step, jumps := 130, 3
	if long {
		step, jumps = 61, 8
	}
	worlds := []func() *tuitest.Console{
		func() *tuitest.Console {
			c := tuitest.NewConsole(tuitest.World())
			entries, cut := tuitest.Past()
			c.Journal(entries, cut)
			return c
		},
		hostileConsole,
		func() *tuitest.Console { return tuitest.NewConsole(model.World{}) },
	}
	frames, views := 0, openings(t)
	for i, keys := range views {
		for n, console := range worlds {
			if !long && i%(5*len(worlds)) != n {
				continue
			}
			r := rand.New(rand.NewPCG(uint64(i), uint64(n)))
			frames += revisiting(t, console(), keys, sizes(r, step, jumps))
			frames += arriving(t, console(), keys, sizes(r, step, jumps))
		}
	}
	t.Logf("%d frames of %d views in %d worlds", frames, len(views), len(worlds))
	d := tuitest.New(t, tuitest.NewConsole(tuitest.World()), tuitest.Size(0, 0))
	if d.View().Content != "" {
		t.Error("something is drawn before the size is known")
	}
}

// stormy starts a console for somebody with a long name.
func stormy(t *testing.T, c *tuitest.Console) *tuitest.Driver {
	t.Helper()
	return tuitest.New(t, c, tuitest.With(func(o *tui.Options) { o.Actor = strings.Repeat("x", 80) }))
}

// revisiting goes through the sizes twice; it returns how many frames it looked
// at, as arriving does.
func revisiting(t *testing.T, c *tuitest.Console, keys []string, all []tea.WindowSizeMsg) int {
	t.Helper()
	d, seen := stormy(t, c).Press(keys...), map[tea.WindowSizeMsg]string{}
	for _, s := range slices.Concat(all, all) {
		check(t, d.Send(s), s.Width, s.Height)
		if before, again := seen[s]; again && before != d.Screen() {
			t.Fatalf("%q: %d x %d shows\n%s\nand then, after other sizes,\n%s", keys, s.Width, s.Height, before, d.Screen())
		}
		seen[s] = d.Screen()
	}
	return 2 * len(all)
}

// arriving goes through the sizes while a reading is under way that was started
// before the view was opened, and which finds the same world, nobody, or an error.
func arriving(t *testing.T, c *tuitest.Console, keys []string, all []tea.WindowSizeMsg) int {
	t.Helper()
	d := stormy(t, c).Hold().Press("r").Press(keys...)
	switch len(strings.Join(keys, "")) % 3 {
	case 0:
		c.Edit(func(w *model.World) { w.Locals, w.Directory = nil, model.Directory{} })
	case 1:
		c.FailLoads(&model.Error{Msg: strings.Repeat("down ", 60), Hint: "wait"})
	}
	for i, s := range all {
		if i == len(all)/2 {
			d.Release()
		}
		check(t, d.Send(s), s.Width, s.Height)
	}
	return len(all)
}
