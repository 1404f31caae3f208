package plan

import (
	"strings"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// TestCheckBindings: who may use the application, by which rule of this Authentik,
// and until when.
func TestCheckBindings(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	two := []model.Binding{{Application: "romm", Group: gAdmins}, {Application: "romm", Group: gUsers, Order: 1}}
	until := func(days int) []model.Binding {
		return []model.Binding{{Application: "romm", Group: gAdmins, Expires: now.AddDate(0, 0, days)}}
	}
	for name, c := range map[string]struct {
		bindings []model.Binding
		mode     string
		engine   model.PolicyEngine
		state    CheckState
		says     string
	}{
		"any":      {two, "any", model.EngineEach, CheckOK, "2 bindings decide"},
		"each":     {two, "all", model.EngineEach, CheckNotice, "every binding has to pass, so a person"},
		"together": {two, "all", model.EngineTogether, CheckNotice, "count as one, and from 2026.5 on"},
		"unknown":  {two, "all", model.EngineUnknown, CheckNotice, "it is not known whether"},
		"alone":    {two[:1], "all", model.EngineEach, CheckOK, "1 binding decides"},
		"policy":   {[]model.Binding{{Application: "romm", Policy: "p", PolicyName: "gate"}}, "any", model.EngineEach, CheckUnknown, "the policy “gate”"},
		"expires":  {until(3), "any", model.EngineEach, CheckNotice, "expires: the group romm-admins on 2026-12-03"},
		"expired":  {until(-3), "any", model.EngineEach, CheckNotice, "grants nothing any more: the group romm-admins on 2026-11-27"},
	} {
		w := standing()
		w.At, w.Setup.Bindings, w.Setup.Engine, w.Setup.Application.Mode = now, c.bindings, c.engine, c.mode
		got := checkBindings(model.Judge(w))
		if got.State != c.state || !strings.Contains(got.Evidence, c.says) || got.Fails() {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// proves S12: the provider sends nobody elsewhere, and what RomM is started with is
// its callback; what is found has to be done by a person, and no plan allows it.
func TestCheckAddresses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*model.World)
		check  string
		state  CheckState
	}{
		"another host": {func(w *model.World) {
			w.Setup.Provider.RedirectURIs = append(w.Setup.Provider.RedirectURIs, model.RedirectURI{URL: "https://evil.example.net/x"})
		}, "further-redirects", CheckNotice},
		"two addresses": {func(w *model.World) { w.Settings.BaseURL = "https://games.example.org" }, "romm-callback", CheckDrift},
		"an inner address": {func(w *model.World) {
			w.Setup.Root, w.Settings.ApplicationURL = "https://auth.example.org", "http://10.0.0.3:9000/application/o/romm"
		}, "romm-address", CheckDrift},
	} {
		w := standing()
		c.change(&w)
		r := model.Judge(w)
		var found *SetupCheck
		for _, x := range CheckSetup(r, standingGoal()) {
			if x.ID == c.check {
				found = &x
			} else if x.Fails() {
				t.Errorf("%s: %+v", name, x)
			}
		}
		if found == nil || found.State != c.state || found.Repair == "" {
			t.Errorf("%s: %+v", name, found)
		}
		if p, err := SetUp(r, standingGoal()); err != nil || len(p.Changes) > 0 {
			t.Errorf("%s: %+v, %v", name, p.Changes, err)
		}
	}
}
