package plan

import (
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// TestRepairOfTheRolesMapping: the companion's address comes from the settings,
// the present text or the journal, in this order, and a plan that loses it
// says so.
func TestRepairOfTheRolesMapping(t *testing.T) {
	t.Parallel()
	const text, journal, given = "https://text", "https://journal", "https://given"
	address := func(s string) *string { return &s }
	for name, c := range map[string]struct {
		text, flag *string
		journal    string
		want, says string
	}{
		"flag":                   {address(text), address(given), journal, given, ""},
		"text":                   {address(text), nil, text, text, ""},
		"text and journal":       {address(text), nil, journal, text, "the text of RomM Roles asks https://text, and romm-admin wrote https://journal"},
		"journal":                {nil, nil, journal, journal, ""},
		"the text asked none":    {address(""), nil, journal, "", "and romm-admin wrote https://journal"},
		"none by the flag":       {address(text), address(""), journal, "", "the companion at https://text is not asked any more"},
		"not known":              {nil, nil, "", "", "asked a companion is not known"},
		"none, and asked before": {address(""), nil, "", "", ""},
	} {
		w := standing()
		w.Setup.Mappings[0].Roles, w.Setup.Mappings[0].Unknown = nil, "x"
		w.Setup.TextCompanion = c.text
		g := standingGoal()
		g.Companion, g.LastCompanion = c.flag, c.journal
		p, err := SetUp(model.Judge(w), g)
		if err != nil || len(p.Changes) != 1 {
			t.Fatalf("%s: %+v, %v", name, p, err)
		}
		_, after, err := p.Changes[0].ScopeMappings()
		if err != nil || after.Roles.Companion != c.want {
			t.Errorf("%s: asks %q, want %q, %v", name, after.Roles.Companion, c.want, err)
		}
		if !strings.Contains(p.Warning, c.says) || c.says == "" && strings.Contains(p.Warning, "ask") {
			t.Errorf("%s: it warns %q", name, p.Warning)
		}
	}
	w := standing()
	w.Setup.Mappings[0].Roles.Companion = text
	g := standingGoal()
	g.Companion = address("")
	if p, err := SetUp(model.Judge(w), g); err != nil || !strings.Contains(p.Warning, "the companion at https://text is not asked any more") {
		t.Errorf("known: %q, %v", p.Warning, err)
	}
	w.Setup.Mappings = w.Setup.Mappings[1:]
	w.Provider.RoleMap, w.Setup.Provider.Mappings = false, w.Setup.Provider.Mappings[:3]
	g.Companion, g.LastCompanion = nil, journal
	p, err := SetUp(model.Judge(w), g)
	if err != nil || !strings.Contains(p.Changes[0].After.Raw(), journal) {
		t.Errorf("removed by hand: %+v, %v", p.Changes, err)
	}
}
