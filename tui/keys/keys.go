// Package keys is the action registry: one table a screen, from which come
// the dispatch of key presses, the footer and the help overlay. A key that is
// in no table does nothing, and an action that cannot run says why.
package keys

import (
	"fmt"

	"charm.land/bubbles/v2/key"
)

// Scope says where an action belongs: a screen's id, or [Global].
type Scope string

// Global is the scope of actions that work on every screen.
const Global Scope = "global"

// Info is what people see of an action.
type Info struct {
	ID    string // stable, such as "users.set-email"
	Title string // a few words, for the footer
	Help  string // one sentence without full stop, for the help overlay
	// Keys are key names as Bubble Tea spells them; the first one is shown.
	Keys []string
	// Dangerous actions write. They open a preview and never write by
	// themselves, so that nothing happens that was not shown.
	Dangerous bool
	// Footer ranks the action in the footer, 1 first; 0 keeps it out.
	// Pinned ones stay however narrow the terminal is.
	Footer int
	Pinned bool
	// Command is the same job on the command line; "" when there is none.
	Command string
}

// Action is one entry of the registry of a screen of type S, whose actions
// have effects of type E.
type Action[S, E any] struct {
	Info
	// Enabled says whether the action can run now and, if not, why not, in
	// words for a person. Nil is always.
	Enabled func(S) (ok bool, reason string)
	Run     func(S) (S, E)
	// Same is Command about what is selected, with its names in place of USER
	// and the like. Nil, or "", leaves Command as it is.
	Same func(S) string
}

// Item is an action in a given state: what the footer, the help
// and a palette list.
type Item struct {
	Info
	Scope  Scope
	Reason string // why it cannot run now; "" when it can

	same func() string
}

// CommandLine is Command about what is selected, where that is known. It may
// look at everybody who is, so what is drawn with every key does not ask.
func (it Item) CommandLine() string {
	if it.same != nil {
		if command := it.same(); command != "" {
			return command
		}
	}
	return it.Command
}

// Items resolves a table against a state.
func Items[S, E any](scope Scope, table []Action[S, E], state S) []Item {
	out := make([]Item, 0, len(table))
	for _, a := range table {
		it := Item{Info: a.Info, Scope: scope}
		if ok, reason := a.enabled(state); !ok {
			it.Reason = reason
		} else if a.Same != nil {
			it.same = func() string { return a.Same(state) }
		}
		out = append(out, it)
	}
	return out
}

// Dispatch runs the action that is bound to a key press. Found is false when no action is;
// reason is set, and nothing has run, when the action is disabled.
func Dispatch[S, E any](table []Action[S, E], state S, press fmt.Stringer) (next S, effect E, found bool, reason string) {
	for _, a := range table {
		if !key.Matches(press, key.NewBinding(key.WithKeys(a.Keys...))) {
			continue
		}
		if ok, why := a.enabled(state); !ok {
			return state, effect, true, why
		}
		next, effect = a.Run(state)
		return next, effect, true, ""
	}
	return state, effect, false, ""
}

func (a Action[S, E]) enabled(state S) (bool, string) {
	if a.Enabled == nil {
		return true, ""
	}
	ok, reason := a.Enabled(state)
	if !ok && reason == "" {
		reason = "not possible now"
	}
	return ok, reason
}
