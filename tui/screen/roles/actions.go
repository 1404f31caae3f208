package roles

import (
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/keys"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/widget"
)

type action = keys.Action[Screen, screen.Effect]

// actions is the screen's registry, most useful first.
func actions() []action {
	out := append(rowActions(), mapActions()...)
	out = append(out, widget.SortAction(ID, func(s Screen) widget.Picker { return s.Sort.Picker(s.theme, ID, columns()) }))
	return append(out, moves()...)
}

// rowActions are about one line of the table.
func rowActions() []action {
	return []action{
		{
			Info: keys.Info{
				ID: "roles.add", Title: "add group", Help: "give a role to a group that has none, or keep one for a group that does not exist yet",
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
			Same: func(s Screen) string {
				e, _ := s.Selected()
				if e.kept() {
					return "romm-admin roles set " + e.word() + " ROLE --pending"
				}
				return "romm-admin roles set " + e.word() + " ROLE"
			},
			Run: func(s Screen) (Screen, screen.Effect) {
				e, _ := s.Selected()
				target := s.groupTarget(e.row.Group, e.name)
				if e.kept() {
					target = s.newGroupTarget(e.name)
				}
				return s, screen.Want(screen.OpenReq{Overlay: s.rolePicker(target)})
			},
		},
		{
			Info: keys.Info{
				ID: "roles.bind", Title: "bind", Help: "give the role that is kept for a name to the group that now has it",
				Keys: []string{"b"}, Dangerous: true, Command: "romm-admin roles bind NAME GROUP",
			},
			Enabled: canBind,
			Same: func(s Screen) string {
				e, _ := s.Selected()
				group := "GROUP"
				if len(e.named) == 1 {
					group = string(e.named[0].ID)
				}
				return "romm-admin roles bind " + e.word() + " " + group
			},
			Run: func(s Screen) (Screen, screen.Effect) {
				e, _ := s.Selected()
				if len(e.named) > 1 {
					return s, screen.Want(screen.OpenReq{Overlay: s.bindPicker(e)})
				}
				return s, s.propose(plan.Bind(s.data.Review, e.name, e.named[0].ID))
			},
		},
		{
			Info: keys.Info{
				ID: "roles.remove", Title: "remove", Help: "take the role away from the selected group, or keep it for none any more",
				Keys: []string{"x"}, Dangerous: true, Command: "romm-admin roles unset GROUP",
			},
			Enabled: canRemove,
			Same: func(s Screen) string {
				e, _ := s.Selected()
				return "romm-admin roles unset " + e.word()
			},
			Run: func(s Screen) (Screen, screen.Effect) {
				e, _ := s.Selected()
				if e.kept() {
					return s, s.propose(plan.PendingRole(s.data.Review, e.name, model.RoleNone))
				}
				return s, s.propose(plan.RoleRow(s.data.Review, e.row.Group, model.RoleNone))
			},
		},
		{
			Info:    keys.Info{ID: "roles.details", Title: "details", Help: "read all about the selected row", Keys: []string{"d"}},
			Enabled: selection,
			Run: func(s Screen) (Screen, screen.Effect) {
				return s, screen.Want(screen.OpenReq{Overlay: s.details()})
			},
		},
	}
}

// selection is an action's Enabled that needs a line under the cursor.
func selection(s Screen) (bool, string) {
	_, ok := s.Selected()
	return ok, "no row is selected"
}

// mapActions are about the role map as a whole.
func mapActions() []action {
	return []action{
		{
			Info: keys.Info{
				ID: "roles.default", Title: "default role", Help: "set the role of people in none of these groups",
				Keys: []string{"D"}, Dangerous: true, Footer: 2, Command: "romm-admin roles default ROLE",
			},
			Enabled: writable,
			Run: func(s Screen) (Screen, screen.Effect) {
				return s, screen.Want(screen.OpenReq{Overlay: s.defaultPicker()})
			},
		},
		{
			Info: keys.Info{
				ID: "roles.rules", Title: "must stay true", Help: "see, add, edit and drop what must stay true about roles; plans that break it are refused",
				Keys: []string{"m"}, Dangerous: true, Command: "romm-admin roles assert SENTENCE",
			},
			Enabled: writable,
			Run: func(s Screen) (Screen, screen.Effect) {
				return s, screen.Want(screen.OpenReq{Overlay: s.rulePicker()})
			},
		},
		publishAction(),
		{
			Info: keys.Info{
				ID: "roles.test", Title: "test rules", Help: "type or pick groups and see which role somebody in them gets, and why",
				Keys: []string{"t"}, Footer: 3, Command: "romm-admin roles test GROUP...",
			},
			Enabled: read,
			Run: func(s Screen) (Screen, screen.Effect) {
				return s, screen.Want(screen.OpenReq{Overlay: newTester(s.theme, s.data.Review)})
			},
		},
		{
			Info: keys.Info{
				ID: "roles.filter", Title: "filter", Help: "find rows by words, or by group:, role:, by:, note:, is:pending, is:vanished; ! turns a term round",
				Keys: []string{"/"},
			},
			Enabled: read,
			Run: func(s Screen) (Screen, screen.Effect) {
				s.Filter = s.Filter.Open(s.theme)
				return s, screen.Effect{}
			},
		},
		{
			Info:    keys.Info{ID: "roles.clear-filter", Title: "clear filter", Help: "show all rows again", Keys: []string{"esc"}},
			Enabled: func(s Screen) (bool, string) { return s.Filter.Text() != "", "no filter is set" },
			Run: func(s Screen) (Screen, screen.Effect) {
				s.Lines = s.Filtered(widget.Filter{})
				return s, screen.Effect{}
			},
		},
	}
}

func moves() []action {
	words := widget.MoveWords{Down: "next group", Up: "previous group", Top: "first group", Bottom: "last group"}
	return widget.Moves(ID, words, func(s Screen, f func(widget.List) widget.List) Screen {
		s.List = f(s.List)
		return s
	})
}

func read(s Screen) (bool, string) { return s.data.Review != nil, "nothing has been read yet" }

func writable(s Screen) (bool, string) {
	why := s.data.WriteBlocked()
	return why == "", why
}

func canRemove(s Screen) (bool, string) {
	if ok, why := writable(s); !ok {
		return false, why
	}
	if len(s.All) == 0 {
		return false, "no group has a role yet; add one first"
	}
	return selection(s)
}

func canChange(s Screen) (bool, string) {
	if ok, why := canRemove(s); !ok {
		return false, why
	}
	switch e, _ := s.Selected(); e.state {
	case vanished:
		return false, "the group is gone from Authentik; its row can only be removed"
	case bindable:
		return false, "Authentik has a group of this name now; bind the role to it, or remove the row"
	case bound, pending:
	}
	return true, ""
}

func canBind(s Screen) (bool, string) {
	if ok, why := canRemove(s); !ok {
		return false, why
	}
	switch e, _ := s.Selected(); e.state {
	case bound:
		return false, "the role is bound to its group already"
	case vanished:
		return false, "a group that was made again is another group; add it, and remove this row"
	case pending:
		return false, "Authentik has no group of this name yet"
	case bindable:
	}
	return true, ""
}

// propose opens the preview of a plan, or says why there is none.
func (s Screen) propose(p plan.Plan, err error) screen.Effect {
	if err != nil {
		return screen.Want(screen.ToastReq{Toast: screen.Toast{Level: screen.LevelError, Text: err.Error(), Hint: model.HintOf(err)}})
	}
	return screen.Want(screen.PreviewReq{Plan: p})
}
