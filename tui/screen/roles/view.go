package roles

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

const (
	roleWidth   = 8
	countWidth  = 7
	whenWidth   = 10 // 2026-11-23
	groupWidest = 32
	byWidest    = 16
)

// layout is where everything goes.
type layout struct {
	rows, detail         int
	group, by, when, not int // column widths; 0 hides the column
}

func (s Screen) layout() layout {
	w, h := s.area.Width, s.area.Height
	detail := min(max(h*2/5, 5), 9)
	l := layout{detail: max(0, detail-1), rows: max(0, h-2-detail)} // header and default row
	free := w - 1 - 1 - roleWidth - 1 - countWidth
	l.group = min(max(12, free/2), groupWidest)
	free -= l.group
	if w >= 76 {
		l.when, l.by = whenWidth, min(byWidest, max(8, free/4))
		free -= 1 + l.when + 1 + l.by
	}
	l.not = max(0, free-1)
	return l
}

// View implements screen.Screen.
func (s Screen) View(a screen.Area) screen.Frame {
	var b strings.Builder
	l := s.layout()
	if lines := s.empty(a); lines != nil {
		widget.Block(&b, s.theme, lines, a)
		return screen.Frame{Content: strings.TrimSuffix(b.String(), "\n")}
	}
	s.header(&b, l)
	from, to := s.list.Window()
	for i := from; i < to; i++ {
		s.row(&b, l, s.data.Review.World.Roles.Rows[i], i == s.list.Cursor())
	}
	s.everybodyElse(&b, l)
	for range l.rows - (to - from) {
		b.WriteByte('\n')
	}
	s.pane(&b, l)
	f := screen.Frame{Content: strings.TrimSuffix(b.String(), "\n")}
	if s.theme.Linear && s.list.Len() > 0 {
		f.Cursor = &screen.Cursor{Y: headerRows + s.list.Line()}
	}
	return f
}

func (s Screen) empty(a screen.Area) []string {
	t := s.theme
	if s.data.Review == nil {
		return widget.Unread(t, s.data, a.Width)
	}
	w := s.data.Review.World
	if len(w.Roles.Rows) > 0 {
		return nil
	}
	out := []string{t.Strong.Wrap("No group has a role yet.")}
	if w.Roles.Default == model.RoleNone {
		out = append(out, "People whose groups have no role are refused by RomM.")
	} else {
		out = append(out, fmt.Sprintf("Everybody gets the default role, %s.", w.Roles.Default))
	}
	if why := s.data.WriteBlocked(); why != "" {
		out = append(out, "", "Nothing can be added now: "+t.Clean(why)+".")
	} else {
		out = append(out, "", t.Key.Wrap(s.key("add"))+" picks a group of Authentik and gives it a role. Start with the group of your admins.")
	}
	return append(out, s.inactive()...)
}

// inactive says that the map is not asked by anybody yet.
func (s Screen) inactive() []string {
	if w := s.data.Review.World; w.Provider.RoleMap && w.Settings.ClaimRoles == model.RolesClaim {
		return nil
	}
	return []string{s.theme.Warning.Wrap("! Not in force: RomM does not read its roles from " + model.RolesClaim + " yet.")}
}

func (s Screen) header(b *strings.Builder, l layout) {
	t := s.theme
	r := widget.NewRow(b, t, s.area.Width, false)
	cell := func(text string, width int) {
		if width > 0 {
			r.Cell("", 1, "")
			r.Cell(text, width, t.Heading)
		}
	}
	cell("Authentik group", l.group)
	cell("role", roleWidth)
	cell(" people", countWidth)
	cell("changed", l.when)
	cell("by", l.by)
	cell("note", l.not)
	r.End()
}

func (s Screen) row(b *strings.Builder, l layout, row model.RoleRow, selected bool) {
	t := s.theme
	r := widget.NewRow(b, t, s.area.Width, selected)
	bar := ""
	if selected {
		bar = t.Glyphs.Bar
	}
	g, visible := s.tally.groups[row.Group]
	name := row.Name
	if visible {
		name = g.Name
	}
	r.Cell(bar, 1, t.Accent)
	r.Outside(name, l.group, t.Text)
	r.Cell("", 1, "")
	roleStyle := t.Text
	if row.Role == model.RoleAdmin {
		roleStyle = t.Strong
	}
	r.Cell(t.Clean(string(row.Role)), roleWidth, roleStyle)
	r.Cell("", 1, "")
	if visible {
		r.Cell(fmt.Sprintf("%*d", countWidth, s.tally.people[row.Group]), countWidth, t.Text)
	} else {
		r.Cell(fmt.Sprintf("%*s", countWidth, t.Glyphs.Dash), countWidth, t.Muted)
	}
	if l.when > 0 {
		when := t.Glyphs.Dash
		if !row.ChangedAt.IsZero() {
			when = row.ChangedAt.Format("2006-01-02")
		}
		r.Cell("", 1, "")
		r.Cell(when, l.when, t.Muted)
		r.Cell("", 1, "")
		r.Outside(row.ChangedBy, l.by, t.Muted)
	}
	if l.not > 0 {
		r.Cell("", 1, "")
		if gone := "! vanished, grants nothing"; !visible && l.not >= len(gone) {
			r.Cell(gone, l.not, t.Warning)
		} else if !visible {
			r.Cell("! vanished", l.not, t.Warning)
		} else {
			r.Outside(row.Note, l.not, t.Muted)
		}
	}
	r.End()
}

// everybodyElse is the default row, below the list and not part of it.
func (s Screen) everybodyElse(b *strings.Builder, l layout) {
	t := s.theme
	r := widget.NewRow(b, t, s.area.Width, false)
	r.Cell("", 1, "")
	r.Cell("everybody else", l.group, t.Muted)
	r.Cell("", 1, "")
	if d := s.data.Review.World.Roles.Default; d != model.RoleNone {
		r.Cell(string(d), roleWidth, t.Muted)
		r.Cell(" by default", s.area.Width, t.Muted)
	} else {
		r.Cell("none: RomM refuses them", s.area.Width, t.Muted)
	}
	r.End()
}

// pane says what the row under the cursor does.
func (s Screen) pane(b *strings.Builder, l layout) {
	t, width := s.theme, s.area.Width-2
	row, ok := s.selected()
	if !ok {
		return
	}
	title := theme.Escape(row.Name.Raw())
	g, visible := s.tally.groups[row.Group]
	if visible {
		title = theme.Escape(g.Name.Raw())
	}
	widget.Rule(b, t, s.area.Width, title+" "+t.Glyphs.Dot+" id "+widget.Tail(string(row.Group)))
	lines := s.inactive()
	for _, text := range s.sentences(row, visible) {
		lines = append(lines, widget.Wrap(t.Clean(text), width)...)
	}
	lines = widget.Clip(t, lines, l.detail-1, "")
	for i := range l.detail - 1 {
		if i < len(lines) {
			b.WriteString(" " + lines[i])
		}
		b.WriteByte('\n')
	}
	b.WriteString(" " + s.hints(width) + "\n")
}

func (s Screen) sentences(row model.RoleRow, visible bool) []string {
	if !visible {
		return []string{
			"Vanished: Authentik has no group with this id any more, so the row grants nothing.",
			"A group that was made again under the same name is another group; add it anew and remove this row.",
		}
	}
	names := s.tally.decides[row.Group]
	n := s.tally.people[row.Group]
	out := []string{fmt.Sprintf("%s in this group, directly or through another one. The highest role of a person's groups counts.", are(n))}
	switch {
	case len(names) == 0:
		out = append(out, "It decides nobody's role now.")
	case len(names) <= 6:
		out = append(out, "It decides the role of "+strings.Join(names, ", ")+".")
	default:
		out = append(out, "It decides the role of "+strings.Join(names[:5], ", ")+" and "+strconv.Itoa(len(names)-5)+" more.")
	}
	if row.Note != "" {
		out = append(out, "Note: "+row.Note.String())
	}
	return out
}

func are(n int) string {
	if n == 1 {
		return "1 person is"
	}
	return fmt.Sprintf("%d people are", n)
}

func (s Screen) hints(width int) string {
	var pairs []string
	if ok, _ := canChange(s); ok {
		pairs = append(pairs, s.key("change"), "change role")
	}
	if ok, _ := canRemove(s); ok {
		pairs = append(pairs, s.key("remove"), "remove")
	}
	if why := s.data.WriteBlocked(); why != "" {
		return s.theme.Muted.Wrap(widget.Cut(s.theme, s.theme.Clean("Nothing can be changed: "+why+"."), width))
	}
	return widget.KeyHints(s.theme, width, pairs...)
}
