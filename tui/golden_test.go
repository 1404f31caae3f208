package tui_test

import (
	"testing"
	"time"

	"github.com/charmbracelet/x/exp/golden"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// rolesToCome is the small world with roles that wait for a group, one of them
// for a name that two groups have now, and with rules, of which one is broken.
func rolesToCome() model.World {
	w := tuitest.World()
	keep := func(name model.Untrusted, role model.Role) {
		w.Pending = append(w.Pending, model.PendingRole{Name: name, Role: role, ChangedBy: "bea", ChangedAt: tuitest.Now()})
	}
	keep("guests", model.RoleUser)
	keep("library", model.RoleAdmin)
	for _, id := range []model.GroupID{"0b6ff4f0-96d1-4b3c-8a52-4f5a00000b01", "0b6ff4f0-96d1-4b3c-8a52-4f5a00000b02"} {
		w.Directory.Groups = append(w.Directory.Groups, model.Group{ID: id, Name: "library"})
	}
	w.Directory.Identities[8].Groups = append(w.Directory.Identities[8].Groups, "0b6ff4f0-96d1-4b3c-8a52-4f5a00000b02") // ivan
	w.Assertions = []model.Assertion{
		{Name: "alice", Role: model.RoleAdmin}, {Group: true, Name: "romm-admins", Role: model.RoleUser},
	}
	return w
}

// TestThemes keeps what the styles are, theme by theme.
func TestThemes(t *testing.T) {
	t.Parallel()
	for _, name := range theme.Names() {
		t.Run(string(name), func(t *testing.T) {
			t.Parallel()
			d := tuitest.New(t, tuitest.NewConsole(tuitest.World()), tuitest.Size(112, 24),
				tuitest.With(func(o *tui.Options) { o.Theme = name }))
			golden.RequireEqual(t, d.View().Content+"\n"+d.Press("2", "x").View().Content+"\n")
		})
	}
}

// TestLook keeps what every screen looks like. Regenerate with
// `go test ./tui -run TestLook -update` and read the difference.
func TestLook(t *testing.T) {
	t.Parallel()
	down := &model.Error{
		Code: model.CodeUnavailable, Op: "read Authentik", Msg: "auth.example.org does not answer",
		Hint: "check that Authentik runs and that AUTHENTIK_URL is right",
	}
	loads := func(w model.World) func() *tuitest.Console {
		return func() *tuitest.Console { return tuitest.NewConsole(w) }
	}
	fails := func() *tuitest.Console {
		c := tuitest.NewConsole(tuitest.World())
		c.FailLoads(down)
		return c
	}
	kept := func() *tuitest.Console {
		c := tuitest.NewConsole(tuitest.World())
		entries, cut := tuitest.Past()
		c.Journal(entries, cut)
		return c
	}
	differs := func() *tuitest.Console {
		c := tuitest.NewConsole(tuitest.World())
		c.Answers(11, model.Claims{"email_verified": false})
		return c
	}
	checked := func() *tuitest.Console {
		c := tuitest.NewConsole(tuitest.World())
		c.Allow(token(), nil)
		return c
	}
	breaks := func() *tuitest.Console {
		c := kept()
		c.FailAfter(1, down)
		return c
	}
	noJournal := func() *tuitest.Console {
		c := tuitest.NewConsole(tuitest.World())
		c.FailJournal(&model.Error{Code: model.CodeInternal, Op: "read the journal", Msg: "the disk is gone", Hint: "see whether the file's disk is mounted"})
		return c
	}
	world := tuitest.World()
	noRoles, nobody := tuitest.World(), tuitest.World()
	noRoles.Roles = model.RoleMap{}
	nobody.Locals, nobody.Directory.Identities = nil, nil
	waiting := rolesToCome()
	behind := tuitest.World()
	behind.Roles = behind.Roles.With(model.RoleRow{Group: tuitest.Night, Name: "night-shift", Role: model.RoleUser})
	reader := tuitest.With(linear)
	ascii := tuitest.With(func(o *tui.Options) { o.ASCII = true })
	for _, tc := range []struct {
		name    string
		console func() *tuitest.Console
		option  tuitest.Option
		keys    []string
		then    func(*tuitest.Driver)
	}{
		{name: "users", console: loads(world)},
		{name: "users-ascii", console: loads(world), option: ascii},
		{name: "users-linear", console: loads(world), option: reader},
		{name: "email-preview-linear", console: loads(world), option: reader, keys: []string{"e", "enter"}},
		{name: "users-detail", console: loads(world), keys: []string{"d"}},
		{name: "users-typing", console: loads(world), keys: []string{"/", "exa"}},
		{name: "users-no-match", console: loads(world), keys: []string{"/", "zzz", "enter"}},
		{name: "users-nobody", console: loads(nobody)},
		{name: "users-loading", console: loads(world), option: tuitest.Held()},
		{name: "users-error", console: fails},
		{name: "email-prompt", console: loads(world), keys: []string{"/", "bob", "enter", "e"}},
		{name: "email-preview", console: loads(world), keys: []string{"/", "bob", "enter", "e", "enter"}},
		{name: "email-saved", console: loads(world), keys: []string{"/", "bob", "enter", "esc", "e", "enter", "tab", "enter"}},
		{name: "roles", console: loads(world), keys: []string{"2"}},
		{name: "roles-sort", console: loads(waiting), keys: []string{"2", "s", "down", "down", "enter"}},
		{name: "roles-vanished", console: loads(world), keys: []string{"2", "G"}},
		{name: "roles-empty", console: loads(noRoles), keys: []string{"2"}},
		{name: "roles-pick-group", console: loads(world), keys: []string{"2", "a"}},
		{name: "roles-pick-role", console: loads(world), keys: []string{"2", "a", "night", "enter", "up"}},
		{name: "roles-preview", console: loads(world), keys: []string{"2", "a", "night", "enter", "up", "enter"}},
		{name: "roles-refused", console: loads(world), keys: []string{"2", "x"}},
		{name: "palette", console: loads(world), keys: []string{":", "role"}},
		{name: "copy", console: loads(world), keys: []string{"y"}},
		{name: "roles-tester", console: loads(world), keys: []string{"2", "t", "space", "adm", "enter"}},
		{name: "roles-rules", console: loads(world), keys: []string{"2", "m"}},
		{name: "roles-rules-broken", console: loads(waiting), keys: []string{"2", "m", "j"}},
		{name: "roles-rule-edit", console: loads(waiting), keys: []string{"2", "m", "enter"}},
		{name: "roles-rule-whom", console: loads(waiting), keys: []string{"2", "m", "a", "al"}},
		{name: "roles-rule-role", console: loads(waiting), keys: []string{"2", "m", "a", "user:al", "enter", "j"}},
		{name: "roles-pending", console: loads(waiting), keys: []string{"2", "/", "guests", "enter", "esc"}},
		{name: "roles-bindable", console: loads(waiting), keys: []string{"2", "G"}},
		{name: "roles-bindable-ascii", console: loads(waiting), option: ascii, keys: []string{"2", "G"}},
		{name: "roles-bindable-linear", console: loads(waiting), option: reader, keys: []string{"2", "G"}},
		{name: "roles-bind-which", console: loads(waiting), keys: []string{"2", "G", "b", "j"}},
		{name: "roles-keep", console: loads(waiting), keys: []string{"2", "a", "players"}},
		{name: "roles-keep-preview", console: loads(waiting), keys: []string{"2", "a", "players", "enter", "j", "enter"}},
		{name: "roles-admin-lost", console: loads(waiting), keys: []string{"2", "enter", "j"}},
		{name: "roles-unpublished", console: loads(behind), keys: []string{"2", "G"}},
		{name: "roles-publish", console: loads(behind), keys: []string{"2", "P"}},
		{name: "roles-details", console: loads(waiting), keys: []string{"2", "G", "d"}},
		{name: "roles-filter", console: loads(waiting), keys: []string{"2", "/", "is:pending"}},
		{name: "roles-default", console: loads(world), keys: []string{"2", "D", "j", "j"}},
		{name: "users-selected", console: loads(world), keys: []string{"V", "j", "j", "V", "/", "er"}},
		{name: "users-sort", console: loads(world), keys: []string{"s", "down", "enter", "s"}},
		{name: "users-filter-unknown", console: loads(world), keys: []string{"/", "is:nothing", "enter"}},
		{name: "bulk-preview", console: loads(world), keys: []string{"*", "e"}},
		{name: "bulk-report", console: loads(world), keys: []string{"*", "e", "tab", "enter"}},
		{name: "pin-candidates", console: loads(world), keys: []string{"/", "heidi", "enter", "p"}},
		{name: "token", console: checked, keys: []string{"T"}},
		{name: "users-read", console: loads(world), keys: []string{"enter"}},
		{name: "simulate", console: loads(world), keys: []string{"S"}},
		{name: "simulate-differs", console: differs, keys: []string{"/", "alice", "enter", "S", "a"}},
		{name: "simulate-everybody", console: differs, keys: []string{"W", "a"}},
		{name: "simulate-linear", console: loads(world), option: reader, keys: []string{"S"}},
		{name: "history", console: kept, keys: []string{"5"}},
		{name: "history-entry", console: kept, keys: []string{"5", "j", "j"}},
		{name: "history-details", console: kept, keys: []string{"5", "d"}},
		{name: "history-sort", console: kept, keys: []string{"5", "s", "down", "enter", "s", "enter"}},
		{name: "history-narrowed", console: kept, keys: []string{"5", "j", "j", "j", "p"}},
		{name: "history-undo", console: kept, keys: []string{"5", "j", "j", "j", "U"}},
		{name: "history-nothing", console: loads(world), keys: []string{"5"}},
		{name: "history-linear", console: kept, option: reader, keys: []string{"5"}},
		{name: "history-error", console: noJournal, keys: []string{"5"}},
		{name: "history-resume", console: kept, keys: []string{"5", "c"}},
		{name: "verify-preview", console: loads(world), keys: []string{"/", "ivan", "enter", "v"}},
		{name: "pin-preview", console: loads(world), keys: []string{"/", "bob", "enter", "p"}},
		{name: "disable-preview", console: loads(world), keys: []string{"/", "bob", "enter", "x"}},
		{name: "role-now-preview", console: loads(world), keys: []string{"*", "A"}},
		{name: "fix-preview", console: loads(world), keys: []string{"F"}},
		{name: "disable-admin-lost", console: loads(world), keys: []string{"/", "alice", "enter", "x"}},
		{name: "applying", console: loads(world), keys: []string{"*", "e", "tab"}, then: func(d *tuitest.Driver) { d.Hold().Press("enter").ReleaseOne() }},
		{name: "applying-stop", console: loads(world), keys: []string{"*", "e", "tab"}, then: func(d *tuitest.Driver) { d.Hold().Press("enter").ReleaseOne().ReleaseOne().Press("esc") }},
		{name: "stale", console: breaks, keys: []string{"*", "e", "tab", "enter", "esc"}, then: func(d *tuitest.Driver) { d.Pass(12 * time.Minute).Hold().Press("r") }},
		{name: "report-failed", console: breaks, keys: []string{"*", "e", "tab", "enter"}},
		{name: "quit-unsaved", console: loads(world), keys: []string{"e", "x", "ctrl+c"}},
		{name: "notes", console: kept, keys: []string{"n"}},
		{name: "errors", console: breaks, keys: []string{"*", "e", "tab", "enter", "esc", "L"}},
		{name: "disabled-reason", console: loads(world), keys: []string{"ctrl+z"}},
		{name: "read-only", console: loads(world), option: tuitest.With(func(o *tui.Options) { o.ReadOnly = true }), keys: []string{"e"}},
		{name: "palette-nothing", console: loads(world), keys: []string{":", "zzzz"}},
		{name: "roles-linear", console: loads(waiting), option: reader, keys: []string{"2"}},
		{name: "help-roles", console: loads(world), keys: []string{"2", "?"}},
		{name: "help-linear", console: loads(world), option: reader, keys: []string{"?"}},
		{name: "help", console: loads(world), keys: []string{"?"}},
	} {
		for _, size := range []struct {
			name          string
			width, height int
		}{{"60x20", 60, 20}, {"80x24", 80, 24}, {"120x40", 120, 40}, {"200x60", 200, 60}} {
			t.Run(tc.name+"/"+size.name, func(t *testing.T) {
				t.Parallel()
				options := []tuitest.Option{tuitest.Size(size.width, size.height)}
				if tc.option != nil {
					options = append(options, tc.option)
				}
				d := tuitest.New(t, tc.console(), options...).Press(tc.keys...)
				if tc.then != nil {
					tc.then(d)
				}
				golden.RequireEqual(t, d.Screen()+"\n")
			})
		}
	}
}
