package widget_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

func feed(t *testing.T, o screen.Overlay, names ...string) (screen.Overlay, screen.Effect) {
	t.Helper()
	var effect screen.Effect
	for _, n := range names {
		o, effect = o.Update(press(t, n))
	}
	return o, effect
}

func fruit(p widget.Picker) widget.Picker {
	for _, name := range []string{"apple", "pear", "plum"} {
		p.Choices = append(p.Choices, widget.Choice{ID: name, Label: model.Untrusted(name), Detail: "it is a " + name})
	}
	return p
}

// What was typed can be chosen where the picker lets it, after what is found.
func TestPickerOffersWhatWasTyped(t *testing.T) {
	t.Parallel()
	var got string
	var o screen.Overlay = widget.NewPicker(plain(), fruit(widget.Picker{
		Filter: true,
		Other: func(typed string) (widget.Choice, bool) {
			return widget.Choice{ID: "new", Label: model.Untrusted(typed), Note: "a new one"}, typed != "plum"
		},
		Choose: func(c widget.Choice) (screen.Effect, error) {
			got = c.ID
			return screen.Effect{}, nil
		},
	}), "")
	area := screen.Area{Width: 60, Height: 20}
	if s := text(o.View(area)); strings.Contains(s, "a new one") {
		t.Errorf("nothing was typed:\n%s", s)
	}
	o, _ = feed(t, o, "p", "l")
	if s := text(o.View(area)); !strings.Contains(s, "pl") || strings.Index(s, "plum") > strings.Index(s, "a new one") {
		t.Errorf("what was typed is not the last choice:\n%s", s)
	}
	if feed(t, o, "enter"); got != "apple" {
		t.Errorf("enter took %q, not the first one", got)
	}
	if feed(t, o, "down", "down", "enter"); got != "new" {
		t.Errorf("the last line gave %q", got)
	}
	o, _ = feed(t, o, "u", "m")
	if s := text(o.View(area)); strings.Contains(s, "a new one") {
		t.Errorf("a name that is taken is offered:\n%s", s)
	}
}

// Jobs run on their keys with the choice under the cursor; those that need one
// are gone from an empty list.
func TestPickerJobs(t *testing.T) {
	t.Parallel()
	var done []string
	job := func(key, title string, bare bool) widget.Job {
		return widget.Job{Key: key, Title: title, Bare: bare, Run: func(c widget.Choice) (screen.Effect, error) {
			done = append(done, key+":"+c.ID)
			if key == "x" {
				return screen.Effect{}, errors.New("not that one")
			}
			return screen.Want(screen.CloseReq{}), nil
		}}
	}
	p := widget.Picker{Also: []widget.Job{job("a", "add", true), job("x", "drop", false)}, Empty: "Nothing yet.", Verb: "edit"}
	area := screen.Area{Width: 60, Height: 20}
	var o screen.Overlay = widget.NewPicker(plain(), fruit(p), "pear")
	if s := text(o.View(area)); !strings.Contains(s, "enter edit   a add   x drop   esc back") || !strings.Contains(s, "it is a pear") || strings.Contains(s, "it is a plum") {
		t.Errorf("hints or detail are missing:\n%s", s)
	}
	o, _ = feed(t, o, "x")
	if s := text(o.View(area)); !strings.Contains(s, "Not that one.") {
		t.Errorf("the error is not shown:\n%s", s)
	}
	if _, effect := feed(t, o, "a"); len(effect.Intents) != 1 {
		t.Errorf("the job's effect is lost: %+v", effect)
	}
	o = widget.NewPicker(plain(), p, "")
	if s := text(o.View(area)); !strings.Contains(s, "Nothing yet.") || !strings.Contains(s, "a add   esc back") || strings.Contains(s, "drop") || strings.Contains(s, "edit") {
		t.Errorf("an empty list:\n%s", s)
	}
	feed(t, o, "x", "enter", "a")
	if got := strings.Join(done, " "); got != "x:pear a:pear a:" {
		t.Errorf("jobs that ran: %q", got)
	}
}

// A live picker says why a choice is refused, and not that it is so already.
func TestPickerTellsWhyALivePlanFails(t *testing.T) {
	t.Parallel()
	p := widget.NewPicker(plain(), fruit(widget.Picker{Live: func(widget.Choice) (plan.Plan, error) { return plan.Plan{}, nil }}), "")
	area := screen.Area{Width: 60, Height: 20}
	for want, err := range map[string]error{
		"This is so already.":          &model.Error{Code: model.CodeNothing, Msg: "the same"},
		"No such role.":                &model.Error{Code: model.CodeInvalid, Msg: "no such role"},
		"In the meantime x changed.":   &model.Error{Code: model.CodeConflict, Msg: "in the meantime x changed"},
		"Nobody's next login changes.": nil,
	} {
		if s := text(p.Seen(plan.Impact{}, err).View(area)); !strings.Contains(s, want) {
			t.Errorf("%v: %q is missing:\n%s", err, want, s)
		}
	}
}

func TestFilterTyping(t *testing.T) {
	t.Parallel()
	f := widget.NewFilter("old").Open(plain())
	if !f.Typing() || f.Text() != "old" {
		t.Fatalf("opened: %+v", f)
	}
	step := func(key string, text string, typing, changed bool, move int) {
		t.Helper()
		next, ch, mv := f.Update(press(t, key))
		if next.Text() != text || next.Typing() != typing || ch != changed || mv != move {
			t.Errorf("%s: text %q, typing %v, changed %v, move %d", key, next.Text(), next.Typing(), ch, mv)
		}
		f = next
	}
	step("s", "olds", true, true, 0)
	step("left", "olds", true, false, 0)
	step("down", "olds", true, false, 1)
	step("up", "olds", true, false, -1)
	step("enter", "olds", false, false, 0)
	f = f.Open(plain())
	if next, changed, _ := f.Update(tea.PasteMsg{Content: " new\n"}); next.Text() != "olds new" || !changed {
		t.Errorf("pasted: %q", next.Text())
	}
	step("esc", "", false, true, 0)
	var frame screen.Frame
	if f.Draw(plain(), &frame, screen.Area{Width: 60, Height: 20}); frame.Footer != "" || frame.Cursor != nil {
		t.Errorf("a filter that is not typed draws %+v", frame)
	}
	if f.Open(plain()).Draw(plain(), &frame, screen.Area{Width: 60, Height: 20}); frame.Footer == "" || frame.Cursor.Y != 20 {
		t.Errorf("a filter that is typed draws %+v", frame)
	}
}

func TestMatches(t *testing.T) {
	t.Parallel()
	fields := map[string]string{"actor": "Ann", "person": "Night Shift", "is": "done"}
	for filter, want := range map[string]bool{
		"": true, "ann": true, "ANN shift": true, "zoe": false, "actor:ann": true, "actor:night": false, "person:night person:shift": true,
		"!zoe": true, "!ann": false, "!actor:zoe": true, "!is:done": false, "!": true, "unknown:ann": false, "ann zoe": false,
		widget.Facet("person", "night  shift"): true, widget.Facet("person", "ann shift"): false,
	} {
		if got := widget.Matches(filter, fields); got != want {
			t.Errorf("%q: %v", filter, got)
		}
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	names := []string{"Night Shift", "family", "romm-users"}
	for typed, want := range map[string][]int{"": {0, 1, 2}, "SHIFT": {0}, "m": {1, 2}, "nsh": {0}, "zz": nil} {
		got := widget.Find(len(names), typed, func(i int) string { return names[i] })
		if len(got) != len(want) || len(got) > 0 && got[0] != want[0] {
			t.Errorf("%q: %v, want %v", typed, got, want)
		}
	}
}

func TestPaneKeepsToItsHeight(t *testing.T) {
	t.Parallel()
	p := widget.Pane{Title: "bob", Hints: "x go", Lines: []string{"one", "two", "three", "four"}, More: "d shows all"}
	lines := strings.Split(widget.Strip(p.View(theme.New(theme.Options{}), 40, 3)), "\n")
	if len(lines) != 5 || lines[3] != " … 2 more lines, d shows all" || lines[4] != " x go" {
		t.Errorf("drawn %q", lines)
	}
}

// More choices than there is room for are pages: the cursor turns them, the
// dialog keeps its height, and what is typed is looked for on all.
func TestPickerTurnsPages(t *testing.T) {
	t.Parallel()
	p := widget.Picker{Filter: true, Choose: func(widget.Choice) (screen.Effect, error) { return screen.Effect{}, nil }}
	for i := range 12 {
		p.Choices = append(p.Choices, widget.Choice{ID: fmt.Sprint(i), Label: model.Untrusted(fmt.Sprintf("group%02d", i))})
	}
	area := screen.Area{Width: 60, Height: 30}
	o, _ := widget.NewPicker(plain(), p, "").Update(screen.AreaMsg{Area: area})
	first := text(o.View(area))
	if !strings.Contains(first, "group09") || strings.Contains(first, "group10") || !strings.Contains(first, " 2 more") {
		t.Errorf("the first page is\n%s", first)
	}
	down := slices.Repeat([]string{"down"}, 10)
	o, _ = feed(t, o, down...)
	second := text(o.View(area))
	if strings.Contains(second, "group09") || !strings.Contains(second, "▌group10") || !strings.Contains(second, " 10 more") ||
		strings.Count(second, "\n") != strings.Count(first, "\n") {
		t.Errorf("the second page is\n%s", second)
	}
	o, _ = feed(t, o, "up")
	if got := text(o.View(area)); !strings.Contains(got, "▌group09") {
		t.Errorf("back on the first page:\n%s", got)
	}
	o, _ = feed(t, o, "1", "1")
	if got := text(o.View(area)); !strings.Contains(got, "▌group11") || strings.Contains(got, "more") {
		t.Errorf("what was typed finds\n%s", got)
	}
}
