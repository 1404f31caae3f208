package users

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// filter narrows the list to the people whose text contains what was typed.
type filter struct {
	text   string // in force now; "" shows everybody
	typing bool
	input  widget.Input
	shown  []int    // indexes of Review.Pairs; meaningless without text
	index  []string // what is searched, by pair; built when first needed
}

// at returns the index of the pair in that row.
func (f filter) at(row int) int {
	if f.text == "" {
		return row
	}
	return f.shown[row]
}

// typed takes a key press while the filter is being typed.
func (s Screen) typed(msg tea.KeyPressMsg) Screen {
	switch msg.String() {
	case "esc":
		return s.clear()
	case "enter":
		s.filter.typing = false
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

// edit passes a key press or a paste to the input and filters anew.
func (s Screen) edit(msg tea.Msg) Screen {
	s.filter.input = s.filter.input.Update(msg)
	if text := s.filter.input.Value(); text != s.filter.text {
		s.filter.text = text
		s = s.refilter()
		s.list = s.list.Goto(0)
	}
	return s
}

// clear drops the filter and keeps the cursor on the same person.
func (s Screen) clear() Screen {
	row := 0
	if s.list.Len() > 0 {
		row = s.filter.at(s.list.Cursor())
	}
	s.filter.text, s.filter.typing = "", false
	s = s.refilter()
	s.list = s.list.Goto(row)
	return s
}

// refilter applies the filter to the review.
func (s Screen) refilter() Screen {
	if s.data.Review == nil {
		return s
	}
	pairs := s.data.Review.Pairs
	if s.filter.text == "" {
		s.filter.shown = nil
		s.list = s.list.Fill(len(pairs))
		return s
	}
	if s.filter.index == nil {
		s.filter.index = index(pairs)
	}
	want := strings.ToLower(s.filter.text)
	shown := make([]int, 0, len(pairs))
	for i, text := range s.filter.index {
		if strings.Contains(text, want) {
			shown = append(shown, i)
		}
	}
	s.filter.shown = shown
	s.list = s.list.Fill(len(shown))
	return s
}

// index returns the text that a person is found by: usernames, names,
// addresses, roles, and the findings by name and word, each on its own line so
// that no match spans two of them.
func index(pairs []model.Pair) []string {
	out := make([]string, len(pairs))
	var b strings.Builder
	add := func(text string) {
		b.WriteString(text)
		b.WriteByte('\n')
	}
	for i, p := range pairs {
		b.Reset()
		if u := p.Local; u != nil {
			add(u.Username.Raw())
			add(u.Email.Raw())
			add(string(u.Role))
		}
		if id := p.Identity; id != nil {
			add(id.Username.Raw())
			add(id.Name.Raw())
			add(id.Email.Raw())
		}
		if p.Verdict != nil && p.Verdict.OK() {
			add(string(p.Verdict.RoleAfter))
		}
		for _, f := range p.Findings {
			add(string(f.Kind))
			add(theme.MarkOf(f.Kind).Word)
		}
		out[i] = strings.ToLower(b.String())
	}
	return out
}
