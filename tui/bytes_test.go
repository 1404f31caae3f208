package tui_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// dial starts a console over that world on a terminal of 120x40.
func dial(w model.World) *tuitest.Wire { return tuitest.Dial(tuitest.NewConsole(w), 120, 40) }

// village is a world of n people with names as people have them, four to nine
// letters long; every fiftieth has another address in RomM.
func village(n int) model.World {
	w := tuitest.World()
	w.Locals, w.Directory.Identities = nil, nil
	syllables := []string{"ba", "do", "ke", "li", "mar", "nu", "ri", "sen", "ta", "vo"}
	for i := range n {
		name := model.Untrusted(syllables[i%10] + syllables[i/10%10] + syllables[i/100%10])
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
			PK: int64(i + 1), UID: string(name), Username: name, Name: name, Email: email, TrustedEmail: email,
			Active: true, Groups: []model.GroupID{group},
		})
	}
	return w
}

// proves the budget over SSH: what a cursor key sends, that a key of the filter
// sends less than a first frame, an idle console nothing, for an hour.
func TestBytesOnTheWire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := dial(village(1000))
		first, _ := w.Taken()
		if !strings.Contains(first, "1000 people") {
			t.Fatalf("the first frame has no people: %q", first)
		}
		t.Logf("first frame: %d bytes", len(first))
		x := w.Walk(t, 100, "j", "\x1b[A") // down over several pages, and back
		t.Log(x)
		if key, rest := x.Middle(); key > 215 || rest > 90 {
			t.Errorf("in the middle %d and %d bytes, want at most 215 and 90", key, rest)
		}
		w.Press("/")
		worst := 0
		for _, k := range strings.Split("bado", "") {
			worst = max(worst, len(w.Press(k)))
		}
		t.Logf("a key of the filter: at most %d bytes", worst)
		if worst > len(first) {
			t.Errorf("a key of the filter sends %d bytes, more than the whole first frame of %d", worst, len(first))
		}
		w.Press("\r")
		time.Sleep(time.Hour)
		synctest.Wait()
		if text, _ := w.Taken(); text != "" {
			t.Errorf("an idle hour sends %d bytes: %q", len(text), text)
		}
		if err := w.Quit(); err != nil {
			t.Error(err)
		}
	})
}

// Two people with different verdicts have nothing in common below the list;
// still no step between them sends more than the limits.
func TestBytesBetweenVeryDifferentPeople(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := dial(tuitest.World())
		x := w.Walk(t, 10, "j", "k")
		t.Log(x)
		if key, rest := x.Middle(); key > 60 || rest > 275 {
			t.Errorf("in the middle %d and %d bytes, want at most 60 and 275", key, rest)
		}
		if err := w.Quit(); err != nil {
			t.Error(err)
		}
	})
}

// A key that is held down sends rows alone; the text below the list is sent
// once, when it is let go, and is the one of the row that the cursor is on.
func TestAHeldKeySendsRowsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := village(1000)
		w := dial(world)
		w.Taken()
		const n, pause = 60, 33 * time.Millisecond // as keyboards repeat
		for range n {
			w.Type("j", pause)
		}
		text, _ := w.Taken()
		if each := len(text) / n; each > 215 || strings.Contains(text, "Next login") || strings.Contains(text, "which opens") {
			t.Errorf("%d bytes a key: %q", each, text)
		}
		w.Rest()
		rest, writes := w.Taken()
		if writes != 1 || len(rest) > tuitest.RestLimit || !strings.Contains(rest, "opens") && !strings.Contains(rest, "@example.org") {
			t.Errorf("%d writes, %d bytes: %q", writes, len(rest), rest)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if text, _ := w.Taken(); text != "" {
			t.Errorf("an idle hour sends %d bytes: %q", len(text), text)
		}
		if err := w.Quit(); err != nil {
			t.Error(err)
		}
	})
}

// proves that the terminal is given back as it was: after quitting, after
// ctrl+c, and after a panic.
func TestTheTerminalIsGivenBack(t *testing.T) {
	for name, end := range map[string]func(*tuitest.Wire){
		"q":      func(w *tuitest.Wire) { w.Send("q") },
		"ctrl+c": func(w *tuitest.Wire) { w.Send("\x03") },
		"panic":  func(w *tuitest.Wire) { w.Program.Send(panicMsg{}); w.Rest() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := dial(tuitest.World())
				first, _ := w.Taken()
				end(w)
				if err := w.End(); err != nil {
					t.Error(err)
				}
				last, _ := w.Taken()
				all := first + last
				for _, mode := range []struct{ on, off, what string }{
					{"\x1b[?1049h", "\x1b[?1049l", "alternate screen"},
					{"\x1b[?1002h", "\x1b[?1002l", "mouse"},
					{"\x1b[?1004h", "\x1b[?1004l", "focus reports"},
					{"\x1b[?2004h", "\x1b[?2004l", "bracketed paste"},
					{"\x1b[?25l", "\x1b[?25h", "hidden cursor"},
				} {
					if on, off := strings.LastIndex(all, mode.on), strings.LastIndex(all, mode.off); on >= 0 && off < on {
						t.Errorf("%s is switched on and not off again", mode.what)
					}
				}
				if !strings.Contains(all, "\x1b[?1049h") {
					t.Error("the alternate screen is not used")
				}
			})
		})
	}
}
