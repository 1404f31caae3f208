package keys

import (
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/romm-admin/romm-admin/tui/theme"
)

// Footer renders the ranked, enabled items in one line of at most width
// cells. What does not fit is left out, the last ranked first; pinned items go
// only after all others.
func Footer(t *theme.Theme, items []Item, width int) string {
	var picked []Item
	for _, it := range items {
		if it.Footer > 0 && it.Reason == "" && len(it.Keys) > 0 {
			picked = append(picked, it)
		}
	}
	slices.SortStableFunc(picked, func(a, b Item) int { return a.Footer - b.Footer })
	for len(picked) > 0 && footerWidth(t, picked) > width {
		i := len(picked) - 1
		for i > 0 && picked[i].Pinned {
			i--
		}
		if picked[i].Pinned {
			i = len(picked) - 1
		}
		picked = slices.Delete(picked, i, i+1)
	}
	var b strings.Builder
	for _, it := range picked {
		b.WriteByte(' ')
		b.WriteString(t.Key.Render(Name(t, it.Keys[0])))
		b.WriteByte(' ')
		b.WriteString(it.Title)
		b.WriteByte(' ')
	}
	return b.String()
}

func footerWidth(t *theme.Theme, items []Item) int {
	n := 0
	for _, it := range items {
		n += ansi.StringWidth(Name(t, it.Keys[0])) + ansi.StringWidth(it.Title) + 3
	}
	return n
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

// Help renders items for the help overlay: keys, sentence, and below it the
// reason why it cannot run now and the same job on the command line. Lines are
// at most width cells wide, 12 being the least that makes sense.
func Help(t *theme.Theme, items []Item, width int) []string {
	const gap = 2
	names := make([]string, len(items))
	column := 0
	for i, it := range items {
		parts := make([]string, len(it.Keys))
		for j, k := range it.Keys {
			parts[j] = Name(t, k)
		}
		names[i] = strings.Join(parts, " ")
		column = max(column, ansi.StringWidth(names[i]))
	}
	column = min(column, max(1, width/3))
	indent := strings.Repeat(" ", column+gap)
	var out []string
	room := max(1, width-column-gap)
	add := func(first string, st lipgloss.Style, lines []string) {
		for _, line := range lines {
			out = append(out, first+st.Render(strings.TrimRight(line, " ")))
			first = indent
		}
	}
	words := func(text string) []string { return strings.Split(ansi.Wrap(text, room, ""), "\n") }
	for i, it := range items {
		name := ansi.Truncate(names[i], column, t.Glyphs.Ellipsis)
		pad := strings.Repeat(" ", column-ansi.StringWidth(name)+gap)
		st := t.Text
		if it.Reason != "" {
			st = t.Muted
		}
		add(t.Key.Render(name)+pad, st, words(t.Clean(it.Help)))
		if it.Reason != "" {
			add(indent, t.Muted, words(t.Clean("not now: "+it.Reason)))
		}
		if command := it.CommandLine(); command != "" {
			add(indent, t.Muted, WrapCommand(t.Clean("same as: "+command), room))
		}
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
