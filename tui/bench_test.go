package tui_test

import (
	"fmt"
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// crowd is a world of n people, most of them fine.
func crowd(n int) model.World {
	w := tuitest.World()
	w.Locals, w.Directory.Identities = nil, nil
	for i := range n {
		name := model.Untrusted(fmt.Sprintf("person%06d", i))
		email := name + "@example.org"
		u := model.LocalUser{ID: int64(i + 1), Username: name, Email: email, Role: model.RoleUser, Enabled: true}
		if i%50 == 0 {
			u.Email = name + "@old.example"
		}
		group := tuitest.Users
		if i == 1 {
			u.Role, group = model.RoleAdmin, tuitest.Admins
		}
		w.Locals = append(w.Locals, u)
		w.Directory.Identities = append(w.Directory.Identities, model.Identity{
			PK: int64(i + 1), UID: fmt.Sprint(i), Username: name, Name: "Person Number " + name, Email: email, TrustedEmail: email,
			Active: true, Groups: []model.GroupID{group},
		})
	}
	return w
}

func benchmarkView(b *testing.B, n int) {
	d := tuitest.New(b, tuitest.NewConsole(crowd(n)))
	app := d.App()
	b.ReportAllocs()
	for b.Loop() {
		if len(app.View().Content) == 0 {
			b.Fatal("nothing drawn")
		}
	}
}

func BenchmarkView100(b *testing.B)  { benchmarkView(b, 100) }
func BenchmarkView10k(b *testing.B)  { benchmarkView(b, 10_000) }
func BenchmarkView100k(b *testing.B) { benchmarkView(b, 100_000) }

// BenchmarkMove10k is a cursor key and the frame after it.
func BenchmarkMove10k(b *testing.B) {
	d := tuitest.New(b, tuitest.NewConsole(crowd(10_000)))
	b.ReportAllocs()
	for b.Loop() {
		d.Press("j").View()
	}
}

// BenchmarkFilter10k is a keystroke of the filter and the frame after it.
func BenchmarkFilter10k(b *testing.B) {
	d := tuitest.New(b, tuitest.NewConsole(crowd(10_000))).Press("/", "person00")
	b.ReportAllocs()
	for b.Loop() {
		d.Press("7").View()
		d.Press("backspace").View()
	}
}

// proves R12, in work instead of time: what a frame costs does not depend on
// how many people there are.
func TestViewCostsTheSameForAnyNumberOfPeople(t *testing.T) {
	allocs := func(n int) float64 {
		app := tuitest.New(t, tuitest.NewConsole(crowd(n))).App()
		return testing.AllocsPerRun(20, func() { _ = app.View() })
	}
	small, large := allocs(100), allocs(20_000)
	if large > small*1.15+1 {
		t.Errorf("a frame allocates %.0f times with 20,000 people and %.0f times with 100", large, small)
	}
	if small > 150 {
		t.Errorf("a frame allocates %.0f times, want at most 150", small)
	}
}
