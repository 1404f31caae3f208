package roles

import (
	"fmt"
	"slices"
	"strings"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/screen"
	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// newName marks a choice that was typed instead of picked. No other choice's id
// begins so: those are UUIDs, and sentences about a user or a group.
const newName = "typed:"

// groupPicker offers the groups that have no role yet, after them those that
// have one, and for a name that no group has to keep a role for it.
func (s Screen) groupPicker() widget.Picker {
	groups := slices.SortedFunc(slices.Values(s.data.Review.World.Directory.Groups), byName)
	taken := make(map[string]bool, len(groups))
	var choices, mapped []widget.Choice
	for _, g := range groups {
		taken[g.Name.Raw()] = true
		c := widget.Choice{ID: string(g.ID), Label: g.Name, Note: model.Counted(s.tally.people[g.ID], "person", "people") + " " + widget.Tail(string(g.ID))}
		if row, ok := s.data.Review.World.Roles.Row(g.ID); ok {
			c.Note, c.Off = "has "+model.Clean(string(row.Role))+" "+widget.Tail(string(g.ID)), true
			mapped = append(mapped, c)
			continue
		}
		choices = append(choices, c)
	}
	choices = append(choices, mapped...) // last: they are found, and can be changed here too
	var about []string
	if len(mapped) > 0 && len(mapped) == len(choices) {
		about = []string{"Every group that this token can see has a role already. Type the name of one that does not exist yet."}
	}
	return widget.NewPicker(s.theme, widget.Picker{
		Title: "Which group gets a role?", About: about, Choices: choices, Filter: true,
		Empty: "This token can see no group in Authentik. Type the name of one to keep a role for it.",
		Other: func(typed string) (widget.Choice, bool) {
			return widget.Choice{ID: newName + typed, Label: model.Untrusted(typed), Note: "no such group yet: keep a role"}, !taken[typed]
		},
		Choose: func(c widget.Choice) (screen.Effect, error) {
			target := s.groupTarget(model.GroupID(c.ID), c.Label)
			if name, ok := strings.CutPrefix(c.ID, newName); ok {
				target = s.newGroupTarget(model.Untrusted(name))
			}
			return screen.Want(screen.OpenReq{Overlay: s.rolePicker(target)}), nil
		},
	}, "")
}

// target is what a role is picked for.
type target struct {
	title, about string
	now          model.Role
	plan         func(model.Role) (plan.Plan, error)
}

// groupTarget is a group of Authentik.
func (s Screen) groupTarget(group model.GroupID, name model.Untrusted) target {
	r := s.data.Review
	row, _ := r.World.Roles.Row(group)
	return target{
		title: "Role for the group " + theme.Escape(name.Raw()), now: row.Role,
		about: fmt.Sprintf("It has %s. Of several groups the highest role counts.", model.Counted(s.tally.people[group], "person", "people")),
		plan:  func(role model.Role) (plan.Plan, error) { return plan.RoleRow(r, group, role) },
	}
}

// newGroupTarget is a name that no group has yet.
func (s Screen) newGroupTarget(name model.Untrusted) target {
	r := s.data.Review
	t := target{
		title: "Role to keep for a group named " + theme.Escape(name.Raw()),
		about: "Authentik has no such group. The role grants nothing until there is one and you bind it.",
		plan:  func(role model.Role) (plan.Plan, error) { return plan.PendingRole(r, name, role) },
	}
	for _, p := range r.World.Pending {
		if p.Name == name {
			t.now = p.Role
		}
	}
	return t
}

// rolePicker offers the roles that this RomM knows. The cursor is on the role of
// now, or on the least one: nobody gets everything by pressing enter.
func (s Screen) rolePicker(t target) widget.Picker {
	begin := t.now
	if roles := s.data.Review.World.Settings.Version.Roles(); begin == model.RoleNone {
		begin = roles[len(roles)-1]
	}
	return widget.NewPicker(s.theme, widget.Picker{
		Title: t.title, Choices: s.roleChoices(t.now), About: []string{t.about},
		Live: func(c widget.Choice) (plan.Plan, error) { return t.plan(model.Role(c.ID)) },
		Choose: func(c widget.Choice) (screen.Effect, error) {
			return preview(t.plan(model.Role(c.ID)))
		},
	}, string(begin))
}

func (s Screen) roleChoices(now model.Role) []widget.Choice {
	var out []widget.Choice
	for _, role := range s.data.Review.World.Settings.Version.Roles() {
		note := meaning(role)
		if role == now {
			note = "now"
		}
		out = append(out, widget.Choice{ID: string(role), Label: model.Untrusted(role), Note: note})
	}
	return out
}

// bindPicker offers the groups of one name, distinguished by their ids (S8).
func (s Screen) bindPicker(e entry) widget.Picker {
	r := s.data.Review
	var choices []widget.Choice
	for _, g := range slices.SortedFunc(slices.Values(e.named), byName) {
		choices = append(choices, widget.Choice{
			ID: string(g.ID), Label: g.Name, Note: model.Counted(s.tally.people[g.ID], "person", "people") + ", id " + widget.Tail(string(g.ID)),
		})
	}
	build := func(c widget.Choice) (plan.Plan, error) { return plan.Bind(r, e.name, model.GroupID(c.ID)) }
	return widget.NewPicker(s.theme, widget.Picker{
		Title: "Which group gets the role " + model.Clean(string(e.row.Role)) + "?", Choices: choices,
		About:  []string{"Authentik has several groups of this name. The id is the end of the group's page address there."},
		Live:   build,
		Choose: func(c widget.Choice) (screen.Effect, error) { return preview(build(c)) },
	}, "")
}

// defaultPicker offers the roles for people in none of the groups.
func (s Screen) defaultPicker() widget.Picker {
	r := s.data.Review
	now := r.World.Roles.Default
	none := widget.Choice{ID: string(model.RoleNone), Label: "none", Note: "RomM refuses them"}
	if now == model.RoleNone {
		none.Note = "now"
	}
	build := func(c widget.Choice) (plan.Plan, error) { return plan.DefaultRole(r, model.Role(c.ID)) }
	return widget.NewPicker(s.theme, widget.Picker{
		Title: "Role for everybody else", Choices: append([]widget.Choice{none}, s.roleChoices(now)...),
		About:  []string{"People in none of the groups get it; so does everybody whose groups give less."},
		Live:   build,
		Choose: func(c widget.Choice) (screen.Effect, error) { return preview(build(c)) },
	}, string(now))
}

// preview opens the preview of a plan. An error stays with the dialog.
func preview(p plan.Plan, err error) (screen.Effect, error) {
	if err != nil {
		return screen.Effect{}, err
	}
	return screen.Want(screen.PreviewReq{Plan: p}), nil
}

// meaning says what a role may do in RomM (docs/romm.md 2 Roles).
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
