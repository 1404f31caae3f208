package keys

import (
	"fmt"
	"slices"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// Map gives actions other keys than their own, by id. An action that is not in
// it keeps its keys; an empty list takes all of them away, so that it can only
// be reached through the palette.
type Map map[string][]string

// Bind returns a copy of the table with the keys of m.
func Bind[S, E any](table []Action[S, E], m Map) []Action[S, E] {
	out := slices.Clone(table)
	for i := range out {
		if names, ok := m[out[i].ID]; ok {
			out[i].Keys = names
		}
	}
	return out
}

// fixed reports whether a key belongs to the console itself and cannot be
// given away: such keys always leave a dialog or the program.
func fixed(key string) bool { return key == "ctrl+c" || key == "esc" || key == "enter" }

// Check says whether m can be used with these items, those of one screen and
// the global ones: one key has one meaning, and what writes is not on a key
// that leaves.
func Check(m Map, items []Item) error {
	owner := map[string]Item{}
	for _, it := range items {
		for _, k := range it.Keys {
			if other, taken := owner[k]; taken {
				return invalid("the key %s would be both %s and %s", k, other.ID, it.ID)
			}
			owner[k] = it
			if _, mapped := m[it.ID]; mapped && fixed(k) {
				return invalid("the key %s of %s cannot be given away", k, it.ID)
			}
			if strings.TrimSpace(k) == "" {
				return invalid("%s has a key without a name", it.ID)
			}
		}
	}
	return nil
}

// Unknown returns an error for the first id in m that no item has.
func Unknown(m Map, items []Item) error {
	known := map[string]bool{}
	for _, it := range items {
		known[it.ID] = true
	}
	ids := make([]string, 0, len(m))
	for id := range m {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		if !known[id] {
			return invalid("no action is called %s", id)
		}
	}
	return nil
}

func invalid(format string, texts ...string) error {
	args := make([]any, len(texts))
	for i, t := range texts {
		args[i] = model.Clean(t)
	}
	return &model.Error{
		Code: model.CodeInvalid, Op: "keys", Msg: fmt.Sprintf(format, args...),
		Hint: "the ids and keys of all actions stand in the help, `?`",
	}
}

// Find returns the action with that id.
func Find[S, E any](table []Action[S, E], id string) (Action[S, E], bool) {
	for _, a := range table {
		if a.ID == id {
			return a, true
		}
	}
	return Action[S, E]{}, false
}

// KeyOf is the first key of the action with that id, "" if it has none.
func KeyOf[S, E any](table []Action[S, E], id string) string {
	a, ok := Find(table, id)
	if !ok || len(a.Keys) == 0 {
		return ""
	}
	return a.Keys[0]
}

// Invoke runs the action with that id, as [Dispatch] runs the one of a key.
func Invoke[S, E any](table []Action[S, E], state S, id string) (next S, effect E, found bool, reason string) {
	a, ok := Find(table, id)
	if !ok {
		return state, effect, false, ""
	}
	if ok, why := a.enabled(state); !ok {
		return state, effect, true, why
	}
	next, effect = a.Run(state)
	return next, effect, true, ""
}
