package tui_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

func TestPaletteFindsAndRunsActions(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	d.Press(":").Want("What do you want to do?").Press("vouch").Want("vouch for the address that Authentik has").Press("enter").Want("Verify the address of bob")
	d.Press("esc", ":", "usrsfx", "enter").Want("Set 2 RomM addresses") // by the letters of its id
	d.Press("esc", ":", "group has which role", "enter").Want("[2 Roles]")
	d.Press(":", "romm-admin roles set", "enter").Want("Which group gets a role?").Press("esc")
	d.Press("1", ":", "undo the last plan", "enter").Want("Not now: nothing was changed yet in this session.").Press("esc")
	wantApplied(t, c, 0)
	if d.Press(":", "leave; in a dialog", "enter"); !d.Left() {
		t.Error("quit cannot be reached through the palette")
	}
}

// proves that everything in the registry can be found in the palette.
func TestPaletteListsTheWholeRegistry(t *testing.T) {
	t.Parallel()
	for _, open := range screens() {
		d, _ := past(t)
		for _, it := range d.Press(open).App().Actions() {
			d.Press(":").Paste(it.Help)
			if !strings.Contains(d.Screen(), "▌"+it.Help[:min(16, len(it.Help))]) || strings.Contains(d.Screen(), "nothing matches") {
				t.Errorf("screen %s: %s is not found:\n%s", open, it.ID, d.Screen())
			}
			d.Press("esc")
		}
	}
}

func TestErrorsCanBeReadAgain(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	d.Press("L").Want("there were no errors").WantNot("┌")
	c.FailLoads(&model.Error{Code: model.CodeUnavailable, Msg: "RomM sleeps", Hint: "wake it"})
	d.Press("r", "esc").WantNot("RomM sleeps")
	c.FailLoads(nil)
	c.FailChanges(errors.New("no room"))
	d.Press("r", "e", "enter", "tab", "enter", "esc").Press("L").Want("Errors of this session", "RomM sleeps", "Wake it.", "no room", "03:07:00")
}

func TestOldDataIsDimAndSaysItsAge(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	c.FailLoads(errors.New("down"))
	d.Pass(12 * time.Minute).Press("r").Want("old, read 03:07, 12 min ago")
	plain := 0
	for line := range strings.SplitSeq(d.View().Content, "\n") {
		if strings.Contains(line, "carol") && !strings.HasPrefix(line, "\x1b[2m") {
			plain++
		}
	}
	if plain > 0 {
		t.Error("rows of old data are not faint")
	}
	c.FailLoads(nil)
	d.Press("r").WantNot("ago")
}

func TestCopying(t *testing.T) {
	t.Parallel()
	d, _ := start(t, tuitest.With(func(o *tui.Options) {
		o.Links = screen.Links{RomM: "https://romm.example.org", Authentik: "https://auth.example.org"}
	}))
	d.Press("y").Want("Copy", "bob@old.example", "https://auth.example.org/if/admin/#/identity/users/13", "https://romm.example.org/administration")
	d.Press("enter").Want("sent to the terminal's clipboard: bob@example.org").WantNot("┌")
	if got := d.Copied(); got != "bob@example.org" {
		t.Errorf("copied %q", got)
	}
	w := tuitest.World()
	w.Locals[2].Email = "x@example.org\nrm -rf /\x1b[A"
	d = tuitest.New(t, tuitest.NewConsole(w)).Press("/", "bob", "enter", "y", "down", "down", "down", "enter")
	if got := d.Copied(); strings.ContainsAny(got, "\n\x1b") || !strings.Contains(got, "rm -rf") { // proves S30
		t.Errorf("copied %q", got)
	}
}

func TestMouse(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	click := func(x, y int) { d.Send(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft}) }
	click(5, 5)
	d.WantCursor("erin") // title, tabs, header, then bob, carol, erin
	click(5, 30)
	d.WantCursor("erin") // the pane is no row
	d.Send(tea.MouseWheelMsg{Button: tea.MouseWheelDown}).WantCursor("grace").Send(tea.MouseWheelMsg{Button: tea.MouseWheelUp}).WantCursor("erin")
	d.Send(tea.MouseClickMsg{X: 5, Y: 3, Button: tea.MouseRight}).WantCursor("erin")
	click(13, 1)
	d.Want("[2 Roles]")
	click(0, 60)
	click(22, 1)
	d.Want("[5 History]")
	click(1, 1)
	d.Want("[1 Users]").Press("x", "tab").Want("[ Apply ]")
	for y := range 40 {
		for x := 0; x < 120; x += 3 {
			click(x, y) // no click reaches a dialog
		}
	}
	wantApplied(t, c, 0)
	d.Want("[ Apply ]").Press("esc").Want("[1 Users]").WantCursor("erin").Press("M").Want("left to the terminal")
	if d.View().MouseMode != tea.MouseModeNone {
		t.Error("the mouse is still taken")
	}
	if d.Press("M"); d.View().MouseMode == tea.MouseModeNone {
		t.Error("the mouse does not come back")
	}
}

func TestWhatIsTypedIsNotLostByOneKey(t *testing.T) {
	t.Parallel()
	d, _ := start(t)
	if d.Press("e", "x", "ctrl+c").Want("what you typed is not saved"); d.Left() {
		t.Fatal("ctrl+c left with an edited prompt")
	}
	d.Press("esc", "esc").WantNot("what you typed is not saved") // it was about the prompt
	if d.Press("e", "x", "ctrl+c").Want("what you typed is not saved"); d.Left() {
		t.Fatal("ctrl+c left with another edited prompt")
	}
	if !d.Press("ctrl+c").Left() {
		t.Error("the second ctrl+c does not leave")
	}
	d, _ = start(t)
	if d.Press("e", "backspace", "enter").Want("[ Cancel ]").Press("ctrl+c").Want("what you typed is not saved"); d.Left() {
		t.Error("ctrl+c left with an edited prompt below the preview")
	}
}

func TestKeysCanBeRemapped(t *testing.T) {
	t.Parallel()
	remap := func(m keys.Map) tui.Options {
		return tui.Options{Console: tuitest.NewConsole(tuitest.World()), Clock: tuitest.Now, Keys: m}
	}
	for _, tc := range []struct {
		keys keys.Map
		want string
	}{
		{keys.Map{"users.set-email": {"w"}}, ""},
		{keys.Map{"users.set-email": {"v"}, "users.verify": {"e"}}, ""},
		{keys.Map{"users.set-email": {}}, ""},
		{keys.Map{"users.set-email": {"v"}}, "the key v would be both users.set-email and users.verify"},
		{keys.Map{"reload": {"e"}}, "would be both users.set-email and reload"},
		{keys.Map{"roles.add": {"q"}}, "would be both roles.add and quit"},
		{keys.Map{"users.fly": {"w"}}, "no action is called users.fly"},
		{keys.Map{"users.fix": {"ctrl+c"}}, "cannot be given away"},
		{keys.Map{"users.fix": {" "}}, "which is no name"},
	} {
		err := remap(tc.keys).CheckKeys()
		if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("%v: %v, want %q", tc.keys, err, tc.want)
		}
	}
	d, _ := start(t, tuitest.With(func(o *tui.Options) { o.Keys = keys.Map{"users.set-email": {"w"}, "quit": {"Q"}} }))
	d.Want("w set RomM e-mail", "Q quit").Press("e").WantNot("┌").Press("w").Want("RomM e-mail of bob").Press("esc", "q")
	if d.Left() || !d.Press("Q").Left() {
		t.Error("quit is not where it was put")
	}
}

// Two quick presses of esc arrive as one with alt; they leave like one.
func TestQuickEscsLeave(t *testing.T) {
	t.Parallel()
	d, _ := start(t)
	esc := tea.KeyPressMsg{Code: tea.KeyEscape, Mod: tea.ModAlt}
	d.Press("e").Want("RomM e-mail of bob").Send(esc).WantNot("RomM e-mail of bob")
	d.Press("/", "carol").Send(esc).WantNot("/ carol").Want("alice ")
	d.Press("?").Want("Keys: Users").Send(esc).WantNot("Keys: Users")
}

// While a filter is typed the arrows move in the list that it leaves, on every
// screen, and do not end the typing.
func TestArrowsMoveWhileAFilterIsTyped(t *testing.T) {
	t.Parallel()
	c := tuitest.NewConsole(tuitest.World())
	entries, cut := tuitest.Past()
	c.Journal(entries, cut)
	d := tuitest.New(t, c)
	for _, step := range []struct{ screen, typed, first, second string }{
		{"1", "example", "bob", "carol"}, {"2", "r", "romm-admins", "romm-users"}, {"5", "ro", "interrupted", "grace"},
	} {
		d.Press(step.screen, "/", step.typed).WantCursor(step.first)
		d.Press("down").WantCursor(step.second).Press("up").WantCursor(step.first).Want("/ "+step.typed, "enter keep")
		d.Press("esc")
	}
}

// Over SSH other programs write on the screen: ctrl+l draws it again, in
// dialogs and prompts too, and changes nothing.
func TestRedraw(t *testing.T) {
	t.Parallel()
	key, _ := tuitest.Key("ctrl+l")
	for _, keys := range [][]string{{}, {"/", "bo"}, {"e", "x"}, {"F"}, {"2", "t", "kids"}, {"?"}} {
		d, _ := start(t)
		before := d.Press(keys...).Screen()
		_, cmd := d.App().Update(key)
		if cmd == nil {
			t.Fatalf("%v: nothing is drawn again", keys)
		}
		if got, want := fmt.Sprintf("%T", cmd()), fmt.Sprintf("%T", tea.ClearScreen()); got != want {
			t.Errorf("%v: ctrl+l sends %s, want %s", keys, got, want)
		}
		if d.Press("ctrl+l").Screen() != before {
			t.Errorf("%v: the screen is another:\n%s", keys, d.Screen())
		}
	}
}
