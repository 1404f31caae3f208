package widget

import (
	"fmt"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
)

// Choice is one line of a [Picker].
type Choice struct {
	ID    string
	Label model.Untrusted
	Note  string // shown muted at the right
	Also  string // found by this too
	// Detail is shown in full below the list while the cursor is on the choice.
	Detail string
	// Off makes it faint: it cannot be chosen now, for the reason that Choose
	// gives, or need not be.
	Off bool
}

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

	theme *theme.Theme
	input Input
	list  List
	found []int   // indexes of Choices that match
	other *Choice // what was typed as a choice, after those found
	err   error
	moved bool // the list was last used, and not the input

	impact  plan.Impact // of the choice under the cursor
	liveErr error
	known   bool
}

// Watch returns the plan of the choice under the cursor; false when there is
// none to watch.
func (p Picker) Watch() (next plan.Plan, err error, ok bool) {
	if p.Live == nil || p.list.Len() == 0 {
		return plan.Plan{}, nil, false
	}
	next, err = p.Live(p.choice(p.list.Cursor()))
	return next, err, true
}

// choice is the one in that row, which must exist.
func (p Picker) choice(row int) Choice {
	if row == len(p.found) {
		return *p.other
	}
	return p.Choices[p.found[row]]
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
func (p Picker) At() int { return p.list.Cursor() }

// pickerRows is how many choices are seen at once, at most.
const pickerRows = 10

// NewPicker completes p with its state. The cursor starts on the choice with
// the id at, if there is one.
func NewPicker(t *theme.Theme, p Picker, at string) Picker {
	p.theme, p.input = t, NewInput(t, "")
	p.list = p.list.Resize(pickerRows)
	p = p.filter()
	for row, i := range p.found {
		if p.Choices[i].ID == at {
			p.list = p.list.Goto(row)
		}
	}
	return p
}

// filter lists the choices that contain what was typed; if none does, those
// that have its letters in order.
func (p Picker) filter() Picker {
	typed := p.input.Value()
	p.found = Find(len(p.Choices), typed, func(i int) string { return p.Choices[i].Label.Raw() + "\n" + p.Choices[i].Also })
	size := len(p.found)
	p.other = nil
	if p.Other != nil && typed != "" {
		if c, ok := p.Other(typed); ok {
			p.other = &c
			size++
		}
	}
	p.list = p.list.Fill(size)
	return p
}

// Capturing implements screen.Overlay.
func (p Picker) Capturing() bool { return p.Filter }

// Update implements screen.Overlay.
func (p Picker) Update(msg tea.Msg) (screen.Overlay, screen.Effect) {
	key, isKey := msg.(tea.KeyPressMsg)
	if isKey {
		switch key.String() {
		case "esc":
			return p, screen.Want(screen.CloseReq{})
		case "enter":
			return p.choose()
		}
		if n, ok := Numbered(p.theme, key, p.list.Len()); ok && p.input.Value() == "" {
			p.list = p.list.Goto(n)
			return p.choose()
		}
		if n, ok := p.step(key.String()); ok {
			p.list, p.moved = p.list.Move(n), true
			return p, screen.Effect{}
		}
		for _, job := range p.Also {
			if job.Key == key.String() {
				return p.do(job)
			}
		}
	}
	if !p.Filter {
		return p, screen.Effect{}
	}
	before := p.input.Value()
	p.input = p.input.Update(msg)
	if p.input.Value() != before {
		p.err, p.moved = nil, false
		p = p.filter()
		p.list = p.list.Goto(0)
	}
	return p, screen.Effect{}
}

// step reads the keys that move the cursor; letters do only while they are
// not text.
func (p Picker) step(key string) (int, bool) {
	switch key {
	case "up":
		return -1, true
	case "down":
		return 1, true
	case "pgup":
		return -pickerRows, true
	case "pgdown":
		return pickerRows, true
	case "k":
		return -1, !p.Filter
	case "j":
		return 1, !p.Filter
	}
	return 0, false
}

func (p Picker) choose() (screen.Overlay, screen.Effect) {
	if p.list.Len() == 0 {
		return p, screen.Effect{}
	}
	effect, err := p.Choose(p.choice(p.list.Cursor()))
	p.err = err
	return p, effect
}

func (p Picker) do(job Job) (screen.Overlay, screen.Effect) {
	var c Choice
	switch {
	case p.list.Len() > 0:
		c = p.choice(p.list.Cursor())
	case !job.Bare:
		return p, screen.Effect{}
	}
	effect, err := job.Run(c)
	p.err = err
	return p, effect
}

// hints are the keys of the dialog.
func (p Picker) hints(width int) string {
	var hints []key.Binding
	if len(p.Choices) > 0 || p.other != nil {
		verb := p.Verb
		if verb == "" {
			verb = "choose"
		}
		press := "enter"
		if p.theme.Linear && p.input.Value() == "" {
			press = "a number or enter"
		}
		hints = append(hints, keys.Hint(p.theme, verb, press))
	}
	for _, job := range p.Also {
		if job.Bare || p.list.Len() > 0 {
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
	var cursor *screen.Cursor
	if p.Filter {
		const lead = "/ "
		text, x := p.input.View(a.Width - len(lead))
		cursor = &screen.Cursor{X: len(lead) + x, Y: len(lines)}
		lines = append(lines, t.Key.Render(lead)+text)
	}
	detail := p.detailHeight(a.Width)
	rows, at := p.rows(a, detail)
	if t.Linear && p.list.Len() > 0 && (p.moved || !p.Filter) {
		cursor = &screen.Cursor{Y: len(lines) + at} // what a screen reader reads
	}
	lines = append(lines, rows...)
	lines = append(lines, p.detail(a.Width, detail)...)
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
func (p Picker) detail(width, height int) []string {
	if height == 0 {
		return nil
	}
	lines := make([]string, 0, height+1)
	lines = append(lines, "")
	if p.list.Len() > 0 {
		detail := p.theme.Clean(p.choice(p.list.Cursor()).Detail)
		lines = append(lines, Clip(p.theme, Text(p.theme.Muted, detail, width), height, "")...)
	}
	for len(lines) < height+1 {
		lines = append(lines, "")
	}
	return lines
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
	case p.list.Len() == 0:
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

// rows draws the visible choices and says which of them the cursor is on; the
// block keeps its height while filtering so that the dialog does not jump.
func (p Picker) rows(a screen.Area, detail int) (lines []string, at int) {
	t := p.theme
	list := p.list.Resize(max(1, min(pickerRows, a.Height-8, a.Height-5-detail)))
	noteWidth := 0
	for _, c := range p.Choices {
		noteWidth = max(noteWidth, Width(c.Note))
	}
	if p.other != nil {
		noteWidth = max(noteWidth, Width(p.other.Note))
	}
	noteWidth = min(noteWidth, a.Width/2)
	from, to := list.Window()
	for row := from; row < to; row++ {
		c := p.choice(row)
		r := NewRow(t, a.Width, row == list.Cursor())
		r.Bar(row == list.Cursor())
		number := ""
		if p.input.Value() == "" {
			number = Number(t, row)
		}
		r.Cell(number, len(number), t.Text)
		label := t.Text
		if c.Off {
			label = t.Muted
		}
		r.Outside(c.Label, a.Width-noteWidth-3-len(number), label)
		r.Gap(1)
		r.Cell(c.Note, noteWidth, t.Muted)
		lines = append(lines, r.End())
	}
	if p.list.Len() == 0 {
		none := "nothing matches"
		if len(p.Choices) == 0 && p.input.Value() == "" {
			none = p.Empty
		}
		lines = append(lines, Item(" ", t.Muted, none, a.Width)...)
	}
	for len(lines) < min(list.Height(), len(p.Choices)) {
		lines = append(lines, "")
	}
	if hidden := p.list.Len() - (to - from); hidden > 0 {
		lines = append(lines, t.Muted.Render(fmt.Sprintf(" %d more", hidden)))
	} else if len(p.Choices) > list.Height() {
		lines = append(lines, "")
	}
	return lines, list.Line()
}
