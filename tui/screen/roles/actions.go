package roles

import (
	"fmt"
	"slices"
	"strings"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

type action = keys.Action[Screen, screen.Effect]

// actions is the screen's registry, most useful first.
func actions() []action {
	out := []action{
		{
			Info: keys.Info{
				ID: "roles.add", Title: "add group", Help: "give a role to a group that has none",
				Keys: []string{"a"}, Dangerous: true, Footer: 1, Command: "romm-admin roles set GROUP ROLE",
			},
			Enabled: writable,
			Run: func(s Screen) (Screen, screen.Effect) {
				return s, screen.Want(screen.OpenReq{Overlay: s.groupPicker()})
			},
		},
		{
			Info: keys.Info{
				ID: "roles.change", Title: "change role", Help: "give the selected group another role",
				Keys: []string{"enter", "c"}, Dangerous: true, Command: "romm-admin roles set GROUP ROLE",
			},
			Enabled: canChange,
			Run: func(s Screen) (Screen, screen.Effect) {
				row, _ := s.selected()
				return s, screen.Want(screen.OpenReq{Overlay: s.rolePicker(row.Group, row.Name, row.Role)})
			},
		},
		{
			Info: keys.Info{
				ID: "roles.remove", Title: "remove", Help: "take the role away from the selected group",
				Keys: []string{"x"}, Dangerous: true, Command: "romm-admin roles unset GROUP",
			},
			Enabled: canRemove,
			Run: func(s Screen) (Screen, screen.Effect) {
				row, _ := s.selected()
				effect, err := preview(s.data.Review, row.Group, model.RoleNone)
				if err != nil {
					return s, screen.Want(screen.ToastReq{Toast: screen.Toast{
						Level: screen.LevelError, Text: err.Error(), Hint: model.HintOf(err),
					}})
				}
				return s, effect
			},
		},
	}
	out = append(out, action{
		Info: keys.Info{
			ID: "roles.default", Title: "default role", Help: "set the role of people in none of these groups",
			Keys: []string{"D"}, Dangerous: true, Footer: 2, Command: "romm-admin roles default ROLE",
		},
		Enabled: writable,
		Run: func(s Screen) (Screen, screen.Effect) {
			return s, screen.Want(screen.OpenReq{Overlay: s.defaultPicker()})
		},
	}, action{
		Info: keys.Info{
			ID: "roles.rules", Title: "must stay true", Help: "see, add and drop what must stay true about roles; plans that break it are refused",
			Keys: []string{"m"}, Dangerous: true, Command: "romm-admin roles assert SENTENCE",
		},
		Enabled: writable,
		Run: func(s Screen) (Screen, screen.Effect) {
			return s, screen.Want(screen.OpenReq{Overlay: s.rulePicker()})
		},
	}, action{
		Info: keys.Info{
			ID: "roles.test", Title: "test rules", Help: "pick groups and see which role somebody in them gets, and why",
			Keys: []string{"t"}, Footer: 3, Command: "romm-admin roles test GROUP...",
		},
		Enabled: func(s Screen) (bool, string) { return s.data.Review != nil, "nothing has been read yet" },
		Run: func(s Screen) (Screen, screen.Effect) {
			return s, screen.Want(screen.OpenReq{Overlay: newTester(s.theme, s.data.Review)})
		},
	})
	return append(out, moves()...)
}

func moves() []action {
	words := widget.MoveWords{Down: "next group", Up: "previous group", Top: "first group", Bottom: "last group"}
	return widget.Moves(ID, words, func(s Screen, f func(widget.List) widget.List) Screen {
		s.list = f(s.list)
		return s
	})
}

func writable(s Screen) (bool, string) {
	why := s.data.WriteBlocked()
	return why == "", why
}

func canRemove(s Screen) (bool, string) {
	if ok, why := writable(s); !ok {
		return false, why
	}
	_, ok := s.selected()
	return ok, "no group has a role yet; add one first"
}

func canChange(s Screen) (bool, string) {
	if ok, why := canRemove(s); !ok {
		return false, why
	}
	row, _ := s.selected()
	_, visible := s.tally.groups[row.Group]
	return visible, "the group is gone from Authentik; its row can only be removed"
}

func preview(r *model.Review, group model.GroupID, role model.Role) (screen.Effect, error) {
	plan, err := r.PlanRoleRow(group, role)
	if err != nil {
		return screen.Effect{}, err
	}
	return screen.Want(screen.PreviewReq{Plan: plan}), nil
}

// groupPicker offers the groups that have no role yet.
func (s Screen) groupPicker() widget.Picker {
	var choices []widget.Choice
	for _, g := range s.data.Review.World.Directory.Groups {
		if _, mapped := s.data.Review.World.Roles.Row(g.ID); mapped {
			continue
		}
		choices = append(choices, widget.Choice{
			ID: string(g.ID), Label: g.Name, Note: people(s.tally.people[g.ID]) + " " + widget.Tail(string(g.ID)),
		})
	}
	slices.SortStableFunc(choices, func(a, b widget.Choice) int {
		return strings.Compare(strings.ToLower(a.Label.Raw()), strings.ToLower(b.Label.Raw()))
	})
	return widget.NewPicker(s.theme, widget.Picker{
		Title: "Which group gets a role?", Choices: choices, Filter: true,
		Empty: "Every group that this token can see has a role already.",
		Choose: func(c widget.Choice) (screen.Effect, error) {
			next := s.rolePicker(model.GroupID(c.ID), c.Label, model.RoleNone)
			return screen.Want(screen.OpenReq{Overlay: next}), nil
		},
	}, "")
}

// rolePicker offers the roles that this RomM knows.
func (s Screen) rolePicker(group model.GroupID, name model.Untrusted, now model.Role) widget.Picker {
	r := s.data.Review
	var choices []widget.Choice
	for _, role := range r.World.Settings.Version.Roles() {
		note := meaning(role)
		if role == now {
			note = "now"
		}
		choices = append(choices, widget.Choice{ID: string(role), Label: model.Untrusted(role), Note: note})
	}
	return widget.NewPicker(s.theme, widget.Picker{
		Title: "Role for the group " + theme.Escape(name.Raw()), Choices: choices,
		About: []string{fmt.Sprintf("It has %s. Of several groups the highest role counts.", people(s.tally.people[group]))},
		Live:  func(c widget.Choice) (model.Plan, error) { return r.PlanRoleRow(group, model.Role(c.ID)) },
		Choose: func(c widget.Choice) (screen.Effect, error) {
			return preview(r, group, model.Role(c.ID))
		},
	}, string(now))
}

// defaultPicker offers the roles for people in none of the groups.
func (s Screen) defaultPicker() widget.Picker {
	r := s.data.Review
	now := r.World.Roles.Default
	choices := []widget.Choice{{ID: string(model.RoleNone), Label: "none", Note: "RomM refuses them"}}
	for _, role := range r.World.Settings.Version.Roles() {
		choices = append(choices, widget.Choice{ID: string(role), Label: model.Untrusted(role), Note: meaning(role)})
	}
	for i := range choices {
		if model.Role(choices[i].ID) == now {
			choices[i].Note = "now"
		}
	}
	return widget.NewPicker(s.theme, widget.Picker{
		Title: "Role for everybody else", Choices: choices,
		About: []string{"Whoever is in none of the groups gets it; so does everybody whose groups give less."},
		Live:  func(c widget.Choice) (model.Plan, error) { return r.PlanDefaultRole(model.Role(c.ID)) },
		Choose: func(c widget.Choice) (screen.Effect, error) {
			p, err := r.PlanDefaultRole(model.Role(c.ID))
			if err != nil {
				return screen.Effect{}, err
			}
			return screen.Want(screen.PreviewReq{Plan: p}), nil
		},
	}, string(now))
}

// rulePicker lists the assertions that are kept with the map; choosing one
// drops it, the first line adds one.
func (s Screen) rulePicker() widget.Picker {
	r := s.data.Review
	choices := []widget.Choice{{Label: "add one", Note: "such as: user:alice is admin"}}
	for _, a := range r.World.Assertions {
		note := "holds; enter drops it"
		if why := a.Broken(r); why != "" {
			note = "broken: " + model.Clean(why)
		}
		choices = append(choices, widget.Choice{ID: a.Text(), Label: model.Untrusted(a.Text()), Note: note})
	}
	return widget.NewPicker(s.theme, widget.Picker{
		Title: "What must stay true about roles", Choices: choices,
		About: []string{"A plan that would break one of these is refused."},
		Choose: func(c widget.Choice) (screen.Effect, error) {
			if c.ID == "" {
				return screen.Want(screen.OpenReq{Overlay: rulePrompt(s.theme, r)}), nil
			}
			p, err := r.PlanAssert(c.ID, false)
			if err != nil {
				return screen.Effect{}, err
			}
			return screen.Want(screen.PreviewReq{Plan: p}), nil
		},
	}, "")
}

func rulePrompt(t *theme.Theme, r *model.Review) widget.Prompt {
	about := []string{"Write `user:NAME is ROLE` or `group:NAME at most ROLE`. Names are Authentik's."}
	return widget.NewPrompt(t, "A new rule", "user:", about, func(v string) (screen.Effect, error) {
		p, err := r.PlanAssert(v, true)
		if err != nil {
			return screen.Effect{}, err
		}
		return screen.Want(screen.PreviewReq{Plan: p}), nil
	})
}

// meaning says what a role may do in RomM (reference/romm.md 2, Roles).
func meaning(r model.Role) string {
	switch r {
	case model.RoleAdmin:
		return "everything, users included"
	case model.RoleEditor:
		return "may change the library"
	case model.RoleUser:
		return "what RomM lets users do"
	case model.RoleViewer:
		return "may look and play"
	case model.RoleNone:
	}
	return ""
}

func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}
