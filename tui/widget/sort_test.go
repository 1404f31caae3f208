package widget_test

import (
	"slices"
	"testing"

	"github.com/romm-admin/romm-admin/tui/theme"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// What is equal keeps its order, and what has nothing there stays last, both
// ways round.
func TestSortedRows(t *testing.T) {
	t.Parallel()
	keys := []widget.Key{
		widget.TextKey("b"), {None: true}, widget.TextKey("A"), {Number: -1, Text: "z"}, widget.TextKey("a"), widget.TextKey(""), widget.TextKey("B"),
	}
	for falling, want := range map[bool][]int{false: {3, 2, 4, 0, 6, 1, 5}, true: {0, 6, 2, 4, 3, 1, 5}} {
		if got := (widget.Order{Falling: falling}).Rows(keys); !slices.Equal(got, want) {
			t.Errorf("falling %v: %v, want %v", falling, got, want)
		}
		many := make([]widget.Key, 200)
		for i := range many {
			many[i].Number = int64(i % 2)
		}
		got := (widget.Order{Falling: falling}).Rows(many)
		if !slices.IsSorted(got[:100]) || !slices.IsSorted(got[100:]) {
			t.Errorf("falling %v: equal rows change places: %v", falling, got)
		}
	}
}

func TestOrdersTurnRound(t *testing.T) {
	t.Parallel()
	columns := []widget.Column{{ID: "when", Label: "when", Falling: true}, {ID: "who", Label: "who"}}
	o := columns[0].First()
	for _, step := range []struct {
		choose string
		want   widget.Order
		told   string
	}{
		{"when", widget.Order{By: "when"}, "by when, turned round"},
		{"when", widget.Order{By: "when", Falling: true}, "by when"},
		{"who", widget.Order{By: "who"}, "by who"},
		{"who", widget.Order{By: "who", Falling: true}, "by who, turned round"},
		{"when", widget.Order{By: "when", Falling: true}, "by when"},
		{"nothing", widget.Order{By: "when", Falling: true}, "by when"},
	} {
		if o = o.Turn(columns, step.choose); o != step.want || o.Summary(columns) != step.told {
			t.Errorf("%s: %+v %q", step.choose, o, o.Summary(columns))
		}
	}
}

func TestTheHeadingThatSortsHasItsSign(t *testing.T) {
	t.Parallel()
	th := theme.New(theme.Options{})
	o := widget.Order{By: "x", Falling: true}
	head := func(o widget.Order, by string, width int) string {
		return widget.Strip(o.Heads(th, width, nil, widget.Head{Text: "name", By: by, Width: width}))
	}
	for width, want := range map[int]string{0: "", 1: "↓", 3: "na↓", 5: "name↓", 6: "name ↓", 60: "name ↓"} {
		if got := head(o, "x", width); got != want {
			t.Errorf("width %d: %q, want %q", width, got, want)
		}
	}
	if got := head(widget.Order{By: "x"}, "x", 9); got != "name ↑" {
		t.Errorf("rising: %q", got)
	}
	if got := head(o, "y", 9); got != "name" {
		t.Errorf("another column: %q", got)
	}
}
