package tui

import (
	"fmt"
	"runtime/debug"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// Crash is a panic of the console, for the log.
type Crash struct {
	Value string // what panicked, cleaned
	Stack string
	// Drafts is what was being typed into dialogs, lowest first.
	Drafts []string
}

// crashed ends the console after a panic. What was applied stays applied and
// stands in the journal.
func (a App) crashed(v any) (App, tea.Cmd) {
	a.incident = "none"
	if a.opts.Crashed != nil {
		c := Crash{Value: model.Clean(fmt.Sprint(v)), Stack: string(debug.Stack())}
		for _, o := range a.overlays {
			if p, ok := o.(widget.Prompt); ok {
				c.Drafts = append(c.Drafts, p.Value())
			}
		}
		a.incident = a.opts.Crashed(c)
	}
	return a.quit()
}

// Incident is the number of the panic that ended the console; "" when none
// did. Nobody kept it when it is "none".
func (a App) Incident() string { return a.incident }

// safeRender draws nothing when drawing panics: the next message makes Update
// panic as well, or shows something else.
func (a App) safeRender() (content string, cursor *screen.Cursor) {
	if a.incident != "" {
		return "", nil
	}
	defer func() {
		if v := recover(); v != nil {
			content, cursor = "This cannot be drawn: "+model.Clean(fmt.Sprint(v))+". Press q to leave.", nil
		}
	}()
	return a.render()
}
