package keys_test

import (
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/tui/keys"
)

// TestCheckTellsEveryMistake of a map, each with the action that it gives keys
// to, and none about keys that nobody has changed.
func TestCheckTellsEveryMistake(t *testing.T) {
	t.Parallel()
	item := func(id string, names ...string) keys.Item {
		return keys.Item{Info: keys.Info{ID: id, Keys: names}}
	}
	items := []keys.Item{
		item("save", "s"), item("send", "s"), item("sort", "o", "ctrl+o"), item("quit", "esc"), item("help", "crtl+h"), item("built-in", "b"),
		item("also-built-in", "b"), item("clear", "esc"),
	}
	m := keys.Map{"send": {"s"}, "sort": {"o", "ctrl+o"}, "quit": {"esc"}, "help": {"crtl+h"}}
	var got []string
	for _, x := range keys.Check(m, items) {
		got = append(got, x.ID+": "+x.Why)
	}
	want := []string{
		"send: the key s would be both save and send",
		"quit: the key esc of quit cannot be given away",
		"help: help has the key “crtl+h”, which is no name",
	}
	if len(got) != len(want) {
		t.Fatalf("got %q", got)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("got %q, want %q", got[i], want[i])
		}
	}
	for _, x := range keys.Unknown(keys.Map{"b\x1b": nil, "a": nil, "save": nil}, items) {
		if !x.Unknown || strings.Contains(x.Why, "\x1b") || x.ID == "save" {
			t.Errorf("%+v", x)
		}
	}
}

// TestKeyNames: a name is one that a terminal sends.
func TestKeyNames(t *testing.T) {
	t.Parallel()
	for name, good := range map[string]bool{
		"x": true, "X": true, "?": true, "+": true, "ü": true, "ctrl+x": true, "alt+x": true, "ctrl+alt+x": true, "shift+tab": true,
		"f12": true, "space": true, "ctrl+pgup": true, "ctrl++": true,
		"": false, " ": false, "xx": false, "crtl+x": false, "ctrl+X": false, "shift+x": false, "alt+ctrl+x": false, "f13": false,
		"ctrl+": false, "ctrl+i": false, "ctrl+m": false, "\x1b": false, "Enter": false, "escape": false,
	} {
		wrong := keys.Check(keys.Map{"a": {name}}, []keys.Item{{Info: keys.Info{ID: "a", Keys: []string{name}}}})
		if (len(wrong) == 0) != good {
			t.Errorf("%q: %v", name, wrong)
		}
	}
}
