package widget

import (
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
)

// MoveWords are the help sentences of the keys that move a list's cursor, in
// the words of the screen.
type MoveWords struct{ Down, Up, Top, Bottom string }

// Moves are the actions that move the cursor of a screen's list, with the same
// keys on every screen. with returns the screen with its list changed.
func Moves[S any](scope keys.Scope, words MoveWords, with func(S, func(List) List) S) []keys.Action[S, screen.Effect] {
	move := func(id, help string, f func(List) List, names ...string) keys.Action[S, screen.Effect] {
		return keys.Action[S, screen.Effect]{
			Info: keys.Info{ID: string(scope) + "." + id, Title: id, Help: help, Keys: names},
			Run:  func(s S) (S, screen.Effect) { return with(s, f), screen.Effect{} },
		}
	}
	return []keys.Action[S, screen.Effect]{
		move("down", words.Down, func(l List) List { return l.Move(1) }, "down", "j"),
		move("up", words.Up, func(l List) List { return l.Move(-1) }, "up", "k"),
		move("page-down", "one page down", func(l List) List { return l.Page(1) }, "pgdown", "ctrl+d"),
		move("page-up", "one page up", func(l List) List { return l.Page(-1) }, "pgup", "ctrl+u"),
		move("top", words.Top, func(l List) List { return l.Goto(0) }, "home", "g"),
		move("bottom", words.Bottom, func(l List) List { return l.Goto(l.Len() - 1) }, "end", "G"),
	}
}
