package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// sharedBy is a set-up whose roles mapping these providers select too, and whose
// role map was changed since it was published.
func sharedBy(names ...model.Untrusted) model.World {
	return tuned(standing(), func(w *model.World) {
		w.Setup.Selectors.Names = map[string][]model.Untrusted{model.MarkRoles: names}
		w.Roles.Default = model.RoleUser
	})
}

// sharedPlans are the plans that give the roles mapping other contents.
func sharedPlans(t *testing.T, w model.World) map[string]Plan {
	t.Helper()
	r, address := model.Judge(w), "https://companion.example.org"
	published, err := Publish(r)
	goal := standingGoal()
	goal.Companion = &address
	setUp, serr := SetUp(r, goal)
	if err != nil || serr != nil {
		t.Fatal(err, serr)
	}
	next, err := After(w, published.Changes[0])
	if err != nil {
		t.Fatal(err)
	}
	undo, err := Undo(model.Judge(next), journal("d", published.Changes...))
	resume, rerr := Resume(r, Interruption{PlanID: "p", Title: published.Title, Changes: published.Changes})
	next, werr := After(w, setUp.Changes[0])
	cut := Interruption{PlanID: "q", Title: SetupTitle, Changes: setUp.Changes, Entries: journal("d", setUp.Changes...)}
	back, berr := RollBack(model.Judge(next), cut)
	whole, uerr := UndoSetUp(model.Judge(next), cut.Entries)
	for _, err := range []error{err, rerr, werr, berr, uerr} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return map[string]Plan{
		"publish": published, "set up": setUp, "undo": undo, "resume": resume, "roll back": back, "undo set-up": whole,
	}
}

// TestPlansSayWhoElseTheyChange proves S10: a mapping of ours that others select
// is not changed under them without a word, in any way.
func TestPlansSayWhoElseTheyChange(t *testing.T) {
	t.Parallel()
	for name, p := range sharedPlans(t, sharedBy("Grafana\x1b[2J", "Wiki")) {
		if !strings.Contains(p.Warning, "the providers Grafana") || !strings.Contains(p.Warning, " and Wiki select the mapping RomM Roles too") ||
			strings.Contains(p.Warning, "\x1b") || len(p.Sharers) != 2 {
			t.Errorf("%s: %q, %q", name, p.Warning, p.Sharers)
		}
	}
	for name, p := range sharedPlans(t, sharedBy("Wiki")) {
		if !strings.Contains(p.Warning, "the provider Wiki selects the mapping RomM Roles too") {
			t.Errorf("%s: %q", name, p.Warning)
		}
	}
	for name, p := range sharedPlans(t, sharedBy()) {
		if strings.Contains(p.Warning, "select") || p.Sharers != nil {
			t.Errorf("%s, of nobody: %q, %q", name, p.Warning, p.Sharers)
		}
	}
	unseen := tuned(sharedBy(), func(w *model.World) { w.Setup.Selectors = model.Selectors{Unknown: "the list is not whole"} })
	for name, p := range sharedPlans(t, unseen) {
		if !strings.Contains(p.Warning, "which other providers select the mapping RomM Roles, and change with it, is not known: the list is not whole") {
			t.Errorf("%s, not known: %q", name, p.Warning)
		}
	}
	many := slices.Repeat([]model.Untrusted{"p"}, 14)
	for i := range many {
		many[i] += model.Untrusted(rune('a' + i))
	}
	if p, err := Publish(model.Judge(sharedBy(many...))); err != nil || !strings.Contains(p.Warning, "pi, pj and 4 more select") || len(p.Sharers) != 14 {
		t.Errorf("many: %q, %d, %v", p.Warning, len(p.Sharers), err)
	}
}

// TestWhoElseDoesNotChange: a mapping of another name sends what it did, and
// what is made, or is changed on the provider alone, concerns nobody else.
func TestWhoElseDoesNotChange(t *testing.T) {
	t.Parallel()
	w := sharedBy("Wiki")
	m, _ := w.Setup.Mapping(model.MarkRoles)
	renamed := m
	renamed.Name = "other"
	for name, c := range map[string]Change{
		"renamed": {Kind: ChangeScopeMapping, Object: model.MarkRoles, Before: encodeMapping(m, nil), After: encodeMapping(renamed, nil)},
		"made":    {Kind: ChangeScopeMapping, Object: model.MarkRoles, After: encodeMapping(m, nil)},
		"another": {Kind: ChangeScopeMapping, Object: model.MarkEmail, Before: encodeMapping(w.Setup.Mappings[1], nil), After: encodeMapping(renamed, nil)},
		"not one": {Kind: ChangeProvider, Object: model.MarkRoles, Before: "{}", After: "{}"},
	} {
		if p := (Plan{Changes: []Change{c}}); Sharers(w, p) != nil || shared(w, c) != "" {
			t.Errorf("%s: %q, %q", name, Sharers(w, p), shared(w, c))
		}
	}
}

// proves S35 and S36: a provider that began to select the mapping after the plan
// was shown stops it, and a mapping that another one selects is not removed.
func TestSharedMappingsHoldPlansUp(t *testing.T) {
	t.Parallel()
	p, err := Publish(model.Judge(sharedBy("Wiki")))
	for list, code := range map[string]model.Code{"Wiki": "", "": "", "Wiki Grafana": model.CodeConflict, "Grafana": model.CodeConflict} {
		var names []model.Untrusted
		for _, n := range strings.Fields(list) {
			names = append(names, model.Untrusted(n))
		}
		if err := CheckSharers(sharedBy(names...), plan(t, p, err)); model.CodeOf(err) != code || err != nil && !strings.Contains(err.Error(), "the provider Grafana too") {
			t.Errorf("%q: %v", list, err)
		}
	}
	made := func(w model.World) Change {
		return Change{Kind: ChangeScopeMapping, Side: SideAuthentik, Object: model.MarkRoles, Label: "RomM Roles", After: encodeMapping(w.Setup.Mappings[0], nil)}
	}
	for list, says := range map[string]string{"": "", "Wiki": "the provider Wiki selects", "Grafana Wiki": "the providers Grafana and Wiki select"} {
		var names []model.Untrusted
		for _, n := range strings.Fields(list) {
			names = append(names, model.Untrusted(n))
		}
		w := sharedBy(names...)
		undo, err := Undo(model.Judge(w), journal("d", made(w)))
		_, _, err = Simulate(t.Context(), model.Judge(w), plan(t, undo, err))
		if refused := model.CodeOf(err) == model.CodeRefused && strings.Contains(err.Error(), "would lose what it sends"); refused != (says != "") ||
			refused && !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", list, err)
		}
	}
}

// TestCheckSharers: the checks tell of a mapping that others select too, as
// something to know and no fault.
func TestCheckSharers(t *testing.T) {
	t.Parallel()
	shared := func(s model.Selectors) (out []SetupCheck) {
		w := standing()
		w.Setup.Selectors = s
		for _, c := range CheckSetup(model.Judge(w), standingGoal()) {
			if c.Fails() {
				t.Errorf("%+v", c)
			}
			if c.ID == "shared-mappings" {
				out = append(out, c)
			}
		}
		return out
	}
	if got := shared(model.Selectors{}); len(got) != 0 {
		t.Errorf("nobody: %+v", got)
	}
	got := shared(model.Selectors{Names: map[string][]model.Untrusted{model.MarkRoles: {"Grafana", "Wiki"}, model.MarkEmail: {"Wiki"}}})
	if len(got) != 2 || got[0].State != CheckNotice || got[0].Repair == "" ||
		!strings.HasPrefix(got[0].Evidence, "Grafana and Wiki select RomM Roles too") || !strings.HasPrefix(got[1].Evidence, "Wiki selects RomM Email Verification too") {
		t.Errorf("%+v", got)
	}
	if got := shared(model.Selectors{Unknown: "x\x1b"}); len(got) != 1 || got[0].State != CheckUnknown || strings.Contains(got[0].Evidence, "\x1b") {
		t.Errorf("not known: %+v", got)
	}
}
