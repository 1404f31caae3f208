package roles

import (
	"slices"
	"strings"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/theme"
)

// state says whether Authentik has the group of a line.
type state int

const (
	bound    state = iota // its group is there
	vanished              // its group is gone
	pending               // it waits for a group of that name
	bindable              // it waits, and there is such a group now
)

// entry is one line of the table: a row of the role map, or a role that is kept
// for a group that does not exist yet.
type entry struct {
	state state
	row   model.RoleRow // of a pending one: without a group
	name  model.Untrusted
	// named are the groups of exactly that name other than its own: those that a
	// pending role can be bound to, or the namesakes of a vanished group.
	named []model.Group
}

// kept reports whether the line is a role without a group.
func (e entry) kept() bool { return e.state == pending || e.state == bindable }

// word is the name for a shell; a bound row whose name cannot be shown goes by
// the group's id.
func (e entry) word() string {
	if e.kept() {
		return model.ShellWord(e.name, "")
	}
	return model.ShellWord(e.name, string(e.row.Group))
}

// Same implements [widget.Line]: both are about the same group or kept name.
func (e entry) Same(o entry) bool {
	if e.kept() || o.kept() {
		return e.kept() && o.kept() && e.name == o.name
	}
	return e.row.Group == o.row.Group
}

// Fields implements [widget.Line].
func (e entry) Fields() map[string]string {
	is := map[state]string{vanished: "vanished", pending: "pending", bindable: "pending bindable"}[e.state]
	return map[string]string{
		"group": e.name.Raw(), "role": string(e.row.Role), "is": is, "by": e.row.ChangedBy.Raw(), "note": e.row.Note.Raw(),
	}
}

// entries lists the rows of the map in its order, then the roles that are kept.
func entries(r *model.Review, groups map[model.GroupID]model.Group) []entry {
	w := r.World
	named := map[model.Untrusted][]model.Group{}
	for _, g := range w.Directory.Groups {
		named[g.Name] = append(named[g.Name], g)
	}
	out := make([]entry, 0, len(w.Roles.Rows)+len(w.Pending))
	for _, row := range w.Roles.Rows {
		e := entry{row: row, name: row.Name}
		if g, visible := groups[row.Group]; visible {
			e.name = g.Name
		} else {
			e.state, e.named = vanished, named[row.Name]
		}
		out = append(out, e)
	}
	for _, p := range w.Pending {
		e := entry{
			state: pending, name: p.Name, named: r.Bindable(p),
			row: model.RoleRow{Name: p.Name, Role: p.Role, ChangedBy: p.ChangedBy, ChangedAt: p.ChangedAt},
		}
		if len(e.named) > 0 {
			e.state = bindable
		}
		out = append(out, e)
	}
	return out
}

// tally counts people once per review.
type tally struct {
	groups  map[model.GroupID]model.Group
	people  map[model.GroupID]int      // in the group, direct or inherited
	decides map[model.GroupID][]string // whose role it decides
}

func count(r *model.Review) tally {
	dir := r.World.Directory
	t := tally{
		groups:  make(map[model.GroupID]model.Group, len(dir.Groups)),
		people:  model.NewMemberships(dir.Groups).Count(dir.Identities),
		decides: map[model.GroupID][]string{},
	}
	for _, g := range dir.Groups {
		t.groups[g.ID] = g
	}
	for _, p := range r.Pairs {
		if p.Resolution == nil {
			continue
		}
		if row := p.Resolution.Source(); row != nil {
			t.decides[row.Group] = append(t.decides[row.Group], theme.Escape(p.Username().Raw()))
		}
	}
	for _, names := range t.decides {
		slices.Sort(names)
	}
	return t
}

// byName orders groups for people, those of one name by id.
func byName(a, b model.Group) int {
	if c := strings.Compare(strings.ToLower(a.Name.Raw()), strings.ToLower(b.Name.Raw())); c != 0 {
		return c
	}
	return strings.Compare(string(a.ID), string(b.ID))
}
