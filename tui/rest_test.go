package tui_test

import (
	"testing"
	"testing/synctest"

	"github.com/romm-admin/romm-admin/tui"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// The pane stays on the line where the cursor last rested, heading, text and
// keys alike, until the cursor rests again; a timer that a newer step has
// overtaken does not count. Anything but a step is seen at once.
func TestThePaneTrailsTheCursor(t *testing.T) {
	resting := tuitest.With(func(o *tui.Options) { o.Rest = tui.RestTime })
	for _, on := range []struct{ screen, first, second, third, paneFirst, paneSecond, paneThird, other string }{
		{"1", "bob", "carol", "erin", "─ bob", "─ carol", "─ erin", "d"},
		{"2", "romm-admins", "romm-users", "old-guild", "─ romm-admins", "─ romm-users", "─ old-guild", "x"},
		{"5", "interrupted", "grace", "erin", "─ Interrupted", "─ entry 6", "─ entry 5", "p"},
	} {
		synctest.Test(t, func(t *testing.T) {
			d, _ := past(t, resting)
			d.Press(on.screen).WantCursor(on.first).Want(on.paneFirst)
			d.Hold().Press("j").WantCursor(on.second).Want(on.paneFirst).WantNot(on.paneSecond)
			d.Press("j").WantCursor(on.third).Want(on.paneFirst)
			d.ReleaseOne().Want(on.paneFirst) // the first step's, which the second has overtaken
			d.Release().Want(on.paneThird).WantCursor(on.third)
			d.Hold().Press("k").Want(on.paneThird).Press(on.other).WantNot(on.paneThird)
			d.Press("esc").Release()
			d.Hold().Press("g").Press("tab").Press("shift+tab").Release().Want(on.paneFirst)
		})
	}
}

// What arrives while the cursor moves is seen at once, below the list too.
func TestNewsDoNotWaitForTheCursor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := tuitest.NewConsole(tuitest.World())
		d := tuitest.New(t, c, tuitest.With(func(o *tui.Options) { o.Rest = tui.RestTime }))
		d.Press("r") // nothing is on hold yet
		d.Hold().Press("j").Want("─ bob").WantCursor("carol")
		d.Press("r").ReleaseNewest().Want("─ carol")
		d.Release().Want("─ carol")
	})
}
