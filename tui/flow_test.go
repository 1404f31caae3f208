package tui_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

func start(t *testing.T, options ...tuitest.Option) (*tuitest.Driver, *tuitest.Console) {
	t.Helper()
	c := tuitest.NewConsole(tuitest.World())
	return tuitest.New(t, c, options...), c
}

func wantApplied(t *testing.T, c *tuitest.Console, n int) {
	t.Helper()
	if got := c.Applied(); len(got) != n {
		t.Fatalf("%d plans reached the console, want %d: %+v", len(got), n, got)
	}
}

// proves S35: what the screen shows afterwards is what was read back.
func TestSetEmailChangesTheRowAndStaysOnThePerson(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	d.Want("11 people · 5 cannot sign in").WantCursor("bob", "≠ mismatch")
	d.Press("e").Want("RomM e-mail of bob", "> bob@example.org", "RomM has bob@old.example now")
	d.Press("enter").Want("- bob@old.example", "+ bob@example.org", "bob can sign in as user",
		"Same as: romm-admin users set-email bob bob@example.org")
	wantApplied(t, c, 0)
	d.Press("tab", "enter")
	wantApplied(t, c, 1)
	d.WantNot("Cancel").Want("bob: RomM e-mail is now bob@example.org", "4 cannot sign in")
	d.WantCursor("bob", "bob@example.org", "=").WantNot("bob@old.example")
}

func TestCancelIsTheDefault(t *testing.T) {
	t.Parallel()
	for _, keys := range [][]string{
		{"enter"}, {"esc"}, {"q"}, {"tab", "tab", "enter"}, {"right", "left", "enter"}, {"y"}, {"space"},
	} {
		d, c := start(t)
		d.Press("e", "enter").Want("[ Cancel ]")
		d.Press(keys...)
		wantApplied(t, c, 0)
	}
	d, _ := start(t)
	d.Press("e", "enter", "esc").Want("> bob@example.org") // back keeps what was typed
	d.Press("esc").WantNot("RomM e-mail of bob").Press("q")
	if !d.Left() {
		t.Error("q with no dialog open does not quit")
	}
}

func TestPastedNewlinesNeverConfirm(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	d.Press("e", "ctrl+u").Paste("bob@example.org\n\n").Want("> bob@example.org", "RomM e-mail of bob")
	d.Press("enter").Want("[ Cancel ]").Paste("\n\t\n").Want("[ Cancel ]")
	d.Press("tab").Want("[ Apply ]").Paste("\n")
	wantApplied(t, c, 0)
	// A terminal without bracketed paste sends the newlines as keys.
	d, c = start(t)
	d.Press("e", "ctrl+u", "bob@example.org", "enter", "enter", "enter", "enter", "enter")
	wantApplied(t, c, 0)
	d, _ = start(t)
	d.Press("/").Paste("carol\n").Want("enter keep").WantCursor("carol")
}

func TestAnImpossibleAddressIsExplainedInThePrompt(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	d.Press("e", "ctrl+u", "nonsense", "enter").Want("Invalid email format", "> nonsense")
	d.Press("ctrl+u").WantNot("Invalid email format")
	d.Press("ann@example.org", "enter").Want("the RomM account ann already has ann@example.org", "Give that account another address first.")
	d.Press("esc", "esc").WantNot("RomM e-mail of")
	wantApplied(t, c, 0)
}

func TestReadOnlyExplainsItself(t *testing.T) {
	t.Parallel()
	d, c := start(t, tuitest.With(func(o *tui.Options) { o.ReadOnly = true }))
	d.Want("read-only").WantNot("e set RomM e-mail")
	d.Press("e").WantNot("RomM e-mail of").Want("this session is read-only")
	d.Press("2", "x").WantNot("┌").Want("this session is read-only", "Nothing can be changed")
	d.Press("a", "enter", "c").WantNot("┌")
	d.Press("?").Want("not now: this session is read-only")
	wantApplied(t, c, 0)
}

// proves S9
func TestIncompleteListsDisableWrites(t *testing.T) {
	t.Parallel()
	w := tuitest.World()
	w.Directory.Incomplete = "42 of 57 users were read"
	c := tuitest.NewConsole(w)
	d := tuitest.New(t, c).Want("incomplete", "42 of 57 users were read")
	d.Press("e").WantNot("┌").Want("Authentik's lists are incomplete")
	d.Press("2", "x").WantNot("┌")
	wantApplied(t, c, 0)
}

// begun is a text in a style that has not ended yet.
func begun(s lipgloss.Style, text string) string {
	return strings.TrimSuffix(s.Render(text), ansi.ResetStyle)
}

// proves S5: no admin is a banner in the danger style, above everything.
func TestNoAdminIsABanner(t *testing.T) {
	t.Parallel()
	w := tuitest.World()
	w.Settings.Assumed = true
	for i := range w.Locals {
		w.Locals[i].Role = model.RoleUser
	}
	d := tuitest.New(t, tuitest.NewConsole(w)).Want("! RomM has no admin: as long as that is so")
	danger, warning := theme.New(theme.Options{}).Danger, theme.New(theme.Options{}).Warning
	if c := d.View().Content; !strings.Contains(c, begun(danger, "! RomM has no admin: as long as that is so")) || !strings.Contains(c, begun(warning, "! RomM's OIDC")) {
		t.Errorf("the banner is not in the danger style, or the next note is:\n%q", c[:800])
	}
	d.Press("n").Want("anybody may create one through its API.").Press("esc").WantNot("┌")
	d.Press("2").Want("! RomM has no admin: as long as that is so")
}

// proves S35: a change that somebody else overtook is refused in words, and
// the newer state is read.
func TestConflictIsShownAndReadAgain(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	d.Press("e", "enter", "tab")
	c.Edit(func(w *model.World) {
		w.Locals = append([]model.LocalUser(nil), w.Locals...)
		w.Locals[2].Email = "robert@example.org"
	})
	loads := c.Loads()
	d.Press("enter").Want("not changed: bob, RomM e-mail: ", "in the meantime", "Reload and look again", "esc dismisses")
	d.WantCursor("robert@example.org")
	if c.Loads() != loads+1 {
		t.Errorf("%d readings after the conflict, want one", c.Loads()-loads)
	}
	d.Pass(time.Hour).Press("j").Want("in the meantime") // errors stay
	d.Press("esc").WantNot("in the meantime")
}

func TestAFailedChangeKeepsTheOldRow(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	c.FailChanges(&model.Error{Code: model.CodeForbidden, Msg: "RomM answered 403", Hint: "give the token the scope me.write"})
	d.Press("e", "enter", "tab", "enter").Want("RomM answered 403", "Give the token the scope me.write.")
	d.WantCursor("bob", "bob@old.example")
}

// numbered names the readings, so that a test sees which one is shown.
type numbered struct {
	*tuitest.Console
	n *int
}

func (c numbered) Load(ctx context.Context, o model.ReadOptions) (*model.Review, error) {
	r, err := c.Console.Load(ctx, o)
	*c.n++
	if r != nil {
		r.World.RomM.Name = fmt.Sprintf("reading-%d", *c.n)
	}
	return r, err
}

func TestALateReadingIsDropped(t *testing.T) {
	t.Parallel()
	d := tuitest.New(t, numbered{tuitest.NewConsole(tuitest.World()), new(int)}).Want("reading-1")
	d.Hold().Press("r", "r").Want("reading…", "reading-1")
	d.ReleaseLate().Want("reading-2").WantNot("reading-3", "reading…")
}

// stuck answers readings with an older world than changes do.
type stuck struct{ *tuitest.Console }

func (stuck) Load(context.Context, model.ReadOptions) (*model.Review, error) {
	return model.Judge(tuitest.World()), nil
}

func TestAChangeOvertakesAReading(t *testing.T) {
	t.Parallel()
	d := tuitest.New(t, stuck{tuitest.NewConsole(tuitest.World())})
	d.Hold().Press("r").Press("e", "enter").Want("Working out whose next login changes")
	d.ReleaseNewest().Want("[ Cancel ]    Apply").Press("tab", "enter").Want("writing…")
	d.Press("r").Want("a change is being written")
	d.ReleaseNewest().Want("bob: RomM e-mail is now bob@example.org")
	d.Release().WantCursor("bob", "bob@example.org", "=").WantNot("bob@old.example")
}

func TestApplyIsNotThereBeforeTheImpactIsKnown(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	d.Hold().Press("e", "enter").Want("Working out").WantNot("Apply")
	d.Press("tab", "right", "enter").WantNot("Working out") // cancelled
	d.Release().WantNot("[ Apply ]", "┌─ Set")
	wantApplied(t, c, 0)
}

func TestNewerDataRenewsAnOpenPreview(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	d.Hold().Press("r", "e", "enter").ReleaseNewest().Press("tab").Want("[ Apply ]")
	c.Edit(func(w *model.World) { w.Provider.Verified = model.VerifiedNever })
	d.Release().Want("[ Cancel ]", "bob still cannot sign in (400 Email is not verified)").WantNot("[ Apply ]")
}

func TestALateImpactIsDropped(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	d.Hold().Press("r", "e", "enter") // the reading and the impact of the old data are under way
	c.Edit(func(w *model.World) { w.Provider.Verified = model.VerifiedNever })
	d.Release().Want("bob still cannot sign in (400 Email is not verified)").WantNot("bob can sign in")
}

func TestReadingFails(t *testing.T) {
	t.Parallel()
	c := tuitest.NewConsole(tuitest.World())
	c.FailLoads(&model.Error{Code: model.CodeUnavailable, Msg: "auth.example.org does not answer", Hint: "check the network"})
	d := tuitest.New(t, c).Want("Nothing could be read.", "Auth.example.org does not answer.", "Check the network.", "r try again")
	d.Press("2").Want("Nothing could be read.").Press("1", "e").Want("nothing has been read yet")
	c.FailLoads(nil)
	d.Press("r").Want("11 people").WantNot("Nothing could be read")
	c.FailLoads(errors.New("connection reset"))
	d.Press("r").Want("11 people", "bob@old.example", "old, read 03:07", "not read again", "connection reset")
	c.FailLoads(nil)
	d.Press("r").WantNot("connection reset", "old, read")
}

func TestNotesGoWithAKeyOnceTheyWereRead(t *testing.T) {
	t.Parallel()
	d, _ := start(t)
	d.Press("e", "enter", "tab", "enter").Want("is now bob@example.org")
	d.Press("j").Want("is now bob@example.org")
	d.Pass(4 * time.Second).Press("k").WantNot("is now bob@example.org")
}

// Esc takes away the note and nothing else as long as the note is to be seen,
// not only while it is new: what a key does must not depend on the clock.
func TestEscTakesTheNoteAlone(t *testing.T) {
	t.Parallel()
	for _, age := range []time.Duration{0, time.Minute} {
		d, _ := start(t)
		d.Press("/", "bob", "enter", "e", "enter", "tab", "enter").Want("is now bob@example.org", "match “bob”")
		d.Pass(age).Press("esc").WantNot("is now bob@example.org").Want("match “bob”")
		d.Press("esc").WantNot("match “bob”")
	}
}

func TestLeaving(t *testing.T) {
	t.Parallel()
	for _, keys := range [][]string{{"q"}, {"ctrl+c"}, {"/", "x", "ctrl+c"}, {"e", "ctrl+c"}} {
		if d, _ := start(t); !d.Press(keys...).Left() {
			t.Errorf("%v does not quit", keys)
		}
	}
	for _, keys := range [][]string{{"/", "q"}, {"e", "q"}, {"?", "q"}, {"2", "a", "q"}} {
		if d, _ := start(t); d.Press(keys...).Left() {
			t.Errorf("%v quits", keys)
		}
	}
	d, _ := start(t)
	d.Press("e", "enter", "tab").Hold().Press("enter").Want("writing…")
	d.Press("q", "ctrl+c").Want("ctrl+c again leaves")
	if d.Release().Left() {
		t.Error("left in the middle of a change")
	}
	d, _ = start(t)
	d.Press("e", "enter", "tab").Hold().Press("enter", "ctrl+c", "ctrl+c")
	if !d.Release().Left() {
		t.Error("the second ctrl+c does not leave")
	}
}

func TestNothingHappensUnseen(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	d.Press("e", "enter", "tab").Send(tea.WindowSizeMsg{Width: 50, Height: 10})
	d.Want("too small", "50 x 10", "60 x 15").Press("enter", "tab", "enter").Paste("x")
	wantApplied(t, c, 0)
	d.Send(tea.WindowSizeMsg{Width: 80, Height: 24}).Want("[ Apply ]")
	d.Send(tea.WindowSizeMsg{Width: 1, Height: 1}).Press("q")
	if !d.Left() {
		t.Error("q does not quit a window that is too small")
	}
}

func TestHelpComesFromTheRegistry(t *testing.T) {
	t.Parallel()
	d, _ := start(t, tuitest.Size(78, 150)) // a dialog this wide leaves nothing beside it
	d.Press("?")
	text := strings.Join(strings.Fields(strings.ReplaceAll(d.Screen(), "│", " ")), " ")
	for _, it := range d.App().Actions() {
		if !strings.Contains(text, it.Help) {
			t.Errorf("the help does not have %q:\n%s", it.Help, d.Screen())
		}
	}
	d.Want("not now: no filter is set", "same as: romm-admin users set-email bob")
	d.Press("esc").WantNot("Keys: Users")
}

func TestHelpScrolls(t *testing.T) {
	t.Parallel()
	d, _ := start(t, tuitest.Size(60, 15))
	d.Press("?").Want("1 to 9 of").Press("k").Want("1 to 9 of").Press("j", "down").Want("3 to 11 of")
	d.Press("pgdown", "pgdown", "pgdown", "pgdown", "pgdown", "pgdown", "pgdown", "pgdown", "pgdown", "pgdown", "pgdown", "pgdown").Want("leave; in a dialog, go back").Press("pgup").Want("esc back")
	d.Send(tea.WindowSizeMsg{Width: 120, Height: 120}).Want("find people").WantNot("lines")
}

func TestTheTerminalIsSetUp(t *testing.T) {
	t.Parallel()
	w := tuitest.World()
	w.RomM.Name = "romm\x1b]0;evil\x07.example.org"
	v := tuitest.New(t, tuitest.NewConsole(w)).View()
	if !v.AltScreen || v.MouseMode != tea.MouseModeCellMotion || !v.ReportFocus {
		t.Errorf("alt screen %v, mouse %v", v.AltScreen, v.MouseMode)
	}
	if strings.ContainsAny(v.WindowTitle, "\x1b\x07") || !strings.HasPrefix(v.WindowTitle, "romm-admin romm") { // proves S30
		t.Errorf("window title %q", v.WindowTitle)
	}
}

func TestFrameSettles(t *testing.T) {
	t.Parallel()
	c := tuitest.NewConsole(tuitest.World())
	app := tui.New(tui.Options{Console: c, Clock: tuitest.Now, Every: time.Hour})
	frame := tui.Frame(app, 120, 40)
	if n := strings.Count(frame, "\n") + 1; n != 40 {
		t.Errorf("the frame has %d lines, want 40", n)
	}
	if !strings.Contains(frame, "11 people · 5 cannot sign in · 2 admins") {
		t.Errorf("the frame shows no people:\n%s", frame)
	}
	if strings.Contains(frame, "\x1b") || strings.Contains(frame, " \n") {
		t.Error("the frame has styles or blanks at a line's end")
	}
	if c.Loads() != 1 {
		t.Errorf("%d readings, want one", c.Loads())
	}
}

// Esc drops what was typed only when it is pressed twice; what stood there from
// the beginning is no loss.
func TestEscAsksBeforeItDropsAnEdit(t *testing.T) {
	t.Parallel()
	d, _ := start(t)
	d.Press("e").Want("RomM e-mail of bob").Press("esc").WantNot("RomM e-mail of bob")
	d.Press("e", "x", "esc").Want("RomM e-mail of bob", "> bob@example.orgx", "esc again drops what was typed")
	d.Press("y").Want("> bob@example.orgxy", "esc cancel").WantNot("again").Press("esc").Want("again").Paste("z")
	d.Want("> bob@example.orgxyz", "esc cancel").Press("backspace", "backspace", "backspace").Press("esc").WantNot("RomM e-mail of bob")
	d.Press("e", "x", "esc", "esc").WantNot("RomM e-mail of bob")
}
