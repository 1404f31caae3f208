// Package theme is the look of the console: the only place that constructs
// colours and chooses glyphs. A colour never carries a meaning alone; there is
// always a mark or a word beside it, so that NO_COLOR and ASCII terminals lose
// nothing. It does no I/O and reads no environment.
package theme

import (
	"fmt"
	"strings"

	"github.com/charmbracelet/x/ansi"

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

// Style is an opening SGR sequence, "" for plain text. It is kept as text so
// that a row of the list costs a few appends instead of a layout pass.
type Style string

const reset = "\x1b[m"

// Wrap returns text in the style, closed by a reset.
func (s Style) Wrap(text string) string {
	if s == "" || text == "" {
		return text
	}
	return string(s) + text + reset
}

// Write appends text in the style to b.
func (s Style) Write(b *strings.Builder, text string) {
	if s == "" || text == "" {
		b.WriteString(text)
		return
	}
	b.WriteString(string(s))
	b.WriteString(text)
	b.WriteString(reset)
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
	Text, Muted, Strong, Accent   Style
	Title, Heading, Border, Key   Style
	Good, Warning, Danger         Style
	Added, Removed, Changed       Style
	Selection, Button, ButtonLive Style
	Glyphs                        Glyphs
	ASCII, Linear                 bool
}

// New builds the theme of one session.
func New(o Options) *Theme {
	if o.NoColor {
		o.Name = Mono
	}
	t := &Theme{ASCII: o.ASCII, Glyphs: unicodeGlyphs}
	if o.ASCII {
		t.Glyphs = asciiGlyphs
	}
	if t.Linear = o.Linear; o.Linear {
		t.Glyphs = t.Glyphs.linear()
	}
	switch o.Name {
	case Mono:
		t.mono()
	case HighContrast:
		t.colours(ansi.BrightRed, ansi.BrightGreen, ansi.BrightYellow, ansi.BrightCyan)
		t.Muted, t.Border = "", ""
	case Dark:
		t.colours(ansi.IndexedColor(210), ansi.IndexedColor(114), ansi.IndexedColor(221), ansi.IndexedColor(117))
		t.Muted = sgr(ansi.NewStyle().ForegroundColor(ansi.IndexedColor(248)))
		t.Border = t.Muted
	case Light:
		t.colours(ansi.IndexedColor(124), ansi.IndexedColor(22), ansi.IndexedColor(94), ansi.IndexedColor(24))
		t.Muted = sgr(ansi.NewStyle().ForegroundColor(ansi.IndexedColor(240)))
		t.Border = t.Muted
	default:
		t.colours(ansi.Red, ansi.Green, ansi.Yellow, ansi.Cyan)
	}
	return t
}

// plain sets what all themes share: everything that is not a colour.
func (t *Theme) plain() {
	t.Strong = sgr(ansi.NewStyle().Bold())
	t.Title = t.Strong
	t.Heading = t.Strong
	t.Key = t.Strong
	t.Muted = sgr(ansi.NewStyle().Faint())
	t.Border = t.Muted
	t.Selection = sgr(ansi.NewStyle().Reverse(true))
	t.ButtonLive = sgr(ansi.NewStyle().Reverse(true).Bold())
}

func (t *Theme) mono() {
	t.plain()
	t.Accent = t.Strong
	t.Warning = t.Strong
	t.Danger = t.Strong
	t.Changed = t.Strong
}

func (t *Theme) colours(red, green, yellow, cyan ansi.Color) {
	t.plain()
	fg := func(c ansi.Color) Style { return sgr(ansi.NewStyle().ForegroundColor(c)) }
	bold := func(c ansi.Color) Style { return sgr(ansi.NewStyle().Bold().ForegroundColor(c)) }
	t.Accent = fg(cyan)
	t.Key = bold(cyan)
	t.Good, t.Added = fg(green), fg(green)
	t.Warning, t.Changed = fg(yellow), fg(yellow)
	t.Danger, t.Removed = bold(red), fg(red)
}

func sgr(s ansi.Style) Style { return Style(s.String()) }
