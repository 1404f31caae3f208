package keys

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

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

// Mistake is why an action cannot have the keys that a [Map] gives it.
type Mistake struct {
	ID  string
	Why string
	// Unknown is true when no action has that id.
	Unknown bool
}

// Mistakes is the error of a Map that cannot be used; it has at least one.
type Mistakes []Mistake

// Error implements error.
func (m Mistakes) Error() string {
	parts := make([]string, len(m))
	for i, x := range m {
		parts[i] = x.Why
	}
	return strings.Join(parts, "; ")
}

// Check says what of m cannot be used with these items, those of one screen
// and the global ones: one key has one meaning, is one that terminals send,
// and is none that always leaves.
func Check(m Map, items []Item) Mistakes {
	var out Mistakes
	owner := map[string]Item{}
	for _, it := range items {
		_, mapped := m[it.ID]
		for _, k := range it.Keys {
			other, taken := owner[k]
			_, otherMapped := m[other.ID]
			switch {
			case mapped && fixed(k):
				out = out.add(it.ID, "the key %s of %s cannot be given away", k, it.ID)
				continue // whose it is has not changed
			case mapped && misnamed(k) != "":
				out = out.add(it.ID, "%s has the key “%s”, %s", it.ID, k, misnamed(k))
			case taken && mapped:
				out = out.add(it.ID, "the key %s would be both %s and %s", k, other.ID, it.ID)
			case taken && otherMapped:
				out = out.add(other.ID, "the key %s would be both %s and %s", k, other.ID, it.ID)
			}
			owner[k] = it
		}
	}
	return out
}

// Unknown lists the ids in m that no item has.
func Unknown(m Map, items []Item) Mistakes {
	known := map[string]bool{}
	for _, it := range items {
		known[it.ID] = true
	}
	var out Mistakes
	for _, id := range slices.Sorted(maps.Keys(m)) {
		if !known[id] {
			out = append(out, Mistake{id, "no action is called " + model.Clean(id), true})
		}
	}
	return out
}

func (m Mistakes) add(id, format string, texts ...string) Mistakes {
	args := make([]any, len(texts))
	for i, t := range texts {
		args[i] = model.Clean(t)
	}
	return append(m, Mistake{ID: id, Why: fmt.Sprintf(format, args...)})
}

// misnamed says why no terminal sends a key of that name; "" when one may. Keys
// are named as Bubble Tea spells them: a character, or a word, with ctrl+, alt+
// and shift+ before it, in that order.
func misnamed(key string) string {
	rest, modified := key, false
	for _, mod := range []string{"ctrl+", "alt+", "shift+"} {
		if after, ok := strings.CutPrefix(rest, mod); ok && after != "" {
			rest, modified = after, true
		}
	}
	char, size := utf8.DecodeRuneInString(rest)
	switch same := map[string]string{"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+[": "esc"}[key]; {
	case same != "":
		return "which terminals send as " + same
	case strings.TrimSpace(key) == "":
		return "which is no name; the space bar is called space"
	case size == len(rest) && !unicode.IsPrint(char):
		return "which no terminal sends"
	case size == len(rest) && modified && unicode.IsUpper(char):
		return "which no terminal sends; write " + strings.TrimSuffix(key, rest) + strings.ToLower(rest)
	case size == len(rest) && strings.HasPrefix(strings.TrimSuffix(key, rest), "shift+"):
		return "which no terminal sends; write the character that it types, such as " + strings.ToUpper(rest)
	case size == len(rest), slices.Contains(words(), rest):
		return ""
	}
	return "which is no name; names are a character or " + strings.Join(words(), ", ") + ", with ctrl+, alt+ and shift+ before it in that order"
}

// words are the keys that type nothing and that terminals send.
func words() []string {
	return []string{
		"up", "down", "left", "right", "home", "end", "pgup", "pgdown", "tab", "space", "backspace", "insert", "delete", "enter", "esc",
		"f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10", "f11", "f12",
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
