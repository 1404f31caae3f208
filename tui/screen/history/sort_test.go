package history_test

import (
	"strings"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// labels are whom or what the lines are about, as they stand.
func labels(d *tuitest.Driver) string {
	var names []string
	for line := range strings.SplitSeq(d.Screen(), "\n") {
		cells := strings.Fields(strings.TrimLeft(line, "▌ "))
		switch {
		case strings.HasPrefix(line, "─"):
			return strings.Join(names, " ")
		case len(cells) > 4 && strings.HasPrefix(cells[1], "2026-"):
			names = append(names, strings.TrimSuffix(cells[4], ","))
		}
	}
	return ""
}

func TestSortByAnyColumn(t *testing.T) {
	t.Parallel()
	d, c := start(t, nil)
	const first = "interrupted grace erin kim bob romm-admins heidi"
	if got := labels(d.Want("when ↓")); got != first {
		t.Fatalf("at first: %s", got)
	}
	for _, step := range []struct {
		place int
		head  string
		want  string
	}{
		{0, "when ↑", "interrupted heidi romm-admins bob kim erin grace"}, // it was in force; what waits to be ended stays on top
		{0, "when ↓", first},
		{1, "who ↑", "interrupted grace kim bob heidi erin romm-admins"}, // each one's newest first
		{1, "who ↓", "interrupted erin romm-admins grace kim bob heidi"},
		{2, "of ↑", "interrupted bob erin grace heidi kim romm-admins"},
		{3, "what ↑", "interrupted romm-admins grace erin kim bob heidi"},
		{4, "from and to ↑", "interrupted erin kim bob romm-admins grace heidi"},
		{5, "by how it ended", "interrupted erin grace kim bob romm-admins heidi"},
		{5, "by how it ended, turned round", "interrupted grace kim bob romm-admins heidi erin"},
	} {
		d.SortBy(step.place).Want(step.head)
		if got := labels(d); got != step.want {
			t.Errorf("%s: %s, want %s", step.head, got, step.want)
		}
	}
	d.SortBy(2).Press("g", "j").WantCursor("bob") // the cursor stays on its line
	d.SortBy(1).WantCursor("bob")
	d.SortBy(0).Press("g").WantCursor("interrupted")
	d.SortBy(0).WantCursor("interrupted").Press("j").WantCursor("heidi")
	entries, cut := tuitest.Past()
	e := entries[0]
	e.Seq, e.Change.Label, e.At = 7, "zoe", tuitest.Now().Add(time.Minute)
	c.Journal(append([]plan.JournalEntry{e}, entries...), cut)
	d.Press("r").WantCursor("heidi").Want("when ↑") // and the order, over a reading
	if got := labels(d); got != "interrupted heidi romm-admins bob kim erin grace zoe" {
		t.Errorf("after a reading: %s", got)
	}
	// A plan is undone whole and newest first, whatever the order.
	d.Press("1", "5").Want("when ↑").Press("/", "person:bob", "enter", "U").Want("2 changes to 2 objects", "- kim@example.org", "- bob@old.example")
}

// Where the newest is not on top, the first line is one like any other when newer
// ones come in.
func TestTheFirstLineStaysWhereTheNewestIsNotOnTop(t *testing.T) {
	t.Parallel()
	d, c := start(t, none)
	d.SortBy(1).Press("g").WantCursor(" ann        grace ")
	entries, _ := tuitest.Past()
	e := entries[0]
	e.Seq, e.Change.Label = 7, "zoe"
	c.Journal(append([]plan.JournalEntry{e}, entries...))
	d.Press("r").WantCursor(" ann        grace ")
	if got := labels(d); got != "zoe grace kim bob heidi erin romm-admins" {
		t.Errorf("after a reading: %s", got)
	}
}
