package widget

import (
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/theme"
)

// Noun names what a change sets, to stand after a person's or group's name.
func Noun(c model.Change) string {
	switch c.Kind {
	case model.ChangeLocalEmail:
		return "RomM e-mail"
	case model.ChangeLocalEnabled:
		return "RomM account"
	case model.ChangeLocalRole:
		return "RomM role"
	case model.ChangeIDPEmail:
		return "Authentik e-mail"
	case model.ChangeTrustedEmail:
		return "trusted address"
	case model.ChangeRoleRow:
		return "role"
	case model.ChangePendingRole:
		return "pending role"
	case model.ChangeDefaultRole:
		return "default role"
	case model.ChangePin:
		return "pin"
	case model.ChangeAssertion:
		return "rule"
	case model.ChangeScopeMapping:
		return "mapping"
	case model.ChangeProvider:
		return "provider"
	case model.ChangeApplication:
		return "application"
	case model.ChangeBinding:
		return "binding"
	}
	return "the " + model.Clean(string(c.Kind))
}

// Value spells one side of a change on a single line; "" stays empty.
func Value(c model.Change, v model.Untrusted) string {
	switch {
	case v == "":
		return ""
	case c.Kind == model.ChangeLocalEnabled && v == "true":
		return "enabled"
	case c.Kind == model.ChangeLocalEnabled && v == "false":
		return "disabled"
	case c.Kind == model.ChangePin:
		return "RomM account with id " + theme.Escape(v.Raw())
	}
	return theme.Escape(c.Text(v))
}

// Diff spells what a change takes away and what it puts in its place: a line
// each for most, for an object of several lines those that differ.
func Diff(c model.Change) (removed, added []string) {
	removed, added = c.Lines()
	if c.Kind == model.ChangeLocalEnabled || c.Kind == model.ChangePin { // their values are no words
		removed, added = []string{Value(c, c.Before)}, []string{Value(c, c.After)}
	}
	side := func(v model.Untrusted, lines []string) []string {
		if v == "" {
			return []string{subject(c).none}
		}
		out := make([]string, len(lines))
		for i, line := range lines {
			out[i] = theme.Escape(line)
		}
		return out
	}
	return side(c.Before, removed), side(c.After, added)
}

type noun struct{ noun, id, none string }

// subject names what a change is about; the tail of its identifier tells two
// of one name apart (S31).
func subject(c model.Change) noun {
	id := "(id " + Tail(c.Object) + ")"
	switch c.Kind {
	case model.ChangeLocalEmail:
		return noun{"RomM account", id, "no address"}
	case model.ChangeLocalEnabled:
		return noun{"RomM account", id, "unknown"}
	case model.ChangeLocalRole:
		return noun{"RomM role of", id, "no role"}
	case model.ChangeIDPEmail:
		return noun{"Authentik user", id, "no address"}
	case model.ChangeTrustedEmail:
		return noun{"trusted address of", id, "none: not vouched for"}
	case model.ChangeRoleRow:
		return noun{"group", id, "no role"}
	case model.ChangePendingRole:
		return noun{"role kept for a group named", "", "none is kept"}
	case model.ChangeDefaultRole:
		return noun{"everybody else", "", "no role: RomM refuses them"}
	case model.ChangePin:
		return noun{"pin of", id, "not pinned"}
	case model.ChangeAssertion:
		return noun{"rule", "", "not kept"}
	case model.ChangeScopeMapping:
		return noun{"scope mapping", "", "none"}
	case model.ChangeProvider:
		return noun{"provider", id, "none"}
	case model.ChangeApplication:
		return noun{"application", "", "none"}
	case model.ChangeBinding:
		return noun{"binding of", id, "not bound"}
	}
	return noun{model.Clean(string(c.Kind)), model.Clean(c.Object), "nothing"}
}
