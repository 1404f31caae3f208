package widget

import (
	"context"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
)

// Preview is the dialog before every write: what changes, from what to what,
// and whose next login differs. Cancel has the focus; Apply exists only once
// the impact is known and the guard has not refused.
type Preview struct {
	Plan plan.Plan

	title  string // while there is no plan
	make   func(context.Context, *model.Review) (plan.Draft, error)
	also   plan.Also          // what is taken in besides
	ends   *plan.Interruption // the interrupted plan that this one ends
	theme  *theme.Theme
	area   screen.Area
	left   []plan.LeftOut // who is not in the plan and why
	impact plan.Impact
	err    error
	known  bool
	apply  bool // focus is on Apply
	offset int  // lines scrolled past
	// head and foot stand above and below the list of many changes, at width
	// foldWidth, kept because they may be about ten thousand people.
	head, foot []string
	foldWidth  int
}

// NewPreview shows a plan whose impact is not known yet.
func NewPreview(t *theme.Theme, p plan.Plan) Preview {
	return Preview{Plan: p, theme: t, title: p.Title, make: func(context.Context, *model.Review) (plan.Draft, error) { return plan.Draft{Plan: p}, nil }}
}

// NewDraft shows a plan that is still to be made.
func NewDraft(t *theme.Theme, r screen.PlanReq) Preview {
	return Preview{title: r.Title, make: r.Make, ends: r.Settles, also: r.Also, theme: t}
}

// Draft makes the plan from a review. It is pure and may take long.
func (p Preview) Draft(ctx context.Context, r *model.Review) (plan.Draft, error) {
	d, err := p.make(ctx, r)
	if err != nil {
		return d, err
	}
	return plan.WithAlso(ctx, r, d, p.also)
}

// Known returns the preview with its plan and impact; err is why the plan
// cannot be made or must not be applied, nil when it may.
func (p Preview) Known(d plan.Draft, impact plan.Impact, err error) Preview {
	p.Plan, p.left = d.Plan, d.Left
	p.impact, p.err, p.known = impact, err, true
	return p.fold()
}

// Stale returns the preview with its impact unknown again, when newer data
// has come in.
func (p Preview) Stale() Preview {
	p.known, p.apply = false, false
	return p.fold()
}

// fold writes the summary anew, for the width that there is.
func (p Preview) fold() Preview {
	p.foldWidth = 0
	if p.area.Width > 0 {
		p.head, p.foot = p.around(p.area.Width)
		p.foldWidth = p.area.Width
	}
	return p.scroll(0)
}

// around is what stands above and below the list of changes at a width.
func (p Preview) around(width int) (head, foot []string) {
	if width == p.foldWidth {
		return p.head, p.foot
	}
	return p.summary(width), p.leftOut(width)
}

// Ready reports whether the plan may be applied.
func (p Preview) Ready() bool { return p.known && p.err == nil }

// Capturing implements screen.Overlay.
func (Preview) Capturing() bool { return false }

// Update implements screen.Overlay. Pastes do nothing here: only a key press
// on the focused button counts.
func (p Preview) Update(msg tea.Msg) (screen.Overlay, screen.Effect) {
	if area, ok := msg.(screen.AreaMsg); ok {
		p.area = area.Area
		return p.fold(), screen.Effect{}
	}
	key, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return p, screen.Effect{}
	}
	if n, ok := Numbered(p.theme, key, len(p.labels())); ok {
		p.apply = n == 1 // and enter presses it: no single key writes
		return p, screen.Effect{}
	}
	switch key.String() {
	case "esc", "q":
		return p, screen.Want(screen.CloseReq{})
	case alsoRoleKey:
		return p, p.toggle(plan.AlsoRole)
	case alsoDisableKey:
		return p, p.toggle(plan.AlsoDisable)
	case "tab", "shift+tab":
		p.apply = !p.apply && p.Ready()
	case "left", "h":
		p.apply = false
	case "right", "l":
		p.apply = p.Ready()
	case "down", "j":
		return p.scroll(1), screen.Effect{}
	case "up", "k":
		return p.scroll(-1), screen.Effect{}
	case "pgdown", "space":
		return p.scroll(p.rows()), screen.Effect{}
	case "pgup":
		return p.scroll(-p.rows()), screen.Effect{}
	case "enter":
		if p.apply && p.Ready() {
			return p, screen.Want(screen.ApplyReq{Plan: p.Plan, Settles: p.ends})
		}
		return p, screen.Want(screen.CloseReq{})
	}
	return p, screen.Effect{}
}

// rows is how many lines of the body can be seen: all that the buttons leave.
func (p Preview) rows() int { return max(1, p.area.Height-len(p.tail(p.area.Width))) }

func (p Preview) scroll(n int) Preview {
	p.offset = max(0, min(p.offset+n, p.length(p.area.Width)-p.rows()))
	return p
}

// changeLines is how many lines one change takes.
const changeLines = 3

// length is the number of lines of the body. Only those in the window are
// drawn: a plan may have ten thousand changes.
func (p Preview) length(width int) int {
	head, foot := p.around(width)
	n := len(head) + len(foot)
	if many := len(p.Plan.Changes); many > 1 {
		n += changeLines * many
	}
	return n
}

// View implements screen.Overlay. The buttons are always visible. Of a plan of
// many changes, what they do stands above them, so that it is read first.
func (p Preview) View(a screen.Area) screen.Panel {
	tail := p.tail(a.Width)
	height := max(1, a.Height-len(tail))
	length := p.length(a.Width)
	window := length
	if length > height {
		window = height
	}
	head, foot := p.around(a.Width)
	body := make([]string, 0, window)
	for i := p.offset; i < min(length, p.offset+window); i++ {
		switch n := i - len(head); {
		case n < 0:
			body = append(body, head[i])
		case i >= length-len(foot):
			body = append(body, foot[i-length+len(foot)])
		default:
			body = append(body, p.change(p.Plan.Changes[n/changeLines], a.Width)[n%changeLines])
		}
	}
	if length > height {
		last := p.offset + window
		tail[0] = p.theme.Muted.Render(Cut(p.theme, fmt.Sprintf("%d to %d of %d lines, %s and %s scroll",
			p.offset+1, last, length, keys.Name(p.theme, "up"), keys.Name(p.theme, "down")), a.Width))
	}
	title := p.Plan.Title
	if title == "" {
		title = p.title
	}
	panel := screen.Panel{Title: Headline(p.theme, title), Lines: append(body, tail...)}
	if p.theme.Linear { // what a screen reader reads
		panel.Cursor = &screen.Cursor{Y: len(panel.Lines) - len(p.buttons()) + p.focus()}
	}
	return panel
}

// tail is what stays at the bottom: a blank line, the twin on the command
// line, the buttons.
func (p Preview) tail(width int) []string {
	tail := append([]string{""}, p.buttons()...)
	if p.Plan.Command == "" || p.err != nil {
		return tail
	}
	same := keys.WrapCommand(p.theme.Clean("Same as: "+p.Plan.Command), width)
	if len(same) > 2 { // a plan for many people names them all
		same = same[:2]
		same[1] = Cut(p.theme, same[1]+" "+p.theme.Glyphs.Ellipsis, width)
	}
	for i := range same {
		same[i] = p.theme.Muted.Render(same[i])
	}
	return append(append([]string{""}, same...), tail...)
}

// summary is everything above the list of many changes; a single one is in it.
func (p Preview) summary(width int) []string {
	t := p.theme
	var out []string
	if len(p.Plan.Changes) == 1 {
		out = append(p.whole(p.Plan.Changes[0], width), "")
	}
	if len(p.Plan.Changes) > 0 && p.known {
		out = append(out, Wrap(t.Clean(p.radius()), width)...)
		out = append(out, "")
	}
	if p.Plan.Warning != "" {
		out = append(append(out, Text(t.Warning, t.Clean("! "+p.Plan.Warning), width)...), "")
	}
	out = append(out, p.outcome(width)...)
	out = append(out, p.offer(width)...)
	if len(p.Plan.Changes) > 1 {
		out = append(out, "", t.Heading.Render("What is written"))
	}
	return out
}

// leftOut says who is not in the plan and why, after everything that is: a
// reason once, with the people whom it keeps out.
func (p Preview) leftOut(width int) []string {
	if len(p.left) == 0 {
		return nil
	}
	var why []string
	who := map[string][]string{}
	for _, l := range p.left {
		reason := l.Reason()
		if who[reason] == nil {
			why = append(why, reason)
		}
		who[reason] = append(who[reason], p.theme.Named(l.Who.Raw()))
	}
	t := p.theme
	out := []string{"", t.Heading.Render(fmt.Sprintf("Not in the plan (%d)", len(p.left)))}
	for _, reason := range why[:min(len(why), leftShown)] {
		names := who[reason]
		text := strings.Join(names[:min(len(names), leftShown)], ", ")
		if n := len(names) - leftShown; n > 0 {
			text += fmt.Sprintf(" and %d more", n)
		}
		out = append(out, Item("  . ", t.Text, t.Clean(text+": "+reason), width)...)
	}
	if n := len(why) - leftShown; n > 0 {
		out = append(out, t.Muted.Render(fmt.Sprintf("    and for %d more reasons", n)))
	}
	return out
}

// leftShown bounds how many reasons are shown that keep people out of a plan,
// and how many of them are named to each.
const leftShown = 20

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
	return append(kept, t.Muted.Render(fmt.Sprintf("%s %d more lines%s", t.Glyphs.Ellipsis, len(lines)-height+1, remedy)))
}

// change draws one change as what it is about, before and after, in
// changeLines lines.
func (p Preview) change(c plan.Change, width int) []string {
	t := p.theme
	removed, added := Diff(c)
	return []string{
		p.about(c, width),
		t.Removed.Render(Cut(t, "  "+t.Glyphs.Before+" "+t.Clean(strings.Join(removed, ", ")), width)),
		t.Added.Render(Cut(t, "  "+t.Glyphs.After+" "+t.Clean(strings.Join(added, ", ")), width)),
	}
}

// whole draws one change with all its lines.
func (p Preview) whole(c plan.Change, width int) []string {
	t := p.theme
	out := []string{p.about(c, width)}
	removed, added := Diff(c)
	for _, part := range []struct {
		sign  string
		style lipgloss.Style
		lines []string
	}{{t.Glyphs.Before, t.Removed, removed}, {t.Glyphs.After, t.Added, added}} {
		for _, text := range part.lines {
			out = append(out, Item(part.style.Render("  "+part.sign+" "), part.style, t.Clean(text), width)...)
		}
	}
	return out
}

// about names what a change is about.
func (p Preview) about(c plan.Change, width int) string {
	t := p.theme
	r := NewRow(t, width, false)
	n := c.Words()
	tail := ""
	if n.TellApart {
		tail = "(id " + Tail(c.Object) + ")"
	}
	id, name := Width(tail)+1, n.About+" "+t.Named(c.Label.Raw())
	r.Cell(name, min(width-id, Width(name)), t.Strong)
	r.Cell(" "+tail, id, t.Muted)
	return r.String()
}

// Tail is the end of a long identifier, enough to compare by eye.
func Tail(id string) string {
	id = theme.Escape(id) // every character one byte, so that none is cut in two
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
		return []string{t.Muted.Render("Working out whose next login changes" + t.Glyphs.Ellipsis)}
	case p.err != nil:
		out := []string{t.Heading.Render("This is refused:")}
		if len(p.Plan.Changes) == 0 {
			out[0] = t.Heading.Render("There is no plan:")
		}
		out = append(out, ErrorLines(t, p.err, width)...)
		if n := Impact(t, "What would change at the next login", p.impact, width); len(n) > 0 {
			out = append(append(out, ""), n...)
		}
		return out
	}
	if len(p.Plan.Changes) == 0 && p.ends != nil {
		return Wrap("Nothing is left to change: everything is as it should be. Apply closes the record of the interrupted plan.", width)
	}
	out := Impact(t, "What changes at the next login", p.impact, width)
	if len(out) == 0 {
		out = Wrap("Nobody's next login changes.", width)
	}
	return out
}
