package widget_test

import (
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// Every kind of change tells an absent value in words.
func TestAbsentValues(t *testing.T) {
	t.Parallel()
	for _, kind := range plan.Kinds() {
		c := plan.Change{Kind: kind, Object: "x", Label: "bob"}
		if removed, added := widget.Diff(c); len(removed) != 1 || len(added) != 1 || removed[0] == "" || removed[0] == "nothing" {
			t.Errorf("%s: an absent value is %q and %q", kind, removed, added)
		}
	}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		change         plan.Change
		removed, added string
	}{
		{plan.Change{Kind: plan.ChangeLocalEmail, Before: "a@x.org", After: "b@х.org"}, "a@x.org", `b@\u0445.org`},
		{plan.Change{Kind: plan.ChangeLocalEnabled, Before: "true", After: "false"}, "enabled", "disabled"},
		{plan.Change{Kind: plan.ChangePin, After: "7"}, "not pinned", "RomM account with id 7"},
		{plan.Change{Kind: plan.ChangeRoleRow, Before: "user"}, "user", "no role"},
	} {
		removed, added := widget.Diff(tc.change)
		if got := strings.Join(removed, "|"); got != tc.removed {
			t.Errorf("%s takes %q away, want %q", tc.change.Kind, got, tc.removed)
		}
		if got := strings.Join(added, "|"); got != tc.added {
			t.Errorf("%s puts %q, want %q", tc.change.Kind, got, tc.added)
		}
	}
}
