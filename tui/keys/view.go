package keys

import (
	"slices"
	"strings"

	"charm.land/bubbles/v2/help"
	"charm.land/bubbles/v2/key"
	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/romm-admin/romm-admin/tui/theme"
)

// Hint is a binding with what it does, for a line of hints, which shows the first
// of the keys; none, or "", is an action without one, which is left out.
func Hint(t *theme.Theme, does string, names ...string) key.Binding {
	if len(names) == 0 || names[0] == "" {
		return key.NewBinding()
	}
	return key.NewBinding(key.WithKeys(names...), key.WithHelp(Name(t, names[0]), does))
}

// Hints are bindings in one line of at most width cells; the last ones are left
// out where there is no room. The library would cut within one.
func Hints(t *theme.Theme, width int, hints ...key.Binding) string {
	for len(hints) > 0 {
		if line := short(t, "   ", hints); lipgloss.Width(line) <= width {
			return line
		}
		hints = hints[:len(hints)-1]
	}
	return ""
}

func short(t *theme.Theme, gap string, hints []key.Binding) string {
	return help.Model{ShortSeparator: gap, Styles: help.Styles{ShortKey: t.Key, ShortDesc: t.Text, ShortSeparator: t.Text}}.ShortHelpView(hints)
}

// Footer is the ranked items that can run now, in one line of at most width
// cells. What does not fit is left out, the last ranked first; pinned items go
// only after all others.
func Footer(t *theme.Theme, items []Item, width int) string {
	items = slices.DeleteFunc(slices.Clone(items), func(it Item) bool { return it.Footer == 0 || !it.binding(t).Enabled() })
	slices.SortStableFunc(items, func(a, b Item) int { return a.Footer - b.Footer })
	used := 0
	for _, it := range items {
		used += it.width(t)
	}
	for used > width {
		drop := len(items) - 1
		for drop > 0 && items[drop].Pinned {
			drop--
		}
		if items[drop].Pinned {
			drop = len(items) - 1
		}
		used -= items[drop].width(t)
		items = slices.Delete(items, drop, drop+1)
	}
	if len(items) == 0 {
		return ""
	}
	hints := make([]key.Binding, len(items))
	for i, it := range items {
		hints[i] = it.binding(t)
	}
	return " " + short(t, "  ", hints) + " "
}

// width is how many cells an action takes in the footer.
func (it Item) width(t *theme.Theme) int { return lipgloss.Width(Name(t, it.Keys[0])+it.Title) + 3 }

// binding is what the footer says of an action; it is disabled while the action
// cannot run.
func (it Item) binding(t *theme.Theme) key.Binding {
	b := Hint(t, it.Title, it.Keys...)
	b.SetEnabled(it.Reason == "")
	return b
}

// Name spells a key for people.
func Name(t *theme.Theme, key string) string {
	if t.ASCII || t.Linear { // no screen reader says much of an arrow
		return key
	}
	switch key {
	case "up":
		return "↑"
	case "down":
		return "↓"
	case "left":
		return "←"
	case "right":
		return "→"
	}
	return key
}

// Names are the keys of an action as people read them.
func (it Item) Names(t *theme.Theme) string {
	names := make([]string, len(it.Keys))
	for i, k := range it.Keys {
		names[i] = Name(t, k)
	}
	return strings.Join(names, " ")
}

// Help renders items for the help overlay: keys, sentence, and below it the
// reason why it cannot run now and the same job on the command line. Lines are
// at most width cells wide, 12 being the least that makes sense. The library's
// long help has room for neither.
func Help(t *theme.Theme, items []Item, width int) []string {
	const gap = 2
	column := 0
	for _, it := range items {
		column = max(column, lipgloss.Width(it.Names(t)))
	}
	column = min(column, max(1, width/3))
	room := max(1, width-column-gap)
	left, right := t.Key.Width(column+gap), lipgloss.NewStyle().Width(room).MaxWidth(room)
	var out []string
	for _, it := range items {
		st := t.Text
		if it.Reason != "" {
			st = t.Muted
		}
		text := []string{st.Inherit(right).Render(t.Clean(it.Help))}
		if it.Reason != "" {
			text = append(text, t.Muted.Inherit(right).Render(t.Clean("not now: "+it.Reason)))
		}
		if command := it.CommandLine(); command != "" {
			text = append(text, t.Muted.Render(strings.Join(WrapCommand(t.Clean("same as: "+command), room), "\n")))
		}
		name := left.Render(ansi.Truncate(it.Names(t), column, t.Glyphs.Ellipsis))
		out = append(out, strings.Split(lipgloss.JoinHorizontal(lipgloss.Top, name, strings.Join(text, "\n")), "\n")...)
	}
	return out
}

// WrapCommand breaks a clean command line into lines of at most width cells, at
// blanks only where that is possible: a hyphen is part of its word.
func WrapCommand(text string, width int) []string {
	const hyphen, whole = "-", "\ue000" // for private use: no clean text has it
	wrapped := ansi.Wrap(strings.ReplaceAll(text, hyphen, whole), max(1, width), "")
	return strings.Split(strings.ReplaceAll(wrapped, whole, hyphen), "\n")
}
