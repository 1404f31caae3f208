package roles

import (
	"fmt"
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/widget"
)

const (
	roleWidth   = 8
	countWidth  = 7
	whenWidth   = 10 // 2026-11-23
	groupWidest = 32
	groupHead   = "Authentik group"
	restLabel   = "everybody else"
	copyLabel   = "Authentik's copy"
	byWidest    = 16
)

// layout is the position of each part.
type layout struct {
	rows, detail         int
	group, by, when, not int // column widths; 0 hides the column
}

func (s Screen) layout() layout {
	w, h := s.area.Width, s.area.Height
	detail := min(max(h*2/5, 5), 9)
	l := layout{detail: max(0, detail-1), rows: max(0, h-3-detail)} // header, default row and Authentik's copy
	free := w - 1 - 1 - roleWidth - 1 - countWidth
	l.group = min(max(12, free/2), groupWidest, s.widest)
	free -= l.group
	if w >= 96 { // what is wrong with a row needs the room more
		l.when, l.by = whenWidth, min(byWidest, max(8, free/4))
		free -= 1 + l.when + 1 + l.by
	}
	l.not = max(0, free-1)
	return l
}

// View implements screen.Screen.
func (s Screen) View(a screen.Area) screen.Frame {
	if lines := s.empty(a); lines != nil {
		return s.Frame(s.theme, a, widget.Block(s.theme, lines, a))
	}
	l := s.layout()
	row := func(i int, selected bool) string { return s.row(l, s.Shown[i], selected) }
	return s.Frame(s.theme, a, s.Draw(s.header(l), row, []string{s.everybodyElse(l), s.published(l)}, s.pane))
}

func (s Screen) empty(a screen.Area) []string {
	t := s.theme
	if s.data.Review == nil {
		return widget.Unread(t, s.data, a.Width)
	}
	w := s.data.Review.World
	switch {
	case len(s.Shown) > 0:
		return nil
	case len(s.All) > 0:
		return []string{
			t.Strong.Render("Nothing matches ") + widget.Quoted(t, s.Filter.Text()) + ".",
			"Words look everywhere; group:kids, role:admin, by:ann, is:pending and is:vanished in one place.",
			t.Key.Render(s.key("clear-filter")) + " shows all rows again.",
		}
	}
	out := []string{t.Strong.Render("No group has a role yet.")}
	if w.Roles.Default == model.RoleNone {
		out = append(out, "People whose groups have no role are refused by RomM.")
	} else {
		out = append(out, fmt.Sprintf("Everybody gets the default role, %s.", t.Clean(string(w.Roles.Default))))
	}
	if why := s.data.WriteBlocked(); why != "" {
		out = append(out, "", "Nothing can be added now: "+t.Clean(why)+".")
	} else {
		out = append(out, "", t.Key.Render(s.key("add"))+" picks a group of Authentik and gives it a role. Start with the group of your admins.")
	}
	return append(out, s.inactive()...)
}

// inactive says that RomM does not use the map yet.
func (s Screen) inactive() []string {
	if w := s.data.Review.World; w.Provider.RoleMap && w.Settings.ClaimRoles == model.RolesClaim {
		return nil
	}
	return []string{s.theme.Warning.Render("! Not in force: RomM does not read its roles from " + model.RolesClaim + " yet.")}
}

// widestName is the width of the widest name with its mark, or of what stands
// above and below the names.
func (s Screen) widestName() int {
	const sign = 2 // of the order, with its blank
	w := max(len(groupHead)+sign, len(restLabel), len(copyLabel))
	for _, e := range s.All {
		w = max(w, widget.OutsideWidth(s.theme, e.name))
	}
	return w
}

func (s Screen) header(l layout) string {
	people := "people" // above numbers, which stand at the right
	if s.Sort.By != byPeople {
		people = " people"
	}
	return s.Sort.Heads(s.theme, s.area.Width, columns(),
		widget.Head{Text: groupHead, By: byGroup, Width: l.group, Gap: 1}, widget.Head{Text: "role", By: byRole, Width: roleWidth, Gap: 1},
		widget.Head{Text: people, By: byPeople, Width: countWidth, Gap: 1}, widget.Head{Text: "changed", By: byChanged, Width: l.when, Gap: 1},
		widget.Head{Text: "by", By: byActor, Width: l.by, Gap: 1}, widget.Head{Text: "note", By: byNote, Width: l.not, Gap: 1})
}

func (s Screen) row(l layout, e entry, selected bool) string {
	t := s.theme
	r := widget.NewRow(t, s.area.Width, selected)
	if t.Linear {
		return r.Spoken(selected, false, e.name, s.spoken(e)...)
	}
	r.Bar(selected)
	r.Outside(e.name, l.group, t.Text)
	r.Unselect()
	r.Gap(1)
	roleStyle := t.Text
	switch {
	case e.state != bound:
		roleStyle = t.Muted
	case e.row.Role == model.RoleAdmin:
		roleStyle = t.Strong
	}
	r.Cell(t.Clean(string(e.row.Role)), roleWidth, roleStyle)
	r.Gap(1)
	if e.state == bound {
		r.Cell(fmt.Sprintf("%*d", countWidth, s.tally.people[e.row.Group]), countWidth, t.Text)
	} else {
		dash := t.Glyphs.Dash
		r.Cell(strings.Repeat(" ", countWidth-widget.Width(dash))+dash, countWidth, t.Muted)
	}
	if l.when > 0 {
		when := t.Glyphs.Dash
		if !e.row.ChangedAt.IsZero() {
			when = e.row.ChangedAt.Format("2006-01-02")
		}
		r.Gap(1)
		r.Cell(when, l.when, t.Muted)
		r.Gap(1)
		r.Outside(e.row.ChangedBy, l.by, t.Muted)
	}
	if l.not > 0 {
		r.Gap(1)
		s.note(r, l.not, e)
	}
	return r.End()
}

// spoken is what linear mode says of a row.
func (s Screen) spoken(e entry) []string {
	t := s.theme
	out := []string{"role " + t.Clean(string(e.row.Role))}
	if e.state == bound {
		out = append(out, model.Counted(s.tally.people[e.row.Group], "person", "people"))
	}
	switch words, _ := s.problem(e); {
	case len(words) > 0:
		out = append(out, strings.TrimPrefix(words[0], "! "))
	case e.row.Note != "":
		out = append(out, "note "+widget.Said(t, e.row.Note))
	}
	if !e.row.ChangedAt.IsZero() {
		out = append(out, "changed "+e.row.ChangedAt.Format("2006-01-02")+" by "+widget.Said(t, e.row.ChangedBy))
	}
	return out
}

// note is the last column: what is wrong with the row in the longest text
// that fits, or its note.
func (s Screen) note(r *widget.Row, width int, e entry) {
	words, style := s.problem(e)
	if len(words) == 0 {
		r.Outside(e.row.Note, width, s.theme.Muted)
		return
	}
	r.Cell(fitting(words, width), width, style)
}

// problem describes what is wrong with a row, the longest text first; nothing
// when nothing is.
func (s Screen) problem(e entry) ([]string, lipgloss.Style) {
	t := s.theme
	switch e.state {
	case vanished:
		return []string{"! vanished, grants nothing", "! vanished"}, t.Warning
	case pending:
		return []string{"pending: no such group yet, grants nothing", "pending: no such group yet", "pending, no group"}, t.Muted
	case bindable:
		key := s.key("bind")
		return []string{
			"! pending: exists now, " + key + " binds it", "! pending, " + key + " binds it", "! pending, " + key,
		}, t.Accent
	case bound:
		if _, differs := s.unpublished(e); differs {
			return []string{"! not published to Authentik", "! not published"}, t.Warning
		}
	}
	return nil, t.Text
}

// everybodyElse is the default row, below the list and not part of it.
func (s Screen) everybodyElse(l layout) string {
	t := s.theme
	r := widget.NewRow(t, s.area.Width, false)
	r.Gap(1)
	r.Cell(restLabel, l.group, t.Muted)
	r.Gap(1)
	if d := s.data.Review.World.Roles.Default; d != model.RoleNone {
		r.Cell(t.Clean(string(d)), roleWidth, t.Muted)
		r.Cell(" by default", s.area.Width, t.Muted)
	} else {
		r.Cell("none: RomM refuses them", s.area.Width, t.Muted)
	}
	return r.End()
}
