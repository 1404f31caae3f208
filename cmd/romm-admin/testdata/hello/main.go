// Command hello is the least Bubble Tea program, linked with everything that
// romm-admin is linked with: the floor that its start is measured against. It
// is not shipped; TestHelloIsLinkedTheSame keeps the imports complete.
package main

import (
	"fmt"
	"os"

	tea "charm.land/bubbletea/v2"

	_ "github.com/romm-admin/romm-admin/cmd/internal/admin"
)

type hello struct{}

func (hello) Init() tea.Cmd { return nil }

func (h hello) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if _, ok := msg.(tea.KeyPressMsg); ok {
		return h, tea.Quit
	}
	return h, nil
}

func (hello) View() tea.View {
	v := tea.NewView("hello, world")
	v.AltScreen = true
	return v
}

func main() {
	if _, err := tea.NewProgram(hello{}).Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
