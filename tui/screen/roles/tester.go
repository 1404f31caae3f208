package roles

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// tester is a dialog that answers which role somebody in some groups gets. It
// asks the role map itself and changes nothing.
type tester struct {
	theme   *theme.Theme
	roles   model.RoleMap
	members model.Memberships
	groups  []model.Group
	in      map[model.GroupID]bool
	list    widget.List
}

const testerRows = 8

func newTester(t *theme.Theme, r *model.Review) tester {
	groups := slices.Clone(r.World.Directory.Groups)
	slices.SortStableFunc(groups, func(a, b model.Group) int {
		return strings.Compare(strings.ToLower(a.Name.Raw()), strings.ToLower(b.Name.Raw()))
	})
	return tester{
		theme: t, roles: r.World.Roles, members: model.NewMemberships(groups), groups: groups,
		in: map[model.GroupID]bool{}, list: widget.List{}.Resize(testerRows).Fill(len(groups)),
	}
}

// Capturing implements screen.Overlay.
func (tester) Capturing() bool { return false }

// Update implements screen.Overlay.
func (x tester) Update(msg tea.Msg) (screen.Overlay, screen.Effect) {
	key, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return x, screen.Effect{}
	}
	switch key.String() {
	case "esc", "q", "enter":
		return x, screen.Want(screen.CloseReq{})
	case "down", "j":
		x.list = x.list.Move(1)
	case "up", "k":
		x.list = x.list.Move(-1)
	case "pgdown":
		x.list = x.list.Page(1)
	case "pgup":
		x.list = x.list.Page(-1)
	case "space":
		if x.list.Len() > 0 {
			in := make(map[model.GroupID]bool, len(x.in)+1)
			for id, on := range x.in {
				in[id] = on
			}
			id := x.groups[x.list.Cursor()].ID
			in[id] = !in[id]
			x.in = in
		}
	}
	return x, screen.Effect{}
}

// View implements screen.Overlay.
func (x tester) View(a screen.Area) screen.Panel {
	t := x.theme
	lines := widget.Wrap("Somebody in these groups, and in those that they belong to:", a.Width)
	from, to := x.list.Resize(max(1, min(testerRows, a.Height-10))).Window()
	for i := from; i < to; i++ {
		var b strings.Builder
		r := widget.NewRow(&b, t, a.Width, i == x.list.Cursor())
		bar, box := " ", "[ ] "
		if i == x.list.Cursor() {
			bar = t.Glyphs.Bar
		}
		if x.in[x.groups[i].ID] {
			box = "[x] "
		}
		note := ""
		if row, ok := x.roles.Row(x.groups[i].ID); ok {
			note = model.Clean(string(row.Role))
		}
		r.Cell(bar, 1, t.Accent)
		r.Cell(box, 4, t.Text)
		r.Outside(x.groups[i].Name, a.Width-1-4-1-roleWidth, t.Text)
		r.Cell("", 1, "")
		r.Cell(note, roleWidth, t.Muted)
		r.Fill()
		lines = append(lines, b.String())
	}
	if hidden := len(x.groups) - (to - from); hidden > 0 {
		lines = append(lines, t.Muted.Wrap(fmt.Sprintf(" %d more", hidden)))
	}
	lines = append(lines, "")
	for i, text := range x.answer() {
		st := t.Text
		if i == 0 {
			st = t.Strong
		}
		for _, line := range widget.Wrap(t.Clean(text), a.Width) {
			lines = append(lines, st.Wrap(line))
		}
	}
	return screen.Panel{Title: "Test the rules", Lines: append(lines, "", widget.KeyHints(t, a.Width, "space", "in or out", "esc", "back"))}
}

// answer says the role, which row gives it and which ones it outranks.
func (x tester) answer() []string {
	var direct []model.GroupID
	for _, g := range x.groups {
		if x.in[g.ID] {
			direct = append(direct, g.ID)
		}
	}
	all, _ := x.members.Of(direct)
	res := x.roles.Resolve(all)
	if res.Role == model.RoleNone {
		return []string{"No role: RomM refuses this login.", "No row of the map has any of these groups, and there is no default role."}
	}
	out := []string{"Role: " + model.Clean(string(res.Role))}
	source := res.Source()
	if source == nil {
		return append(out, "It is the default role.")
	}
	text := "Decided by the group " + theme.Escape(source.Name.Raw())
	if path := x.members.Path(direct, source.Group); len(path) > 1 {
		text += ", to which " + theme.Escape(x.members.Name(path[0]).Raw()) + " belongs"
	}
	out = append(out, text+".")
	for _, row := range res.Losers {
		out = append(out, fmt.Sprintf("Outranked: %s (%s).", theme.Escape(row.Name.Raw()), model.Clean(string(row.Role))))
	}
	return out
}
