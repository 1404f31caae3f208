package widget_test

import (
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/tui/widget"
)

// Every kind of change is told in words, and a missing value too.
func TestEveryKindOfChangeHasWords(t *testing.T) {
	t.Parallel()
	for _, kind := range []plan.ChangeKind{
		plan.ChangeLocalEmail, plan.ChangeLocalEnabled, plan.ChangeLocalRole, plan.ChangeLocalAccount, plan.ChangeIDPEmail, plan.ChangeTrustedEmail,
		plan.ChangeRoleRow, plan.ChangeDefaultRole, plan.ChangePin, plan.ChangeAssertion, plan.ChangePendingRole,
		plan.ChangeScopeMapping, plan.ChangeProvider, plan.ChangeApplication, plan.ChangeBinding, plan.ChangeRestore,
	} {
		c := plan.Change{Kind: kind, Object: "x", Label: "bob"}
		if got := widget.Noun(c); got == "" || strings.HasPrefix(got, "the ") || strings.Contains(got, "-") && got != "RomM e-mail" && got != "Authentik e-mail" {
			t.Errorf("%s is called %q", kind, got)
		}
		if removed, added := widget.Diff(c); len(removed) != 1 || len(added) != 1 || removed[0] == "" || removed[0] == "nothing" {
			t.Errorf("%s: an absent value is %q and %q", kind, removed, added)
		}
	}
	if got := widget.Noun(plan.Change{Kind: "later-kind\x1b[2J"}); got != `the later-kind\x1b[2J` {
		t.Errorf("an unknown kind is called %q", got)
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
