package widget_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/tuitest"
	"github.com/romm-admin/romm-admin/tui/widget"
)

func plain() *theme.Theme { return theme.New(theme.Options{}) }

// opening is what a style writes before a text.
func opening(s lipgloss.Style) string {
	before, _, _ := strings.Cut(s.Render("x"), "x")
	return before
}

func press(t *testing.T, name string) tea.KeyPressMsg {
	t.Helper()
	if msg, ok := tuitest.Key(name); ok {
		return msg
	}
	return tea.KeyPressMsg{Code: []rune(name)[0], Text: name}
}

func TestListKeepsItsCursorInTheWindow(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	var l widget.List
	for range 5000 {
		switch rng.IntN(5) {
		case 0:
			l = l.Fill(rng.IntN(50))
		case 1:
			l = l.Resize(rng.IntN(20) - 2)
		case 2:
			l = l.Move(rng.IntN(21) - 10)
		case 3:
			l = l.Page(rng.IntN(3) - 1)
		case 4:
			l = l.Goto(rng.IntN(80) - 20)
		}
		from, to := l.Window()
		switch {
		case from < 0 || to > l.Len() || to-from > l.Height() || from > to && l.Height() > 0:
			t.Fatalf("window %d to %d of %d rows, height %d", from, to, l.Len(), l.Height())
		case l.Len() > 0 && l.Height() > 0 && (l.Cursor() < from || l.Cursor() >= to):
			t.Fatalf("cursor %d outside the window %d to %d", l.Cursor(), from, to)
		case l.Len() >= l.Height() && l.Height() > 0 && to-from != l.Height():
			t.Fatalf("window %d to %d wastes rows of %d, height %d", from, to, l.Len(), l.Height())
		}
	}
}

func TestRowCellsHaveExactlyTheirWidth(t *testing.T) {
	t.Parallel()
	for _, selected := range []bool{false, true} {
		for _, text := range []string{"", "bob", "exactly-10", "far longer than that", "漢字漢字漢字", "漢字漢字漢", "e\u0301e\u0301", "😀😀😀😀😀😀"} {
			for width := range 14 {
				r := widget.NewRow(plain(), 40, selected)
				r.Outside(model.Untrusted(text), width, plain().Text)
				if got := ansi.StringWidth(r.String()); got != width {
					t.Errorf("Outside(%q, %d) is %d cells wide: %q", text, width, got, r.String())
				}
				r.Cell("|", 1, plain().Text)
				if got := ansi.StringWidth(r.End()); got != 40 {
					t.Errorf("the row with %q is %d cells wide", text, got)
				}
			}
		}
	}
}

func TestASelectedRowIsReverseFromEdgeToEdge(t *testing.T) {
	t.Parallel()
	th := plain()
	r := widget.NewRow(th, 20, true)
	r.Cell("bob", 5, th.Danger)
	r.Cell("x", 3, th.Good)
	got := r.End()
	if strings.Contains(got, opening(th.Danger)) || strings.Count(got, opening(th.Selection)) != 3 || strings.Contains(got, "\x1b[m ") {
		t.Errorf("the selected row is %q", got)
	}
}

// proves that the cursor stands by cells, not characters (P9).
func TestInputCursorCountsCells(t *testing.T) {
	t.Parallel()
	in := widget.NewInput(plain(), "漢字a")
	for _, want := range []int{5, 4, 2, 0, 0} {
		if _, x := in.View(20); x != want {
			t.Errorf("cursor at %d, want %d", x, want)
		}
		in = in.Update(press(t, "left"))
	}
	in = widget.NewInput(plain(), strings.Repeat("漢", 30)+"x")
	text, x := in.View(10)
	if ansi.StringWidth(text) > 10 || x > 9 || !strings.HasSuffix(text, "x") {
		t.Errorf("a long text shows as %q with the cursor at %d", text, x)
	}
}

func TestInputShowsHostileTextAndKeepsIt(t *testing.T) {
	t.Parallel()
	in := widget.NewInput(plain(), "").Update(tea.PasteMsg{Content: "a\u202eb\n"})
	text, _ := in.View(40)
	if text != `a\u202eb ` || in.Value() != "a\u202eb" {
		t.Errorf("shown %q, value %q", text, in.Value())
	}
}

// proves that the clipboard of the machine that runs the program is not
// pasted from (P8).
func TestInputDoesNotReadTheServersClipboard(t *testing.T) {
	t.Parallel()
	in := widget.NewInput(plain(), "x")
	if got := in.Update(press(t, "ctrl+v")).Value(); got != "x" {
		t.Errorf("ctrl+v changed the input to %q", got)
	}
	if got := in.Update(tea.PasteMsg{Content: strings.Repeat("y", 5000)}).Value(); len(got) > 320 {
		t.Errorf("%d characters were taken", len(got))
	}
}

func somePlan() plan.Plan {
	return plan.Plan{Title: "set it", Command: "romm-admin x", Changes: []plan.Change{{
		Kind: plan.ChangeLocalEmail, Side: plan.SideRomM, Object: "3", Label: "bob", Before: "a@b.cc", After: "c@d.ee",
	}}}
}

func draft() plan.Draft { return plan.Draft{Plan: somePlan()} }

func text(p screen.Panel) string { return ansi.Strip(strings.Join(p.Lines, "\n")) }

func applies(e screen.Effect) bool {
	for _, i := range e.Intents {
		if _, ok := i.(screen.ApplyReq); ok {
			return true
		}
	}
	return false
}

func TestPreviewAppliesOnlyFromItsButton(t *testing.T) {
	t.Parallel()
	unknown := widget.NewPreview(plain(), somePlan())
	ready := unknown.Known(draft(), plan.Impact{}, nil)
	refused := unknown.Known(draft(), plan.Impact{}, &model.Error{Code: model.CodeRefused, Msg: "no"})
	for _, tc := range []struct {
		name    string
		preview widget.Preview
		keys    []string
		want    bool
	}{
		{"enter on cancel", ready, []string{"enter"}, false},
		{"tab, enter", ready, []string{"tab", "enter"}, true},
		{"right, enter", ready, []string{"right", "enter"}, true},
		{"there and back", ready, []string{"right", "left", "enter"}, false},
		{"twice tab", ready, []string{"tab", "tab", "enter"}, false},
		{"esc on apply", ready, []string{"tab", "esc"}, false},
		{"impact unknown", unknown, []string{"tab", "right", "enter"}, false},
		{"refused", refused, []string{"tab", "right", "enter"}, false},
		{"letters", ready, []string{"y", "a"}, false},
	} {
		var o screen.Overlay = tc.preview
		applied := false
		for _, k := range tc.keys {
			var e screen.Effect
			o, e = o.Update(press(t, k))
			applied = applied || applies(e)
		}
		if applied != tc.want {
			t.Errorf("%s: applied %v, want %v", tc.name, applied, tc.want)
		}
	}
	for _, k := range []string{"tab", "right"} { // focus on a button that is not there yet
		o, _ := unknown.Update(press(t, k))
		if _, e := o.(widget.Preview).Known(draft(), plan.Impact{}, nil).Update(press(t, "enter")); applies(e) {
			t.Errorf("%s before the impact was known moved the focus to Apply", k)
		}
	}
	o, _ := ready.Update(press(t, "tab"))
	if _, e := o.Update(tea.PasteMsg{Content: "\n"}); applies(e) {
		t.Error("a paste applied the plan")
	}
	if stale := o.(widget.Preview).Stale(); stale.Ready() || stale.Known(draft(), plan.Impact{}, nil).Ready() != true {
		t.Error("a stale preview can be applied, or never again")
	}
}

func TestPreviewAlwaysShowsItsButtons(t *testing.T) {
	t.Parallel()
	var impact plan.Impact
	for i := range 200 {
		impact.CannotSignIn = append(impact.CannotSignIn, plan.Delta{Who: model.Untrusted(fmt.Sprintf("person%d", i))})
	}
	for height := 8; height < 60; height += 5 {
		p := widget.NewPreview(plain(), somePlan()).Known(draft(), impact, nil).View(screen.Area{Width: 60, Height: height})
		if s := text(p); !strings.Contains(s, "[ Cancel ]") || !strings.Contains(s, "of 20") || len(p.Lines) > height {
			t.Errorf("height %d: %d lines\n%s", height, len(p.Lines), s)
		}
	}
}

func TestImpactNamesLostAdmins(t *testing.T) {
	t.Parallel()
	verdict := func(o model.Outcome, before, after model.Role, detail string) model.Verdict {
		return model.Verdict{Outcome: o, Status: 403, Detail: detail, RoleBefore: before, RoleAfter: after}
	}
	admin, user := verdict(model.SignsIn, model.RoleAdmin, model.RoleAdmin, ""), verdict(model.SignsIn, model.RoleUser, model.RoleUser, "")
	out := verdict(model.Refused, "", "", "No roles.")
	im := plan.Impact{
		CanSignIn:    []plan.Delta{{Who: "carol", Before: out, After: user}, {Who: "dave", Before: out, After: verdict(model.Registers, "", model.RoleUser, "")}},
		CannotSignIn: []plan.Delta{{Who: "ann", Before: admin, After: out}, {Who: "bob", Before: user, After: out}},
		Roles:        []plan.Delta{{Who: "kim", Before: admin, After: user}, {Who: "leo", Before: user, After: admin}},
	}
	th := plain()
	lines := widget.Impact(th, "Changes", im, 70)
	want := []string{
		"2 admins are lost: ann and kim.",
		"Changes",
		"  - ann can no longer sign in (403 No roles): an admin is lost",
		"  - bob can no longer sign in (403 No roles)",
		"  ~ kim: admin → user, an admin is lost",
		"  ~ leo: user → admin, a new admin",
		"  + carol can sign in as user",
		"  + dave gets a new account as user",
	}
	if got := ansi.Strip(strings.Join(lines, "\n")); got != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	for _, i := range []int{0, 2, 4} {
		if !strings.HasPrefix(lines[i], opening(th.Danger)) {
			t.Errorf("%q is not in the danger style", lines[i])
		}
	}
	if got := widget.Impact(th, "Changes", plan.Impact{}, 70); got != nil {
		t.Errorf("no impact renders as %q", got)
	}
}

func TestPromptKeepsItsErrorUntilTheTextChanges(t *testing.T) {
	t.Parallel()
	var submitted []string
	var o screen.Overlay = widget.NewPrompt(plain(), "T", "x", []string{"About."}, func(v string) (screen.Effect, error) {
		submitted = append(submitted, v)
		return screen.Effect{}, errors.New("not that one")
	})
	area := screen.Area{Width: 40, Height: 12}
	o, _ = o.Update(press(t, "enter"))
	o, _ = o.Update(press(t, "left"))
	if s := text(o.View(area)); !strings.Contains(s, "Not that one.") {
		t.Errorf("the error is not shown:\n%s", s)
	}
	o, _ = o.Update(press(t, "y"))
	if s := text(o.View(area)); strings.Contains(s, "Not that one.") || !strings.Contains(s, "> yx") {
		t.Errorf("after typing:\n%s", s)
	}
	if fmt.Sprint(submitted) != "[x]" {
		t.Errorf("submitted %q", submitted)
	}
}

func TestOverKeepsTheWidthOverWideText(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"", "short", strings.Repeat("漢", 50), strings.Repeat("a漢", 33), strings.Repeat("🇩🇪", 50), strings.Repeat("x", 100)} {
		base := make([]string, 12)
		for i := range base {
			base[i] = line
		}
		over, cursor := widget.Over(plain(), strings.Join(base, "\n"), screen.Area{Width: 100, Height: 12},
			screen.Panel{Title: "漢字", Lines: []string{"one", strings.Repeat("漢", 60)}, Cursor: &screen.Cursor{X: 1, Y: 0}})
		got := strings.Split(over, "\n")
		for i, l := range got {
			if w := ansi.StringWidth(l); w > 100 {
				t.Errorf("line %d over %q is %d cells wide", i, line, w)
			}
		}
		if at := ansi.Strip(got[cursor.Y]); cursor == nil || !strings.HasPrefix(ansi.Cut(at, cursor.X-1, 100), "one") {
			t.Errorf("the cursor is at %v in %q", cursor, at)
		}
	}
}

func TestSentence(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"": "", "no such user": "No such user.", "Done.": "Done.", "émile is gone": "Émile is gone."} {
		if got := widget.Sentence(in); got != want {
			t.Errorf("Sentence(%q) = %q, want %q", in, got, want)
		}
	}
}
