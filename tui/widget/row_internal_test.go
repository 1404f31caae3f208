package widget

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/romm-admin/romm-admin/tui/theme"
)

// A text that is far too long is cut as if all of it had been looked at, but
// only its beginning is.
func TestFitLooksAtTheBeginning(t *testing.T) {
	t.Parallel()
	th := theme.New(theme.Options{})
	for _, text := range []string{
		"", "short", strings.Repeat("long", 75), strings.Repeat("漢", 300), strings.Repeat("e\u0301", 200), "a" + strings.Repeat("漢", 9),
		strings.Repeat("👨‍👩‍👧‍👦", 40), strings.Repeat("🇩🇪", 40), "Z̷̧̛a̷l̶g̴o̷", "plain \x1b[1mbold\x1b[m and so on, and so on",
	} {
		for width := range 24 {
			got, w := Fit(th, text, width)
			want := text
			if ansi.StringWidth(text) > width {
				tail := th.Glyphs.Ellipsis
				if width == 0 {
					tail = ""
				}
				want = ansi.Truncate(text, width, tail)
			}
			if got != want || w != ansi.StringWidth(want) {
				t.Errorf("%q in %d: %q of %d, want %q", text, width, got, w, want)
			}
		}
	}
	if got := beginning(strings.Repeat("漢", 300), 10); got != strings.Repeat("漢", 6) {
		t.Errorf("looked at %q", got)
	}
}
