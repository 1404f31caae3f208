// Package history is the History screen: who changed what and when, from the
// journal, and the plans that undo changes or finish what was cut short.
package history

import (
	"fmt"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// ID is the screen's id and the scope of its actions.
const ID screen.ID = "history"

// Screen is the History screen. Make it with [New].
type Screen struct {
	screen.Base
	theme   *theme.Theme
	table   screen.Table[Screen]
	area    screen.Area
	data    screen.DataMsg
	journal screen.JournalMsg

	widget.Lines[line]
	widest widest // of all lines
	// back is the entry that set back what another one had changed, by number.
	back map[int64]int64
}

// line is one line of the list: an interrupted plan or an entry.
type line struct {
	cut   *plan.Interruption
	entry *plan.JournalEntry
}

// New returns the screen before anything has been read.
func New(t *theme.Theme, k keys.Map) Screen {
	return Screen{
		Base:  screen.Base{Scope: ID, Tab: "History", About: "show who changed what, and when"},
		theme: t, table: keys.Bind(actions(), k), data: screen.DataMsg{Reading: true},
		Lines: widget.Lines[line]{Listed: widget.Listed{Sort: columns()[0].First()}},
	}
}

// Status implements screen.Screen.
func (s Screen) Status() string {
	var parts []string
	if s.journal.Read && s.journal.Err != nil {
		parts = append(parts, "journal not read again")
	}
	if n := len(s.journal.Interrupted); n > 0 {
		parts = append(parts, fmt.Sprintf("%d interrupted", n))
	}
	if len(s.journal.Entries) >= screen.JournalLimit {
		parts = append(parts, fmt.Sprintf("newest %d entries", len(s.journal.Entries)))
	}
	if l := s.layout(); !l.headed(s.Sort.By) {
		parts = append(parts, s.Sort.Summary(columns()))
	}
	if told := s.Summary(s.theme); told != "" {
		parts = append(parts, told)
	}
	return strings.Join(parts, ", ")
}

// Actions implements screen.Screen.
func (s Screen) Actions() []keys.Item { return s.table.Items(s) }

// Invoke implements screen.Screen.
func (s Screen) Invoke(id string) (screen.Screen, screen.Effect, string) {
	return s.table.Invoke(s, id)
}

// key is what to press for an action.
func (s Screen) key(id string) string { return s.table.Key(s.theme, "history."+id) }

// hint is the same with what it does, for a line of hints.
func (s Screen) hint(id, does string) key.Binding { return s.table.Hint(s.theme, "history."+id, does) }

// Update implements screen.Screen.
func (s Screen) Update(msg tea.Msg) (screen.Screen, screen.Effect) {
	next, effect := s.update(msg)
	now := next.(Screen)
	lines, wants := now.Follow(s.Lines, msg, s.pane)
	now.Lines, effect.Intents = lines, append(effect.Intents, wants.Intents...)
	return now, effect
}

func (s Screen) update(msg tea.Msg) (screen.Screen, screen.Effect) {
	switch msg := msg.(type) {
	case screen.AreaMsg:
		s.area = msg.Area
		s.List = s.List.Resize(s.layout().rows)
	case screen.DataMsg:
		s.data = msg
	case screen.JournalMsg:
		return s.known(msg), screen.Effect{}
	case widget.SortMsg:
		s.Sort = s.Sort.Turn(columns(), msg.By)
		return s.ordered(), screen.Effect{}
	case tea.KeyPressMsg:
		if !s.Capturing() {
			return s.table.Press(s, msg)
		}
	}
	s.Lines = s.Lines.Update(msg)
	return s, screen.Effect{}
}

// known takes a newer journal. The cursor stays on the same line; where the
// newest are on top, it stays on the newest.
func (s Screen) known(msg screen.JournalMsg) Screen {
	if msg.Err != nil { // what was read stays
		s.journal.Err = msg.Err
		return s
	}
	s.journal = msg
	if s.List.Cursor() == 0 && s.Sort == columns()[0].First() {
		s.Shown = nil // no line to stay on
	}
	return s.ordered()
}

// ordered puts the lines in order; the cursor stays on its own. Plans that were
// cut short wait for somebody to end them, so they are above all changes in
// every order.
func (s Screen) ordered() Screen {
	entries := make([]line, len(s.journal.Entries))
	for i := range s.journal.Entries {
		entries[i].entry = &s.journal.Entries[i]
	}
	s.All = make([]line, len(s.journal.Interrupted), len(s.journal.Interrupted)+len(entries))
	for i := range s.journal.Interrupted {
		s.All[i].cut = &s.journal.Interrupted[i]
	}
	s.All = append(s.All, widget.Sorted(s.Sort, entries, s.sortKey)...)
	s.widest, s.back = s.measure(), undoneBy(s.journal.Entries)
	s.Lines = s.Narrow(s.List.Cursor())
	return s
}

// undoneBy finds, for entries that come newest first, the later one that undid
// each; see Screen.
func undoneBy(entries []plan.JournalEntry) map[int64]int64 {
	type step struct {
		kind          plan.ChangeKind
		object        string
		before, after model.Untrusted
	}
	out, later := map[int64]int64{}, map[step]int64{}
	for _, e := range entries {
		if e.Outcome != plan.OutcomeDone {
			continue
		}
		c := e.Change
		if by, ok := later[step{c.Kind, c.Object, c.After, c.Before}]; ok {
			out[e.Seq] = by
		}
		later[step{c.Kind, c.Object, c.Before, c.After}] = e.Seq
	}
	return out
}

// Same implements [widget.Line].
func (l line) Same(o line) bool {
	if l.cut != nil || o.cut != nil {
		return l.cut != nil && o.cut != nil && l.cut.PlanID == o.cut.PlanID
	}
	return l.entry.Seq == o.entry.Seq
}

// Fields implements [widget.Line].
func (l line) Fields() map[string]string {
	if c := l.cut; c != nil {
		people := make([]string, 0, c.Total())
		for _, change := range c.Changes {
			people = append(people, change.Label.Raw())
		}
		for _, e := range c.Entries {
			people = append(people, e.Change.Label.Raw())
		}
		return map[string]string{
			"actor": c.Actor.Raw(), "person": strings.Join(people, "\n"), "plan": c.Title + "\n" + c.PlanID, "is": "interrupted",
			"at": c.At.Format("2006-01-02 15:04"),
		}
	}
	e := l.entry
	return map[string]string{
		"actor": e.Actor.Raw(), "person": e.Change.Label.Raw(), "plan": e.Plan + "\n" + e.PlanID, "is": e.Outcome,
		"what": e.Change.Words().Sets, "at": e.At.Format("2006-01-02 15:04"), "value": e.Change.Before.Raw() + "\n" + e.Change.After.Raw(),
	}
}
