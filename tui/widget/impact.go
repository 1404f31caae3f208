package widget

import (
	"fmt"
	"iter"
	"math"
	"strings"

	"charm.land/lipgloss/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/theme"
)

// Impact renders whose next login differs under a heading, the losses first.
// When an admin is lost, that stands above all of it in the colour of danger,
// with the names. It returns nothing when nobody's login differs.
func Impact(t *theme.Theme, heading string, im plan.Impact, width int) []string {
	return ImpactTop(t, heading, im, width, math.MaxInt)
}

// ImpactTop is [Impact] in at most height lines; the last one then says how
// many more there are. Lines that are not shown are not made: an impact may be
// about ten thousand people.
func ImpactTop(t *theme.Theme, heading string, im plan.Impact, width, height int) []string {
	all := len(im.Takeovers) + len(im.CannotSignIn) + len(im.Accounts) + len(im.Roles) + len(im.CanSignIn) + len(im.StillOut) + min(1, im.Unknown)
	if all == 0 || height <= 0 {
		return nil
	}
	out := append(lost(t, im, width), t.Heading.Render(heading))
	room := len(out) // lines that stay when one more says what is left out
	shown, fits := 0, 0
	for sign, e := range effects(t, im) {
		out = append(out, Item(e.style.Render("  "+sign+" "), e.style, t.Clean(e.text), width)...)
		if len(out) > height {
			break
		}
		if shown++; len(out) < height {
			room, fits = len(out), shown
		}
	}
	switch {
	case shown == all:
		return out
	case room >= height:
		return out[:height]
	}
	return append(out[:room:room], t.Muted.Render(fmt.Sprintf("  %s %d more", t.Glyphs.Ellipsis, all-fits)))
}

// lostNames is how many admins who are lost are named above the others.
const lostNames = 5

// lost says who is an admin at the next login as things are, and would not be.
func lost(t *theme.Theme, im plan.Impact, width int) []string {
	var names []string
	for _, list := range [][]plan.Delta{im.CannotSignIn, im.Accounts, im.Roles} {
		for _, d := range list {
			if losesAdmin(d) {
				names = append(names, name(t, d))
			}
		}
	}
	if len(names) == 0 {
		return nil
	}
	text := "An admin is lost: "
	if n := len(names); n > 1 {
		text = fmt.Sprintf("%d admins are lost: ", n)
		if n > lostNames {
			names = append(names[:lostNames], fmt.Sprintf("%d more", n-lostNames))
		}
	}
	return Text(t.Danger, t.Clean(text+model.Listed(names)+"."), width)
}

// losesAdmin reports whether somebody who would sign in as an admin does not any
// more.
func losesAdmin(d plan.Delta) bool {
	return d.Before.OK() && d.Before.RoleAfter == model.RoleAdmin && !(d.After.OK() && d.After.RoleAfter == model.RoleAdmin)
}

// effect is what becomes of one person, in words.
type effect struct {
	style lipgloss.Style
	text  string
}

// effects yields a sign and a sentence for each person, the gravest first.
func effects(t *theme.Theme, im plan.Impact) iter.Seq2[string, effect] {
	return func(yield func(string, effect) bool) {
		for _, part := range []struct {
			sign   string
			deltas []plan.Delta
			say    func(plan.Delta) effect
		}{
			{"!", im.Takeovers, func(d plan.Delta) effect {
				return effect{t.Danger, fmt.Sprintf("%s may end up in the session of %s", name(t, d), t.Named(d.Session.Raw()))}
			}},
			{"-", im.CannotSignIn, func(d plan.Delta) effect { return shutOut(t, d) }},
			{"~", im.Accounts, func(d plan.Delta) effect { return otherAccount(t, d) }},
			{"~", im.Roles, func(d plan.Delta) effect { return otherRole(t, d) }},
			{"+", im.CanSignIn, func(d plan.Delta) effect { return effect{t.Added, gains(t, d)} }},
			{"=", im.StillOut, func(d plan.Delta) effect {
				text := name(t, d) + " still cannot sign in" + answer(d.After)
				if later := d.Later(); later != "" {
					text += "; " + later
				}
				if d.Keeps != "" {
					text += "; " + model.KeepsAdmin
				}
				return effect{t.Warning, text}
			}},
		} {
			for _, d := range part.deltas {
				if !yield(part.sign, part.say(d)) {
					return
				}
			}
		}
		if im.Unknown > 0 {
			who := fmt.Sprintf("for %d people the next login cannot be known", im.Unknown)
			if im.Unknown == 1 {
				who = "for 1 person the next login cannot be known"
			}
			yield("?", effect{t.Changed, who})
		}
	}
}

func shutOut(t *theme.Theme, d plan.Delta) effect {
	text := name(t, d) + " can no longer sign in" + answer(d.After)
	if losesAdmin(d) {
		text += ": an admin is lost"
	}
	if d.Keeps != "" {
		text += ", but " + model.KeepsAdmin
	}
	return effect{t.Danger, text}
}

func otherAccount(t *theme.Theme, d plan.Delta) effect {
	text := fmt.Sprintf("%s gets another account: %s", name(t, d), t.Named(d.Opens.Raw()))
	if d.Opens == "" {
		text = fmt.Sprintf("%s loses the account of before and gets a new one", name(t, d))
	}
	if losesAdmin(d) {
		text += ", an admin is lost"
	}
	return effect{t.Danger, text}
}

func otherRole(t *theme.Theme, d plan.Delta) effect {
	text := fmt.Sprintf("%s: %s %s %s", name(t, d), role(d.Before.RoleAfter), t.Glyphs.Arrow, role(d.After.RoleAfter))
	style := t.Changed
	if losesAdmin(d) {
		text, style = text+", an admin is lost", t.Danger
	}
	if d.After.RoleAfter == model.RoleAdmin {
		text += ", a new admin"
	}
	return effect{style, text}
}

func gains(t *theme.Theme, d plan.Delta) string {
	if d.After.Outcome == model.Registers {
		return fmt.Sprintf("%s gets a new account as %s", name(t, d), role(d.After.RoleAfter))
	}
	if d.Opens != "" && d.Opens != d.Who {
		return fmt.Sprintf("%s can sign in, as %s with the role %s", name(t, d), t.Named(d.Opens.Raw()), role(d.After.RoleAfter))
	}
	return fmt.Sprintf("%s can sign in as %s", name(t, d), role(d.After.RoleAfter))
}

func name(t *theme.Theme, d plan.Delta) string { return t.Named(d.Who.Raw()) }

func role(r model.Role) string {
	if r == model.RoleNone {
		return "no role"
	}
	return model.Clean(string(r))
}

// answer is RomM's reply in a few words, in brackets; nothing of a login that
// does not come that far.
func answer(v model.Verdict) string {
	switch status, text := v.Reply(); {
	case status == 0:
		return ""
	case text == "":
		return fmt.Sprintf(" (%d)", status)
	default:
		return fmt.Sprintf(" (%d %s)", status, model.Clean(strings.TrimSuffix(text, ".")))
	}
}
