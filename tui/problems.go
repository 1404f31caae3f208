package tui

import (
	"time"

	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// problem is an error that was shown, kept so that it can be read again after
// it was dismissed.
type problem struct {
	at         time.Time
	text, hint string
}

// problemsKept bounds the list of them.
const problemsKept = 200

// remember keeps a note that has just come up, if it is an error.
func (a App) remember() App {
	if a.toast.Level != screen.LevelError || !a.toast.shown() {
		return a
	}
	return a.keep(problem{a.toast.at, a.toast.Text, a.toast.Hint})
}

// keep adds an error to the list, once.
func (a App) keep(p problem) App {
	if n := len(a.problems); n > 0 && a.problems[n-1] == p {
		return a
	}
	kept := a.problems[max(0, len(a.problems)-problemsKept+1):]
	a.problems = append(kept[:len(kept):len(kept)], p)
	return a
}

// problemsOverlay shows them, newest first.
func (a App) problemsOverlay() screen.Overlay {
	t, all := a.theme, a.problems
	return widget.Reader{Theme: t, Title: "Errors of this session", Text: func(width int) []string {
		var out []string
		for i := len(all) - 1; i >= 0; i-- {
			if len(out) > 0 {
				out = append(out, "")
			}
			out = append(out, t.Muted.Render(all[i].at.Format("15:04:05")))
			out = append(out, widget.Text(t.Danger, t.Clean(widget.Sentence(all[i].text)), width)...)
			if all[i].hint != "" {
				out = append(out, widget.Wrap(t.Clean(widget.Sentence(all[i].hint)), width)...)
			}
		}
		return out
	}}
}
