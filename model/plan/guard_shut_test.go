package plan

import (
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// shutWorlds are those in which nobody gets in, for a reason that no plan of
// ours may outlast: a world that set-up has made, with root the admin, bob, and
// victim the admin whom nobody in Authentik belongs to.
func shutWorlds() map[string]model.World {
	make := func(companion string, change func(*model.World)) model.World {
		w := tuned(standing(), change)
		local(&w, "victim", "victim@x.org", model.RoleAdmin)
		w.Provider.Verified = model.VerifiedAlways
		if companion != "" {
			table := *w.Provider.Compiled
			table.Companion, w.Provider.Table = companion, nil
			w.Provider.Compiled = &table
			w.Setup.Mappings[0].Roles = &table
		}
		return w
	}
	const asks = "http://companion:8093"
	return map[string]model.World{
		"told another client id":    make(asks, func(w *model.World) { w.Settings.ClientID = "another" }),
		"told another redirect URI": make(asks, func(w *model.World) { w.Settings.RedirectURI = "https://old" }),
		"told another secret":       make(asks, func(w *model.World) { w.Setup.SecretDiffers = true }),
		"off":                       make(asks, func(w *model.World) { w.Settings.Disabled = true }),
		"no grant":                  make(asks, func(w *model.World) { w.Setup.Provider.GrantTypes = []string{} }),
		"encrypted":                 make(asks, func(w *model.World) { w.Setup.Provider.EncryptionKey = model.Ref{ID: "k"} }),
		"no application":            make(asks, func(w *model.World) { w.Setup.Application = nil }),
	}
}

// TestGuardWhileNobodyGetsIn proves S4 and S5: that nobody can sign in just now
// is no leave to hand an account over, or to lose the last admin, for the day
// when they can again.
func TestGuardWhileNobodyGetsIn(t *testing.T) {
	t.Parallel()
	for name, w := range shutWorlds() {
		r := model.Judge(w)
		if r.Stats.UsableAdmins != 0 {
			t.Fatalf("%s: somebody can sign in: %+v", name, r.Stats)
		}
		for says, c := range map[string]Change{
			"victim, which is another person's": {Kind: ChangeIDPEmail, Object: "2", Label: "bob", Before: "bob@x.org", After: "victim@x.org"},
			"no admin could sign in":            {Kind: ChangeRoleRow, Object: string(gAdmins), Label: "admins", Before: "admin"},
		} {
			if _, _, err := Simulate(t.Context(), r, Plan{Changes: []Change{c}}); model.CodeOf(err) != model.CodeRefused || !strings.Contains(err.Error(), says) {
				t.Errorf("%s: %v, does not say %q", name, err, says)
			}
		}
		fine := Change{Kind: ChangeIDPEmail, Object: "2", Label: "bob", Before: "bob@x.org", After: "bob@new.org"}
		if _, _, err := Simulate(t.Context(), r, Plan{Changes: []Change{fine}}); err != nil {
			t.Errorf("%s: bob's own address: %v", name, err)
		}
		// What nobody signs in by may be undone, unless it only seems so.
		gone := Change{Kind: ChangeProvider, Object: "id", Label: "RomM", Before: encodeProvider(*w.Setup.Provider)}
		_, _, err := Simulate(t.Context(), r, Plan{Changes: []Change{gone}})
		if refused := model.CodeOf(err) == model.CodeRefused; refused != strings.HasPrefix(name, "told") {
			t.Errorf("%s: the provider removed: %v", name, err)
		}
	}
}

// TestGuardOfBarredPeople proves S4: a person whom a binding keeps out
// gets nobody's address either.
func TestGuardOfBarredPeople(t *testing.T) {
	t.Parallel()
	w := standing()
	local(&w, "victim", "victim@x.org", model.RoleAdmin)
	w.Provider.Verified = model.VerifiedAlways
	w.Setup.Bindings = []model.Binding{{Application: "romm", Group: gAdmins}}
	r := model.Judge(w)
	c := Change{Kind: ChangeIDPEmail, Object: "2", Label: "bob", Before: "bob@x.org", After: "victim@x.org"}
	if r.Pairs[0].Barred == "" && r.Pairs[1].Barred == "" && r.Pairs[2].Barred == "" {
		t.Fatal("nobody is barred")
	}
	if _, _, err := Simulate(t.Context(), r, Plan{Changes: []Change{c}}); model.CodeOf(err) != model.CodeRefused || !strings.Contains(err.Error(), "victim") {
		t.Error(err)
	}
}

// TestGuardOfTheFirstLogins proves S5 and docs/romm.md row 16: what opens the
// way in does not take the role from RomM's last admins, by a role map that has
// none.
func TestGuardOfTheFirstLogins(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		roles  model.RoleMap
		other  model.Role // of an account that nobody in Authentik belongs to
		refuse bool
	}{
		"everybody is user":      {model.RoleMap{Default: model.RoleUser}, model.RoleUser, true},
		"nobody has a role":      {model.RoleMap{}, model.RoleUser, false}, // RomM refuses them, and their roles stay
		"the admins are admins":  {model.RoleMap{Default: model.RoleUser, Rows: []model.RoleRow{{Group: gAdmins, Role: model.RoleAdmin}}}, model.RoleUser, false},
		"the admins' group user": {model.RoleMap{Rows: []model.RoleRow{{Group: gAdmins, Role: model.RoleUser}}}, model.RoleUser, true},
		"another admin stays":    {model.RoleMap{Default: model.RoleUser}, model.RoleAdmin, false},
	} {
		w := standing()
		local(&w, "admin", "admin@nowhere.org", c.other)
		w.Roles = c.roles
		w.Setup.Provider, w.Setup.Application, w.Setup.Mappings = nil, nil, nil
		w.Provider = model.Provider{}
		r := model.Judge(w)
		p, err := SetUp(r, standingGoal())
		_, _, err = Simulate(t.Context(), r, plan(t, p, err))
		if (model.CodeOf(err) == model.CodeRefused) != c.refuse || c.refuse && !strings.Contains(err.Error(), "take the role admin from the RomM account root") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestGuardOfTheFallback proves S5: an empty role map, as of a wrong database,
// is not published over the table that lets the admins in while the companion
// is down.
func TestGuardOfTheFallback(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rows   []model.RoleTableRow
		roles  []model.RoleRow
		refuse bool
	}{
		"the admins go":      {[]model.RoleTableRow{{Group: gAdmins, Token: "admin"}}, nil, true},
		"they stay":          {[]model.RoleTableRow{{Group: gAdmins, Token: "admin"}}, []model.RoleRow{{Group: gAdmins, Role: model.RoleAdmin}, {Group: gUsers, Role: model.RoleUser}}, false},
		"there were none":    {[]model.RoleTableRow{{Group: gUsers, Token: "viewer"}}, nil, false},
		"they become others": {[]model.RoleTableRow{{Group: gAdmins, Token: "admin"}}, []model.RoleRow{{Group: gChild, Role: model.RoleAdmin}}, true},
	} {
		w := published("http://companion:8093", c.rows...)
		w.Roles.Rows = c.roles
		r := model.Judge(w)
		p, err := Publish(r)
		_, _, err = Simulate(t.Context(), r, plan(t, p, err))
		if (model.CodeOf(err) == model.CodeRefused) != c.refuse || c.refuse && !strings.Contains(err.Error(), "while the companion does not answer") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestGuardOfRolesByHand proves S5: what Authentik computed before the role map
// moved tells nothing of a mapping of ours that somebody changed: it may ask the
// companion still.
func TestGuardOfRolesByHand(t *testing.T) {
	t.Parallel()
	w := standing()
	w.Setup.Mappings[0].Roles, w.Setup.Mappings[0].Unknown = nil, model.UnknownText("x")
	p := &w.Provider
	p.RoleMap, p.Compiled, p.Table, p.RolesMark, p.Unknown = false, nil, nil, "", []model.Untrusted{"RomM Roles"}
	previews := map[int64]model.Preview{}
	for i, name := range []string{"root", "bob"} {
		previews[int64(i+1)] = model.Preview{Claims: model.Claims{
			"email": name + "@x.org", "email_verified": true, "preferred_username": name, model.RolesClaim: []any{[]string{"admin", "viewer"}[i]},
		}}
	}
	r := model.Judge(w.WithPreviews(previews))
	if r.Stats.UsableAdmins != 1 {
		t.Fatalf("%+v", r.Stats)
	}
	c := Change{Kind: ChangeRoleRow, Object: string(gAdmins), Label: "admins", Before: "admin"}
	_, impact, err := Simulate(t.Context(), r, Plan{Changes: []Change{c}})
	if model.CodeOf(err) != model.CodeRefused || impact.Unknown != 2 || !strings.Contains(err.Error(), "not be known") {
		t.Errorf("%+v, %v", impact, err)
	}
}
