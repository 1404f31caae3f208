package tui

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
)

type (
	journalMsg struct {
		gen  int
		seen screen.JournalMsg
	}
	settledMsg struct {
		title string
		err   error
	}
)

// readJournal reads the journal again.
func (a App) readJournal() (App, tea.Cmd) {
	a.log = a.log.next(a.opts.Context)
	return a, a.journalCmd()
}

func (a App) journalCmd() tea.Cmd {
	console, parent, gen := a.opts.Console, a.log.ctx, a.log.gen
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, applyLimit)
		defer cancel()
		entries, err := console.History(ctx, screen.JournalLimit)
		if err != nil {
			return journalMsg{gen, screen.JournalMsg{Err: err}}
		}
		cut, err := console.Interrupted(ctx)
		return journalMsg{gen, screen.JournalMsg{Entries: entries, Interrupted: cut, Read: err == nil, Err: err}}
	}
}

func (a App) journalRead(msg journalMsg) (App, tea.Cmd) {
	if msg.gen != a.log.gen {
		return a, nil
	}
	return a.broadcast(msg.seen)
}

// settleCmd closes the record of an interrupted plan that was ended.
func (a App) settleCmd(before *model.Review, i *plan.Interruption) tea.Cmd {
	console, parent := a.opts.Console, a.opts.Context
	return func() tea.Msg {
		ctx, cancel := context.WithTimeout(parent, applyLimit)
		defer cancel()
		return settledMsg{i.Title, console.Settle(ctx, before, *i)}
	}
}

func (a App) settled(msg settledMsg) (App, tea.Cmd) {
	if msg.err != nil {
		a.toast = a.failure("the interrupted plan is not closed: ", msg.err)
		return a.readJournal()
	}
	a.toast = a.note(screen.LevelDone, fmt.Sprintf("the interrupted plan is closed: %s", theme.Escape(msg.title)), "")
	return a.startLoad() // a note above every screen names the plan
}
