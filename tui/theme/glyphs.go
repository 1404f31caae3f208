package theme

import (
	"strings"

	"charm.land/bubbles/v2/spinner"

	"github.com/romm-admin/romm-admin/model"
)

// Glyphs are the drawn characters, each one cell wide unless its comment says
// otherwise.
type Glyphs struct {
	Bar      string    // left of the cursor row
	Rule     string    // horizontal line
	Column   string    // vertical line
	Link     string    // between the two systems; up to three cells
	Ellipsis string    // where text was cut; up to two cells
	Dash     string    // stands for "nothing here"
	Dot      string    // between facts in one line
	Arrow    string    // from -> to; up to two cells
	Before   string    // before what a change takes away; a word in linear mode
	After    string    // before what it puts there
	Picked   string    // left of a selected row
	Order    [2]string // beside the column that sorts: rising, falling
	Turning  []string  // before what takes long, one after the other
	// Odd follows a name that has characters outside ASCII (S31).
	Odd string
}

var unicodeGlyphs = Glyphs{
	Bar: "▌", Link: "⇄", Ellipsis: "…", Dash: "—",
	Dot: "·", Arrow: "→", Odd: "*",
	Picked: "●", Order: [2]string{"↑", "↓"}, Before: "-", After: "+", Turning: spinner.MiniDot.Frames,
}

var asciiGlyphs = Glyphs{
	Bar: ">", Link: "<->", Ellipsis: "..", Dash: "-",
	Dot: "|", Arrow: "->", Odd: "*",
	Picked: "x", Order: [2]string{"^", "v"}, Before: "-", After: "+", Turning: spinner.Line.Frames,
}

// linear returns the glyphs without those that only draw lines, which a screen
// reader would read aloud.
func (g Glyphs) linear() Glyphs {
	g.Bar, g.Picked = ">", "x"
	g.Link, g.Arrow, g.Dash = "and", "to", "none"
	g.Before, g.After = "before", "after"
	return g
}

// typography maps the punctuation of our own sentences for ASCII terminals.
var typography = strings.NewReplacer(
	"—", "-", "–", "-", "…", "...", "→", "->", "⇄", "<->", "·", "|",
	"“", `"`, "”", `"`, "‘", "'", "’", "'", "≠", "!=", "≥", ">=",
)

// Clean makes any text printable on this terminal: [model.Clean], and on an
// ASCII terminal no code point above 0x7e either (S30). Everything that a
// screen shows and did not write itself passes through it.
func (t *Theme) Clean(s string) string {
	s = model.Clean(s)
	if !t.ASCII || model.Untrusted(s).ASCII() {
		return s
	}
	return Escape(typography.Replace(s))
}

// Escape spells every character outside printable ASCII, see [model.Escape].
func Escape(s string) string { return model.Escape(s) }

// Named shows names, and sentences with names, so that none is taken for another,
// see [model.Named]. An ASCII terminal has the escaped form only.
func (t *Theme) Named(s string) string {
	if t.ASCII {
		return t.Clean(s)
	}
	return model.Named(s)
}
