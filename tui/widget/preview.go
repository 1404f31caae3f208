package widget

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
)

// Preview is the dialog before every write: what changes, from what to what,
// and whose next login differs. Cancel has the focus; Apply exists only once
// the impact is known and the guard has not refused.
type Preview struct {
	Plan model.Plan

	theme  *theme.Theme
	impact model.Impact
	err    error
	known  bool
	apply  bool // focus is on Apply
}

// NewPreview shows a plan whose impact is not known yet.
func NewPreview(t *theme.Theme, p model.Plan) Preview { return Preview{Plan: p, theme: t} }

// Known returns the preview with its impact; err is why the plan must not be
// applied, nil when it may.
func (p Preview) Known(impact model.Impact, err error) Preview {
	p.impact, p.err, p.known = impact, err, true
	return p
}

// Stale returns the preview with its impact unknown again, when newer data
// has come in.
func (p Preview) Stale() Preview {
	p.known, p.apply = false, false
	return p
}

// Ready reports whether the plan may be applied.
func (p Preview) Ready() bool { return p.known && p.err == nil }

// Capturing implements screen.Overlay.
func (Preview) Capturing() bool { return false }

// Update implements screen.Overlay. Pastes do nothing here: only a key press
// on the focused button counts.
func (p Preview) Update(msg tea.Msg) (screen.Overlay, screen.Effect) {
	key, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return p, screen.Effect{}
	}
	switch key.String() {
	case "esc", "q":
		return p, screen.Want(screen.CloseReq{})
	case "tab", "shift+tab":
		p.apply = !p.apply && p.Ready()
	case "left", "h":
		p.apply = false
	case "right", "l":
		p.apply = p.Ready()
	case "enter":
		if p.apply && p.Ready() {
			return p, screen.Want(screen.ApplyReq{Plan: p.Plan})
		}
		return p, screen.Want(screen.CloseReq{})
	}
	return p, screen.Effect{}
}

// View implements screen.Overlay. The buttons are always visible: what does
// not fit above them is counted.
func (p Preview) View(a screen.Area) screen.Panel {
	var body []string
	for _, c := range p.Plan.Changes {
		body = append(body, p.change(c, a.Width)...)
	}
	body = append(body, "")
	body = append(body, p.outcome(a.Width)...)
	tail := []string{"", p.buttons()}
	if p.Plan.Command != "" && p.err == nil {
		same := Wrap(p.theme.Clean("Same as: "+p.Plan.Command), a.Width)
		for i := range same {
			same[i] = p.theme.Muted.Wrap(same[i])
		}
		tail = append(append([]string{""}, same...), tail...)
	}
	body = Clip(p.theme, body, a.Height-len(tail), "")
	return screen.Panel{Title: strings.TrimSuffix(Sentence(theme.Escape(p.Plan.Title)), "."), Lines: append(body, tail...)}
}

// Clip cuts lines to height; the last visible one then says how many are
// missing, and remedy how to see them.
func Clip(t *theme.Theme, lines []string, height int, remedy string) []string {
	if height <= 0 {
		return nil
	}
	if len(lines) <= height {
		return lines
	}
	kept := lines[: height-1 : height-1]
	return append(kept, t.Muted.Wrap(fmt.Sprintf("%s %d more lines%s", t.Glyphs.Ellipsis, len(lines)-height+1, remedy)))
}

// change draws one change as what it is about, before and after.
func (p Preview) change(c model.Change, width int) []string {
	t := p.theme
	var b strings.Builder
	r := NewRow(&b, t, width, false)
	what := subject(c)
	id := Width(what.id) + 1
	r.Cell(what.noun+" "+theme.Escape(c.Label.Raw()), min(width-id, Width(what.noun+" "+theme.Escape(c.Label.Raw()))), t.Strong)
	r.Cell(" "+what.id, id, t.Muted)
	lines := []string{b.String()}
	line := func(sign string, st theme.Style, v model.Untrusted) {
		text := theme.Escape(v.Raw())
		if v == "" {
			text = what.none
		}
		text, _ = Fit(t, "  "+sign+" "+t.Clean(text), width)
		lines = append(lines, st.Wrap(text))
	}
	line("-", t.Removed, c.Before)
	line("+", t.Added, c.After)
	return lines
}

type noun struct{ noun, id, none string }

// subject names what a change is about; the tail of its identifier tells two
// of one name apart (S31).
func subject(c model.Change) noun {
	switch c.Kind {
	case model.ChangeLocalEmail:
		return noun{"RomM account", "(id " + model.Clean(c.Object) + ")", "no address"}
	case model.ChangeRoleRow:
		return noun{"group", "(id " + Tail(c.Object) + ")", "no role"}
	}
	return noun{model.Clean(string(c.Kind)), model.Clean(c.Object), "nothing"}
}

// Tail is the end of a long identifier, enough to compare by eye.
func Tail(id string) string {
	id = model.Clean(id)
	if len(id) > 8 {
		return ".." + id[len(id)-8:]
	}
	return id
}

// outcome draws the impact, or why there is none.
func (p Preview) outcome(width int) []string {
	t := p.theme
	switch {
	case !p.known:
		return []string{t.Muted.Wrap("Working out whose next login changes" + t.Glyphs.Ellipsis)}
	case p.err != nil:
		out := []string{t.Heading.Wrap("This is refused:")}
		out = append(out, ErrorLines(t, p.err, width)...)
		if n := Impact(t, "What would change at the next login", p.impact, width); len(n) > 0 {
			out = append(append(out, ""), n...)
		}
		return out
	}
	out := Impact(t, "What changes at the next login", p.impact, width)
	if len(out) == 0 {
		out = Wrap("Nobody's next login changes.", width)
	}
	return out
}

func (p Preview) buttons() string {
	t := p.theme
	button := func(label string, live bool) string {
		if live {
			return t.ButtonLive.Wrap("[ " + label + " ]")
		}
		return "  " + label + "  "
	}
	switch {
	case p.known && p.err != nil:
		return button("Close", true)
	case !p.Ready():
		return button("Cancel", true)
	}
	return button("Cancel", !p.apply) + "  " + button("Apply", p.apply) +
		t.Muted.Wrap("   tab moves, enter presses")
}
