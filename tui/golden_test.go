package tui_test

import (
	"strings"
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

// looks are the frames that are kept: how the console starts (see lookStarts), and
// what is pressed then, key by key.
var looks = []struct{ name, start, keys string }{
	{"users", "", ""},
	{"users-ascii", "ascii", ""},
	{"users-linear", "linear", ""},
	{"email-preview-linear", "linear", "e enter"},
	{"users-detail", "", "d"},
	{"users-typing", "", "/ exa"},
	{"users-no-match", "", "/ zzz enter"},
	{"users-nobody", "nobody", ""},
	{"users-loading", "held", ""},
	{"users-error", "down", ""},
	{"email-prompt", "", "/ bob enter e"},
	{"email-preview", "", "/ bob enter e enter"},
	{"email-saved", "", "/ bob enter esc e enter tab enter"},
	{"roles", "", "2"},
	{"roles-sort", "waiting", "2 s down down enter"},
	{"roles-vanished", "", "2 G"},
	{"roles-empty", "no-roles", "2"},
	{"roles-pick-group", "", "2 a"},
	{"roles-pick-role", "", "2 a night enter up"},
	{"roles-preview", "", "2 a night enter up enter"},
	{"roles-refused", "", "2 x"},
	{"palette", "", ": role"},
	{"copy", "", "y"},
	{"roles-tester", "", "2 t space adm enter"},
	{"roles-rules", "", "2 m"},
	{"roles-rules-broken", "waiting", "2 m j"},
	{"roles-rule-edit", "waiting", "2 m enter"},
	{"roles-rule-whom", "waiting", "2 m a al"},
	{"roles-rule-role", "waiting", "2 m a user:al enter j"},
	{"roles-pending", "waiting", "2 / guests enter esc"},
	{"roles-bindable", "waiting", "2 G"},
	{"roles-bindable-ascii", "waiting ascii", "2 G"},
	{"roles-bindable-linear", "waiting linear", "2 G"},
	{"roles-bind-which", "waiting", "2 G b j"},
	{"roles-keep", "waiting", "2 a players"},
	{"roles-keep-preview", "waiting", "2 a players enter j enter"},
	{"roles-admin-lost", "waiting", "2 enter j"},
	{"roles-unpublished", "behind", "2 G"},
	{"roles-publish", "behind", "2 P"},
	{"roles-details", "waiting", "2 G d"},
	{"roles-filter", "waiting", "2 / is:pending"},
	{"roles-default", "", "2 D j j"},
	{"users-selected", "", "V j j V / er"},
	{"users-sort", "", "s down enter s"},
	{"users-filter-unknown", "", "/ is:nothing enter"},
	{"bulk-preview", "", "* e"},
	{"bulk-report", "", "* e tab enter"},
	{"pin-candidates", "", "/ heidi enter p"},
	{"token", "checked", "T"},
	{"users-read", "", "enter"},
	{"simulate", "", "S"},
	{"simulate-differs", "differs", "/ alice enter S a"},
	{"simulate-everybody", "differs", "W a"},
	{"simulate-linear", "linear", "S"},
	{"history", "kept", "5"},
	{"history-entry", "kept", "5 j j"},
	{"history-details", "kept", "5 d"},
	{"history-sort", "kept", "5 s down enter s enter"},
	{"history-narrowed", "kept", "5 j j j p"},
	{"history-undo", "kept", "5 j j j U"},
	{"history-nothing", "", "5"},
	{"history-linear", "kept linear", "5"},
	{"history-error", "no-journal", "5"},
	{"history-resume", "kept", "5 c"},
	{"verify-preview", "", "/ ivan enter v"},
	{"pin-preview", "", "/ bob enter p"},
	{"disable-preview", "", "/ bob enter x"},
	{"role-now-preview", "", "* A"},
	{"fix-preview", "", "F"},
	{"disable-admin-lost", "", "/ alice enter x"},
	{"applying", "", "* e tab"},
	{"applying-stop", "", "* e tab"},
	{"stale", "breaks", "* e tab enter esc"},
	{"report-failed", "breaks", "* e tab enter"},
	{"quit-unsaved", "", "e x ctrl+c"},
	{"notes", "kept", "n"},
	{"errors", "breaks", "* e tab enter esc L"},
	{"disabled-reason", "", "ctrl+z"},
	{"read-only", "read-only", "e"},
	{"palette-nothing", "", ": zzzz"},
	{"roles-linear", "waiting linear", "2"},
	{"help-roles", "", "2 ?"},
	{"help-linear", "linear", "?"},
	{"help", "", "?"},
}

// lookThen is what happens after the keys.
var lookThen = map[string]func(d *tuitest.Driver){
	"applying":      func(d *tuitest.Driver) { d.Hold().Press("enter").ReleaseOne() },
	"applying-stop": func(d *tuitest.Driver) { d.Hold().Press("enter").ReleaseOne().ReleaseOne().Press("esc") },
	"stale":         func(d *tuitest.Driver) { d.Pass(12 * time.Minute).Hold().Press("r") },
}

// lookStarts are the words by which a look starts otherwise than with the small
// world: another console, or an option.
func lookStarts() (consoles map[string]func() *tuitest.Console, options map[string]tuitest.Option) {
	down := &model.Error{
		Code: model.CodeUnavailable, Op: "read Authentik", Msg: "auth.example.org does not answer",
		Hint: "check that Authentik runs and that AUTHENTIK_URL is right",
	}
	noDisk := &model.Error{Code: model.CodeInternal, Op: "read the journal", Msg: "the disk is gone", Hint: "see whether the file's disk is mounted"}
	small := func(change func(*tuitest.Console)) func() *tuitest.Console {
		return func() *tuitest.Console {
			c := tuitest.NewConsole(tuitest.World())
			change(c)
			return c
		}
	}
	keep := func(c *tuitest.Console) {
		entries, cut := tuitest.Past()
		c.Journal(entries, cut)
	}
	consoles = map[string]func() *tuitest.Console{
		"":         small(func(*tuitest.Console) {}),
		"waiting":  func() *tuitest.Console { return tuitest.NewConsole(rolesToCome()) },
		"no-roles": small(func(c *tuitest.Console) { c.Edit(func(w *model.World) { w.Roles = model.RoleMap{} }) }),
		"nobody":   small(func(c *tuitest.Console) { c.Edit(func(w *model.World) { w.Locals, w.Directory.Identities = nil, nil }) }),
		"behind": small(func(c *tuitest.Console) {
			c.Edit(func(w *model.World) {
				w.Roles = w.Roles.With(model.RoleRow{Group: tuitest.Night, Name: "night-shift", Role: model.RoleUser})
			})
		}),
		"down":       small(func(c *tuitest.Console) { c.FailLoads(down) }),
		"kept":       small(keep),
		"breaks":     small(func(c *tuitest.Console) { keep(c); c.FailAfter(1, down) }),
		"differs":    small(func(c *tuitest.Console) { c.Answers(11, model.Claims{"email_verified": false}) }),
		"checked":    small(func(c *tuitest.Console) { c.Allow(token(), nil) }),
		"no-journal": small(func(c *tuitest.Console) { c.FailJournal(noDisk) }),
	}
	options = map[string]tuitest.Option{
		"ascii": tuitest.With(func(o *tui.Options) { o.ASCII = true }), "linear": tuitest.With(linear), "held": tuitest.Held(),
		"read-only": tuitest.With(func(o *tui.Options) { o.ReadOnly = true }),
	}
	return consoles, options
}

// TestLook keeps what every screen looks like. Regenerate with
// `go test ./tui -run TestLook -update` and read the difference.
func TestLook(t *testing.T) {
	t.Parallel()
	consoles, known := lookStarts()
	for _, look := range looks {
		console := consoles[""]
		var start []tuitest.Option
		for _, word := range strings.Fields(look.start) {
			if option, ok := known[word]; ok {
				start = append(start, option)
			} else if console = consoles[word]; console == nil {
				t.Fatalf("%s: nothing starts with %q", look.name, word)
			}
		}
		for _, size := range []struct {
			name          string
			width, height int
		}{{"60x20", 60, 20}, {"80x24", 80, 24}, {"120x40", 120, 40}, {"200x60", 200, 60}} {
			t.Run(look.name+"/"+size.name, func(t *testing.T) {
				t.Parallel()
				d := tuitest.New(t, console(), append([]tuitest.Option{tuitest.Size(size.width, size.height)}, start...)...)
				d.Press(strings.Fields(look.keys)...)
				if then := lookThen[look.name]; then != nil {
					then(d)
				}
				golden.RequireEqual(t, d.Screen()+"\n")
			})
		}
	}
}
