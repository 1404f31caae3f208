package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// View implements tea.Model.
func (a App) View() tea.View {
	content, cursor := a.safeRender()
	v := tea.NewView(content)
	v.AltScreen = true
	v.ReportFocus = true
	if a.mouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	v.WindowTitle = "romm-admin"
	if r := a.data.Review; r != nil && r.World.RomM.Name != "" {
		v.WindowTitle += " " + model.Clean(r.World.RomM.Name)
	}
	if cursor != nil {
		v.Cursor = tea.NewCursor(cursor.X, cursor.Y)
	}
	return v
}

func (a App) render() (string, *screen.Cursor) {
	if a.size.Width == 0 || a.size.Height == 0 {
		return "", nil // the terminal has not said its size yet
	}
	if a.tooSmall() {
		var lines []string
		for _, line := range smallScreen(a.size, a.key("quit")) {
			lines = append(lines, widget.Wrap(line, a.size.Width)...)
		}
		return strings.Join(lines[:min(len(lines), a.size.Height)], "\n"), nil
	}
	top := a.head()
	frame := a.screens[a.active].View(a.area)
	lines := append(top, a.dimmed(strings.Split(frame.Content, "\n"))...)
	lines = append(lines, a.toastLines()...)
	footer := frame.Footer
	if footer == "" {
		footer = a.footer
	}
	lines = append(lines, footer)
	cursor := frame.Cursor
	if cursor != nil {
		y := len(lines) - 1
		if frame.Footer == "" {
			y = len(top) + cursor.Y
		}
		cursor = &screen.Cursor{X: cursor.X, Y: y}
	}
	if n := len(a.overlays); n > 0 {
		panel := a.overlays[n-1].View(widget.Inner(a.size))
		lines, cursor = widget.Over(a.theme, lines, a.size, panel)
	}
	for len(lines) < a.size.Height { // a dialog that stands alone
		lines = append(lines, "")
	}
	return strings.Join(lines, "\n"), cursor
}

// arrange tells the screens their size when it has changed: with the window,
// or because a note needs room.
func (a App) arrange() App {
	a.age = ""
	if r := a.data.Review; r != nil && a.data.Err != nil {
		a.age = ago(a.opts.Clock().Sub(r.World.At))
	}
	if !a.tooSmall() {
		a.footer = keys.Footer(a.theme, a.Actions(), a.size.Width)
	}
	area := screen.Area{
		Width:  a.size.Width,
		Height: max(0, a.size.Height-len(a.head())-len(a.toastLines())-1),
	}
	if area == a.area {
		return a
	}
	a.area = area
	a, _ = a.broadcast(screen.AreaMsg{Area: area}) // sizes have no effects
	return a
}

func (a App) inner() screen.AreaMsg { return screen.AreaMsg{Area: widget.Inner(a.size)} }

// head is everything above the screen: title bar, tabs, notes.
func (a App) head() []string {
	lines := []string{a.titleBar(), a.tabs()}
	notes := a.notes()
	room := 1
	if a.size.Height >= 30 {
		room = 2
	}
	for i, n := range notes {
		if i == room {
			break
		}
		more, text := "", a.theme.Clean(n.Text)
		switch {
		case i == room-1 && len(notes) > room:
			more = fmt.Sprintf("  (%s: %d more)", a.key("notes"), len(notes)-room)
		case widget.Width(text) > a.size.Width-4:
			more = fmt.Sprintf("  (%s: all)", a.key("notes"))
		}
		text = widget.Cut(a.theme, text, a.size.Width-4-len(more))
		style := a.theme.Warning
		if n.Grave() {
			style = a.theme.Danger
		}
		lines = append(lines, " "+style.Wrap("! "+text)+a.theme.Muted.Wrap(more))
	}
	return lines
}

// titleBar names both systems and counts people. What does not fit is left
// out, the counts last.
func (a App) titleBar() string {
	t, r := a.theme, a.data.Review
	if r == nil {
		return " " + t.Title.Wrap("romm-admin")
	}
	romm, idp := systemName(r.World.RomM), systemName(r.World.Authentik)
	link := " " + t.Glyphs.Link + " "
	long := withVersion(romm, r.World.RomM) + link + withVersion(idp, r.World.Authentik)
	facts := a.facts()
	for _, left := range []string{"romm-admin  " + long, long, romm + link + idp, romm} {
		left = t.Clean(left)
		if gap := a.size.Width - 2 - widget.Width(left) - width(facts); gap >= 3 {
			return " " + t.Title.Wrap(left) + strings.Repeat(" ", gap) + styled(facts)
		}
	}
	left := widget.Cut(t, t.Clean(romm), max(0, a.size.Width-5-width(facts)))
	return " " + t.Title.Wrap(left) + "   " + styled(facts)
}

func systemName(s model.System) string {
	if s.Embedded {
		return "embedded users"
	}
	return model.Clean(s.Name)
}

func withVersion(name string, s model.System) string {
	if s.Version == "" || s.Embedded {
		return name
	}
	return name + " " + model.Clean(s.Version)
}

// fact is a piece of a line and its style.
type fact struct {
	text  string
	style theme.Style
}

func width(fs []fact) int {
	n := 0
	for _, f := range fs {
		n += widget.Width(f.text)
	}
	return n
}

func styled(fs []fact) string {
	var b strings.Builder
	for _, f := range fs {
		f.style.Write(&b, f.text)
	}
	return b.String()
}

func (a App) facts() []fact {
	t, s := a.theme, a.data.Review.Stats
	dot := fact{" " + t.Glyphs.Dot + " ", t.Muted}
	cannot, admins := theme.Style(""), theme.Style("")
	if s.CannotSignIn > 0 {
		cannot = t.Danger
	}
	if s.UsableAdmins == 0 {
		admins = t.Danger
	}
	return []fact{
		{model.Counted(s.People, "person", "people"), ""},
		dot,
		{fmt.Sprintf("%d cannot sign in", s.CannotSignIn), cannot},
		dot,
		{s.AdminsText(), admins},
	}
}

// tabs names the screens, and at its right end what state the data is in.
func (a App) tabs() string {
	t := a.theme
	var left []fact
	for i, s := range a.screens {
		name := number(s.ID()) + " " + s.Title()
		if i == a.active {
			left = append(left, fact{" ", ""}, fact{"[" + name + "]", t.Strong})
		} else {
			left = append(left, fact{"  " + name + " ", t.Muted})
		}
	}
	room := max(0, a.size.Width-1-width(left)-2)
	right := a.status(room)
	gap := max(1, a.size.Width-1-width(left)-width(right))
	return styled(left) + strings.Repeat(" ", gap) + styled(right)
}

// status says in at most room cells what the screen tells of itself and how
// the data stands. What must not be missed is said in fewer words before it is
// left out: that nothing can be written, and that the data is old.
func (a App) status(room int) []fact {
	t := a.theme
	status := fact{t.Clean(a.screens[a.active].Status()), t.Accent}
	readOnly, actor := fact{}, fact{}
	if a.opts.ReadOnly {
		readOnly = fact{"read-only", t.Warning}
	}
	if a.opts.Actor != "" {
		actor = fact{t.Clean("as " + a.opts.Actor), t.Muted}
	}
	state, style := a.state()
	long := fact{t.Clean(state), style}
	short, least := a.brief()
	brief := [][]fact{{status, readOnly, {short, style}}, {status, readOnly, {least, style}}, {status, {least, style}}}
	for _, facts := range [][]fact{{status, readOnly, long, actor}, {status, readOnly, long}, brief[0]} {
		if out := a.dotted(facts); width(out) <= room {
			return out
		}
	}
	for _, facts := range brief {
		out := a.dotted(facts)
		free := widget.Width(status.text) - (width(out) - room)
		if status.text == "" || free >= statusLeast {
			out[0].text = widget.Cut(t, out[0].text, widget.Width(out[0].text)-(width(out)-room))
			return out
		}
	}
	status.text = widget.Cut(t, status.text, room) // what the screen says is never left out
	return a.dotted([]fact{status})
}

// statusLeast is how much of a filter or a selection is worth its room.
const statusLeast = 16

// dotted puts a dot between the facts that say something.
func (a App) dotted(facts []fact) []fact {
	var out []fact
	for _, f := range facts {
		if f.text == "" {
			continue
		}
		if len(out) > 0 {
			out = append(out, fact{" " + a.theme.Glyphs.Dot + " ", a.theme.Muted})
		}
		out = append(out, f)
	}
	return out
}

// brief is the state in few words, and in as few as there are; "" when it may
// go without saying.
func (a App) brief() (short, least string) {
	t := a.theme
	switch {
	case a.data.Applying:
		return "writing" + t.Glyphs.Ellipsis, "writing" + t.Glyphs.Ellipsis
	case a.data.Reading:
		return "reading" + t.Glyphs.Ellipsis, ""
	case a.data.Review == nil:
		return "not read", "not read"
	case a.data.Err != nil:
		if age, ok := strings.CutSuffix(strings.TrimPrefix(a.age, ", "), " ago"); ok {
			return age + " old", "old"
		}
		return "old", "old"
	}
	return "", ""
}

// state says how fresh the data is.
func (a App) state() (string, theme.Style) {
	t := a.theme
	switch {
	case a.data.Applying:
		return "writing" + t.Glyphs.Ellipsis, t.Accent
	case a.data.Reading && a.data.Early != nil:
		return a.data.Waiting(), t.Accent
	case a.data.Reading && a.read.total > 0:
		return fmt.Sprintf("reading%s %d of %d", t.Glyphs.Ellipsis, a.read.done, a.read.total), t.Accent
	case a.data.Reading:
		return "reading" + t.Glyphs.Ellipsis, t.Accent
	case a.data.Review == nil:
		return "not read", t.Danger
	}
	at := a.data.Review.World.At.Format("15:04")
	if a.data.Err != nil {
		return "old, read " + at + a.age, t.Warning
	}
	return "read " + at, t.Muted
}
