package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"charm.land/lipgloss/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
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
		text := lipgloss.NewStyle().Width(a.size.Width).MaxWidth(a.size.Width).MaxHeight(a.size.Height)
		return text.Render(smallScreen(a.size, a.key("quit"))), nil
	}
	head, frame, foot, cursor := a.parts()
	// The parts lie one below the other, so that they need no compositor, which
	// costs more than drawing them all.
	base := strings.Join(append(append(head, frame), foot...), "\n")
	if n := len(a.overlays); n > 0 {
		return widget.Over(a.theme, base, a.size, a.overlays[n-1].View(widget.Inner(a.size)))
	}
	return base, cursor
}

// parts are the lines above the screen, the screen, and the lines below it.
func (a App) parts() (head []string, body string, foot []string, cursor *screen.Cursor) {
	head = a.head()
	frame := a.screens[a.active].View(a.area)
	foot = append(a.toastLines(), cmp.Or(frame.Footer, a.footer))
	if cursor = frame.Cursor; cursor != nil {
		y := len(head) + cursor.Y
		if frame.Footer != "" {
			y = len(head) + a.area.Height + len(foot) - 1
		}
		cursor = &screen.Cursor{X: cursor.X, Y: y}
	}
	return head, a.dimmed(frame), foot, cursor
}

// The ids of the layers that a click hits.
const (
	onScreen = "screen"
	onTab    = "tab:" // and the screen's id
)

// at is the layer at a cell, by what is on top of what. Beside a dialog there
// is none, and neither is in it.
func (a App) at(x, y int) lipgloss.LayerHit {
	if len(a.overlays) > 0 {
		return lipgloss.LayerHit{}
	}
	head, body, _, _ := a.parts()
	screen := lipgloss.NewStyle().Width(a.size.Width).Render(body)
	layers := []*lipgloss.Layer{lipgloss.NewLayer(screen).ID(onScreen).Y(len(head))}
	left := 0
	for i, tab := range a.tabs() {
		layers = append(layers, lipgloss.NewLayer(tab).ID(onTab+string(a.screens[i].ID())).X(left).Y(1))
		left += lipgloss.Width(tab)
	}
	return lipgloss.NewCompositor(layers...).Hit(x, y)
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
	lines := []string{a.titleBar(), a.tabLine()}
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
		lines = append(lines, " "+style.Render("! "+text)+a.theme.Muted.Render(more))
	}
	return lines
}

// titleBar names both systems and counts people. What does not fit is left
// out, the counts last.
func (a App) titleBar() string {
	t, r := a.theme, a.data.Review
	if r == nil {
		return " " + t.Title.Render("romm-admin")
	}
	romm, idp := systemName(r.World.RomM), systemName(r.World.Authentik)
	link := " " + t.Glyphs.Link + " "
	long := withVersion(romm, r.World.RomM) + link + withVersion(idp, r.World.Authentik)
	facts := a.facts()
	room := a.size.Width - 2 - lipgloss.Width(facts)
	for _, left := range []string{"romm-admin  " + long, long, romm + link + idp, romm} {
		left = t.Clean(left)
		if widget.Width(left)+3 <= room {
			return " " + lipgloss.PlaceHorizontal(room, lipgloss.Left, t.Title.Render(left)) + facts
		}
	}
	return " " + t.Title.Render(widget.Cut(t, t.Clean(romm), max(0, room-3))) + "   " + facts
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

func (a App) facts() string {
	t, s := a.theme, a.data.Review.Stats
	cannot, admins := t.Text, t.Text
	if s.CannotSignIn > 0 {
		cannot = t.Danger
	}
	if s.UsableAdmins == 0 {
		admins = t.Danger
	}
	return a.dotted(model.Counted(s.People, "person", "people"), cannot.Render(fmt.Sprintf("%d cannot sign in", s.CannotSignIn)), admins.Render(s.AdminsText()))
}

// tabs names the screens.
func (a App) tabs() []string {
	tabs := make([]string, len(a.screens))
	for i, s := range a.screens {
		name := number(s.ID()) + " " + s.Title()
		if i == a.active {
			tabs[i] = " " + a.theme.Strong.Render("["+name+"]")
		} else {
			tabs[i] = a.theme.Muted.Render("  " + name + " ")
		}
	}
	return tabs
}

// tabLine is the tabs, and at its right end what state the data is in.
func (a App) tabLine() string {
	left := strings.Join(a.tabs(), "")
	room := max(0, a.size.Width-1-lipgloss.Width(left))
	return left + lipgloss.PlaceHorizontal(room, lipgloss.Right, a.status(max(0, room-2)))
}

// status says in at most room cells what the screen tells of itself and how
// the data stands. What must not be missed is said in fewer words before it is
// left out: that nothing can be written, and that the data is old.
func (a App) status(room int) string {
	t := a.theme
	status, readOnly, actor := t.Accent.Render(t.Clean(a.screens[a.active].Status())), "", ""
	if a.opts.ReadOnly {
		readOnly = t.Warning.Render("read-only")
	}
	if a.opts.Actor != "" {
		actor = t.Muted.Render(t.Clean("as " + a.opts.Actor))
	}
	state, style := a.state()
	if a.turning && a.data.Reading {
		state = a.spinner.View() + " " + state
	}
	short, least := a.brief()
	long, short, least := style.Render(t.Clean(state)), style.Render(short), style.Render(least)
	for _, rest := range [][]string{{readOnly, long, actor}, {readOnly, long}, {readOnly, short}} {
		if line := a.dotted(append([]string{status}, rest...)...); lipgloss.Width(line) <= room {
			return line
		}
	}
	for _, rest := range [][]string{{readOnly, short}, {readOnly, least}, {least}} {
		over := lipgloss.Width(a.dotted(append([]string{status}, rest...)...)) - room
		if free := lipgloss.Width(status) - over; over <= 0 || free >= statusLeast {
			return a.dotted(append([]string{widget.Cut(t, status, free)}, rest...)...)
		}
	}
	return widget.Cut(t, status, room) // what the screen says is never left out
}

// statusLeast is how much of a filter or a selection is worth its room.
const statusLeast = 16

// dotted puts a dot between the texts that say something.
func (a App) dotted(texts ...string) string {
	texts = slices.DeleteFunc(texts, func(text string) bool { return lipgloss.Width(text) == 0 })
	return strings.Join(texts, a.theme.Muted.Render(" "+a.theme.Glyphs.Dot+" "))
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
func (a App) state() (string, lipgloss.Style) {
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
