package authentik_test

import (
	"testing"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
)

// tables are two states of the roles mapping.
func tables() (before, after model.ScopeMapping) {
	before = model.ScopeMapping{
		Mark: model.MarkRoles, Name: authentiktest.RolesMappingName, Scope: model.RolesClaim,
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
