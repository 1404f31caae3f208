package admin

import (
	"errors"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/tui"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// The first frame is the console's own; what was opened takes its place at the
// same size, and a failure ends the program and is told afterwards.
func TestStarting(t *testing.T) {
	t.Parallel()
	blank := tui.New(blankOptions(&globals{demo: true}, look{}))
	whole := tui.New(tui.Options{Console: tuitest.NewConsole(tuitest.World()), Clock: tuitest.Now})
	m, ended := start(blank, func() opened { return opened{app: whole} })
	m, _ = m.Update(tea.WindowSizeMsg{Width: 90, Height: 25})
	if s := m.View().Content; strings.Count(s, "\n") != 24 || !strings.Contains(s, "5 History") || !strings.Contains(s, "as demo") {
		t.Errorf("the first frame is %q", s)
	}
	if _, cmd := m.Update(tea.KeyPressMsg{Code: 'e', Text: "e"}); cmd != nil {
		t.Error("a key does something already")
	}
	if _, cmd := m.Update(tea.KeyPressMsg{Code: 'q', Text: "q"}); cmd == nil || cmd() != tea.Quit() {
		t.Error("q does not leave")
	}
	next, cmd := m.Update(m.Init()())
	if app, ok := next.(tui.App); !ok || strings.Count(app.View().Content, "\n") != 24 || cmd == nil {
		t.Errorf("then comes %T", next)
	}
	if err := ended(); err != nil {
		t.Error(err)
	}

	broken := errors.New("no file")
	m, ended = start(blank, func() opened { return opened{err: broken} })
	if _, cmd := m.Update(m.Init()()); cmd == nil || cmd() != tea.Quit() || !errors.Is(ended(), broken) {
		t.Errorf("a failure does not end it: %v", ended())
	}
}
