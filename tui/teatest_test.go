package tui_test

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/exp/teatest/v2"
	"github.com/charmbracelet/x/vt"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui"
	"github.com/romm-admin/romm-admin/tui/tuitest"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// whole is a console that runs in Bubble Tea itself, its output drawn by a
// terminal emulator: what is waited for is what a person would see.
type whole struct {
	t      *testing.T
	tm     *teatest.TestModel
	screen *vt.Emulator
}

// probe is the console, which tells what it would draw when it is asked.
type probe struct{ tea.Model }

type shownMsg chan string

// Update implements tea.Model.
func (p probe) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if asked, ok := msg.(shownMsg); ok {
		asked <- p.View().Content
		return p, nil
	}
	next, cmd := p.Model.Update(msg)
	return probe{next}, cmd
}

// flowPatience bounds a wait; nothing depends on its length when all is well.
const flowPatience = 60 * time.Second

func wholeProgram(t *testing.T, c tui.Console) whole {
	t.Helper()
	w := whole{
		t: t, screen: vt.NewEmulator(120, 40),
		tm: teatest.NewTestModel(t, probe{tui.New(tui.Options{Console: c, Actor: "ann", Clock: tuitest.Now})}, teatest.WithInitialTermSize(120, 40),
			teatest.WithProgramOptions(tea.WithColorProfile(colorprofile.ANSI), tea.WithEnvironment([]string{"TERM=xterm-256color"}))),
	}
	answered := make(chan struct{})
	go func() { // the emulator's answers to queries, or it would block
		_, _ = io.Copy(io.Discard, w.screen)
		close(answered)
	}()
	t.Cleanup(func() {
		if pipe, ok := w.screen.InputPipe().(io.Closer); ok { // Close itself races with a reader
			_ = pipe.Close()
		}
		<-answered
	})
	return w.wait("11 people")
}

// text is the screen, without styles and blanks at the ends of lines.
func (w whole) text() string { return trimmed(ansi.Strip(w.screen.Render())) }

func trimmed(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \r")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// until waits for the screen to fulfil a condition.
func (w whole) until(what string, ok func(string) bool) whole {
	w.t.Helper()
	drawn := 0
	defer func() {
		if w.t.Failed() {
			w.t.Logf("waited for %s; the screen is\n%s", what, w.text())
		}
	}()
	teatest.WaitFor(w.t, w.tm.Output(), func(b []byte) bool {
		_, _ = w.screen.Write(bytes.ReplaceAll(b[drawn:], []byte("\n"), []byte("\r\n"))) // as a terminal's driver does
		drawn = len(b)
		return ok(w.text())
	}, teatest.WithDuration(flowPatience), teatest.WithCheckInterval(5*time.Millisecond))
	return w
}

func (w whole) wait(texts ...string) whole {
	w.t.Helper()
	for _, text := range texts {
		w.until(fmt.Sprintf("%q", text), func(s string) bool { return strings.Contains(s, text) })
	}
	return w
}

func (w whole) gone(text string) whole {
	w.t.Helper()
	return w.until("the end of "+text, func(s string) bool { return !strings.Contains(s, text) })
}

// press presses keys and types words, as the driver does.
func (w whole) press(names ...string) whole {
	for _, name := range names {
		if msg, ok := tuitest.Key(name); ok {
			w.tm.Send(msg)
		} else {
			w.tm.Type(name)
		}
	}
	return w
}

// apply goes from Cancel to Apply and presses it, once it is known what the plan
// changes: before that there is nothing to apply.
func (w whole) apply() whole {
	w.t.Helper()
	return w.wait("tab moves, enter presses").press("tab").wait("[ Apply ]").press("enter")
}

// end quits once these texts are shown, and those after "!" are not, and the
// terminal was drawn the frame that the model has, line by line.
func (w whole) end(texts ...string) {
	w.t.Helper()
	for _, text := range texts {
		if unwanted, not := strings.CutPrefix(text, "!"); not {
			w.gone(unwanted)
		} else {
			w.wait(text)
		}
	}
	w.until("the frame of the model", func(drawn string) bool {
		shown := make(shownMsg, 1)
		w.tm.Send(shown)
		return drawn == trimmed(widget.Strip(<-shown))
	})
	w.press("q")
	final := w.tm.FinalModel(w.t, teatest.WithFinalTimeout(flowPatience))
	last := trimmed(widget.Strip(final.(probe).View().Content))
	for _, text := range texts {
		unwanted, not := strings.CutPrefix(text, "!")
		if strings.Contains(last, unwanted) == not {
			w.t.Errorf("the last frame, %q:\n%s", text, last)
		}
	}
	if _, err := io.Copy(io.Discard, w.tm.FinalOutput(w.t)); err != nil {
		w.t.Error(err)
	}
}

// wantChanges fails the test unless exactly these changes reached the console,
// a line each: kind, label, before and after; plans are parted by an empty one.
func wantChanges(t *testing.T, c *tuitest.Console, want ...string) {
	t.Helper()
	var got []string
	for i, p := range c.Applied() {
		if i > 0 {
			got = append(got, "")
		}
		for _, ch := range p.Changes {
			got = append(got, fmt.Sprintf("%s %s: %q to %q", ch.Kind, ch.Label, ch.Before, ch.After))
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the console got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// wantState fails the test unless the two systems and the role map differ from
// how they were before by exactly this, a line each: whose, what, from and to.
// It looks at the world itself, not at plans or at the screen.
func wantState(t *testing.T, before model.World, c *tuitest.Console, want ...string) {
	t.Helper()
	was, now := facts(before), facts(c.World())
	var got []string
	for name := range now {
		if was[name] != now[name] {
			got = append(got, fmt.Sprintf("%s: %s to %s", name, was[name], now[name]))
		}
	}
	for name := range was {
		if _, still := now[name]; !still {
			got = append(got, name+" is gone")
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the systems differ by\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// facts are all that the console can change.
func facts(w model.World) map[string]string {
	out := map[string]string{}
	for _, u := range w.Locals {
		out["RomM "+u.Username.Raw()] = fmt.Sprintf("%q %s %v", u.Email.Raw(), u.Role, u.Enabled)
	}
	for _, id := range w.Directory.Identities {
		out["Authentik "+id.Username.Raw()] = fmt.Sprintf("%q %q", id.Email.Raw(), id.TrustedEmail.Raw())
	}
	for _, r := range w.Roles.Rows {
		out["row "+r.Name.Raw()] = string(r.Role)
	}
	for _, l := range w.Pins {
		out["pin "+l.UID] = fmt.Sprint(l.LocalID)
	}
	for _, p := range w.Pending {
		out["pending "+p.Name.Raw()] = string(p.Role)
	}
	for _, a := range w.Assertions {
		out["assertion "+a.Text()] = "kept"
	}
	out["default role"] = string(w.Roles.Default)
	out["mapping"] = fmt.Sprint(w.Provider.Table)
	return out
}

// TestProgramJ1 looks: who cannot sign in, and why; nothing is changed.
func TestProgramJ1(t *testing.T) {
	t.Parallel()
	c := tuitest.NewConsole(tuitest.World())
	w := wholeProgram(t, c).wait("5 cannot sign in", "500 Internal Server Error")
	w.press("/", "ivan").wait("1 of 11 match").press("enter").gone("enter keep").wait("no role")
	w.press("d").wait("ivan (uid", "romm_roles []")
	w.end(`1 of 11 match “ivan”`, "romm_roles []", "!bob@old.example")
	wantChanges(t, c)
	wantState(t, tuitest.World(), c)
}

// TestProgramJ2 fixes an address.
func TestProgramJ2(t *testing.T) {
	t.Parallel()
	c := tuitest.NewConsole(tuitest.World())
	w := wholeProgram(t, c).press("/", "bob").wait("1 of 11 match").press("enter").gone("enter keep")
	w.press("e").wait("RomM e-mail of bob").press("enter").wait("can sign in as user")
	w.apply().wait("bob: RomM e-mail is now bob@example.org", "signs in", "4 cannot sign in")
	w.end("bob: RomM e-mail is now bob@example.org", "!bob@old.example")
	wantChanges(t, c, `local-email bob: "bob@old.example" to "bob@example.org"`)
	wantState(t, tuitest.World(), c, `RomM bob: "bob@old.example" user true to "bob@example.org" user true`)
}

// TestProgramJ3 vouches for addresses, of one person and of several at once.
func TestProgramJ3(t *testing.T) {
	t.Parallel()
	world := tuitest.World()
	for i := range world.Directory.Identities {
		if id := &world.Directory.Identities[i]; id.Username == "kim" || id.Username == "ivan" {
			id.TrustedEmail = ""
		}
	}
	c := tuitest.NewConsole(world)
	w := wholeProgram(t, c).press("/", "erin").wait("1 of 11 match").press("enter").gone("enter keep")
	w.press("v").wait("erin can sign in as user").apply().wait("trusted address is now erin@example.org")
	w.press("/", "ctrl+u", "is:unverified").wait("2 of 11 match").press("enter").gone("enter keep")
	w.press("*").wait("2 selected").press("v").wait("addresses of 2 people", "kim can sign in as admin").apply().wait("2 of 2 changes made")
	w.press("esc").gone("2 of 2 changes made")
	w.end("2 changes made", `0 of 11 match “is:unverified”`)
	wantChanges(t, c, `idp-trusted-email erin: "" to "erin@example.org"`, "",
		`idp-trusted-email ivan: "" to "ivan@example.org"`, `idp-trusted-email kim: "" to "kim@example.org"`)
	wantState(t, world, c, `Authentik erin: "erin@example.org" "" to "erin@example.org" "erin@example.org"`,
		`Authentik ivan: "ivan@example.org" "" to "ivan@example.org" "ivan@example.org"`,
		`Authentik kim: "kim@example.org" "" to "kim@example.org" "kim@example.org"`)
}

// TestProgramJ4 gives a group a role, seeing the impact while choosing.
func TestProgramJ4(t *testing.T) {
	t.Parallel()
	c := tuitest.NewConsole(tuitest.World())
	w := wholeProgram(t, c).press("2").wait("[2 Roles]").press("a").wait("Which group gets a role?")
	w.press("night").gone("family  ").press("enter").wait("Role for the group night-shift")
	w.wait("ivan gets a new account as user").press("enter").apply()
	w.wait("night-shift: role is now user")
	w.end("night-shift", "4 cannot sign in", "!night-shift: role is not")
	wantChanges(t, c, `role-row night-shift: "" to "user"`)
	wantState(t, tuitest.World(), c, "row night-shift:  to user")
}

// TestProgramJ6 asks what the next login does, of one person and of
// everybody, predicted and computed by Authentik; nothing is changed.
func TestProgramJ6(t *testing.T) {
	t.Parallel()
	c := tuitest.NewConsole(tuitest.World())
	c.Answers(11, model.Claims{"email_verified": false})
	w := wholeProgram(t, c).press("/", "alice").wait("1 of 11 match").press("enter").gone("enter keep")
	w.press("S").wait("The next login of alice", "307 signs in (rule 18)").press("a").wait("computed by Authentik, asked just now", "400 “Email is not verified.” (rule 5)")
	w.press("esc").gone("The next login of").wait("6 cannot sign in")
	w.press("W").wait("The next logins of 10 people").press("a").wait("of 9 of 9, asked just now", "Not as predicted").press("esc").gone("The next logins of")
	w.end("6 cannot sign in", "Not as predicted", "unverified", "!The next login of")
	if got := fmt.Sprint(c.Previews()); got != "[[11] []]" {
		t.Errorf("Authentik was asked about %s", got)
	}
	wantChanges(t, c)
	wantState(t, tuitest.World(), c)
}

// TestProgramJ8 looks up who changed what, undoes one change, then a plan.
func TestProgramJ8(t *testing.T) {
	t.Parallel()
	c := tuitest.NewConsole(tuitest.World())
	entries, cut := tuitest.Past()
	c.Journal(entries, cut)
	w := wholeProgram(t, c).press("5").wait("[5 History]", "kim@old.example → kim@example.org")
	w.press("/", "person:bob").wait("1 of 7 match").press("enter").gone("enter keep")
	w.press("u").wait("Undo: match addresses", "+ robert@old.example").apply().wait("bob: RomM e-mail is now robert@old.example")
	w.press("/", "ctrl+u", "kim").wait("1 of 8 match").press("enter").gone("enter keep").wait("By ann, 2026-11-23 02:07:00")
	w.press("u").wait("+ kim@old.example").apply().wait("kim: RomM e-mail is now kim@old.example")
	w.end("kim@example.org → kim@old.example", "2 of 9 match")
	wantChanges(t, c, `local-email bob: "bob@old.example" to "robert@old.example"`, "",
		`local-email kim: "kim@example.org" to "kim@old.example"`)
	wantState(t, tuitest.World(), c, `RomM bob: "bob@old.example" user true to "robert@old.example" user true`,
		`RomM kim: "kim@example.org" user true to "kim@old.example" user true`)
}

// TestProgramJ8Whole takes a plan of two changes back as a whole, after one
// that was cut short has been finished.
func TestProgramJ8Whole(t *testing.T) {
	t.Parallel()
	c := tuitest.NewConsole(tuitest.World())
	entries, cut := tuitest.Past()
	c.Journal(entries, cut)
	w := wholeProgram(t, c).wait("A plan was cut short").press("5").wait("interrupted, 1 of 2 made", "carol@example.org, not begun")
	w.press("enter").wait("Finish: set 2 addresses", "+ carol@example.org").apply().wait("the interrupted plan is closed").gone("was cut short")
	w.press("/", "kim").wait("match “kim”").press("enter").gone("enter keep").press("U").wait("2 changes to 2 objects").apply().wait("2 of 2 changes made")
	w.press("esc").gone("2 of 2 changes made")
	w.end(`match “kim”`, "kim@example.org → kim@old.example", "!interrupted,")
	if got := c.Settled(); len(got) != 1 || got[0] != "plan-c" {
		t.Errorf("settled %q", got)
	}
	wantState(t, tuitest.World(), c, `RomM bob: "bob@old.example" user true to "robert@old.example" user true`,
		`RomM carol: "" user true to "carol@example.org" user true`,
		`RomM kim: "kim@example.org" user true to "kim@old.example" user true`)
}
