package widget

import (
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/theme"
)

// Value spells one side of a change on a single line; "" stays empty.
func Value(c plan.Change, v model.Untrusted) string {
	if v == "" {
		return ""
	}
	return theme.Escape(c.Text(v))
}

// Diff spells what a change takes away and what it puts in its place: a line
// each for most, for an object of several lines those that differ.
func Diff(c plan.Change) (removed, added []string) {
	removed, added = c.Lines()
	side := func(v model.Untrusted, lines []string) []string {
		if v == "" {
			return []string{c.Words().None}
		}
		out := make([]string, len(lines))
		for i, line := range lines {
			out[i] = theme.Escape(line)
		}
		return out
	}
	return side(c.Before, removed), side(c.After, added)
}

// Quoted is what somebody typed, set off from the sentence that it stands in.
func Quoted(t *theme.Theme, text string) string { return t.Clean("“" + text + "”") }
