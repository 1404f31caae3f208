package tui_test

import (
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/tui"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

func linear(o *tui.Options) { o.Linear = true }

// A screen reader gets text: no lines and borders, dialogs alone, choices by
// number, and the terminal's cursor on the row that is selected.
func TestLinearMode(t *testing.T) {
	t.Parallel()
	for _, keys := range [][]string{{}, {"d"}, {"e"}, {"e", "enter"}, {"2"}, {"2", "enter"}, {"5"}, {"?"}, {":"}, {"*", "e"}} {
		c := tuitest.NewConsole(tuitest.World())
		entries, cut := tuitest.Past()
		c.Journal(entries, cut)
		d := tuitest.New(t, c, tuitest.With(linear)).Press(keys...)
		if i := strings.IndexAny(d.Screen(), "│─┌┐└┘▌●⇄→✗⊗↯≡⊘≈▼≠∅×○⊠⊖◇Δ≃"); i >= 0 {
			t.Errorf("%v: a line or a sign is drawn:\n%s", keys, d.Screen())
		}
		check(t, d, 120, 40)
	}
	d, c := start(t, tuitest.With(linear))
	line := func() string {
		c := d.View().Cursor
		if c == nil {
			return ""
		}
		return strings.Split(d.Screen(), "\n")[c.Y]
	}
	if got := line(); !strings.Contains(got, "bob") || !strings.Contains(got, "mismatch") {
		t.Errorf("the cursor is on %q", got)
	}
	if d.Press("j"); !strings.Contains(line(), "carol") {
		t.Errorf("the cursor is on %q", line())
	}
	d.Press("e").Want("RomM e-mail of carol")
	if got := line(); !strings.HasPrefix(got, "> carol@example.org") {
		t.Errorf("the cursor is on %q", got)
	}
	d.Press("esc", "s").Want("1. next login", "2. RomM user").Press("2").WantNot("1. next login").Want("alice")
	d.Press("2", "D").Want("3. user").Press("3").Want("Give everybody else the role user", "role of everybody else\n", "> 1. Cancel: enter presses it", "  2. Apply").WantNot("romm-admins")
	if got := line(); !strings.HasPrefix(got, "> 1. Cancel") {
		t.Errorf("the cursor is on %q", got)
	}
	if d.Press("2"); !strings.HasPrefix(line(), "> 2. Apply: enter presses it") {
		t.Errorf("the cursor is on %q", line())
	}
	wantApplied(t, c, 0) // no single key writes
	d.Press("1", "2", "enter").Want("everybody else: ")
	wantApplied(t, c, 1)
}

// Where letters search, a number chooses as long as nothing is typed, and the
// terminal's cursor follows what the arrow keys do.
func TestNumbersInLinearMode(t *testing.T) {
	t.Parallel()
	d, _ := start(t, tuitest.With(linear))
	on := func() string { return strings.Split(d.Screen(), "\n")[d.View().Cursor.Y] }
	d.Press(":").Want("1. set this person's e-mail address in RomM")
	if got := on(); !strings.HasPrefix(got, "/") {
		t.Errorf("the cursor is on %q", got)
	}
	if d.Press("down"); !strings.HasPrefix(on(), ">2. ") {
		t.Errorf("the cursor is on %q", on())
	}
	d.Press("undo").WantNot("1. ").Want("undo the last plan of this session")
	if got := on(); !strings.HasPrefix(got, "/ undo") {
		t.Errorf("the cursor is on %q", got)
	}
	d.Press("1").Want("/ undo1").Press("esc", ":", "1").Want("RomM e-mail of bob").Press("esc")
	d.Press("2", "t").Want("1. [ ] ").Press("2").Want("2. [x] ").Press("2").WantNot("[x]").Press("esc")
}

// A row says in words what stands in columns elsewhere, and the heading which
// way round the order is.
func TestRowsAreSentencesInLinearMode(t *testing.T) {
	t.Parallel()
	c := tuitest.NewConsole(tuitest.World())
	entries, cut := tuitest.Past()
	c.Journal(entries, cut)
	d := tuitest.New(t, c, tuitest.With(linear), tuitest.Size(120, 40))
	d.Want("\n sorted by next login, descending\n", "\n>bob: mismatch, RomM bob@old.example, role user, Authentik bob@example.org, verified\n",
		"\n carol: no address, RomM without e-mail, role user, Authentik carol@example.org, verified\n",
		"\n ivan: no role, no RomM account, Authentik ivan@example.org, verified\n", " disabled in RomM,", "no Authentik user\n")
	d.Press("space").Want("\n bob: selected, mismatch,").Press("esc", "s", "2").Want("\n sorted by RomM user, ascending\n")
	d.Press("s", "2").Want("\n sorted by RomM user, descending\n").WantNot("↑", "by RomM user,  turned")
	d.Press("2").Want("\n sorted by role, descending\n", "\n>romm-admins: role admin, ", " people, note on call, changed 2026-11-20 by ann\n", "vanished, grants nothing")
	d.Press("5").Want("\n sorted by time, descending\n", "\n>interrupted: 1 of 2 made, set 2 addresses, by ann, 2026-11-23 03:02\n",
		"\n kim: RomM e-mail kim@old.example to kim@example.org, by ann, 2026-11-23 02:07\n", "\n erin: failed, RomM e-mail ")
}

// Nothing that has to be understood is drawn or a bare sign.
func TestSignsAreWordsInLinearMode(t *testing.T) {
	t.Parallel()
	d, _ := start(t, tuitest.With(linear))
	d.Press("e", "enter").Want("\n  before bob@old.example\n", "\n  after bob@example.org\n").Press("esc", "esc", "?").Want("down more").WantNot("↓", "↑").Press("esc")
	d.Press("*", "e").Want("  before no address", "  after carol@example.org").Press("tab").Hold().Press("enter").ReleaseOne()
	d.Want("0 of 2 changes made.\n0 percent\n").WantNot("....", "####").Release().Want("2 of 2 changes made.").Press("esc")
	d.Press("5").Want("\n before no address\n after carol@example.org\n")
}
