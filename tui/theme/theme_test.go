package theme_test

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/theme"
)

func TestMarksAreDistinctAndNarrow(t *testing.T) {
	t.Parallel()
	glyphs, ascii, words := map[string]model.FindingKind{}, map[string]model.FindingKind{}, map[string]model.FindingKind{}
	for _, k := range model.FindingKinds() {
		m := theme.MarkOf(k)
		if ansi.StringWidth(m.Glyph) != 1 {
			t.Errorf("%s: glyph %q is %d cells wide, want 1", k, m.Glyph, ansi.StringWidth(m.Glyph))
		}
		if len(m.ASCII) != 1 || m.ASCII[0] <= ' ' || m.ASCII[0] > '~' {
			t.Errorf("%s: ASCII form %q is not one printable ASCII character", k, m.ASCII)
		}
		if w := ansi.StringWidth(m.Word); w > theme.MarkWidth || (w == 0) != (k == model.FindingOK) {
			t.Errorf("%s: word %q has width %d, want 1 to %d, and none only for ok", k, m.Word, w, theme.MarkWidth)
		}
		for kind, seen := range map[string]map[string]model.FindingKind{m.Glyph: glyphs, m.ASCII: ascii, m.Word: words} {
			if other, dup := seen[kind]; dup {
				t.Errorf("%s and %s share %q", k, other, kind)
			}
			seen[kind] = k
		}
	}
	if len(words) != len(model.FindingKinds()) {
		t.Errorf("%d different words for %d findings", len(words), len(model.FindingKinds()))
	}
	if m := theme.MarkOf("something-new"); m.Glyph != "?" {
		t.Errorf("an unknown finding is marked %q, want ?", m.Glyph)
	}
}

func TestNoColourKeepsAttributesOnly(t *testing.T) {
	t.Parallel()
	for _, o := range []theme.Options{{NoColor: true}, {Name: theme.Mono}, {NoColor: true, Name: theme.HighContrast}} {
		th := theme.New(o)
		for name, s := range map[string]lipgloss.Style{
			"text": th.Text, "muted": th.Muted, "accent": th.Accent, "good": th.Good, "warning": th.Warning,
			"danger": th.Danger, "added": th.Added, "removed": th.Removed, "changed": th.Changed,
			"selection": th.Selection, "key": th.Key, "live": th.ButtonLive,
		} {
			for p := range strings.SplitSeq(strings.Trim(opening(s), "\x1b[m"), ";") {
				if p != "" && p != "1" && p != "2" && p != "7" {
					t.Errorf("%+v: %s uses SGR %s, want attributes only", o, name, p)
				}
			}
		}
		if opening(th.Selection) == "" {
			t.Errorf("%+v: the cursor row is not in reverse video", o)
		}
	}
}

func TestEachThemeIsItsOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]theme.Name{}
	for _, n := range theme.Names() {
		got, err := theme.ParseName(string(n))
		if err != nil || got != n {
			t.Errorf("ParseName(%q) = %q, %v", n, got, err)
		}
		d := opening(theme.New(theme.Options{Name: n}).Danger)
		if other, dup := seen[d]; dup {
			t.Errorf("%s and %s show danger alike", n, other)
		}
		seen[d] = n
	}
	if n, err := theme.ParseName(""); err != nil || n != theme.Terminal {
		t.Errorf("ParseName of nothing = %q, %v, want the default", n, err)
	}
	if _, err := theme.ParseName("nord"); model.CodeOf(err) != model.CodeInvalid || model.HintOf(err) == "" {
		t.Errorf("ParseName(nord) = %v, want an invalid error with a hint", err)
	}
}

// proves S30
func TestASCIITerminalGetsASCIIOnly(t *testing.T) {
	t.Parallel()
	th := theme.New(theme.Options{ASCII: true})
	for in, want := range map[string]string{
		"bob":               "bob",
		"a — b … → “c”":     `a - b ... -> "c"`,
		"аlice":             `\u0430lice`,
		"\x1b[31mx":         `\x1b[31mx`,
		"😀":                 `\U0001f600`,
		"x\u202egnp.exe":    `x\u202egnp.exe`,
		"José ≠ Jose":       `Jos\u00e9 != Jose`,
		"line\nfeed\u2028x": `line\x0afeed\u2028x`,
	} {
		if got := th.Clean(in); got != want {
			t.Errorf("Clean(%q) = %q, want %q", in, got, want)
		}
	}
	if got := theme.New(theme.Options{}).Clean("José \u202e"); got != `José \u202e` {
		t.Errorf("Clean on a UTF-8 terminal = %q", got)
	}
}

// proves S31
func TestEscapeSpellsLookAlikes(t *testing.T) {
	t.Parallel()
	if a, b := theme.Escape("аlice"), theme.Escape("alice"); a != `\u0430lice` || b != "alice" {
		t.Errorf("Escape = %q and %q", a, b)
	}
}

// opening is what a style writes before a text.
func opening(s lipgloss.Style) string {
	before, _, _ := strings.Cut(s.Render("x"), "x")
	return before
}

// The fixed colours have at least the contrast 4.5 to 1 that WCAG 2.2 asks of
// text, on black and nearly black, or on white and nearly white.
func TestFixedThemesCanBeRead(t *testing.T) {
	t.Parallel()
	for name, grounds := range map[theme.Name][]uint8{theme.Dark: {16, 234}, theme.Light: {231, 255}} {
		th := theme.New(theme.Options{Name: name})
		for what, s := range map[string]lipgloss.Style{
			"muted": th.Muted, "accent": th.Accent, "good": th.Good, "warning": th.Warning, "danger": th.Danger, "border": th.Border,
		} {
			_, digits, ok := strings.Cut(strings.TrimSuffix(opening(s), "m"), "38;5;")
			n, err := strconv.Atoi(digits)
			if !ok || err != nil {
				t.Errorf("%s: %s is %q, want one of the 256 colours", name, what, opening(s))
				continue
			}
			for _, ground := range grounds {
				a, b := luminance(uint8(n)), luminance(ground)
				if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < 4.5 {
					t.Errorf("%s: %s has contrast %.1f on colour %d", name, what, ratio, ground)
				}
			}
		}
	}
}

// luminance is the relative luminance of a colour of the 256 (WCAG 2.2).
func luminance(i uint8) float64 {
	r, g, b, _ := ansi.IndexedColor(i).RGBA()
	part := func(v uint32) float64 {
		c := float64(v) / 0xffff
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*part(r) + 0.7152*part(g) + 0.0722*part(b)
}
