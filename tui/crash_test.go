package tui_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// crashes collects what the console tells of its panics.
func crashes(got *[]tui.Crash) tuitest.Option {
	return tuitest.With(func(o *tui.Options) {
		o.Crashed = func(c tui.Crash) string { *got = append(*got, c); return "x7" }
	})
}

// wantCrash fails the test unless the console has ended in order after one
// panic in that file, with bob's new address as the only draft.
func wantCrash(t *testing.T, d *tuitest.Driver, got []tui.Crash, value, file string) {
	t.Helper()
	if len(got) != 1 || !strings.Contains(got[0].Value, value) || strings.Contains(got[0].Value, "\x1b") || !strings.Contains(got[0].Stack, file) {
		t.Fatalf("the hook got %+v", got)
	}
	want := []tui.Draft{{Dialog: "RomM e-mail of bob", Text: "draft@example.org"}}
	if !slices.Equal(got[0].Drafts, want) {
		t.Errorf("drafts %+v, want %+v", got[0].Drafts, want)
	}
	if !d.Left() || d.App().Incident() != "x7" || d.View().Content != "" {
		t.Errorf("left %v, incident %q, the frame is %q", d.Left(), d.App().Incident(), d.View().Content)
	}
}

func TestAPanicEndsTheConsoleInOrder(t *testing.T) {
	t.Parallel()
	var got []tui.Crash
	d := tuitest.New(t, tuitest.NewConsole(tuitest.World()), crashes(&got))
	d.Press("e", "ctrl+u", "draft@example.org")
	d.Send(panicMsg{})
	wantCrash(t, d, got, "boom", "crash_test.go")
}

// panicMsg is a result whose delivery panics.
type panicMsg struct{}

// For implements screen.Result.
func (panicMsg) For() screen.ID { panic("boom \x1b[2J") }

// panicking is a console whose readings panic, from the second one on.
type panicking struct {
	*tuitest.Console
	readings *int
}

func (p panicking) Load(ctx context.Context, o model.ReadOptions) (*model.Review, error) {
	if *p.readings++; *p.readings > 1 {
		panic(errors.New("bang \x1b[2J"))
	}
	return p.Console.Load(ctx, o)
}

// A reading is one command of a batch, and each of those runs on its own: a
// panic in it ends the console as one in Update does.
func TestAPanicInACommandEndsTheConsoleInOrder(t *testing.T) {
	t.Parallel()
	var got []tui.Crash
	d := tuitest.New(t, panicking{tuitest.NewConsole(tuitest.World()), new(int)}, crashes(&got))
	d.Hold().Press("r").Press("e", "ctrl+u", "draft@example.org").Release()
	wantCrash(t, d, got, "bang", "crash_test.go")
	if d.Send(panicMsg{}); len(got) != 1 {
		t.Errorf("a second panic was reported as well: %+v", got)
	}
}

func TestAPanicInTheFirstReading(t *testing.T) {
	t.Parallel()
	var got []tui.Crash
	readings := 1
	d := tuitest.New(t, panicking{tuitest.NewConsole(tuitest.World()), &readings}, crashes(&got))
	if len(got) != 1 || len(got[0].Drafts) != 0 || !d.Left() {
		t.Errorf("left %v, %+v", d.Left(), got)
	}
}

// kept starts a console with two drafts and collects what it forgets.
func kept(t *testing.T, forgotten *[]string, fail error) *tuitest.Driver {
	return tuitest.New(t, tuitest.NewConsole(tuitest.World()), tuitest.With(func(o *tui.Options) {
		o.Drafts = []tui.Draft{
			{ID: "1", Incident: "a1", Dialog: "A new rule", Text: "user:alice is admin"},
			{ID: "2", Incident: "b2", Dialog: "RomM e-mail of bob", Text: "half@typ"},
		}
		o.Forget = func(d tui.Draft) error { *forgotten = append(*forgotten, d.ID); return fail }
	}))
}

// A draft is offered, stands in its own dialog again, and is gone then.
func TestADraftStandsInItsDialogAgain(t *testing.T) {
	t.Parallel()
	var forgotten []string
	d := kept(t, &forgotten, nil)
	d.Want("Kept from incident b2: “half@typ”, typed into “RomM e-mail of bob”", "R lists what is kept")
	if len(forgotten) > 0 {
		t.Errorf("forgotten before anybody saw it: %v", forgotten)
	}
	d.Press("e").Want("This was being typed at incident b2.").Want("> half@typ")
	if !slices.Equal(forgotten, []string{"2"}) {
		t.Errorf("forgotten %v", forgotten)
	}
	d.Press("esc", "esc", "e").WantNot("half@typ", "incident b2").Press("esc")
	d.Press("R").Want("user:alice is admin", "A new rule").WantNot("half@typ").Press("esc")
	d.Press("2").Press("down", "e").WantNot("user:alice is admin") // not in a dialog of another name
}

func TestDraftsAreForgottenWhenRefused(t *testing.T) {
	t.Parallel()
	var forgotten []string
	d := kept(t, &forgotten, nil)
	d.Press("R").Want("forget everything below", "half@typ", "user:alice is admin").Press("enter")
	if d.Copied() != "user:alice is admin" || len(forgotten) > 0 {
		t.Errorf("copied %q, forgotten %v", d.Copied(), forgotten)
	}
	d.Press("R", "up", "enter")
	if !slices.Equal(forgotten, []string{"1", "2"}) {
		t.Errorf("forgotten %v", forgotten)
	}
	d.Press("R").Want("nothing is kept from an earlier session")
}

func TestADraftThatCannotBeRemovedIsToldOf(t *testing.T) {
	t.Parallel()
	var forgotten []string
	kept(t, &forgotten, errors.New("the disk is gone")).Press("e").Press("esc").Want("a kept text was not removed: the disk is gone")
}

// What was kept and not taken is kept again when the console stops once more.
func TestDraftsSurviveASecondCrash(t *testing.T) {
	t.Parallel()
	var got []tui.Crash
	d := tuitest.New(t, tuitest.NewConsole(tuitest.World()), crashes(&got), tuitest.With(func(o *tui.Options) {
		o.Drafts = []tui.Draft{{ID: "1", Incident: "a1", Dialog: "A new rule", Text: "user:alice is admin"}}
	}))
	d.Send(panicMsg{})
	if len(got) != 1 || len(got[0].Drafts) != 1 || got[0].Drafts[0].ID != "1" {
		t.Errorf("%+v", got)
	}
}
