package roles_test

import (
	"slices"
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// gives changes the role map and not Authentik's copy of it.
func gives(group model.GroupID, name model.Untrusted, role model.Role) func(*model.World) {
	return func(w *model.World) { w.Roles = w.Roles.With(model.RoleRow{Group: group, Name: name, Role: role}) }
}

// alone makes Authentik answer from its copy at every login.
func alone(w *model.World) {
	table := *tuitest.Published()
	table.Companion = ""
	w.Provider.Compiled, w.Provider.Table = &table, &table
	w.Setup.Mappings = slices.Clone(w.Setup.Mappings)
	w.Setup.Mappings[0].Roles = &table
}

func TestPublishStateOfEachKind(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		edits []func(*model.World)
		line  string
		why   string // P cannot run; "" when it can
	}{
		"current": {nil, "current", "Authentik's copy of the role map is current"},
		"behind": {
			[]func(*model.World){gives(tuitest.Night, "night-shift", model.RoleUser)},
			"! behind, 1 answer differs: P publishes. It answers while the companion does not.", "",
		},
		"decides": {
			[]func(*model.World){gives(tuitest.Night, "night-shift", model.RoleUser), gives(tuitest.Gone, "", model.RoleNone), alone},
			"! not this table, 2 answers differ: P publishes. It decides at every login.", "",
		},
		"by hand": {
			[]func(*model.World){
				gives(tuitest.Night, "night-shift", model.RoleUser), func(w *model.World) { w.Provider.RolesMark = "" },
			},
			"! behind, 1 answer differs; made by hand", "the roles mapping was made by hand, so romm-admin does not write it",
		},
		"not there": {
			[]func(*model.World){func(w *model.World) { w.Provider.Compiled = nil }},
			"none: its roles mapping is not installed", "the roles mapping of romm-admin is not installed in Authentik",
		},
		"rank": {
			[]func(*model.World){func(w *model.World) {
				table := *tuitest.Published()
				table.Rank = []string{"viewer", "admin"}
				w.Provider.Compiled = &table
			}},
			"! behind, the order of roles differs: P publishes", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, c := start(t, tc.edits...)
			if d.Row("Authentik's copy ", tc.line) == "" {
				t.Fatalf("no line says %q:\n%s", tc.line, d.Screen())
			}
			d.Press("P")
			if tc.why != "" {
				d.Want(tc.why).WantNot("┌")
			} else {
				d.Want("not published", "Publish the role map to Authentik", "Same as: romm-admin roles publish", "[ Cancel ]")
			}
			if len(c.Applied()) != 0 {
				t.Error("something was written before anybody agreed")
			}
		})
	}
}

func TestPublish(t *testing.T) {
	t.Parallel()
	d, _ := start(t, gives(tuitest.Night, "night-shift", model.RoleUser), gives(tuitest.Users, "romm-users", model.RoleAdmin))
	d.Press("G").WantCursor("night-shift", "! not published to Authentik")
	d.Want("Authentik's copy differs: night-shift: no role there, user here; romm-users: user there, admin here.")
	d.Press("P").Want("scope mapping RomM Roles", "- romm-users (", "+ night-shift (", "+ romm-users (", "Nobody's next login changes.")
	d.Press("tab", "enter").WantNot("not published", "┌", "copy differs")
	if d.Row("Authentik's copy ", "current") == "" {
		t.Errorf("the copy is not current:\n%s", d.Screen())
	}
}

// TestPublishSaysWhoElseItChanges: a provider that selects the mapping too is
// named before anybody agrees.
func TestPublishSaysWhoElseItChanges(t *testing.T) {
	t.Parallel()
	d, _ := start(t, gives(tuitest.Night, "night-shift", model.RoleUser), func(w *model.World) {
		w.Setup.Selectors.Names = map[string][]model.Untrusted{model.MarkRoles: {"Grafana", "Wiki\x1b[2J"}}
	})
	d.Press("P").Want("! the providers Grafana and Wiki", "select the mapping RomM Roles", "logins of their applications change with it", "[ Cancel ]")
	d, _ = start(t, gives(tuitest.Night, "night-shift", model.RoleUser))
	d.Press("P").Want("[ Cancel ]").WantNot("select the mapping")
}

// proves that publishing shows whose login it changes when the copy decides,
// and that the guard holds for it (S5).
func TestPublishShowsItsImpact(t *testing.T) {
	t.Parallel()
	d, _ := start(t, gives(tuitest.Night, "night-shift", model.RoleUser), alone)
	d.Press("P").Want("ivan gets a new account as user")
	d, c := start(t, gives(tuitest.Admins, "romm-admins", model.RoleUser), alone)
	d.Press("P").Want("This is refused:", "3 admins are lost: alice, ann and kim.").WantNot("Apply").Press("tab", "enter").WantNot("┌")
	if len(c.Applied()) != 0 {
		t.Error("a refused plan was applied")
	}
}

// A role that only the copy gives, or under a name that RomM does not know.
func TestDifferencesInWords(t *testing.T) {
	t.Parallel()
	d, _ := start(t, func(w *model.World) {
		table := *tuitest.Published()
		table.Rows = append(slices.Clone(table.Rows), model.RoleTableRow{Group: tuitest.Family, Token: "boss"})
		table.Default = "viewer"
		w.Provider.Compiled = &table
	})
	d.Want("family: “boss” (no role of this RomM) there, no role here; everybody else: user there,")
	d.Press("g").WantNot("! not published")
}
