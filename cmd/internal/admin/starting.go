package admin

import (
	"sync"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

// starting shows the console's first frame, which says that it is reading, while
// the file is opened and checked and a made-up world is made. Then it becomes
// the console. What is typed before does nothing, but for leaving.
type starting struct {
	tea.Model // the console with nothing behind it
	open      func() opened
	size      tea.WindowSizeMsg
}

// opened is the console with everything behind it, or why there is none.
type opened struct {
	app tea.Model
	err error
}

// start returns the model to run and a function that tells how opening ended,
// for when the program has: it waits, so that what was opened can be closed.
func start(blank tea.Model, open func() opened) (tea.Model, func() error) {
	once := sync.OnceValue(open)
	go once() // at once: Bubble Tea asks for Init only after it has set the terminal up
	// The renderer's table of widths is built at the first character beyond
	// ASCII: now, while the first tick is waited for, rather than in the frame.
	go ansi.StringWidthWc("─")
	return starting{Model: blank, open: once}, func() error { return once().err }
}

// Init implements tea.Model.
func (s starting) Init() tea.Cmd { return func() tea.Msg { return s.open() } }

// Update implements tea.Model.
func (s starting) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case opened:
		if msg.err != nil {
			return s, tea.Quit
		}
		app, cmd := msg.app.Update(s.size)
		return app, tea.Batch(cmd, app.Init())
	case tea.WindowSizeMsg:
		s.size = msg
		s.Model, _ = s.Model.Update(msg)
	case tea.KeyPressMsg:
		if key := msg.String(); key == "q" || key == "ctrl+c" {
			return s, tea.Quit
		}
	}
	return s, nil
}
