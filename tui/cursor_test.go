package tui_test

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/ansi"

	"github.com/romm-admin/romm-admin/tui"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// On every screen and in every theme, without colours too, the row under the
// cursor has the bar and is in reverse video from there to the end of the column
// that says which row it is, and as any other row after that; no other row has
// either.
func TestTheCursorLooksTheSameEverywhere(t *testing.T) {
	t.Parallel()
	type look struct {
		name string
		with func(*tui.Options)
		bar  string
	}
	looks := []look{
		{"NO_COLOR", func(o *tui.Options) { o.NoColor = true }, "▌"},
		{"ASCII", func(o *tui.Options) { o.ASCII, o.NoColor = true, true }, ">"},
		{"linear", func(o *tui.Options) { o.Linear = true }, ">"},
	}
	for _, name := range theme.Names() {
		looks = append(looks, look{string(name), func(o *tui.Options) { o.Theme = name }, "▌"})
	}
	for _, as := range looks {
		for _, on := range []struct{ screen, after, plain string }{
			{"1", "carol", "—"}, {"2", "romm-users", "user"}, {"5", "2026-11-23 03:02", "ann"},
		} {
			if as.name == "linear" { // a sentence that begins with who it is about
				on.plain = ":"
				if on.screen == "5" {
					on.after = "grace"
				}
			}
			d, _ := past(t, tuitest.With(as.with))
			d.Press(on.screen, "j")
			rows := 0
			for line := range strings.SplitSeq(d.View().Content, "\n") {
				reversed, rest := inReverse(line)
				if reversed == "" {
					continue
				}
				rows++
				plain := on.plain
				if as.bar == ">" && plain == "—" {
					plain = "-"
				}
				if !strings.HasPrefix(reversed, as.bar) || !strings.HasSuffix(strings.TrimRight(reversed, " "), on.after) {
					t.Errorf("%s, screen %s: in reverse is %q", as.name, on.screen, reversed)
				}
				if before, _, ok := strings.Cut(rest, plain); !ok || strings.TrimSpace(before) != "" {
					t.Errorf("%s, screen %s: after it comes %q, want %q", as.name, on.screen, rest, plain)
				}
			}
			if rows != 1 || strings.Count(d.Screen(), "▌")+strings.Count("\n"+d.Screen(), "\n>") != 1 {
				t.Errorf("%s, screen %s: %d rows have the cursor:\n%s", as.name, on.screen, rows, d.Screen())
			}
		}
	}
}

// inReverse splits a line into the text at its beginning that is in reverse
// video and what comes after it; a line that has any elsewhere is all rest.
func inReverse(line string) (reversed, rest string) {
	const on, off = "\x1b[7m", "\x1b[m"
	for strings.HasPrefix(line, on) {
		text, after, _ := strings.Cut(strings.TrimPrefix(line, on), off)
		reversed, line = reversed+text, after
	}
	return reversed, ansi.Strip(line)
}
