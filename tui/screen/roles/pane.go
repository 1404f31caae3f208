package roles

import (
	"fmt"
	"strconv"
	"strings"

	"charm.land/bubbles/v2/key"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// pane says what the line under the cursor does, and what can be done about it.
func (s Screen) pane() string {
	l := s.layout()
	e, ok := s.Selected()
	if !ok {
		return ""
	}
	width := s.area.Width - 2
	lines := append(s.inactive(), s.describe(e, width, l.when > 0)...)
	return widget.Pane{
		Title: s.heading(e), Lines: lines, More: s.key("details") + " shows all", Hints: s.hints(width),
	}.View(s.theme, s.area.Width, l.detail-1)
}

// details is the same with all that there is to say, to scroll in.
func (s Screen) details() screen.Overlay {
	e, _ := s.Selected()
	return widget.Reader{Theme: s.theme, Title: s.heading(e), Text: func(width int) []string {
		return append(s.inactive(), s.describe(e, width, false)...)
	}}
}

func (s Screen) heading(e entry) string {
	if e.kept() {
		return theme.Escape(e.name.Raw()) + " " + s.theme.Glyphs.Dot + " pending"
	}
	return theme.Escape(e.name.Raw()) + " " + s.theme.Glyphs.Dot + " id " + widget.Tail(string(e.row.Group))
}

// describe is everything about a line; dated is true where the table says already
// when it was changed and by whom.
func (s Screen) describe(e entry, width int, dated bool) []string {
	texts := append(s.sentences(e), s.differences()...)
	if !dated && !e.row.ChangedAt.IsZero() {
		texts = append(texts, fmt.Sprintf("Changed on %s by %s.", e.row.ChangedAt.Format("2006-01-02"), theme.Escape(e.row.ChangedBy.Raw())))
	}
	var lines []string
	for _, text := range texts {
		lines = append(lines, widget.Wrap(s.theme.Clean(text), width)...)
	}
	return lines
}

// sentences explain a line; outside text in them is escaped.
func (s Screen) sentences(e entry) []string {
	switch e.state {
	case vanished:
		return s.vanishedText(e)
	case pending:
		return []string{
			fmt.Sprintf("Pending: Authentik has no group named %s. The role %s is kept for it and grants nothing.", theme.Escape(e.name.Raw()), e.row.Role),
			"Once there is such a group, somebody has to bind the role to it here; a name alone never gives a role.",
		}
	case bindable:
		return s.bindableText(e)
	case bound:
	}
	names := s.tally.decides[e.row.Group]
	out := []string{fmt.Sprintf("%s in it, directly or through other groups. The highest role counts.", are(s.tally.people[e.row.Group]))}
	switch {
	case len(names) == 0:
		out = append(out, "It decides nobody's role now.")
	case len(names) <= 6:
		out = append(out, "It decides the role of "+strings.Join(names, ", ")+".")
	default:
		out = append(out, "It decides the role of "+strings.Join(names[:5], ", ")+" and "+strconv.Itoa(len(names)-5)+" more.")
	}
	if e.row.Note != "" {
		out = append(out, "Note: "+theme.Escape(e.row.Note.Raw()))
	}
	return out
}

// vanishedText explains a row whose group has vanished.
func (s Screen) vanishedText(e entry) []string {
	out := []string{"Vanished: Authentik has no group with this id any more, so the row grants nothing. " + s.key("remove") + " removes it."}
	if len(e.named) == 0 {
		return append(out, "A group that is made again under the same name is another group, which needs a row of its own.")
	}
	return append(out, fmt.Sprintf("Authentik has another group named %s now: %s. If it is to have the role, %s adds it.",
		theme.Escape(e.name.Raw()), s.listed(e.named), s.key("add")))
}

// bindableText explains a kept role whose group now exists.
func (s Screen) bindableText(e entry) []string {
	name := theme.Escape(e.name.Raw())
	if len(e.named) == 1 {
		return []string{
			fmt.Sprintf("Authentik has a group named %s now: %s. %s binds the role %s to it.", name, s.listed(e.named), s.key("bind"), e.row.Role),
			"Until then the role grants nothing: be sure that this is the group that you meant.",
		}
	}
	return []string{
		fmt.Sprintf("Authentik has %d groups named %s now: %s. %s asks which one gets the role %s.",
			len(e.named), name, s.listed(e.named), s.key("bind"), e.row.Role),
		"Until then the role grants nothing.",
	}
}

// listed names groups of one name by their ids.
func (s Screen) listed(groups []model.Group) string {
	const most = 4
	out := make([]string, 0, most+1)
	for i, g := range groups {
		if i == most {
			out = append(out, fmt.Sprintf("%d more", len(groups)-most))
			break
		}
		out = append(out, fmt.Sprintf("id %s with %s", widget.Tail(string(g.ID)), model.Counted(s.tally.people[g.ID], "person", "people")))
	}
	return strings.Join(out, ", ")
}

func are(n int) string {
	if n == 1 {
		return "1 person is"
	}
	return fmt.Sprintf("%d people are", n)
}

func (s Screen) hints(width int) string {
	if why := s.data.WriteBlocked(); why != "" {
		return s.theme.Muted.Render(widget.Cut(s.theme, s.theme.Clean("Nothing can be changed: "+why+"."), width))
	}
	var hints []key.Binding
	for _, hint := range []struct {
		id, text string
		can      func(Screen) (bool, string)
	}{{"bind", "bind it", canBind}, {"change", "change role", canChange}, {"remove", "remove", canRemove}} {
		if ok, _ := hint.can(s); ok {
			hints = append(hints, s.hint(hint.id, hint.text))
		}
	}
	return keys.Hints(s.theme, width, hints...)
}
