package roles

import (
	"slices"
	"strings"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// rulePicker lists the assertions that are kept with the map, the broken ones
// with why, and edits them.
func (s Screen) rulePicker() widget.Picker {
	r := s.data.Review
	var choices []widget.Choice
	for _, a := range r.World.Assertions {
		c := widget.Choice{ID: a.Text(), Label: model.Untrusted(a.Text()), Note: "holds"}
		if why := a.Broken(r); why != "" {
			c.Note, c.Detail = "! broken", widget.Sentence("broken: "+model.Clean(why))
		}
		choices = append(choices, c)
	}
	return widget.NewPicker(s.theme, widget.Picker{
		Title: "What must stay true about roles", Choices: choices,
		About: []string{"A plan that would break one of these is refused. One that is broken already stops nothing else."},
		Empty: "Nothing has to stay true yet. Such a sentence is: user:alice is admin",
		Verb:  "edit",
		Choose: func(c widget.Choice) (screen.Effect, error) {
			return screen.Want(screen.OpenReq{Overlay: s.rulePrompt(c.ID)}), nil
		},
		Also: []widget.Job{
			{Key: "a", Title: "add", Bare: true, Run: func(widget.Choice) (screen.Effect, error) {
				return screen.Want(screen.OpenReq{Overlay: s.subjectPicker()}), nil
			}},
			{Key: "x", Title: "drop", Run: func(c widget.Choice) (screen.Effect, error) { return preview(plan.Assert(r, c.ID, false)) }},
		},
	}, "")
}

// subjectPicker asks whom a new sentence is about, or takes a whole one.
func (s Screen) subjectPicker() widget.Picker {
	r := s.data.Review
	var choices []widget.Choice
	add := func(a model.Assertion, note string) {
		choices = append(choices, widget.Choice{ID: a.Subject(), Label: model.Untrusted(a.Subject()), Note: note})
	}
	for _, g := range slices.SortedFunc(slices.Values(r.World.Directory.Groups), byName) {
		add(model.Assertion{Group: true, Name: g.Name}, model.Counted(s.tally.people[g.ID], "person", "people"))
	}
	for _, p := range r.Pairs {
		if p.Identity == nil {
			continue
		}
		note := "no role"
		if p.Resolution != nil && p.Resolution.Role != model.RoleNone {
			note = model.Clean(string(p.Resolution.Role))
		}
		add(model.Assertion{Name: p.Identity.Username}, note)
	}
	return widget.NewPicker(s.theme, widget.Picker{
		Title: "Whose role must not change?", Choices: choices, Filter: true,
		About: []string{"A person keeps exactly a role, a group's people get at most one. Or write the sentence: user:alice is admin"},
		Empty: "Authentik has nobody that this token can see.",
		Other: func(typed string) (widget.Choice, bool) {
			a, err := model.ParseAssertion(typed)
			return widget.Choice{ID: newName + typed, Label: model.Untrusted(a.Text()), Note: "keep this sentence"}, err == nil
		},
		Choose: func(c widget.Choice) (screen.Effect, error) {
			if sentence, ok := strings.CutPrefix(c.ID, newName); ok {
				return preview(plan.Assert(r, sentence, true))
			}
			return screen.Want(screen.OpenReq{Overlay: s.ruleRolePicker(c.ID)}), nil
		},
	}, "")
}

// ruleRolePicker asks for the role in a sentence about subject.
func (s Screen) ruleRolePicker(subject string) widget.Picker {
	r := s.data.Review
	build := func(c widget.Choice) (plan.Plan, error) { return plan.Assert(r, subject+c.ID, true) }
	idle := func(c widget.Choice) bool { // at most the highest role rules nothing out
		a, err := model.ParseAssertion(subject + c.ID)
		return err == nil && a.Group && a.Role == model.RoleAdmin
	}
	return widget.NewPicker(s.theme, widget.Picker{
		Title: theme.Escape(subject) + s.theme.Glyphs.Ellipsis, Choices: slices.DeleteFunc(s.roleChoices(model.RoleNone), idle),
		Live:   build,
		Choose: func(c widget.Choice) (screen.Effect, error) { return preview(build(c)) },
	}, "")
}

// rulePrompt asks for a sentence in place of old.
func (s Screen) rulePrompt(old string) widget.Prompt {
	r := s.data.Review
	about := []string{"Write `user:NAME is ROLE` or `group:NAME at most ROLE`. Names are Authentik's."}
	return widget.NewPrompt(s.theme, "Edit the rule", old, about, func(v string) (screen.Effect, error) {
		return preview(plan.Reassert(r, old, v))
	})
}
