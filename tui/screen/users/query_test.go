package users_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// seen is the world with some signs of life: alice today, ann 20 days ago,
// bob 40, heidi a year.
func seen() model.World {
	w := tuitest.World()
	ago := func(days int) time.Time { return tuitest.Now().Add(-time.Duration(days) * 24 * time.Hour) }
	w.Locals[0].LastLogin = ago(0)
	w.Locals[1].LastActive = ago(20)
	w.Directory.Identities[2].LastLogin = ago(40)
	w.Locals[7].LastLogin = ago(365)
	w.Pins = []model.Pin{{UID: w.Directory.Identities[1].UID, LocalID: 2}}
	return w
}

// listed returns the usernames on the screen, in its order.
func listed(d *tuitest.Driver) string {
	var names []string
	for line := range strings.SplitSeq(d.Screen(), "\n") {
		cells := strings.Split(line, "│")
		if len(cells) != 3 || strings.Contains(line, "RomM user") || strings.Contains(line, "RomM use") {
			continue
		}
		name := strings.Fields(strings.TrimLeft(cells[0], "▌● "))
		if len(name) == 0 {
			name = strings.Fields(cells[2])
		}
		names = append(names, name[0])
	}
	return strings.Join(names, " ")
}

func TestFacets(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ typed, want string }{
		{"is:mismatch", "bob"},
		{"is:email-mismatch", "bob"},
		{"is:mis", "bob carol"}, // local-email-missing begins so as well
		{"is:unverified", "erin"},
		{"IS:UNVERIFIED", "erin"},
		{"is:ok", "alice ann"},
		{"is:disabled", "frank"},
		{"is:enabled !role:admin", "bob carol erin grace heidi"},
		{"is:pinned", "ann"},
		{"is:fixable", "bob carol"},
		{"is:stuck", "bob carol erin ivan frank"},
		{"is:problem !is:stuck", "grace dave kim heidi"},
		{"role:admin", "kim alice ann"},
		{"group:family", "carol"},
		{"group:romm-users bob", "bob"},
		{"group:users", "bob carol erin frank grace dave alice"}, // inherited too
		{"!group:romm", "ivan heidi"},
		{"!disabled example.org role:user", "bob carol erin grace dave kim"},
		{"last:>30d", "bob carol erin ivan frank grace dave kim heidi"},
		{"last:<30d", "alice ann"},
		{"last:<12h", "alice"},
		{"last:>30d !last:never", "bob heidi"},
		{"last:>6m !last:never", "heidi"},
		{"last:never role:admin", "kim"},
		{`"bob baker"`, "bob"},
		{"bkr", "bob"},       // nobody has it: the letters in order
		{"bkr !bob", ""},     // and that is narrowed too
		{"xqz", ""},          //
		{"!", everybody},     // not a term yet
		{"role:", everybody}, // nor these
		{"last:>", everybody},
		{"last:>3", everybody},
	} {
		d := tuitest.New(t, tuitest.NewConsole(seen()))
		d.Press("/").Paste(tc.typed)
		if got := listed(d); got != tc.want {
			t.Errorf("%q lists %q, want %q", tc.typed, got, tc.want)
		}
	}
}

const everybody = "bob carol erin ivan frank grace dave kim heidi alice ann"

func TestAFilterThatMeansNothingSaysSo(t *testing.T) {
	t.Parallel()
	for _, typed := range []string{"is:nonsense", "last:=3d", "last:>3x", "last:>99999999999d"} {
		d, _ := start(t)
		d.Press("/").Paste(typed).Want("The filter does not know", typed, "is:mismatch, is:unverified")
	}
	d, _ := start(t)
	d.Press("/", "bkr").Want(`1 of 11 come near “bkr”`)
}

// proves that every finding can be asked for by its name.
func TestEveryFindingIsAFacet(t *testing.T) {
	t.Parallel()
	for _, k := range model.FindingKinds() {
		d, _ := start(t)
		d.Press("/").Paste("is:" + string(k)).WantNot("does not know")
	}
}

func TestSortingIsStickyAndTurnsRound(t *testing.T) {
	t.Parallel()
	c := tuitest.NewConsole(seen())
	d := tuitest.New(t, c)
	want := func(names string) {
		t.Helper()
		if got := listed(d); got != names {
			t.Errorf("the order is\n%s, want\n%s", got, names)
		}
	}
	want(everybody)
	d.Want("next login ↓").Press("s").Want("now; enter turns it round", "newest first").Press("down", "enter")
	want("alice ann bob carol erin frank grace heidi kim ivan dave")
	d.Press("s").Want("now; enter turns it round").Press("enter").Press("r") // kept over a reload
	want("kim heidi grace frank erin carol bob ann alice ivan dave")         // who has no account stays last
	d.Press("s", "down", "enter")                                            // RomM's e-mail: who has none comes last
	want("alice ann bob erin frank grace heidi kim carol ivan dave")
	d.Press("s", "down", "down", "down", "down", "enter").Want("state ↑")
	want("erin bob carol ivan frank dave kim alice ann grace heidi") // heidi has no Authentik user
	d.Press("s", "enter").Want("state ↓")
	want("grace bob carol ivan frank dave kim alice ann erin heidi")
	d.Press("s", "down", "enter").Want("by last seen")
	want("alice ann bob heidi carol erin ivan frank grace dave kim")
	d.Press("/", "role:user", "enter")
	want("bob heidi carol erin frank grace dave kim")
	d.Press("esc", "s", "up", "up", "up", "up", "up", "up", "up", "enter").WantNot("by last seen")
	want(everybody)
	d.Press("s", "enter").Want("next login ↑")
	want("ann alice heidi kim dave grace frank ivan erin carol bob")
}

// crowd is a world of n people.
func crowd(n int) model.World {
	w := tuitest.World()
	w.Locals, w.Directory.Identities = nil, nil
	for i := range n {
		name := model.Untrusted(fmt.Sprintf("person%06d", i))
		u := model.LocalUser{ID: int64(i + 1), Username: name, Email: name + "@example.org", Role: model.RoleUser, Enabled: true}
		if i%50 == 0 {
			u.Email = name + "@old.example"
		}
		w.Locals = append(w.Locals, u)
		w.Directory.Identities = append(w.Directory.Identities, model.Identity{
			PK: int64(i + 1), UID: fmt.Sprint(i), Username: name, Name: "Person Number " + name, Email: name + "@example.org",
			TrustedEmail: name + "@example.org", Active: true, Groups: []model.GroupID{tuitest.Users},
		})
	}
	return w
}

// BenchmarkFilter100k is one keystroke over a hundred thousand people: the
// last letter of what stands there, typed anew.
func BenchmarkFilter100k(b *testing.B) {
	for _, text := range []string{"p", "person0123", "!old is:ok", "group:users role:user", "last:>30d", "prsnx"} {
		b.Run(text, func(b *testing.B) {
			d := tuitest.New(b, tuitest.NewConsole(crowd(100_000))).Press("/").Paste(text)
			last := text[len(text)-1:]
			b.ResetTimer()
			for b.Loop() {
				b.StopTimer()
				d.Press("backspace")
				b.StartTimer()
				d.Press(last)
			}
		})
	}
}

// !disabled means the state and not the word: it leaves out a disabled account
// that pairs with nobody, and nobody who is called so.
func TestDisabledIsAState(t *testing.T) {
	t.Parallel()
	w := tuitest.World()
	w.Locals[7].Enabled = false // heidi, whom Authentik does not know
	w.Directory.Identities[2].Name = "Bob Disabled"
	for typed, want := range map[string]string{
		"disabled": "bob frank heidi", "!disabled role:user": "bob carol erin grace dave kim", "is:disabled": "frank heidi",
	} {
		d := tuitest.New(t, tuitest.NewConsole(w))
		d.Press("/").Paste(typed)
		if got := listed(d); got != want {
			t.Errorf("%s lists %q, want %q", typed, got, want)
		}
	}
	d := tuitest.New(t, tuitest.NewConsole(w))
	d.Press("/").Paste("role:owner").Want("The filter does not know “role:owner”.")
}
