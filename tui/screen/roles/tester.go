package roles

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// tester is a dialog that answers which role somebody in some groups gets. It
// asks the role map itself and changes nothing.
type tester struct {
	theme   *theme.Theme
	world   model.World
	members model.Memberships
	groups  []model.Group   // by name
	in      []model.GroupID // in the order of picking
	finder  widget.Finder
	took    bool // a comma has just put a group in: a blank after it picks none
}

const testerRows = 8

func newTester(t *theme.Theme, r *model.Review) tester {
	groups := slices.SortedFunc(slices.Values(r.World.Directory.Groups), byName)
	x := tester{theme: t, world: r.World, members: model.NewMemberships(groups), groups: groups}
	x.finder = widget.NewFinder(t, x.choices(), true)
	return x
}

// choices are the groups, with the role that each has, and those of one name
// with their ids.
func (x tester) choices() []widget.Choice {
	names := map[model.Untrusted]int{}
	for _, g := range x.groups {
		names[g.Name]++
	}
	out := make([]widget.Choice, len(x.groups))
	for i, g := range x.groups {
		out[i] = widget.Choice{ID: string(g.ID), Sign: "[ ] ", Label: g.Name}
		if slices.Contains(x.in, g.ID) {
			out[i].Sign = "[x] "
		}
		if row, ok := x.world.Roles.Row(g.ID); ok {
			out[i].Note = x.theme.Clean(string(row.Role))
		}
		if names[g.Name] > 1 {
			out[i].Note += " id " + widget.Tail(string(g.ID))
		}
	}
	return out
}

// Capturing implements screen.Overlay: names are typed.
func (tester) Capturing() bool { return true }

// Update implements screen.Overlay.
func (x tester) Update(msg tea.Msg) (screen.Overlay, screen.Effect) {
	took := x.took
	x.took = false
	switch msg := msg.(type) {
	case screen.AreaMsg:
		x.finder = x.resized(msg.Area)
	case tea.KeyPressMsg:
		var named bool
		if x.finder, named = x.finder.Numbered(msg); named {
			return x.toggle(), screen.Effect{}
		}
		switch key := msg.String(); {
		case key == "esc":
			return x, screen.Want(screen.CloseReq{})
		case key == "space" && x.finder.Typed() == "" && took:
			return x, screen.Effect{}
		case key == "enter", key == "space" && x.finder.Typed() == "":
			return x.toggle(), screen.Effect{}
		}
	}
	var changed bool
	if x.finder, changed = x.finder.Update(msg); changed {
		x = x.take()
	}
	return x, screen.Effect{}
}

// take puts in every group whose name was typed or pasted with a comma after it.
func (x tester) take() tester {
	for {
		name, rest, found := strings.Cut(x.finder.Typed(), ",")
		if !found {
			return x
		}
		named := slices.DeleteFunc(slices.Clone(x.groups), func(g model.Group) bool {
			return !strings.EqualFold(g.Name.Raw(), strings.TrimSpace(name))
		})
		if len(named) != 1 { // it is shown, and can be fixed
			return x
		}
		if !slices.Contains(x.in, named[0].ID) {
			x.in = append(slices.Clone(x.in), named[0].ID)
		}
		x.finder, x.took = x.finder.With(x.choices()).Type(strings.TrimSpace(rest)), true
	}
}

// unmatched says why nothing is listed.
func (x tester) unmatched() string {
	name, _, several := strings.Cut(x.finder.Typed(), ",")
	if !several {
		return "nothing matches"
	}
	return x.theme.Clean("no one group is called “" + strings.TrimSpace(name) + "”")
}

// toggle puts the group under the cursor in, or takes it out. The typed text
// is then cleared.
func (x tester) toggle() tester {
	c, ok := x.finder.Selected()
	if !ok {
		return x
	}
	id := model.GroupID(c.ID)
	in := slices.DeleteFunc(slices.Clone(x.in), func(g model.GroupID) bool { return g == id })
	if len(in) == len(x.in) {
		in = append(in, id)
	}
	x.in = in
	x.finder = x.finder.With(x.choices())
	if x.finder.Typed() != "" {
		x.finder = x.finder.Type("")
	}
	x.finder = x.finder.Goto(slices.IndexFunc(x.groups, func(g model.Group) bool { return g.ID == id }))
	return x
}

func (x tester) resized(a screen.Area) widget.Finder {
	return x.finder.Resize(a.Width, min(testerRows, a.Height-11))
}

// View implements screen.Overlay.
func (x tester) View(a screen.Area) screen.Panel {
	t := x.theme
	names := make([]string, len(x.in))
	for i, id := range x.in {
		names[i] = theme.Escape(x.members.Name(id).Raw())
	}
	who := "Somebody in no group. Pick groups, or type their names with commas:"
	if len(names) > 0 {
		who = "Somebody in " + strings.Join(names, ", ") + ", and in the groups that these belong to:"
	}
	lines := widget.Wrap(t.Clean(who), a.Width)
	if len(lines) > 3 {
		lines = widget.Clip(t, lines, 3, "")
	}
	rows, cursor := x.resized(a).View(x.unmatched())
	cursor.Y += len(lines)
	lines = append(lines, rows...)
	lines = append(lines, "")
	for i, sentence := range x.answer() {
		style := t.Text
		if i == 0 {
			style = t.Strong
		}
		lines = append(lines, widget.Text(style, t.Clean(sentence), a.Width)...)
	}
	tail := []string{"", keys.Hints(t, a.Width, keys.Hint(t, "in or out", "enter"), keys.Hint(t, "back", "esc"))}
	lines = widget.Clip(t, lines, a.Height-len(tail), "")
	return screen.Panel{Title: "Test the rules", Lines: append(lines, tail...), Cursor: cursor}
}

// answer says the role, which row gives it and which ones it outranks.
func (x tester) answer() []string {
	all, _ := x.members.Of(x.in)
	res := x.world.Roles.Resolve(all)
	if res.Role == model.RoleNone {
		return append([]string{
			"No role: RomM refuses this login.", "No row of the map has any of these groups, and there is no default role.",
		}, x.elsewhere(all, res.Role)...)
	}
	out := []string{"Role: " + model.Clean(string(res.Role))}
	if source := res.Source(); source == nil {
		out = append(out, "It is the default role.")
	} else {
		text := "Decided by the group " + x.name(*source)
		if path := x.members.Path(x.in, source.Group); len(path) > 1 {
			text += ", to which " + theme.Escape(x.members.Name(path[0]).Raw()) + " belongs"
		}
		out = append(out, text+".")
	}
	out = append(out, x.elsewhere(all, res.Role)...)
	losers := res.Losers
	if res.Source() == nil && res.Winner != nil {
		losers = append([]model.RoleRow{*res.Winner}, losers...)
	}
	for _, row := range losers {
		what := "Outranked"
		if row.Role == res.Role {
			what = "The same from"
		}
		out = append(out, fmt.Sprintf("%s: %s (%s).", what, x.name(row), model.Clean(string(row.Role))))
	}
	return out
}

// name is what a row's group is called now.
func (x tester) name(row model.RoleRow) string {
	if g, ok := x.world.Directory.Group(row.Group); ok {
		row.Name = g.Name
	}
	return theme.Escape(row.Name.Raw())
}

// elsewhere says what Authentik's own copy of the map answers, if that is
// something else.
func (x tester) elsewhere(all []model.GroupID, role model.Role) []string {
	table := x.world.Provider.Compiled
	if table == nil {
		return nil
	}
	copied, own := strings.Join(table.Resolve(all), ""), x.world.Settings.Token(role)
	if copied == own {
		return nil
	}
	when := "While the companion does not answer, "
	if x.world.Provider.Deciding() != nil {
		when = "But "
	}
	return []string{"! " + when + "Authentik's copy of the map answers: " + answer(x.world.Settings, copied) + "."}
}
