package widget

import (
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/theme"
)

// Noun names what a change sets, to stand after a person's or group's name.
func Noun(c plan.Change) string { return namesOf(c).sets }

// Value spells one side of a change on a single line; "" stays empty.
func Value(c plan.Change, v model.Untrusted) string {
	if v == "" {
		return ""
	}
	return theme.Escape(c.Text(v))
}

// Diff spells what a change takes away and what it puts in its place: a line
// each for most, for an object of several lines those that differ.
func Diff(c plan.Change) (removed, added []string) {
	removed, added = c.Lines()
	side := func(v model.Untrusted, lines []string) []string {
		if v == "" {
			return []string{namesOf(c).none}
		}
		out := make([]string, len(lines))
		for i, line := range lines {
			out[i] = theme.Escape(line)
		}
		return out
	}
	return side(c.Before, removed), side(c.After, added)
}

// names are the words for a kind of change.
type names struct {
	sets  string // what it sets, after the name of whom
	about string // what it is about, before that name
	none  string // the value that is absent
	// told is true where the tail of the object's id has to tell two of one
	// name apart (S31).
	told bool
}

// namesOf returns the words for changes to people; the rest is in objectNames.
func namesOf(c plan.Change) names {
	switch c.Kind {
	case plan.ChangeLocalEmail:
		return names{"RomM e-mail", "RomM account", "no address", true}
	case plan.ChangeLocalEnabled:
		return names{"RomM account", "RomM account", "unknown", true}
	case plan.ChangeLocalRole:
		return names{"RomM role", "RomM role of", "no role", true}
	case plan.ChangeLocalAccount:
		return names{"account", "account", "none", false}
	case plan.ChangeIDPEmail:
		return names{"Authentik e-mail", "Authentik user", "no address", true}
	case plan.ChangeTrustedEmail:
		return names{"trusted address", "trusted address of", "none: not vouched for", true}
	case plan.ChangePin:
		return names{"pin", "pin of", "not pinned", true}
	}
	return objectNames(c)
}

func objectNames(c plan.Change) names {
	switch c.Kind {
	case plan.ChangeRoleRow:
		return names{"role", "group", "no role", true}
	case plan.ChangePendingRole:
		return names{"pending role", "role kept for a group named", "none is kept", false}
	case plan.ChangeDefaultRole:
		return names{"default role", "role of", "no role: RomM refuses them", false}
	case plan.ChangeAssertion:
		return names{"rule", "rule", "not kept", false}
	case plan.ChangeScopeMapping:
		return names{"mapping", "scope mapping", "none", false}
	case plan.ChangeProvider:
		return names{"provider", "provider", "none", true}
	case plan.ChangeApplication:
		return names{"application", "application", "none", false}
	case plan.ChangeRestore:
		return names{"backup", "restored backup", "none", false}
	case plan.ChangeBinding:
		return names{"binding", "binding of", "not bound", true}
	}
	kind := model.Clean(string(c.Kind))
	return names{"the " + kind, kind, "nothing", true}
}

// Quoted is what somebody typed, set off from the sentence that it stands in.
func Quoted(t *theme.Theme, text string) string { return t.Clean("“" + text + "”") }
