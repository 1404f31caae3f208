package roles_test

import (
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// groups are the groups of the table as they stand.
func groups(d *tuitest.Driver) string {
	var names []string
	for line := range strings.SplitSeq(d.Screen(), "\n") {
		if len(names) == 0 && !strings.HasPrefix(line, " Authentik group") {
			continue
		}
		if strings.HasPrefix(line, " everybody else") {
			break
		}
		names = append(names, strings.Fields(strings.TrimLeft(line, "▌ "))[0])
	}
	return strings.Join(names[1:], " ")
}

func TestSortByAnyColumn(t *testing.T) {
	t.Parallel()
	d, c := start(t, func(w *model.World) {
		w.Roles.Rows = append([]model.RoleRow{{Group: tuitest.Family, Name: "family", Role: model.RoleUser, Note: "Kin", ChangedBy: "zoe", ChangedAt: tuitest.Now()}}, w.Roles.Rows...)
		w.Pending = []model.PendingRole{
			{Name: "guests", Role: model.RoleAdmin, ChangedBy: "bea", ChangedAt: tuitest.Now().AddDate(0, 0, -1)},
			{Name: "night-shift", Role: model.RoleUser, ChangedBy: "cy", ChangedAt: tuitest.Now().AddDate(0, 0, -2)},
		}
	})
	const first = "romm-admins family romm-users old-guild guests night-shift"
	for _, step := range []struct {
		place int
		head  string
		want  string
	}{
		{0, "role ↑", "family romm-users old-guild romm-admins guests night-shift"}, // it was in force
		{0, "role ↓", first},
		{1, "Authentik group ↑", "family guests night-shift old-guild romm-admins romm-users"},
		{1, "Authentik group ↓", "romm-users romm-admins old-guild night-shift guests family"},
		{2, "people↓", "romm-users romm-admins family old-guild guests night-shift"},
		{2, "people↑", "family romm-admins romm-users old-guild guests night-shift"},
		{3, "changed ↓", "family guests night-shift romm-admins romm-users old-guild"},
		{4, "by ↑", "romm-admins romm-users old-guild guests night-shift family"},
		{5, "note ↑", "night-shift old-guild family guests romm-admins romm-users"}, // to bind, vanished, not published, pending, noted
	} {
		d.SortBy(step.place).Want(step.head)
		if got := groups(d); got != step.want {
			t.Errorf("%s: %s, want %s", step.head, got, step.want)
		}
	}
	d.SortBy(1).Press("g", "j").WantCursor("guests") // the cursor stays on its line
	d.SortBy(1).WantCursor("guests")
	c.Edit(func(w *model.World) {
		w.Directory.Groups = append([]model.Group{{ID: "x", Name: "aaa"}}, w.Directory.Groups...)
		w.Roles = w.Roles.With(model.RoleRow{Group: "x", Name: "aaa", Role: model.RoleUser, ChangedBy: "ann", ChangedAt: tuitest.Now()})
	})
	d.Press("r").WantCursor("guests").Want("Authentik group ↓") // and the order, over a reading
	if got := groups(d); got != "romm-users romm-admins old-guild night-shift guests family aaa" {
		t.Errorf("after a reading: %s", got)
	}
	d.Press("1", "2").Want("Authentik group ↓").Press("/", "romm", "enter")
	if got := groups(d); got != "romm-users romm-admins" {
		t.Errorf("with a filter: %s", got)
	}
}

// Where the column has no room, the tab line says by what the table is sorted.
func TestSortedByWhatIsNotShown(t *testing.T) {
	t.Parallel()
	d := tuitest.New(t, tuitest.NewConsole(tuitest.World()), tuitest.Size(80, 24)).Press("2")
	d.SortBy(3).Want("by changed").WantNot("turned round")
	if got := groups(d); got != "romm-admins romm-users old-guild" {
		t.Errorf("the order is %s", got)
	}
	d.SortBy(3).Want("by changed, turned round")
	d.SortBy(4).Want("by changed by")
	d.SortBy(0).WantNot("by changed").Want("role ↓")
}
