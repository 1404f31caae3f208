package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/tui/widget"
)

// settleLimit bounds how many commands [Frame] runs, so that a command that
// starts itself again cannot hang a snapshot.
const settleLimit = 100

// Frame returns what the console shows on a terminal of that size once nothing is
// left to do: it runs the commands of Init, and those that follow from them,
// one after the other. The text has no styles and no blanks at line ends.
func Frame(app App, width, height int) string {
	app.opts.Every = 0 // its timer would be waited for
	var m tea.Model = app
	m, cmd := m.Update(tea.WindowSizeMsg{Width: width, Height: height})
	todo := []tea.Cmd{cmd, m.Init()}
	for n := 0; len(todo) > 0 && n < settleLimit; n++ {
		next := todo[0]
		todo = todo[1:]
		if next == nil {
			continue
		}
		switch msg := next().(type) {
		case tea.BatchMsg:
			todo = append(todo, msg...)
		case tea.QuitMsg:
		default:
			m, cmd = m.Update(msg)
			todo = append(todo, cmd)
		}
	}
	return widget.Strip(m.View().Content)
}
