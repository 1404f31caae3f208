package main

import (
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model/reconcile"
	"github.com/romm-admin/romm-admin/tui"
	"github.com/romm-admin/romm-admin/tui/keys"
)

// TestConsoleCommandsExist: every command that the console's help names as the
// same job is a command of this program, with the flags that it names.
func TestConsoleCommandsExist(t *testing.T) {
	t.Parallel()
	root := newRoot()
	named := 0
	for _, item := range everyAction(t) {
		words := strings.Fields(item.Command)
		if len(words) == 0 {
			continue
		}
		named++
		cmd, rest, err := root.Find(words[1:])
		if words[0] != "romm-admin" || err != nil || cmd == root || cmd.HasSubCommands() && len(rest) > 0 && rest[0] == strings.ToLower(rest[0]) {
			t.Errorf("%s names %q: found %q, %v", item.ID, item.Command, cmd.CommandPath(), err)
			continue
		}
		for _, w := range rest {
			if name, ok := strings.CutPrefix(w, "--"); ok && cmd.Flag(name) == nil {
				t.Errorf("%s names %q, but %s has no flag %s", item.ID, item.Command, cmd.CommandPath(), w)
			}
		}
	}
	if named < 10 {
		t.Errorf("only %d actions name a command", named)
	}
}

// everyAction collects the registry over all screens, by pressing their keys.
func everyAction(t *testing.T) []keys.Item {
	t.Helper()
	var app tea.Model = tui.New(tui.Options{Console: &reconcile.Service{}, Clock: time.Now})
	app, _ = app.Update(tea.WindowSizeMsg{Width: 120, Height: 40})
	var out []keys.Item
	for _, key := range "125" {
		app, _ = app.Update(tea.KeyPressMsg{Code: key, Text: string(key)})
		out = append(out, app.(tui.App).Actions()...)
	}
	return out
}
