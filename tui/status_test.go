package tui_test

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// Anyone who has filtered or selected sees so at every width, even if not in
// full: what an action is about must not be a guess.
func TestTheFilterIsToldAtEveryWidth(t *testing.T) {
	t.Parallel()
	for _, width := range []int{60, 70, 80, 120, 200} {
		d, _ := start(t, tuitest.Size(width, 24))
		d.Press("*", "/", "is:unverified !disabled role:user", "enter")
		if tabs := strings.Split(d.Screen(), "\n")[1]; !strings.Contains(tabs, "11 selected") {
			t.Errorf("%d columns: %q", width, tabs)
		}
		d.Press("esc", "esc", "/", "role:user !disabled is:mismatch", "enter")
		if tabs := strings.Split(d.Screen(), "\n")[1]; !strings.Contains(tabs, " of 11 match") {
			t.Errorf("%d columns: %q", width, tabs)
		}
	}
}

// proves S30: a note of several lines shows its text and nothing of its styles.
func TestALongErrorIsReadable(t *testing.T) {
	t.Parallel()
	d, c := start(t, tuitest.Size(60, 24))
	c.FailLoads(&model.Error{Code: model.CodeUnavailable, Msg: strings.Repeat("the proxy before Authentik answers something else, ", 6), Hint: "look at the proxy"})
	d.Press("r").Want("not read again", "answers something else", "Look at the proxy").WantNot("[1;31m", "x1b")
}

// Where nothing could be read the log of errors says why, and so does a screen
// that has something else to show.
func TestAFirstReadingThatFailsIsTold(t *testing.T) {
	t.Parallel()
	failed := func() *tuitest.Driver {
		c := tuitest.NewConsole(tuitest.World())
		c.FailLoads(&model.Error{Code: model.CodeUnavailable, Msg: "Authentik is down", Hint: "start it"})
		return tuitest.New(t, c)
	}
	failed().Want("Nothing could be read.", "Authentik is down").Press("L").Want("Errors of this session", "Not read: Authentik is down.", "Start it.")
	failed().Press("5").WantNot("Authentik is down").Press("r").Want("! not read: Authentik is down", "Start it.")
}

// Hints name the keys that the person gave the actions.
func TestHintsNameTheKeysThatThereAre(t *testing.T) {
	t.Parallel()
	remap := tuitest.With(func(o *tui.Options) {
		o.Keys = keys.Map{"notes": {"N"}, "reload": {"ctrl+r"}, "quit": {"Q"}}
	})
	c := tuitest.NewConsole(tuitest.World())
	c.FailLoads(&model.Error{Code: model.CodeUnavailable, Msg: "Authentik is down"})
	d := tuitest.New(t, c, remap).Want("ctrl+r try again   Q quit")
	c.FailLoads(nil)
	c.Edit(func(w *model.World) {
		w.Directory.Incomplete = strings.Repeat("a page is missing, ", 20)
	})
	d.Send(tea.KeyPressMsg{Code: 'r', Mod: tea.ModCtrl}).Want("(N: all)").Press("N").Want("Notes").Press("esc")
	d.Send(tea.WindowSizeMsg{Width: 40, Height: 10}).Want("press Q to quit")
}

// The palette finds what can be done on another screen and goes there, says in
// full what the choice under the cursor does and why it cannot be done now, and
// keeps its height while the cursor moves.
func TestThePaletteKnowsEveryScreen(t *testing.T) {
	t.Parallel()
	for _, size := range [][2]int{{60, 20}, {80, 24}, {120, 40}} {
		d, _ := start(t, tuitest.Size(size[0], size[1]))
		height := func() int { return strings.Count(d.Screen(), "│\n") }
		was := height()
		if d.Press(":"); was == height() {
			t.Fatal("there is no dialog")
		}
		was = height()
		for range 30 {
			if d.Press("down"); height() != was {
				t.Fatalf("%v: the dialog jumps:\n%s", size, d.Screen())
			}
		}
		d.Want("enter choose").Press("default role").Want("on Roles", "Set the role of people in none of these groups.", "roles default ROLE")
		d.Press("enter").Want("Role for everybody else").Press("esc").Want("[2 Roles]")
	}
	d, _ := start(t)
	d.Press("/", "dave", "enter", ":", "this person's e-mail address in RomM").Want("Not now: dave has no RomM account yet")
	d.Press("enter").Want("┌─ What do you want to do?")
}

// A term that no filter knows, and that finds nobody, shows the terms that it
// knows.
func TestAMisspeltFilterIsExplained(t *testing.T) {
	t.Parallel()
	d, _ := start(t)
	d.Press("/", "rol:admin", "enter").Want(`Nobody matches “rol:admin”.`, "role:admin, group:NAME", "esc shows everybody again.")
	for _, typed := range []string{"nobody-of-that-name", "is:inactive role:admin"} { // these are understood
		d.Press("esc", "/", typed, "enter").Want("Nobody matches").WantNot("role:admin, group:NAME")
	}
}

// However narrow the terminal and long the filter, nobody misses that the data is
// old, how old it is where there is room, and that nothing can be written.
func TestOldDataIsToldBesideAnyFilter(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		width    int
		readOnly bool
		want     []string
	}{
		{60, false, []string{"of 11 match", "· old"}},
		{60, true, []string{"of 11 match", "· old"}},
		{72, true, []string{"of 11 match", "· read-only · old"}},
		{80, false, []string{"of 11 match", "· 12 min old"}},
		{80, true, []string{"of 11 match", "· read-only · 12 min old"}},
		{120, true, []string{"of 11 match", "· read-only · 12 min old"}},
	} {
		c := tuitest.NewConsole(tuitest.World())
		d := tuitest.New(t, c, tuitest.Size(tc.width, 24), tuitest.With(func(o *tui.Options) { o.ReadOnly = tc.readOnly }))
		c.FailLoads(&model.Error{Code: model.CodeUnavailable, Msg: "Authentik is down"})
		d.Press("/", "example.org !is:inactive role:user", "enter").Pass(12 * time.Minute).Press("r")
		tabs := strings.Split(d.Screen(), "\n")[1]
		for _, want := range tc.want {
			if !strings.Contains(tabs, want) {
				t.Errorf("%d columns: %q has no %q", tc.width, tabs, want)
			}
		}
	}
}
