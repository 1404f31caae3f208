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
	groups  []model.Group // by name
	names   map[model.Untrusted]int
	in      []model.GroupID // in the order of picking
	input   widget.Input
	found   []int // indexes of groups that match what was typed
	list    widget.List
	moved   bool // the list was last used, and not the input
	took    bool // a comma has just put a group in: a blank after it picks none
}

const testerRows = 8

func newTester(t *theme.Theme, r *model.Review) tester {
	groups := slices.SortedFunc(slices.Values(r.World.Directory.Groups), byName)
	x := tester{
		theme: t, world: r.World, members: model.NewMemberships(groups), groups: groups,
		names: map[model.Untrusted]int{}, input: widget.NewInput(t, ""), list: widget.List{}.Resize(testerRows),
	}
	for _, g := range groups {
		x.names[g.Name]++
	}
	return x.narrow()
}

// narrow lists the groups that match what was typed.
func (x tester) narrow() tester {
	x.found = widget.Find(len(x.groups), x.input.Value(), func(i int) string { return x.groups[i].Name.Raw() })
	x.list = x.list.Fill(len(x.found)).Goto(0)
	return x
}

// Capturing implements screen.Overlay: names are typed.
func (tester) Capturing() bool { return true }

// Update implements screen.Overlay.
func (x tester) Update(msg tea.Msg) (screen.Overlay, screen.Effect) {
	took := x.took
	x.took = false
	if key, ok := msg.(tea.KeyPressMsg); ok {
		if row, ok := widget.Numbered(x.theme, key, x.list.Len()); ok && x.input.Value() == "" {
			x.list, x.moved = x.list.Goto(row), true
			return x.toggle(), screen.Effect{}
		}
		x.moved = key.Text == "" || key.String() == "space" && x.input.Value() == ""
		switch key.String() {
		case "esc":
			return x, screen.Want(screen.CloseReq{})
		case "enter":
			return x.toggle(), screen.Effect{}
		case "space":
			switch {
			case x.input.Value() != "":
			case took:
				return x, screen.Effect{}
			default:
				return x.toggle(), screen.Effect{}
			}
		case "down":
			x.list = x.list.Move(1)
			return x, screen.Effect{}
		case "up":
			x.list = x.list.Move(-1)
			return x, screen.Effect{}
		case "pgdown":
			x.list = x.list.Page(1)
			return x, screen.Effect{}
		case "pgup":
			x.list = x.list.Page(-1)
			return x, screen.Effect{}
		}
	}
	before := x.input.Value()
	x.input = x.input.Update(msg)
	if x.input.Value() != before {
		x = x.take().narrow()
	}
	return x, screen.Effect{}
}

// take puts in every group whose name was typed or pasted with a comma after it.
func (x tester) take() tester {
	for {
		name, rest, found := strings.Cut(x.input.Value(), ",")
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
		x.input, x.took = widget.NewInput(x.theme, strings.TrimSpace(rest)), true
	}
}

// unmatched says why nothing is listed.
func (x tester) unmatched() string {
	name, _, several := strings.Cut(x.input.Value(), ",")
	if !several {
		return "nothing matches"
	}
	return x.theme.Clean("no one group is called “" + strings.TrimSpace(name) + "”")
}

// toggle puts the group under the cursor in, or takes it out. The typed text
// is then cleared.
func (x tester) toggle() tester {
	if x.list.Len() == 0 {
		return x
	}
	at := x.found[x.list.Cursor()]
	id := x.groups[at].ID
	in := slices.DeleteFunc(slices.Clone(x.in), func(g model.GroupID) bool { return g == id })
	if len(in) == len(x.in) {
		in = append(in, id)
	}
	x.in = in
	if x.input.Value() != "" {
		x.input = widget.NewInput(x.theme, "")
		x = x.narrow()
		x.list = x.list.Goto(at)
	}
	return x
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
	const lead = "/ "
	text, at := x.input.View(a.Width - len(lead))
	cursor := &screen.Cursor{X: len(lead) + at, Y: len(lines)}
	lines = append(lines, t.Key.Render(lead)+text)
	rows, on := x.rows(a)
	if t.Linear && x.moved && x.list.Len() > 0 {
		cursor = &screen.Cursor{Y: len(lines) + on} // what a screen reader reads
	}
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

// rows draws the groups in the window, and says which the cursor is on.
func (x tester) rows(a screen.Area) (lines []string, at int) {
	t := x.theme
	list := x.list.Resize(max(1, min(testerRows, a.Height-11)))
	from, to := list.Window()
	for row := from; row < to; row++ {
		g := x.groups[x.found[row]]
		r := widget.NewRow(t, a.Width, row == list.Cursor())
		box := "[ ] "
		if slices.Contains(x.in, g.ID) {
			box = "[x] "
		}
		note := ""
		if m, ok := x.world.Roles.Row(g.ID); ok {
			note = t.Clean(string(m.Role))
		}
		id := ""
		if x.names[g.Name] > 1 {
			id = "id " + widget.Tail(string(g.ID))
		}
		r.Bar(row == list.Cursor())
		number := ""
		if x.input.Value() == "" {
			number = widget.Number(t, row)
		}
		r.Cell(number, len(number), t.Text)
		r.Cell(box, 4, t.Text)
		r.Outside(g.Name, a.Width-1-len(number)-4-1-roleWidth-1-len(id), t.Text)
		r.Gap(1)
		r.Cell(id, len(id), t.Muted)
		r.Gap(1)
		r.Cell(note, roleWidth, t.Muted)

		lines = append(lines, r.End())
	}
	if len(x.found) == 0 {
		lines = append(lines, t.Muted.Render(widget.Cut(t, " "+x.unmatched(), a.Width)))
	}
	for len(lines) < min(list.Height(), len(x.groups)) {
		lines = append(lines, "") // the dialog must not jump while somebody types
	}
	if hidden := len(x.found) - (to - from); hidden > 0 {
		lines = append(lines, t.Muted.Render(fmt.Sprintf(" %d more", hidden)))
	} else if len(x.groups) > list.Height() {
		lines = append(lines, "")
	}
	return lines, list.Line()
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
	if x.world.Provider.Table != nil {
		when = "But "
	}
	return []string{"! " + when + "Authentik's copy of the map answers: " + answer(x.world.Settings, copied) + "."}
}
