package plan

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// recorded are plans of every kind of change, as release 9ec0bcf stored them.
type recorded struct {
	Name, Title, Command string
	Changes              []Change
}

func recordedPlans(t *testing.T) []recorded {
	t.Helper()
	text, err := os.ReadFile("testdata/plans-9ec0bcf.json")
	if err != nil {
		t.Fatal(err)
	}
	var plans []recorded
	if err := json.Unmarshal(text, &plans); err != nil {
		t.Fatal(err)
	}
	return plans
}

// everyKind is a world to which every recorded plan applies.
func everyKind(plan string) model.World {
	w := standing()
	w.RomM.Embedded = true
	local(&w, "cid", "cid@x.org", model.RoleUser)
	identity(&w, "cid", "cid@x.org", gUsers)
	for _, n := range []string{"dan", "eli"} {
		local(&w, n, n+"@x.org", model.RoleUser)
		identity(&w, n, n+"@x.org", gUsers).TrustedEmail = ""
	}
	w.Links = []model.Link{{UID: "uid-3", LocalID: 3}}
	w.Pending = []model.PendingRole{{Name: "later", Role: model.RoleUser}}
	w.Assertions = []model.Assertion{{Name: "root", Role: model.RoleAdmin}}
	if plan == "set-up" {
		w.Setup.Mappings, w.Setup.Provider, w.Setup.Application = nil, nil, nil
		w.Provider = model.Provider{}
	}
	return w
}

// TestEveryKindAsRecorded: what a stored plan of each kind says, does, and how
// it is finished or undone when it is cut short, is what 9ec0bcf made of it.
func TestEveryKindAsRecorded(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/facts-9ec0bcf.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]any
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	for _, p := range recordedPlans(t) {
		got := facts(t, p)
		text, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		var plain any
		if err := json.Unmarshal(text, &plain); err != nil {
			t.Fatal(err)
		}
		differs(t, p.Name, plain, want[p.Name])
	}
}

// differs names each fact that is not as wanted.
func differs(t *testing.T, at string, got, want any) {
	t.Helper()
	g, isMap := got.(map[string]any)
	w, both := want.(map[string]any)
	if !isMap || !both {
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, want %v", at, got, want)
		}
		return
	}
	for k := range w {
		differs(t, at+"/"+k, g[k], w[k])
	}
}

func facts(t *testing.T, p recorded) map[string]any {
	t.Helper()
	var each []any
	for _, c := range p.Changes {
		removed, added := c.Lines()
		why, hint := c.unwritable()
		each = append(each, map[string]any{
			"removed": removed, "added": added, "before": c.Text(c.Before), "after": c.Text(c.After),
			"careful": c.losses(), "unwritable": why + "|" + hint,
		})
	}
	out := map[string]any{"facts": each}
	for made, name := range []string{"cut-before", "cut-after"} {
		now := everyKind(p.Name)
		for _, c := range p.Changes[:made+1] {
			var err error
			if now, err = After(now, c); err != nil {
				t.Fatalf("%s: %v", p.Name, err)
			}
		}
		r, i := model.Judge(now), cutShort(p)
		say := func(q Plan, err error) any {
			return map[string]any{"title": q.Title, "command": q.Command, "warning": q.Warning, "changes": q.Changes, "err": fmt.Sprint(err)}
		}
		out[name] = map[string]any{"resume": say(Resume(r, i)), "rollback": say(RollBack(r, i)), "settle": Settle(r, i)}
	}
	after, impact, err := Simulate(model.Judge(everyKind(p.Name)), Plan{Title: p.Title, Changes: p.Changes})
	out["simulate"] = map[string]any{"err": fmt.Sprint(err), "impact": fmt.Sprint(impact), "stats": after.Stats}
	return out
}

// cutShort is the plan when its first change was made and its second one begun.
func cutShort(p recorded) Interruption {
	return Interruption{PlanID: p.Name, Title: p.Title, Actor: "root", Changes: p.Changes, Entries: []JournalEntry{
		{Seq: 1, PlanID: p.Name, Plan: p.Title, Change: p.Changes[0], Outcome: OutcomeDone},
		{Seq: 2, PlanID: p.Name, Plan: p.Title, Change: p.Changes[1], Outcome: OutcomeOpen},
	}}
}

// TestInverseIsIdentity: a change of each kind, and then its inverse, leaves the
// world as it was.
func TestInverseIsIdentity(t *testing.T) {
	t.Parallel()
	for _, p := range recordedPlans(t) {
		was := everyKind(p.Name)
		now := was
		all := append(append([]Change{}, p.Changes...), Plan{Changes: p.Changes}.Inverse().Changes...)
		for i, c := range all {
			var err error
			if now, err = After(now, c); err != nil {
				t.Fatalf("%s, change %d: %v", p.Name, i, err)
			}
		}
		is := comparable(t, now)
		for part, before := range comparable(t, was) {
			if is[part] != before {
				t.Errorf("%s: %s was\n%s\nand is\n%s", p.Name, part, before, is[part])
			}
		}
	}
}

// comparable spells the parts of a world that changes write, in an order of
// their own, and without what Authentik takes where nothing is said.
func comparable(t *testing.T, w model.World) map[string]string {
	t.Helper()
	w = model.Judge(w).World
	slices.SortFunc(w.Roles.Rows, func(a, b model.RoleRow) int { return cmp.Compare(a.Group, b.Group) })
	slices.SortFunc(w.Setup.Mappings, func(a, b model.ScopeMapping) int { return cmp.Compare(a.Mark, b.Mark) })
	if w.Setup.Provider != nil {
		p := w.Setup.Provider.Comparable(*w.Setup.Provider)
		p.PK, w.Setup.Provider = 0, &p
	}
	out := map[string]string{}
	for name, part := range map[string]any{
		"accounts": w.Locals, "users": w.Directory.Identities, "pins": w.Links, "roles": w.Roles.Rows, "default role": w.Roles.Default,
		"pending roles": w.Pending, "assertions": w.Assertions, "set-up": w.Setup,
	} {
		text, err := json.Marshal(part)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = strings.NewReplacer(":null", ":[]").Replace(string(text))
	}
	return out
}
