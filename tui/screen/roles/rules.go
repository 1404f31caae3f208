package roles

import (
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/screen"
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
				return screen.Want(screen.OpenReq{Overlay: s.rulePrompt("")}), nil
			}},
			{Key: "x", Title: "drop", Run: func(c widget.Choice) (screen.Effect, error) { return preview(r.PlanAssert(c.ID, false)) }},
		},
	}, "")
}

// rulePrompt asks for a sentence in place of old, or for a new one if old is
// "".
func (s Screen) rulePrompt(old string) widget.Prompt {
	r := s.data.Review
	about := []string{"Write `user:NAME is ROLE` or `group:NAME at most ROLE`. Names are Authentik's."}
	if old == "" {
		return widget.NewPrompt(s.theme, "A new rule", "user:", about, func(v string) (screen.Effect, error) {
			return preview(r.PlanAssert(v, true))
		})
	}
	return widget.NewPrompt(s.theme, "Edit the rule", old, about, func(v string) (screen.Effect, error) {
		return preview(r.PlanReassert(old, v))
	})
}
