package tui_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/exp/teatest/v2"

	"github.com/romm-admin/romm-admin/tui"
	"github.com/romm-admin/romm-admin/tui/tuitest"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// TestProgram is one whole run in Bubble Tea itself: load, filter, set an
// e-mail address, saved, quit.
func TestProgram(t *testing.T) {
	t.Parallel()
	c := tuitest.NewConsole(tuitest.World())
	tm := teatest.NewTestModel(t, tui.New(tui.Options{Console: c, NoColor: true, Clock: tuitest.Now}),
		teatest.WithInitialTermSize(120, 40))
	var seen bytes.Buffer
	wait := func(text string) {
		t.Helper()
		teatest.WaitFor(t, tm.Output(), func(b []byte) bool {
			seen.Write(b)
			return strings.Contains(seen.String(), text)
		}, teatest.WithDuration(20*time.Second))
	}
	wait("11 people")
	tm.Type("/bob")
	wait("1 of 11 match")
	tm.Send(tea.KeyPressMsg{Code: tea.KeyEnter})
	tm.Type("e")
	wait("RomM e-mail of bob")
	tm.Send(tea.KeyPressMsg{Code: tea.KeyEnter})
	wait("can sign in as user")
	tm.Send(tea.KeyPressMsg{Code: tea.KeyTab})
	tm.Send(tea.KeyPressMsg{Code: tea.KeyEnter})
	wait("is now")
	wait("signs in")
	tm.Type("q")
	final := tm.FinalModel(t, teatest.WithFinalTimeout(20*time.Second)).(tui.App)
	text := widget.Strip(final.View().Content)
	if !strings.Contains(text, "bob: RomM e-mail is now bob@example.org") || strings.Contains(text, "bob@old.example") {
		t.Errorf("the last frame is\n%s", text)
	}
	wantApplied(t, c, 1)
	if _, err := io.Copy(io.Discard, tm.FinalOutput(t)); err != nil {
		t.Error(err)
	}
}
