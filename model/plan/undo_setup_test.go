package plan

import (
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// setUpEntries are the journal of a set-up that made what standing has.
func setUpEntries(w model.World) []JournalEntry {
	made := func(kind ChangeKind, object string, after model.Untrusted) Change {
		return Change{Kind: kind, Side: SideAuthentik, Object: object, Label: "it", After: after}
	}
	out := journal("dd", made(ChangeProvider, "id", encodeProvider(*w.Setup.Provider)), made(ChangeApplication, "romm", encodeApplication(*w.Setup.Application)))
	for i := range out {
		out[i].Purpose = PurposeSetUp
	}
	return out
}

// TestUndoSetUpWithConsent proves S5: a set-up through which the admins sign in is
// undone with a person's consent while RomM keeps an enabled admin, and only
// that; the refusal names the command.
func TestUndoSetUpWithConsent(t *testing.T) {
	t.Parallel()
	const command = "romm-admin setup undo --lose-access"
	for name, c := range map[string]struct {
		change func(*model.World)
		rule   Rule // with consent
		hint   string
	}{
		"an admin is left": {func(*model.World) {}, "", ""},
		"without a RomM":   {func(w *model.World) { w.RomM.Embedded = true; w.Locals[0].Role = model.RoleUser }, "", ""},
		"none is left":     {func(w *model.World) { w.Locals[0].Role = model.RoleUser }, RuleLastAdmin, "make somebody admin in RomM"},
		"only a disabled one": {func(w *model.World) {
			w.Locals[1].Role, w.Locals[1].Enabled = model.RoleAdmin, false
			w.Locals[0].Role = model.RoleUser
		}, RuleLastAdmin, "make somebody admin in RomM"},
		"the lists are not whole": {func(w *model.World) { w.Directory.Incomplete = "a page is missing" }, RuleIncompleteLists, "reload"},
		"an assertion":            {func(w *model.World) { w.Assertions = []model.Assertion{{Name: "root", Role: model.RoleAdmin}} }, RuleAssertion, "assertion"},
	} {
		w := standing()
		c.change(&w)
		r := model.Judge(w)
		for what, build := range map[string]func() (Plan, error){
			"setup undo":          func() (Plan, error) { return UndoSetUp(r, setUpEntries(w)) },
			"history undo --plan": func() (Plan, error) { return Undo(r, setUpEntries(w)) },
		} {
			p, err := build()
			if err != nil {
				t.Fatalf("%s, %s: %v", name, what, err)
			}
			_, _, err = Simulate(t.Context(), r, p)
			if c.rule == "" && (model.RuleOf(err) != string(RuleLastAdmin) || !strings.Contains(model.HintOf(err), command)) {
				t.Errorf("%s, %s: without consent %v (%s)", name, what, err, model.HintOf(err))
			}
			after, _, err := Simulate(t.Context(), r, p.LosesAccess())
			if c.rule != Rule(model.RuleOf(err)) || !strings.Contains(model.HintOf(err), c.hint) {
				t.Errorf("%s, %s: with consent %v (%s)", name, what, err, model.HintOf(err))
			}
			if name == "an admin is left" && (len(AdminsLost(r, after)) != 1 || AdminsLost(r, after)[0] != "root") {
				t.Errorf("lost: %q", AdminsLost(r, after))
			}
		}
	}
	other := Plan{Title: "take the role", Changes: []Change{{Kind: ChangeRoleRow, Side: SideRoleMap, Object: string(gAdmins), Before: "admin", After: ""}}}
	if p := other.LosesAccess(); p.Accepts != nil {
		t.Errorf("a plan that undoes no set-up accepts %v", p.Accepts)
	}
	other.Accepts = []Rule{RuleLastAdmin}
	w := standing()
	w.Provider.Table, w.Provider.Compiled = nil, nil
	r := model.Judge(w)
	if _, _, err := Simulate(t.Context(), r, other); model.RuleOf(err) != string(RuleLastAdmin) || strings.Contains(model.HintOf(err), command) {
		t.Errorf("a plan that undoes no set-up: %v (%s)", err, model.HintOf(err))
	}
}
