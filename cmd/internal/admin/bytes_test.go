package admin

import (
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/romm-admin/romm-admin/cmd/internal/demo"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/model/reconcile"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// lived is the world of --demo with a thousand people, as the program opens it,
// after a busy evening: addresses were set, all safe ones fixed, people let in,
// shut out and let in again, and roles kept for groups to come. The journal is
// the one that this has left.
func lived(t *testing.T) (model.World, []plan.JournalEntry) {
	t.Helper()
	ctx := t.Context()
	s, err := open(ctx, &globals{demo: true, people: 1000})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	var told atomic.Int64 // the clock: lines that all tell one minute would send less than those of a day
	s.Now = func() time.Time { return demo.Epoch().Add(time.Duration(told.Add(1)) * 67 * time.Minute) }
	r, err := s.Load(ctx, model.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	before := r.World
	apply := func(p plan.Plan, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		next, report := s.Apply(ctx, r, p)
		for _, x := range report.Results {
			if x.Err != nil {
				t.Fatal(x.Err)
			}
		}
		r = next
	}
	var people, unverified []int64
	for _, p := range r.Pairs {
		if p.CanSignIn() && p.Local != nil && p.Local.Role == model.RoleUser && len(people) < 30 {
			people = append(people, p.Local.ID)
		}
		if p.Worst().Kind == model.FindingEmailUnverified && p.Local != nil {
			unverified = append(unverified, p.Identity.PK)
		}
	}
	for i, id := range people[:8] {
		apply(plan.LocalEmail(r, id, fmt.Sprintf("new%d@elsewhere.example", i)))
	}
	some := func(d plan.Draft, err error) { apply(d.Plan, err) }
	some(plan.SafeFixes(ctx, r))
	some(plan.Trust(ctx, r, unverified...))
	some(plan.Enabled(ctx, r, false, people...))
	some(plan.Enabled(ctx, r, true, people...))
	for i := range 14 {
		name := fmt.Sprintf("%s-%d", []string{"guests", "library", "night-shift"}[i%3], i)
		apply(plan.PendingRole(r, model.Untrusted(name), []model.Role{model.RoleUser, model.RoleAdmin}[i%2]))
	}
	entries, err := s.History(ctx, screen.JournalLimit)
	if err != nil {
		t.Fatal(err)
	}
	before.Pending = r.World.Pending // the people are those of the first day, with all their troubles
	return before, entries
}

// proves, with the options of the program, that a cursor key sends at most
// tuitest.CursorLimit bytes at once, and what follows when the cursor rests at
// most tuitest.RestLimit, on every step down and up through the demo world with
// a thousand people, on every screen; page keys are not cursor keys. make wire
// goes through everybody, not only through those who have troubles and about
// somebody whose name is written in wide characters.
func TestBytesOfTheDemoWorld(t *testing.T) {
	t.Parallel()
	world, entries := lived(t)
	people, changes := 150, min(100, len(entries)-1)
	if os.Getenv("ROMM_ADMIN_WIRE") != "" {
		people, changes = len(world.Directory.Identities)-1, len(entries)-1
	}
	groups := len(world.Roles.Rows) + len(world.Pending) - 1
	for _, size := range []struct{ width, height int }{{80, 24}, {120, 40}} {
		for _, on := range []struct {
			key, name string
			steps     int
		}{{"1", "Users", people}, {"2", "Roles", groups}, {"5", "History", changes}} {
			t.Run(fmt.Sprintf("%s/%dx%d", on.name, size.width, size.height), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c := tuitest.NewConsole(world)
					c.Journal(entries)
					o := lookOptions(&session{Service: &reconcile.Service{Actor: demo.Actor}}, look{})
					o.Console, o.Clock, o.ASCII, o.NoColor, o.Linear = c, tuitest.Now, false, false, false // whatever user runs this
					w := tuitest.Connect(o, size.width, size.height)
					w.Press(on.key)
					t.Log(w.Walk(t, on.steps, "j", "k"))
					if on.name == "Users" {
						for _, k := range []string{"/", "kenji", "\r", "\x1b", "k", "k"} {
							w.Press(k)
						}
						t.Log(w.Walk(t, 4, "j", "k"))
					}
					if err := w.Quit(); err != nil {
						t.Error(err)
					}
				})
			})
		}
	}
}
