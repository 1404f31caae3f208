// Package history is the History screen: who changed what and when, from the
// journal, and the plans that take changes back or finish what was cut short.
package history

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// ID is the screen's id and the scope of its actions.
const ID screen.ID = "history"

// headerRows is how many lines stand above the list.
const headerRows = 1

// Screen is the History screen. Make it with [New].
type Screen struct {
	theme   *theme.Theme
	table   []action
	area    screen.Area
	data    screen.DataMsg
	journal screen.JournalMsg

	list   widget.List
	rows   []line
	text   string // the filter in force
	typing bool
	input  widget.Input
}

// line is one line of the list: an interrupted plan or an entry.
type line struct {
	cut   *model.Interruption
	entry *model.JournalEntry
}

// New returns the screen before anything has been read.
func New(t *theme.Theme, k keys.Map) Screen {
	return Screen{theme: t, table: keys.Bind(actions(), k), data: screen.DataMsg{Reading: true}}
}

// ID implements screen.Screen.
func (Screen) ID() screen.ID { return ID }

// Title implements screen.Screen.
func (Screen) Title() string { return "History" }

// Purpose implements screen.Screen.
func (Screen) Purpose() string { return "show who changed what, and take it back" }

// Status implements screen.Screen.
func (s Screen) Status() string {
	var parts []string
	if n := len(s.journal.Interrupted); n > 0 {
		parts = append(parts, fmt.Sprintf("%d interrupted", n))
	}
	if s.text != "" {
		parts = append(parts, fmt.Sprintf("%d of %d match %q", len(s.rows), len(s.journal.Entries)+len(s.journal.Interrupted), s.theme.Clean(s.text)))
	}
	return strings.Join(parts, ", ")
}

// Capturing implements screen.Screen.
func (s Screen) Capturing() bool { return s.typing }

// Actions implements screen.Screen.
func (s Screen) Actions() []keys.Item { return keys.Items(ID, s.table, s) }

// Invoke implements screen.Screen.
func (s Screen) Invoke(id string) (screen.Screen, screen.Effect, string) {
	next, effect, _, reason := keys.Invoke(s.table, s, id)
	return next, effect, reason
}

// key is what to press for an action.
func (s Screen) key(id string) string { return keys.Name(s.theme, keys.KeyOf(s.table, "history."+id)) }

// Update implements screen.Screen.
func (s Screen) Update(msg tea.Msg) (screen.Screen, screen.Effect) {
	switch msg := msg.(type) {
	case screen.AreaMsg:
		s.area = msg.Area
		s.list = s.list.Resize(s.layout().rows)
	case screen.DataMsg:
		s.data = msg
	case screen.JournalMsg:
		return s.known(msg), screen.Effect{}
	case tea.PasteMsg:
		if s.typing {
			return s.edit(msg), screen.Effect{}
		}
	case screen.PointMsg:
		s.list = s.list.Point(msg.Y - headerRows)
	case screen.WheelMsg:
		s.list = s.list.Move(msg.Rows)
	case tea.KeyPressMsg:
		if s.typing {
			return s.typed(msg), screen.Effect{}
		}
		next, effect, found, reason := keys.Dispatch(s.table, s, msg.String())
		if found && reason != "" {
			return s, screen.Want(screen.ToastReq{Toast: screen.Toast{Text: reason}})
		}
		return next, effect
	}
	return s, screen.Effect{}
}

// known takes a newer journal; the cursor stays on the same line.
func (s Screen) known(msg screen.JournalMsg) Screen {
	old, had := s.selected()
	if msg.Err != nil { // what was read stays
		s.journal.Err = msg.Err
		return s
	}
	s.journal = msg
	s = s.refilter()
	for i, row := range s.rows {
		if had && row.same(old) {
			s.list = s.list.Goto(i)
		}
	}
	return s
}

func (l line) same(o line) bool {
	if l.cut != nil || o.cut != nil {
		return l.cut != nil && o.cut != nil && l.cut.PlanID == o.cut.PlanID
	}
	return l.entry.Seq == o.entry.Seq
}

func (s Screen) selected() (line, bool) {
	if len(s.rows) == 0 {
		return line{}, false
	}
	return s.rows[s.list.Cursor()], true
}

// typed takes a key press while the filter is being typed.
func (s Screen) typed(msg tea.KeyPressMsg) Screen {
	switch msg.String() {
	case "esc":
		return s.clear()
	case "enter":
		s.typing = false
		return s
	case "up":
		s.list = s.list.Move(-1)
		return s
	case "down":
		s.list = s.list.Move(1)
		return s
	}
	return s.edit(msg)
}

func (s Screen) edit(msg tea.Msg) Screen {
	s.input = s.input.Update(msg)
	if text := s.input.Value(); text != s.text {
		s.text = text
		s = s.refilter()
		s.list = s.list.Goto(0)
	}
	return s
}

func (s Screen) clear() Screen {
	s.text, s.typing = "", false
	s = s.refilter()
	s.list = s.list.Goto(0)
	return s
}

// refilter lists the interrupted plans, then the entries, that have all words.
func (s Screen) refilter() Screen {
	words := strings.Fields(strings.ToLower(s.text))
	s.rows = nil
	for i := range s.journal.Interrupted {
		if c := &s.journal.Interrupted[i]; matches(words, cutText(c)) {
			s.rows = append(s.rows, line{cut: c})
		}
	}
	for i := range s.journal.Entries {
		if e := &s.journal.Entries[i]; matches(words, entryText(e)) {
			s.rows = append(s.rows, line{entry: e})
		}
	}
	s.list = s.list.Fill(len(s.rows))
	return s
}

// searchable is the text of a line by the facet that asks for it.
type searchable struct{ actor, person, plan, outcome, rest string }

func cutText(c *model.Interruption) searchable {
	return searchable{actor: c.Actor.Raw(), plan: c.Title + " " + c.PlanID, outcome: "interrupted"}
}

func entryText(e *model.JournalEntry) searchable {
	return searchable{
		actor: e.Actor.Raw(), person: e.Change.Label.Raw(), plan: e.Plan + " " + e.PlanID, outcome: e.Outcome,
		rest: widget.Noun(e.Change) + "\n" + e.Change.Before.Raw() + "\n" + e.Change.After.Raw() + "\n" + e.At.Format("2006-01-02 15:04"),
	}
}

// matches reports whether every word is in the text; actor:, person:, plan:
// and is: look in one field, a leading ! turns a word round.
func matches(words []string, x searchable) bool {
	for _, w := range words {
		w, not := strings.CutPrefix(w, "!")
		if w == "" {
			continue
		}
		in := strings.Join([]string{x.actor, x.person, x.plan, x.outcome, x.rest}, "\n")
		if name, value, ok := strings.Cut(w, ":"); ok {
			field, known := map[string]string{"actor": x.actor, "person": x.person, "plan": x.plan, "is": x.outcome}[name]
			if known {
				w, in = value, field
			}
		}
		if strings.Contains(strings.ToLower(in), w) == not {
			return false
		}
	}
	return true
}
