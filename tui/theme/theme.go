// Package theme is the look of the console: the only place that constructs
// colours and chooses glyphs. A colour never carries a meaning alone; there is
// always a mark or a word beside it, so that NO_COLOR and ASCII terminals lose
// nothing. It does no I/O and reads no environment.
package theme

import (
	"fmt"
	"image/color"

	"charm.land/lipgloss/v2"

	"github.com/romm-admin/romm-admin/model"
)

// Name names a built-in theme.
type Name string

// The built-in themes. Terminal uses the terminal's own sixteen colours and
// its own foreground, so it reads on dark and light backgrounds alike;
// HighContrast uses the bright half of them and no faint text; Dark and Light
// have fixed colours of the 256 for backgrounds of that kind, also for what
// the others leave to faint, which some terminals draw unreadably; Mono uses
// no colour at all.
const (
	Terminal     Name = "terminal"
	Dark         Name = "dark"
	Light        Name = "light"
	HighContrast Name = "high-contrast"
	Mono         Name = "mono"
)

// Names lists the built-in themes, the default first.
func Names() []Name { return []Name{Terminal, Dark, Light, HighContrast, Mono} }

// ParseName reads a theme's name; "" is the default.
func ParseName(s string) (Name, error) {
	if s == "" {
		return Terminal, nil
	}
	for _, n := range Names() {
		if Name(s) == n {
			return n, nil
		}
	}
	return "", &model.Error{
		Code: model.CodeInvalid, Op: "theme",
		Msg:  fmt.Sprintf("no theme is called %q", model.Clean(s)),
		Hint: "themes are terminal, dark, light, high-contrast and mono",
	}
}

// Options choose a theme.
type Options struct {
	Name    Name // "" or an unknown name is Terminal; see [ParseName]
	NoColor bool // attributes such as bold and reverse video stay
	ASCII   bool // no byte above 0x7e reaches the terminal
	// Linear is for screen readers: no lines and borders, everything in one
	// column, the cursor on the row that it is about.
	Linear bool
}

// Theme is the set of styles and glyphs that widgets and screens use. Make it
// with [New]; it does not change afterwards, so that everything drawn shares
// one.
type Theme struct {
	Text, Muted, Strong, Accent lipgloss.Style
	Title, Heading, Border, Key lipgloss.Style
	Good, Warning, Danger       lipgloss.Style
	Added, Removed, Changed     lipgloss.Style
	Selection, ButtonLive       lipgloss.Style
	Box                         lipgloss.Border // of dialogs
	Divider                     string          // between columns, in its style, three cells wide
	Glyphs                      Glyphs
	ASCII, Linear               bool
}

// New builds the theme of one session.
func New(o Options) *Theme {
	if o.NoColor {
		o.Name = Mono
	}
	t := &Theme{ASCII: o.ASCII, Glyphs: unicodeGlyphs, Box: lipgloss.NormalBorder()}
	if o.ASCII {
		t.Glyphs, t.Box = asciiGlyphs, lipgloss.ASCIIBorder()
	}
	if t.Linear = o.Linear; o.Linear {
		t.Glyphs = t.Glyphs.linear()
	}
	switch o.Name {
	case Mono:
		t.mono()
	case HighContrast:
		t.colours(lipgloss.BrightRed, lipgloss.BrightGreen, lipgloss.BrightYellow, lipgloss.BrightCyan)
		t.Muted, t.Border = t.Text, t.Text
	case Dark:
		t.colours(lipgloss.Color("210"), lipgloss.Color("114"), lipgloss.Color("221"), lipgloss.Color("117"))
		t.Muted = t.Text.Foreground(lipgloss.Color("248"))
		t.Border = t.Muted
	case Light:
		t.colours(lipgloss.Color("124"), lipgloss.Color("22"), lipgloss.Color("94"), lipgloss.Color("24"))
		t.Muted = t.Text.Foreground(lipgloss.Color("240"))
		t.Border = t.Muted
	default:
		t.colours(lipgloss.Red, lipgloss.Green, lipgloss.Yellow, lipgloss.Cyan)
	}
	t.Divider = " " + t.Border.Render(t.Box.Left) + " "
	return t
}

// plain sets what all themes share: everything that is not a colour.
func (t *Theme) plain() {
	t.Text = lipgloss.NewStyle()
	t.Strong = t.Text.Bold(true)
	t.Title, t.Heading, t.Key = t.Strong, t.Strong, t.Strong
	t.Muted = t.Text.Faint(true)
	t.Border = t.Muted
	t.Selection = t.Text.Reverse(true)
	t.ButtonLive = t.Strong.Reverse(true)
}

func (t *Theme) mono() {
	t.plain()
	t.Accent, t.Warning, t.Danger, t.Changed = t.Strong, t.Strong, t.Strong, t.Strong
}

func (t *Theme) colours(red, green, yellow, cyan color.Color) {
	t.plain()
	t.Accent, t.Key = t.Text.Foreground(cyan), t.Strong.Foreground(cyan)
	t.Good = t.Text.Foreground(green)
	t.Added = t.Good
	t.Warning = t.Text.Foreground(yellow)
	t.Changed = t.Warning
	t.Danger, t.Removed = t.Strong.Foreground(red), t.Text.Foreground(red)
}
