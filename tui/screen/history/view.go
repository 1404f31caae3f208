package history

import (
	"fmt"

	"charm.land/bubbles/v2/key"
	"charm.land/lipgloss/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

const (
	whenWidth   = 16 // 2026-11-23 03:07
	shortWhen   = 11 // 11-23 03:07
	markWidth   = 1
	actorWidth  = 10
	labelWidest = 24
	nounWidest  = 16
	actorFrom   = 80 // the width from which it is shown who made a change
	yearFrom    = 100
)

// layout is the position of each part.
type layout struct {
	rows, detail                    int
	when, actor, label, noun, value int // column widths; 0 hides the column
}

func (s Screen) layout() layout {
	w, h := s.area.Width, s.area.Height
	detail := min(max(h*2/5, 6), 10)
	l := layout{detail: max(0, detail-1), rows: max(0, h-1-detail), when: shortWhen, noun: min(s.widest.noun, nounWidest)}
	if w >= yearFrom {
		l.when = whenWidth
	}
	free := w - 1 - markWidth - 1 - l.when - 1 - l.noun - 1
	if w >= actorFrom {
		l.actor = actorWidth
		free -= l.actor + 1
	}
	l.label = max(8, min(labelWidest, free/3, s.widest.label))
	l.value = max(0, free-l.label-1)
	return l
}

// widest are the widths of the widest texts of the journal, so that columns are
// as narrow as it allows, and do not move while a filter narrows it.
type widest struct{ label, noun int }

func (s Screen) measure() widest {
	w := widest{label: len("of ") + 1, noun: len("what ") + 1} // with the sign of the order
	for _, x := range s.All {
		if x.entry != nil {
			w.label = max(w.label, widget.OutsideWidth(s.theme, x.entry.Change.Label))
			w.noun = max(w.noun, widget.Width(x.entry.Change.Words().Sets))
		}
	}
	return w
}

// View implements screen.Screen.
func (s Screen) View(a screen.Area) screen.Frame {
	if lines := s.empty(a); lines != nil {
		return s.Frame(s.theme, a, widget.Block(s.theme, lines, a))
	}
	l := s.layout()
	row := func(i int, selected bool) string { return s.row(l, s.Shown[i], selected) }
	return s.Frame(s.theme, a, s.Draw(s.header(l), row, nil, s.pane))
}

func (s Screen) empty(a screen.Area) []string {
	t := s.theme
	switch {
	case !s.journal.Read && s.journal.Err != nil:
		lines := []string{t.Strong.Render("The journal could not be read.")}
		return append(lines, widget.ErrorLines(t, s.journal.Err, max(1, a.Width-3))...)
	case !s.journal.Read:
		return []string{t.Strong.Render("Reading the journal" + t.Glyphs.Ellipsis)}
	case len(s.journal.Entries) == 0 && len(s.journal.Interrupted) == 0:
		return []string{
			t.Strong.Render("Nothing was changed yet."),
			"Every change that romm-admin makes is written here before it is made, with who made it.",
		}
	case len(s.Shown) == 0:
		return []string{
			t.Strong.Render("Nothing matches ") + widget.Quoted(t, s.Filter.Text()) + ".",
			"Words look everywhere; actor:ann, person:bob, plan:undo and is:failed in one place.",
			t.Key.Render(s.key("clear-filter")) + " shows everything again.",
		}
	}
	return nil
}

func (s Screen) header(l layout) string {
	return s.Sort.Heads(s.theme, s.area.Width, columns(),
		widget.Head{Text: "when", By: byTime, Width: l.when, Gap: 2 + markWidth}, widget.Head{Text: "who", By: byActor, Width: l.actor, Gap: 1},
		widget.Head{Text: "of", By: byLabel, Width: l.label, Gap: 1}, widget.Head{Text: "what", By: byNoun, Width: l.noun, Gap: 1},
		widget.Head{Text: "from and to", By: byValue, Width: l.value, Gap: 1})
}

// sign is the mark of an outcome and its tone.
func sign(outcome string) (string, theme.Tone) {
	switch outcome {
	case plan.OutcomeDone:
		return "+", theme.ToneGood
	case plan.OutcomeFailed, plan.OutcomeStopped:
		return "x", theme.ToneWarning
	}
	return "?", theme.ToneDanger
}

func (s Screen) row(l layout, x line, selected bool) string {
	t := s.theme
	r := widget.NewRow(t, s.area.Width, selected)
	if t.Linear {
		name, facts := s.spoken(x)
		return r.Spoken(selected, false, name, facts...)
	}
	r.Bar(selected)
	format := "2006-01-02 15:04"
	if l.when == shortWhen {
		format = "01-02 15:04"
	}
	if c := x.cut; c != nil {
		r.Cell("!", markWidth, t.Danger)
		r.Gap(1)
		r.Cell(c.At.Format(format), l.when, t.Text)
		r.Unselect()
		if l.actor > 0 {
			r.Gap(1)
			r.Outside(c.Actor, l.actor, t.Text)
		}
		r.Gap(1)
		text := fmt.Sprintf("interrupted, %d of %d made: %s", c.Done(), c.Total(), theme.Escape(c.Title))
		r.Cell(t.Clean(text), l.label+1+l.noun+1+l.value, t.Danger)
		return r.End()
	}
	e := x.entry
	mark, tone := sign(e.Outcome)
	r.Cell(mark, markWidth, t.Style(tone))
	r.Gap(1)
	r.Cell(e.At.Format(format), l.when, t.Muted)
	r.Unselect()
	if l.actor > 0 {
		r.Gap(1)
		r.Outside(e.Actor, l.actor, t.Text)
	}
	r.Gap(1)
	r.Outside(e.Change.Label, l.label, t.Strong)
	r.Gap(1)
	r.Cell(e.Change.Words().Sets, l.noun, t.Text)
	r.Gap(1)
	r.Cell(t.Clean(s.brief(e.Change)), l.value, t.Text)
	return r.End()
}

// spoken is what linear mode says of a line.
func (s Screen) spoken(x line) (name model.Untrusted, facts []string) {
	if c := x.cut; c != nil {
		return "interrupted", []string{
			fmt.Sprintf("%d of %d made", c.Done(), c.Total()), s.theme.Clean(theme.Escape(c.Title)),
			"by " + widget.Said(s.theme, c.Actor), c.At.Format("2006-01-02 15:04"),
		}
	}
	e := x.entry
	switch e.Outcome {
	case plan.OutcomeDone:
	case plan.OutcomeFailed, plan.OutcomeStopped:
		facts = append(facts, e.Outcome)
	case plan.OutcomeUnknown:
		facts = append(facts, "not known whether it was made")
	default:
		facts = append(facts, "never ended")
	}
	facts = append(facts, e.Change.Words().Sets+" "+s.theme.Clean(s.brief(e.Change)), "by "+widget.Said(s.theme, e.Actor), e.At.Format("2006-01-02 15:04"))
	return e.Change.Label, facts
}

// brief says a change on a single line. Of an object of several lines, only what
// differs: that may be on one side alone.
func (s Screen) brief(c plan.Change) string {
	t := s.theme
	before, after := t.Glyphs.Dash, t.Glyphs.Dash
	if c.Before != "" {
		before = widget.Value(c, c.Before)
	}
	if c.After != "" {
		after = widget.Value(c, c.After)
	}
	switch {
	case before == "":
		return "+ " + after
	case after == "":
		return "- " + before
	}
	return before + " " + t.Glyphs.Arrow + " " + after
}

// pane says everything about the line under the cursor.
func (s Screen) pane() string {
	l := s.layout()
	x, ok := s.Selected()
	if !ok {
		return ""
	}
	t, width := s.theme, s.area.Width-2
	title, lines := s.describe(x, width)
	if s.journal.Err != nil {
		why := "The journal could not be read again: " + s.journal.Err.Error()
		lines = append([]string{t.Warning.Render(widget.Cut(t, t.Clean("! "+widget.Sentence(why)), width))}, lines...)
	}
	return widget.Pane{
		Title: title, Lines: lines, More: s.key("details") + " shows all", Hints: s.hints(x, width),
	}.View(t, s.area.Width, l.detail-1)
}

// details is the same, to scroll in.
func (s Screen) details() screen.Overlay {
	x, _ := s.Selected()
	title, _ := s.describe(x, s.area.Width)
	return widget.Reader{Theme: s.theme, Title: title, Text: func(width int) []string {
		_, lines := s.describe(x, width)
		return lines
	}}
}

func (s Screen) describe(x line, width int) (title string, lines []string) {
	if x.cut != nil {
		return s.cut(x.cut, width)
	}
	return s.entry(x.entry, width)
}

func (s Screen) cut(c *plan.Interruption, width int) (string, []string) {
	t := s.theme
	var lines []string
	add := func(text string) { lines = append(lines, widget.Wrap(t.Clean(text), width)...) }
	add(fmt.Sprintf("This plan was cut short: %d of %d changes are known to be made. The program died in it, or it was stopped.", c.Done(), c.Total()))
	for _, e := range c.Entries {
		mark, _ := sign(e.Outcome)
		add(fmt.Sprintf("%s %s %s: %s%s", mark, theme.Escape(e.Change.Label.Raw()), e.Change.Words().Sets, s.brief(e.Change), ending(e)))
	}
	for _, change := range c.Changes[min(len(c.Entries), len(c.Changes)):] {
		add(fmt.Sprintf("%s %s %s: %s, not begun", t.Glyphs.Dot, theme.Escape(change.Label.Raw()), change.Words().Sets, s.brief(change)))
	}
	add("Plan " + theme.Escape(c.PlanID) + ", by " + theme.Escape(c.Actor.Raw()) + ".")
	return "Interrupted: " + theme.Escape(c.Title), lines
}

// ending says what is not known or went wrong; nothing of a change that was made.
func ending(e plan.JournalEntry) string {
	switch {
	case e.Unsettled():
		return ", may have been made or not"
	case e.Outcome == plan.OutcomeStopped:
		return ", stopped before it was made"
	case e.Outcome == plan.OutcomeFailed:
		return ", failed"
	}
	return ""
}

func (s Screen) entry(e *plan.JournalEntry, width int) (string, []string) {
	t := s.theme
	var lines []string
	add := func(st lipgloss.Style, text string) {
		lines = append(lines, widget.Text(st, t.Clean(text), width)...)
	}
	removed, added := widget.Diff(e.Change)
	for _, line := range removed {
		add(t.Removed, t.Glyphs.Before+" "+line)
	}
	for _, line := range added {
		add(t.Added, t.Glyphs.After+" "+line)
	}
	switch e.Outcome {
	case plan.OutcomeFailed:
		add(t.Warning, "Failed: "+widget.Sentence(e.Detail))
	case plan.OutcomeStopped:
		add(t.Warning, "Stopped: "+widget.Sentence(e.Detail))
	case plan.OutcomeUnknown:
		add(t.Danger, "Not known whether it was made: "+widget.Sentence(e.Detail))
	case plan.OutcomeOpen:
		add(t.Danger, "Never ended: the change is being made, or the program died in it.")
	}
	if n, ok := s.back[e.Seq]; ok {
		add(t.Accent, fmt.Sprintf("Undone by entry %d.", n))
	}
	by := "By " + theme.Escape(e.Actor.Raw()) + ", " + e.At.Format("2006-01-02 15:04:05")
	if e.Change.Reason != "" {
		by += ". " + widget.Sentence(e.Change.Reason)
	}
	add(t.Text, by)
	n, _ := s.plan(e.PlanID)
	add(t.Muted, fmt.Sprintf("Plan: %s (%s, entries: %d), session %s", theme.Escape(e.Plan), widget.Tail(e.PlanID), len(n), widget.Tail(e.Session)))
	return fmt.Sprintf("entry %d %s %s %s", e.Seq, t.Glyphs.Dot, theme.Escape(e.Change.Label.Raw()), e.Change.Words().Sets), lines
}

func (s Screen) hints(x line, width int) string {
	var hints []key.Binding
	ok, _ := canUndo(s)
	if x.cut != nil {
		if ok {
			hints = append(hints, s.hint("resume", "finish it"), s.hint("undo", "undo what was made"))
		}
		return keys.Hints(s.theme, width, hints...)
	}
	if ok {
		hints = append(hints, s.hint("undo", "undo this"))
	}
	if whole, _ := canUndoPlan(s); whole {
		hints = append(hints, s.hint("undo-plan", "undo the whole plan"))
	}
	return keys.Hints(s.theme, width, hints...)
}
