package tui_test

import (
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// token is one that lacks something, may something, and of which something is
// not known.
func token() model.Access {
	return model.Access{
		Version: "2026.5.3", Owner: "svc-romm\x1b[2J", Superuser: true,
		Abilities: []model.Ability{
			{Permission: "authentik_core.view_user", Needs: "reading people, which everything needs", State: model.AbilityYes},
			{Permission: "authentik_events.view_event", Needs: "seeing what happened at past logins", State: model.AbilityNo},
			{Permission: "authentik_flows.view_flow", Needs: "setting up the provider", State: model.AbilityUnknown, Why: "there is no such object"},
			{Permission: "authentik_core.add_application", Needs: "setting Authentik up", State: model.AbilityUntried},
			{Permission: "authentik_core.change_application", Needs: "setting Authentik up", State: model.AbilityUntried},
		},
		Warnings: []string{
			"the Authentik token belongs to the superuser svc-romm and may do everything there",
			"an API token of svc-romm expires on 2026-12-01T00:00:00Z",
			"the token lacks authentik_events.view_event, so this is not possible: seeing what happened at past logins",
		},
	}
}

// proves S34: what is not possible with the token stands first, and a
// token that is too powerful is warned of.
func TestWhatTheTokenMayDo(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	c.Allow(token(), nil)
	d.Hold().Press("T").Want("What the Authentik token may do", "Asking Authentik…").Release()
	d.Want("Authentik 2026.5.3 takes the token for svc-romm", "! The Authentik token belongs to the superuser", "expires on 2026-12-01",
		"Not possible with this token:", "  - seeing what happened at past logins", "authentik_events.view_event",
		"Not known whether", "setting up the provider (there is no such object)", "authentik_core.add_application, authentik_core.change_application").
		WantNot("he token lacks", "\x1b")
	if n := strings.Count(d.Screen(), "view_event"); n != 1 || strings.Index(d.Screen(), "view_event") > strings.Index(d.Screen(), "view_user") {
		t.Errorf("what is missing stands there %d times, or not first:\n%s", n, d.Screen())
	}
	d.Press("esc").WantNot("┌").Press(":", "token may do", "enter").Want("takes the token for")
}

func TestTheTokenCannotBeChecked(t *testing.T) {
	t.Parallel()
	d, c := start(t)
	c.Allow(model.Access{}, &model.Error{Code: model.CodeUnauthorized, Msg: "Authentik refuses the token", Hint: "make a new one"})
	d.Press("T").Want("Authentik refuses the token.", "Make a new one.")
	d.Press("esc").Hold().Press("T", "esc", "T")
	c.Allow(token(), nil)
	d.ReleaseNewest().Want("Not possible with this token:")
	c.Allow(model.Access{}, &model.Error{Code: model.CodeUnauthorized, Msg: "too late"})
	d.Release().Want("Not possible with this token:").WantNot("Too late") // the first check is not the one shown
}
