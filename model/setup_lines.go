package model

import (
	"fmt"
	"slices"
	"strings"
)

// Lines returns what the change takes away and what it puts in its place, for
// people: for most kinds the two values as they are, for an object of set-up
// only what differs, a line each. Every line is clean.
func (c Change) Lines() (removed, added []string) {
	if c.Kind == ChangeScopeMapping {
		return apart(c.mappingLines(c.Before), c.mappingLines(c.After))
	}
	return one(c.Before), one(c.After)
}

// Text says a value of the change on a single line, as far as it differs from
// the other side.
func (c Change) Text(v Untrusted) string {
	if c.Kind != ChangeScopeMapping || v == "" {
		return v.String()
	}
	other := c.Before
	if v == c.Before {
		other = c.After
	}
	lines, _ := apart(c.mappingLines(v), c.mappingLines(other))
	return strings.Join(lines, ", ")
}

func one(v Untrusted) []string {
	if v == "" {
		return nil
	}
	return []string{v.String()}
}

// apart drops the lines that both have.
func apart(before, after []string) (removed, added []string) {
	without := func(list, other []string) []string {
		return slices.DeleteFunc(slices.Clone(list), func(l string) bool { return slices.Contains(other, l) })
	}
	return without(before, after), without(after, before)
}

// mappingLines describes a scope mapping.
func (c Change) mappingLines(v Untrusted) []string {
	if v == "" {
		return nil
	}
	m, labels, err := parseMapping(c.Object, v)
	if err != nil {
		return []string{v.String()}
	}
	out := []string{fmt.Sprintf("name %s", m.Name), "scope " + Clean(m.Scope)}
	switch {
	case m.Verified == VerifiedAlways:
		out = append(out, "every address counts as verified")
	case m.Verified == VerifiedAddress:
		out = append(out, "an address counts as verified while an admin vouches for it")
	case m.Unknown != "":
		out = append(out, "a text that romm-admin did not write, "+shortID(m.Unknown))
	}
	if m.Roles == nil {
		return out
	}
	asks := "asks no companion"
	if m.Roles.Companion != "" {
		asks = "asks the companion at " + Clean(m.Roles.Companion)
	}
	out = append(out, asks)
	for _, row := range m.Roles.Rows {
		out = append(out, fmt.Sprintf("%s (%s): %s", labels[row.Group], shortID(string(row.Group)), Clean(row.Token)))
	}
	fallback := "no role"
	if m.Roles.Default != "" {
		fallback = Clean(m.Roles.Default)
	}
	return append(out, "everybody else: "+fallback, "roles, highest first: "+Clean(strings.Join(m.Roles.Rank, ", ")))
}
