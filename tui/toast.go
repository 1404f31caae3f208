package tui

import (
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// toast is the note above the footer. No timer takes it away, so that nothing
// is missed on a slow line and an idle console sends nothing: a key press
// does, once the note has been there long enough to be read; esc takes the note
// alone. Errors stay until they are dismissed.
type toast struct {
	screen.Toast
	at    time.Time
	about subject
}

// subject is what a note is about, for notes that go away with it.
type subject int

const (
	aboutNothing subject = iota
	aboutReading         // that failed
	aboutUnsaved         // text in a dialog
	aboutDraft           // that is kept
)

// of returns the note as one about that.
func (t toast) of(about subject) toast {
	t.about = about
	return t
}

const toastAge = 3 * time.Second

func (t toast) shown() bool { return t.Text != "" }

func (a App) note(level screen.Level, text, hint string) toast {
	return toast{Toast: screen.Toast{Level: level, Text: text, Hint: hint}, at: a.opts.Clock()}
}

func (a App) failure(lead string, err error) toast {
	return a.note(screen.LevelError, lead+err.Error(), model.HintOf(err))
}

// dropReadNote drops a note that has been read.
func (a App) dropReadNote() App {
	if a.toast.Level != screen.LevelError && a.opts.Clock().Sub(a.toast.at) >= toastAge {
		a.toast = toast{}
	}
	return a
}

// settleToast drops the complaint about a reading once one has succeeded.
func (a App) settleToast() App {
	return a.dropToast(aboutReading)
}

// dropToast drops the note if it is about that.
func (a App) dropToast(about subject) App {
	if a.toast.about == about {
		a.toast = toast{}
	}
	return a
}

// toastLines renders the note in at most three lines.
func (a App) toastLines() []string {
	if !a.toast.shown() {
		return nil
	}
	t, width := a.theme, max(1, a.size.Width-3)
	sign, style := " ", lipgloss.NewStyle()
	switch a.toast.Level {
	case screen.LevelDone:
		sign, style = "+", t.Good
	case screen.LevelError:
		sign, style = "!", t.Danger
	case screen.LevelInfo:
		sign, style = "i", t.Accent
	}
	text := widget.Wrap(t.Clean(a.toast.Text), width)
	if len(text) > 2 {
		text = append(text[:1], widget.Cut(t, text[1]+" "+t.Glyphs.Ellipsis, width))
	}
	out := widget.Item(style.Render(" "+sign+" "), style, strings.Join(text, "\n"), width+3)
	tail := t.Clean(widget.Sentence(a.toast.Hint))
	if a.toast.Level == screen.LevelError {
		dismiss := "esc dismisses this"
		if tail != "" {
			dismiss = "   " + dismiss
		}
		tail = widget.Cut(t, tail, width-len(dismiss)) + t.Muted.Render(dismiss)
	}
	if tail != "" {
		out = append(out, "   "+tail)
	}
	return out
}
