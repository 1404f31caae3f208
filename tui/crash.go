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
	// Drafts is what was being typed into dialogs, lowest first, and what was
	// kept from an earlier crash and not taken yet.
	Drafts []Draft
}

// panickedMsg is a panic in a command. It is passed on to Update, so that both
// kinds end the console the same way: left to itself, Bubble Tea would print
// the stack over the screen, and what was being typed would be lost.
type panickedMsg struct {
	value any
	stack string
}

// guarded makes a panic in the command a message. The commands of a batch are
// started by Bubble Tea one by one, so each is guarded as well.
func guarded(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() (msg tea.Msg) {
		defer func() {
			if v := recover(); v != nil {
				msg = panickedMsg{v, string(debug.Stack())}
			}
		}()
		msg = cmd()
		batch, ok := msg.(tea.BatchMsg)
		if !ok {
			return msg
		}
		each := make(tea.BatchMsg, len(batch))
		for i, c := range batch {
			each[i] = guarded(c)
		}
		return each
	}
}

// crashed ends the console after a panic. What was applied stays applied and
// is in the journal. A second panic on the way out is not reported.
func (a App) crashed(p panickedMsg) (App, tea.Cmd) {
	if a.incident == "" {
		a.incident = "none"
		if a.opts.Crashed != nil {
			a.incident = a.opts.Crashed(Crash{Value: model.Clean(fmt.Sprint(p.value)), Stack: p.stack, Drafts: a.typed()})
		}
	}
	return a.quit()
}

// typed is what would be lost with the console.
func (a App) typed() []Draft {
	out := append([]Draft(nil), a.drafts...)
	for _, o := range a.overlays {
		if p, ok := o.(widget.Prompt); ok && p.Edited() {
			out = append(out, Draft{Dialog: p.Title, Text: p.Value()})
		}
	}
	return out
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
