package widget

import (
	"slices"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
)

// Job is something that can be done in a [Picker] other than choosing.
type Job struct {
	Key, Title string
	// Run takes the choice under the cursor. Bare jobs need none and are there
	// for an empty list too; they get the zero choice then.
	Run  func(Choice) (screen.Effect, error)
	Bare bool
}

// Picker is a dialog that asks for one of many. With Filter, typing narrows
// the list.
type Picker struct {
	Title   string
	About   []string
	Choices []Choice
	Filter  bool
	// Empty is shown instead of the list when there is no choice at all.
	Empty string
	// Other, when set, makes a last choice of what was typed, for something
	// that is not in the list; false when the text cannot be one. With Filter
	// only.
	Other func(typed string) (Choice, bool)
	// Also are jobs other than choosing, on keys of their own. Not with Filter,
	// where keys are text.
	Also []Job
	// Live, when set, makes the plan that a choice would lead to. The console
	// then shows whose next login it changes, while the cursor moves.
	Live func(Choice) (plan.Plan, error)
	// Choose takes the choice. Verb says what that does; "" is choose.
	Choose func(Choice) (screen.Effect, error)
	Verb   string

	theme  *theme.Theme
	finder Finder
	err    error

	impact  plan.Impact // of the choice under the cursor
	liveErr error
	known   bool
}

// Watch returns the plan of the choice under the cursor; false when there is
// none to watch.
func (p Picker) Watch() (next plan.Plan, err error, ok bool) {
	c, ok := p.finder.Selected()
	if p.Live == nil || !ok {
		return plan.Plan{}, nil, false
	}
	next, err = p.Live(c)
	return next, err, true
}

// WithoutImpact returns the picker while the impact is being worked out.
func (p Picker) WithoutImpact() Picker {
	p.known = false
	return p
}

// Seen returns the picker with the impact of the choice under the cursor; err
// is why it would be refused.
func (p Picker) Seen(im plan.Impact, err error) Picker {
	p.impact, p.liveErr, p.known = im, err, true
	return p
}

// At is the row of the cursor.
func (p Picker) At() int { return p.finder.At() }

// NewPicker completes p with its state. The cursor starts on the choice with
// the id at, if there is one.
func NewPicker(t *theme.Theme, p Picker, at string) Picker {
	p.theme, p.finder = t, NewFinder(t, p.Choices, p.Filter)
	p.finder.other = p.Other
	if row := slices.IndexFunc(p.Choices, func(c Choice) bool { return c.ID == at }); row >= 0 {
		p.finder = p.finder.Goto(row)
	}
	return p
}

// Capturing implements screen.Overlay.
func (p Picker) Capturing() bool { return p.Filter }

// Update implements screen.Overlay.
func (p Picker) Update(msg tea.Msg) (screen.Overlay, screen.Effect) {
	switch msg := msg.(type) {
	case screen.AreaMsg:
		p.finder = p.resized(msg.Area)
	case tea.KeyPressMsg:
		var named bool
		if p.finder, named = p.finder.Numbered(msg); named {
			return p.choose()
		}
		switch msg.String() {
		case "esc":
			return p, screen.Want(screen.CloseReq{})
		case "enter":
			return p.choose()
		}
		for _, job := range p.Also {
			if job.Key == msg.String() {
				return p.do(job)
			}
		}
	}
	var changed bool
	if p.finder, changed = p.finder.Update(msg); changed {
		p.err = nil
	}
	return p, screen.Effect{}
}

// resized is the list in what the rest of the dialog leaves it.
func (p Picker) resized(a screen.Area) Finder {
	return p.finder.Resize(a.Width, min(a.Height-8, a.Height-5-p.detailHeight(a.Width)))
}

func (p Picker) choose() (screen.Overlay, screen.Effect) {
	c, ok := p.finder.Selected()
	if !ok {
		return p, screen.Effect{}
	}
	var effect screen.Effect
	effect, p.err = p.Choose(c)
	return p, effect
}

func (p Picker) do(job Job) (screen.Overlay, screen.Effect) {
	c, ok := p.finder.Selected()
	if !ok && !job.Bare {
		return p, screen.Effect{}
	}
	var effect screen.Effect
	effect, p.err = job.Run(c)
	return p, effect
}

// hints are the keys of the dialog.
func (p Picker) hints(width int) string {
	var hints []key.Binding
	if len(p.Choices) > 0 || p.finder.Len() > 0 {
		verb := p.Verb
		if verb == "" {
			verb = "choose"
		}
		press := "enter"
		if p.theme.Linear && p.finder.Typed() == "" {
			press = "a number or enter"
		}
		hints = append(hints, keys.Hint(p.theme, verb, press))
	}
	for _, job := range p.Also {
		if job.Bare || p.finder.Len() > 0 {
			hints = append(hints, keys.Hint(p.theme, job.Title, job.Key))
		}
	}
	return keys.Hints(p.theme, width, append(hints, keys.Hint(p.theme, "back", "esc"))...)
}

// View implements screen.Overlay.
func (p Picker) View(a screen.Area) screen.Panel {
	t := p.theme
	var lines []string
	for _, about := range p.About {
		lines = append(lines, Wrap(t.Clean(about), a.Width)...)
	}
	if len(lines) > 0 {
		lines = append(lines, "")
	}
	if len(p.Choices) == 0 && p.Other == nil {
		lines = append(lines, Wrap(p.Empty, a.Width)...)
		return screen.Panel{Title: p.Title, Lines: append(lines, "", p.hints(a.Width))}
	}
	none := "nothing matches"
	if len(p.Choices) == 0 && p.finder.Typed() == "" {
		none = p.Empty
	}
	rows, cursor := p.resized(a).View(none)
	if cursor != nil {
		cursor.Y += len(lines)
	}
	lines = append(lines, rows...)
	lines = append(lines, p.detail(a.Width)...)
	if p.err != nil {
		lines = append(lines, "")
		lines = append(lines, ErrorLines(t, p.err, a.Width)...)
	}
	tail := []string{"", p.hints(a.Width)}
	if p.Live != nil {
		height := max(0, a.Height-len(lines)-len(tail))
		lines = append(lines, Clip(t, p.live(a.Width, height), height, "")...)
	}
	return screen.Panel{Title: p.Title, Lines: append(lines, tail...), Cursor: cursor}
}

// detail is what there is to say of the choice under the cursor, always in as
// many lines as the longest one takes, so that the dialog does not jump.
func (p Picker) detail(width int) []string {
	height := p.detailHeight(width)
	if height == 0 {
		return nil
	}
	c, _ := p.finder.Selected()
	lines := Clip(p.theme, Text(p.theme.Muted, p.theme.Clean(c.Detail), width), height, "")
	return slices.Concat([]string{""}, lines, make([]string, height-len(lines)))
}

// detailMost bounds the lines of a detail, so that the list keeps most of a
// small terminal.
const detailMost = 4

func (p Picker) detailHeight(width int) int {
	height := 0
	for _, c := range p.Choices {
		if c.Detail != "" && height < detailMost {
			height = max(height, len(Wrap(p.theme.Clean(c.Detail), width)))
		}
	}
	return min(height, detailMost)
}

// live says whose next login the choice under the cursor changes, in about
// height lines.
func (p Picker) live(width, height int) []string {
	t := p.theme
	out := []string{""}
	switch {
	case p.finder.Len() == 0:
		return nil
	case !p.known:
		return append(out, t.Muted.Render("Working out whose next login changes"+t.Glyphs.Ellipsis))
	case p.liveErr != nil && model.CodeOf(p.liveErr) == model.CodeNothing:
		return append(out, t.Muted.Render("This is so already."))
	case p.liveErr != nil:
		out = append(out, ErrorLines(t, p.liveErr, width)...)
	}
	effect := ImpactTop(t, "At the next login", p.impact, width, height-len(out))
	if len(effect) == 0 && p.liveErr == nil {
		effect = []string{"Nobody's next login changes."}
	}
	return append(out, effect...)
}
