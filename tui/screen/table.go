package screen

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/theme"
)

// Base is what a screen is called. Screens embed it.
type Base struct {
	Scope ID
	// Tab names the screen on the tab line, About is its sentence for the
	// help, without full stop.
	Tab, About string
}

// ID implements Screen.
func (b Base) ID() ID { return b.Scope }

// Title implements Screen.
func (b Base) Title() string { return b.Tab }

// Purpose implements Screen.
func (b Base) Purpose() string { return b.About }

// Table is the action registry of a screen of type S.
type Table[S Screen] []keys.Action[S, Effect]

// Items lists the actions as they stand.
func (t Table[S]) Items(s S) []keys.Item { return keys.Items(s.ID(), t, s) }

// Invoke runs an action by its id; see Screen.
func (t Table[S]) Invoke(s S, id string) (Screen, Effect, string) {
	next, effect, _, reason := keys.Invoke(t, s, id)
	return next, effect, reason
}

// Press runs the action of a key. Why it cannot run goes to the status line.
func (t Table[S]) Press(s S, press tea.KeyPressMsg) (Screen, Effect) {
	next, effect, found, reason := keys.Dispatch(t, s, press)
	if found && reason != "" {
		return s, Want(ToastReq{Toast: Toast{Text: reason}})
	}
	return next, effect
}

// Key is what to press for an action, as this terminal spells it.
func (t Table[S]) Key(th *theme.Theme, id string) string { return keys.Name(th, keys.KeyOf(t, id)) }

// Hint is what to press for an action, and what that does, for a line of hints.
func (t Table[S]) Hint(th *theme.Theme, id, does string) key.Binding {
	a, _ := keys.Find(t, id)
	return keys.Hint(th, does, a.Keys...)
}
