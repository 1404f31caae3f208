package model

import (
	"slices"
	"strings"
	"testing"
)

// sharedBy is a set-up whose roles mapping these providers select too, and whose
// role map was changed since it was published.
func sharedBy(names ...Untrusted) World {
	return tuned(standing(), func(w *World) {
		w.Setup.Selectors.Names = map[string][]Untrusted{MarkRoles: names}
		w.Roles.Default = RoleUser
	})
}

// sharedPlans are the plans that give the roles mapping other contents.
func sharedPlans(t *testing.T, w World) map[string]Plan {
	t.Helper()
	r, address := Judge(w), "https://companion.example.org"
	published, err := r.PlanPublish()
	goal := standingGoal()
	goal.Companion = &address
	setUp, serr := r.PlanSetup(goal)
	if err != nil || serr != nil {
		t.Fatal(err, serr)
	}
	next, err := w.With(published.Changes[0])
	if err != nil {
		t.Fatal(err)
	}
	undo, err := Judge(next).PlanUndo(journal("d", published.Changes...))
	resume, rerr := r.PlanResume(Interruption{PlanID: "p", Title: published.Title, Changes: published.Changes})
	next, werr := w.With(setUp.Changes[0])
	cut := Interruption{PlanID: "q", Title: SetupTitle, Changes: setUp.Changes, Entries: journal("d", setUp.Changes...)}
	back, berr := Judge(next).PlanRollback(cut)
	whole, uerr := Judge(next).PlanUndoSetup(cut.Entries)
	for _, err := range []error{err, rerr, werr, berr, uerr} {
		if err != nil {
			t.Fatal(err)
		}
	}
	return map[string]Plan{
		"publish": published, "set up": setUp, "undo": undo, "resume": resume, "take back": back, "undo set-up": whole,
	}
}

// TestPlansSayWhoElseTheyChange proves S10: a mapping of ours that others select
// is not changed under them without a word, on whichever way.
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
	unseen := tuned(sharedBy(), func(w *World) { w.Setup.Selectors = Selectors{Unknown: "the list is not whole"} })
	for name, p := range sharedPlans(t, unseen) {
		if !strings.Contains(p.Warning, "which other providers select the mapping RomM Roles, and change with it, is not known: the list is not whole") {
			t.Errorf("%s, not known: %q", name, p.Warning)
		}
	}
	many := slices.Repeat([]Untrusted{"p"}, 14)
	for i := range many {
		many[i] += Untrusted(rune('a' + i))
	}
	if p, err := Judge(sharedBy(many...)).PlanPublish(); err != nil || !strings.Contains(p.Warning, "pi, pj and 4 more select") || len(p.Sharers) != 14 {
		t.Errorf("many: %q, %d, %v", p.Warning, len(p.Sharers), err)
	}
}

// TestWhoElseDoesNotChange: a mapping of another name sends what it did, and
// what is made, or is changed on the provider alone, concerns nobody else.
func TestWhoElseDoesNotChange(t *testing.T) {
	t.Parallel()
	w := sharedBy("Wiki")
	m, _ := w.Setup.Mapping(MarkRoles)
	renamed := m
	renamed.Name = "other"
	for name, c := range map[string]Change{
		"renamed": {Kind: ChangeScopeMapping, Object: MarkRoles, Before: m.encode(nil), After: renamed.encode(nil)},
		"made":    {Kind: ChangeScopeMapping, Object: MarkRoles, After: m.encode(nil)},
		"another": {Kind: ChangeScopeMapping, Object: MarkEmail, Before: w.Setup.Mappings[1].encode(nil), After: renamed.encode(nil)},
		"not one": {Kind: ChangeProvider, Object: MarkRoles, Before: "{}", After: "{}"},
	} {
		if p := (Plan{Changes: []Change{c}}); w.Sharers(p) != nil || w.shared(c) != "" {
			t.Errorf("%s: %q, %q", name, w.Sharers(p), w.shared(c))
		}
	}
}

// proves S35 and S36: a provider that began to select the mapping after the plan
// was shown stops it, and a mapping that another one selects is not removed.
func TestSharedMappingsHoldPlansUp(t *testing.T) {
	t.Parallel()
	p, err := Judge(sharedBy("Wiki")).PlanPublish()
	for list, code := range map[string]Code{"Wiki": "", "": "", "Wiki Grafana": CodeConflict, "Grafana": CodeConflict} {
		var names []Untrusted
		for _, n := range strings.Fields(list) {
			names = append(names, Untrusted(n))
		}
		if err := sharedBy(names...).Unsaid(plan(t, p, err)); CodeOf(err) != code || err != nil && !strings.Contains(err.Error(), "the provider Grafana too") {
			t.Errorf("%q: %v", list, err)
		}
	}
	made := func(w World) Change {
		return Change{Kind: ChangeScopeMapping, Side: SideAuthentik, Object: MarkRoles, Label: "RomM Roles", After: w.Setup.Mappings[0].encode(nil)}
	}
	for list, says := range map[string]string{"": "", "Wiki": "the provider Wiki selects", "Grafana Wiki": "the providers Grafana and Wiki select"} {
		var names []Untrusted
		for _, n := range strings.Fields(list) {
			names = append(names, Untrusted(n))
		}
		w := sharedBy(names...)
		undo, err := Judge(w).PlanUndo(journal("d", made(w)))
		_, _, err = Judge(w).Simulate(plan(t, undo, err))
		if refused := CodeOf(err) == CodeRefused && strings.Contains(err.Error(), "would lose what it sends"); refused != (says != "") ||
			refused && !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", list, err)
		}
	}
}

// TestCheckSharers: the checks tell of a mapping that others select too, as
// something to know and no fault.
func TestCheckSharers(t *testing.T) {
	t.Parallel()
	shared := func(s Selectors) (out []SetupCheck) {
		w := standing()
		w.Setup.Selectors = s
		for _, c := range Judge(w).CheckSetup(standingGoal()) {
			if c.Fails() {
				t.Errorf("%+v", c)
			}
			if c.ID == "shared-mappings" {
				out = append(out, c)
			}
		}
		return out
	}
	if got := shared(Selectors{}); len(got) != 0 {
		t.Errorf("nobody: %+v", got)
	}
	got := shared(Selectors{Names: map[string][]Untrusted{MarkRoles: {"Grafana", "Wiki"}, MarkEmail: {"Wiki"}}})
	if len(got) != 2 || got[0].State != CheckNotice || got[0].Repair == "" ||
		!strings.HasPrefix(got[0].Evidence, "Grafana and Wiki select RomM Roles too") || !strings.HasPrefix(got[1].Evidence, "Wiki selects RomM Email Verification too") {
		t.Errorf("%+v", got)
	}
	if got := shared(Selectors{Unknown: "x\x1b"}); len(got) != 1 || got[0].State != CheckUnknown || strings.Contains(got[0].Evidence, "\x1b") {
		t.Errorf("not known: %+v", got)
	}
}
