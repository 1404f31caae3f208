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
	return append(out, moves()...)
}

func moves() []action {
	move := func(id, help string, f func(widget.List) widget.List, names ...string) action {
		return action{
			Info: keys.Info{ID: "roles." + id, Title: id, Help: help, Keys: names},
			Run: func(s Screen) (Screen, screen.Effect) {
				s.list = f(s.list)
				return s, screen.Effect{}
			},
		}
	}
	return []action{
		move("down", "next group", func(l widget.List) widget.List { return l.Move(1) }, "down", "j"),
		move("up", "previous group", func(l widget.List) widget.List { return l.Move(-1) }, "up", "k"),
		move("page-down", "one page down", func(l widget.List) widget.List { return l.Page(1) }, "pgdown", "ctrl+d"),
		move("page-up", "one page up", func(l widget.List) widget.List { return l.Page(-1) }, "pgup", "ctrl+u"),
		move("top", "first group", func(l widget.List) widget.List { return l.Goto(0) }, "home", "g"),
		move("bottom", "last group", func(l widget.List) widget.List { return l.Goto(l.Len() - 1) }, "end", "G"),
	}
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
		Choose: func(c widget.Choice) (screen.Effect, error) {
			return preview(r, group, model.Role(c.ID))
		},
	}, string(now))
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
