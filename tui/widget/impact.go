package widget

import (
	"fmt"
	"strings"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/theme"
)

// Impact renders whose next login differs under a heading, the losses first.
// It returns nothing when nobody's does.
func Impact(t *theme.Theme, heading string, im model.Impact, width int) []string {
	var out []string
	add := func(sign string, st theme.Style, text string) {
		for i, line := range Wrap(t.Clean(text), width-4) {
			if i > 0 {
				sign = " "
			}
			out = append(out, st.Wrap("  "+sign+" "+line))
		}
	}
	for _, d := range im.Takeovers {
		add("!", t.Danger, fmt.Sprintf("%s may end up in the session of %s", name(d), theme.Escape(d.Session.Raw())))
	}
	for _, d := range im.CannotSignIn {
		text := fmt.Sprintf("%s can no longer sign in (%s)", name(d), answer(d.After))
		if d.Before.RoleAfter == model.RoleAdmin {
			text += ": an admin is lost"
		}
		add("-", t.Danger, text)
	}
	for _, d := range im.Accounts {
		text := fmt.Sprintf("%s gets another account: %s", name(d), theme.Escape(d.Opens.Raw()))
		if d.Opens == "" {
			text = fmt.Sprintf("%s loses the account of before and gets a new one", name(d))
		}
		add("~", t.Danger, text)
	}
	for _, d := range im.Roles {
		text := fmt.Sprintf("%s: %s %s %s", name(d), role(d.Before.RoleAfter), t.Glyphs.Arrow, role(d.After.RoleAfter))
		style, sign := t.Changed, "~"
		if d.Before.RoleAfter == model.RoleAdmin {
			text, style = text+", an admin is lost", t.Danger
		}
		if d.After.RoleAfter == model.RoleAdmin {
			text += ", a new admin"
		}
		add(sign, style, text)
	}
	for _, d := range im.CanSignIn {
		add("+", t.Added, gains(d))
	}
	if im.Unknown > 0 {
		add("?", t.Changed, fmt.Sprintf("for %d people the next login cannot be known", im.Unknown))
	}
	if len(out) > 0 {
		out = append([]string{t.Heading.Wrap(heading)}, out...)
	}
	return out
}

func gains(d model.Delta) string {
	if d.After.Outcome == model.Registers {
		return fmt.Sprintf("%s gets a new account as %s", name(d), role(d.After.RoleAfter))
	}
	if d.Opens != "" && d.Opens != d.Who {
		return fmt.Sprintf("%s can sign in, as %s with the role %s", name(d), theme.Escape(d.Opens.Raw()), role(d.After.RoleAfter))
	}
	return fmt.Sprintf("%s can sign in as %s", name(d), role(d.After.RoleAfter))
}

func name(d model.Delta) string { return theme.Escape(d.Who.Raw()) }

func role(r model.Role) string {
	if r == model.RoleNone {
		return "no role"
	}
	return model.Clean(string(r))
}

// answer is RomM's reply in a few words.
func answer(v model.Verdict) string {
	if v.Detail == "" {
		return fmt.Sprintf("%d", v.Status)
	}
	return fmt.Sprintf("%d %s", v.Status, model.Clean(strings.TrimSuffix(v.Detail, ".")))
}
