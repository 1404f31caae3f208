package authentik_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// tables are two states of the roles mapping.
func tables() (before, after model.ScopeMapping) {
	before = model.ScopeMapping{
		Mark: model.MarkRoles, Name: authentiktest.RolesMappingName, Scope: model.RolesClaim, Template: 2,
		Roles: &model.RoleTable{
			Companion: "http://companion.invalid:8093", Rank: []string{"admin", "viewer"},
			Rows: []model.RoleTableRow{{Group: authentiktest.GroupID("gamers"), Token: "viewer"}},
		},
	}
	after, table := before, *before.Roles
	table.Rows, table.Default = []model.RoleTableRow{{Group: authentiktest.GroupID("gamers"), Token: "admin"}}, "viewer"
	after.Roles = &table
	return before, after
}

func seededRoles(t *testing.T, version string) authentiktest.Seed {
	before, _ := tables()
	return withRomM(t, authentiktest.Seed{Version: version, Users: people(2), Groups: []authentiktest.Group{{Name: "gamers"}}}, authentiktest.RomM{
		Roles: &model.RoleTable{Companion: before.Roles.Companion, Rows: before.Roles.Rows, Rank: before.Roles.Rank},
	})
}

// TestPublishOnEveryRelease: the table that a reading reports is replaced,
// read again as it was written, and restored.
func TestPublishOnEveryRelease(t *testing.T) {
	t.Parallel()
	for _, version := range authentiktest.Versions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			f := start(t, seededRoles(t, version), nil, nil)
			before, after := tables()
			got, ok := f.read(t).Setup.Mapping(model.MarkRoles)
			if !ok || !got.Same(before) {
				t.Fatalf("read %+v", got)
			}
			for _, step := range [][2]model.ScopeMapping{{before, after}, {after, before}} {
				if err := f.client.SetMapping(t.Context(), model.MarkRoles, &step[0], &step[1]); err != nil {
					t.Fatal(err)
				}
				r := f.read(t)
				if now, _ := r.Setup.Mapping(model.MarkRoles); !now.Same(step[1]) || r.Provider.Compiled.Default != step[1].Roles.Default || r.Provider.RolesMark != model.MarkRoles {
					t.Errorf("written %+v, read %+v", step[1], now)
				}
			}
		})
	}
}

// TestSetMapping proves S35 and S36: nothing is written that is not as it was
// seen, that is not ours, or whose text is not known.
func TestSetMapping(t *testing.T) {
	t.Parallel()
	var sent []string
	f := start(t, seededRoles(t, ""), watch(nil, &sent), nil)
	before, after := tables()
	stock := model.ScopeMapping{Mark: authentik.ManagedStockEmail, Name: "x", Scope: "email", Verified: model.VerifiedAlways}
	lost, evil := before, before
	lost.Roles, lost.Unknown = nil, model.UnknownText("return {}")
	evil.Roles = &model.RoleTable{Rank: []string{"admin"}, Rows: []model.RoleTableRow{{Group: `x"`, Token: "admin"}}}
	none := model.ScopeMapping{Mark: model.MarkEmail, Name: "none", Scope: "email", Verified: model.VerifiedAlways}
	for name, c := range map[string]struct {
		mark          string
		before, after *model.ScopeMapping
		code          model.Code
	}{
		"not as seen":             {model.MarkRoles, &after, &before, model.CodeConflict},
		"removed, not seen":       {model.MarkRoles, &after, nil, model.CodeConflict},
		"there already":           {model.MarkRoles, nil, &after, model.CodeConflict},
		"stock":                   {stock.Mark, nil, &stock, model.CodeRefused},
		"a text that is not kept": {model.MarkRoles, &before, &lost, model.CodeRefused},
		"not a group":             {model.MarkRoles, &before, &evil, model.CodeInvalid}, // proves S11
		"another mark":            {model.MarkRoles, &before, &none, model.CodeInvalid},
		"nothing":                 {model.MarkRoles, nil, nil, model.CodeInvalid},
		"gone":                    {model.MarkEmail, &none, nil, model.CodeConflict},
	} {
		if err := f.client.SetMapping(t.Context(), c.mark, c.before, c.after); model.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(sent) != 0 {
		t.Errorf("written: %q", sent)
	}
}

// TestPublishNamesTheRoleMap proves S27: the mapping says which change of the
// role map it is from, so that a console whose file was rolled back notices.
func TestPublishNamesTheRoleMap(t *testing.T) {
	t.Parallel()
	f := start(t, seededRoles(t, "2025.12.4"), nil, nil)
	first, _ := tables()
	old := first
	old.Template = 0 // v1 named none
	if err := f.client.SetMapping(t.Context(), model.MarkRoles, &first, &old); err != nil {
		t.Fatal(err)
	}
	publish := func(generation int64, sum string) (model.World, plan.Plan) {
		t.Helper()
		r := f.rommWorld(t)
		r.World.Roles.Generation, r.World.Roles.Sum = generation, strings.Repeat(sum, 64)
		r.World.Roles.Rows = []model.RoleRow{{Group: authentiktest.GroupID("gamers"), Role: model.RoleAdmin}}
		p, err := plan.Publish(r)
		if err != nil {
			t.Fatal(err)
		}
		return r.World, p
	}
	w, p := publish(7, "a")
	if why := w.RolesBehind(); why != "" || strings.Contains(p.Warning, "an old copy") {
		t.Errorf("v1: %q, %q", why, p.Warning)
	}
	before, after, err := p.Changes[0].ScopeMappings()
	if err == nil {
		err = f.client.SetMapping(t.Context(), model.MarkRoles, before, after)
	}
	if got := f.read(t).Provider.Compiled; err != nil || got.Generation != 7 || got.Sum != strings.Repeat("a", 64) {
		t.Fatalf("%+v, %v", got, err)
	}
	for _, c := range []struct {
		generation int64
		sum, why   string
	}{
		{7, "b", "change 7 of the role map was published to Authentik, and here is another change 7"},
		{7, "a", ""},
		{6, "c", "change 7 of the role map was published to Authentik, and here is only change 6"},
		{8, "d", ""},
	} {
		w.Provider = f.read(t).Provider
		w.Roles.Generation, w.Roles.Sum = c.generation, strings.Repeat(c.sum, 64)
		r := model.Judge(w)
		if got := w.RolesBehind(); got != c.why {
			t.Errorf("%d %s: %q", c.generation, c.sum, got)
		}
		noted := slices.ContainsFunc(r.Notes, func(n model.Note) bool {
			return n.Kind == model.NoteRolesDoubted && strings.Contains(n.Text, c.why) && strings.Contains(n.Text, "romm-admin roles publish")
		})
		if noted != (c.why != "") {
			t.Errorf("%d %s: notes %q", c.generation, c.sum, r.NoteTexts())
		}
	}
	// Who publishes from it is told, and it counts from then on.
	w, p = publish(6, "c")
	if w.RolesBehind() == "" || !strings.Contains(p.Warning, "an old copy of the database seems to be back") {
		t.Errorf("%q, %q", w.RolesBehind(), p.Warning)
	}
	if before, after, err = p.Changes[0].ScopeMappings(); err == nil {
		err = f.client.SetMapping(t.Context(), model.MarkRoles, before, after)
	}
	if w.Provider = f.read(t).Provider; err != nil || w.RolesBehind() != "" {
		t.Errorf("published: %q, %v", w.RolesBehind(), err)
	}
}
