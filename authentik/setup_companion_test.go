package authentik_test

import (
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// TestCompanionIn: an address is read from a changed text only where nothing
// else can give the name another value, and it is one that we would write.
func TestCompanionIn(t *testing.T) {
	t.Parallel()
	const line = `COMPANION = "http://companion:8093"` + "\n"
	text, err := authentik.RenderRoles(model.RoleTable{Companion: "http://companion:8093", Rank: []string{"admin"}})
	if err != nil {
		t.Fatal(err)
	}
	const none = "-"
	for given, want := range map[string]string{
		text + "\n# mine":                      "http://companion:8093",
		"import x\n" + line + "return {}":      "http://companion:8093",
		line + `if COMPANION == "": return {}`: "http://companion:8093",
		strings.Replace(text, `COMPANION = "http://companion:8093"`, `COMPANION = ""`, 1) + "\n# mine": "",
		"return {}":                                    none,
		line + line:                                    none,
		line + `COMPANION += "x"`:                      none,
		line + `    COMPANION = "http://x"`:            none,
		line + `COMPANION: str = "http://x"`:           none,
		line + `(COMPANION := "http://x")`:             none,
		line + `for COMPANION in []: pass`:             none,
		line + `del COMPANION`:                         none,
		"    " + line:                                  none,
		"if x:\n    " + line:                           none,
		"note = \"\"\"\n" + line + "\"\"\"":            none,
		"note = '''\n" + line + "'''":                  none,
		`COMPANION = "http://companion:8093" + suffix`: none,
		`COMPANION = "http://user:word@companion"`:     none,
		`COMPANION = "companion"`:                      none,
		`COMPANION = 'http://companion:8093'`:          none,
		`COMPANION = ADDRESS`:                          none,
	} {
		got := authentik.CompanionIn(given)
		switch {
		case got == nil && want != none, got != nil && *got != want:
			t.Errorf("%q gives %v, want %q", given, got, want)
		}
	}
}

// TestRepairKeepsTheCompanion: the roles mapping whose text somebody changed
// asks the same companion once it is repaired.
func TestRepairKeepsTheCompanion(t *testing.T) {
	t.Parallel()
	for _, version := range authentiktest.Versions() {
		seed := setupSeed(version)
		if err := seed.AddRomM(authentiktest.RomM{Roles: &model.RoleTable{
			Companion: "https://companion.example.org", Rank: []string{"admin", "viewer"},
			Rows: []model.RoleTableRow{{Group: authentiktest.GroupID("gamers"), Token: "admin"}},
		}}); err != nil {
			t.Fatal(err)
		}
		for i := range seed.Mappings {
			if seed.Mappings[i].Managed == authentik.ManagedRoles {
				seed.Mappings[i].Expression += "\n# mine"
			}
		}
		f := start(t, seed, nil, nil)
		r := f.rommWorld(t)
		p, err := plan.SetUp(r, f.goal(t))
		if err != nil || len(p.Changes) != 1 || strings.Contains(p.Warning, "companion") {
			t.Fatalf("%s: %v, %q, %v", version, kindsOf(p), p.Warning, err)
		}
		if m, _ := f.carry(t, r, p).World.Setup.Mapping(model.MarkRoles); m.Roles == nil || m.Roles.Companion != "https://companion.example.org" {
			t.Errorf("%s: %+v", version, m)
		}
	}
}
