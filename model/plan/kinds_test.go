package plan

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// recorded are plans of every kind of change: as release 9ec0bcf stored them, and
// those of later kinds as they were first stored.
type recorded struct {
	Name, Title, Command string
	Changes              []Change
}

func recordedPlans(t *testing.T) []recorded {
	t.Helper()
	return slices.Concat(recordedFile[[]recorded](t, "plans-9ec0bcf"), recordedFile[[]recorded](t, "plans-romm-link"))
}

// recordedFacts are what was recorded of those plans, by name.
func recordedFacts[T any](t *testing.T, what string) map[string]T {
	t.Helper()
	all := recordedFile[map[string]T](t, what+"-9ec0bcf")
	maps.Copy(all, recordedFile[map[string]T](t, what+"-romm-link"))
	return all
}

func recordedFile[T any](t *testing.T, name string) (out T) {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out
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
	w.Pins = []model.Pin{{UID: "uid-3", LocalID: 3}}
	for i := range w.Locals {
		w.Locals[i].Link = model.Unlinked()
	}
	w.Locals[1].Link = model.NewOIDCLink("https://auth.example.org/application/o/romm/", "uid-9")
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
	want := recordedFacts[any](t, "facts")
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
		differs(t, p.Name, plain, reworded(want[p.Name]))
	}
}

// reworded is a recorded fact in the words of today. Only sentences for people
// were changed since 9ec0bcf, on purpose; the recording stays as it was made.
func reworded(fact any) any {
	changed := strings.NewReplacer( // old -> new
		"take back: ", "undo: ", // the title of the plan that undoes an interrupted one
	)
	switch f := fact.(type) {
	case string:
		return changed.Replace(f)
	case []any:
		for i := range f {
			f[i] = reworded(f[i])
		}
	case map[string]any:
		for k := range f {
			f[k] = reworded(f[k])
		}
	}
	return fact
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

// impactAsRecorded prints an impact with the fields that it had then.
func impactAsRecorded(i Impact) string {
	type verdict struct {
		Outcome               model.Outcome
		Status                int
		Detail, Rule          string
		UserID, SessionID     int64
		RoleBefore, RoleAfter model.Role
		Remedy, Depends       string
	}
	type delta struct {
		Who            model.Untrusted
		Before, After  verdict
		Opens, Session model.Untrusted
	}
	then := func(v model.Verdict) verdict {
		return verdict{v.Outcome, v.Status, v.Detail, v.Rule, v.UserID, v.SessionID, v.RoleBefore, v.RoleAfter, v.Remedy, v.Depends}
	}
	list := func(ds []Delta) (out []delta) {
		for _, d := range ds {
			out = append(out, delta{d.Who, then(d.Before), then(d.After), d.Opens, d.Session})
		}
		return out
	}
	return fmt.Sprint(struct {
		Takeovers, CannotSignIn, Accounts, CanSignIn, Roles, StillOut []delta
		Unknown                                                       int
	}{list(i.Takeovers), list(i.CannotSignIn), list(i.Accounts), list(i.CanSignIn), list(i.Roles), list(i.StillOut), i.Unknown})
}

func facts(t *testing.T, p recorded) map[string]any {
	t.Helper()
	var each []any
	for _, c := range p.Changes {
		removed, added := c.Lines()
		why, hint := c.kind().refuses(c)
		each = append(each, map[string]any{
			"removed": removed, "added": added, "before": c.Text(c.Before), "after": c.Text(c.After),
			"careful": c.kind().losses(c), "unwritable": why + "|" + hint,
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
	after, impact, err := Simulate(t.Context(), model.Judge(everyKind(p.Name)), Plan{Title: p.Title, Changes: p.Changes})
	var blamed inTheWay
	if errors.As(err, &blamed) {
		err = blamed.error // the change was not named then
	}
	out["simulate"] = map[string]any{"err": fmt.Sprint(err), "impact": impactAsRecorded(impact), "stats": after.Stats}
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
		"accounts": w.Locals, "users": w.Directory.Identities, "pins": w.Pins, "roles": w.Roles.Rows, "default role": w.Roles.Default,
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

// TestStoredForm: the bytes that are kept of a plan do not change without a new
// number, and each kind is read as it was written.
func TestStoredForm(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("testdata/stored-1.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(want)), "\n")
	for i, p := range recordedPlans(t) {
		text, err := Encode(p.Changes)
		if err != nil {
			t.Fatal(err)
		}
		if i >= len(lines) || string(text) != lines[i] {
			t.Errorf("%s is stored as\n%s", p.Name, text)
		}
		if back, err := Decode(text); err != nil || !slices.Equal(back, p.Changes) {
			t.Errorf("%s is read as %v, %v", p.Name, back, err)
		}
	}
	for _, text := range []string{`{"v":2,"changes":[]}`, `[{"Kind":"pin"}]`, ``, `{}`} {
		if _, err := Decode([]byte(text)); err == nil {
			t.Errorf("%q is read", text)
		}
	}
}

// TestEveryKindIsWhole: each kind has words, a recorded plan that shows what it
// says and does, and nothing of a kind of another release passes for one of
// ours.
func TestEveryKindIsWhole(t *testing.T) {
	t.Parallel()
	want := recordedFacts[[]struct {
		Sets, About, None, Made, Unmade string
		Told                            bool
	}](t, "words")
	seen := map[ChangeKind]bool{ChangeRestore: true, ChangeTrust: true} // they stand in no plan
	for _, p := range recordedPlans(t) {
		for i, c := range p.Changes {
			seen[c.Kind] = true
			got, w := c.Words(), want[p.Name][i]
			if got.Sets != w.Sets || got.About != w.About || got.None != w.None || got.TellApart != w.Told {
				t.Errorf("%s: words %+v, want %+v", c.Kind, got, w)
			}
			if made, unmade := c.Made(), c.inverse().Made(); made != w.Made || unmade != w.Unmade {
				t.Errorf("%s: %q and %q, want %q and %q", c.Kind, made, unmade, w.Made, w.Unmade)
			}
		}
	}
	for _, k := range Kinds() {
		if w := (Change{Kind: k}).Words(); w.Sets == "" || w.About == "" || w.None == "" || w.None == "nothing" {
			t.Errorf("%s has no words: %+v", k, w)
		}
		if !seen[k] {
			t.Errorf("no recorded plan shows %s", k)
		}
	}
	later := Change{Kind: "later-kind\x1b[2J", Object: "x", Before: "a", After: "b"}
	if w := later.Words(); w.Sets != `the later-kind\x1b[2J` {
		t.Errorf("an unknown kind is called %q", w.Sets)
	}
	if _, err := After(everyKind(""), later); model.CodeOf(err) != model.CodeConflict {
		t.Errorf("an unknown kind: %v", err)
	}
}

// TestKeepsAdmin proves S5 kind by kind: which changes take away what an admin
// signs in by, asked of each and of its inverse.
func TestKeepsAdmin(t *testing.T) {
	t.Parallel()
	want := map[ChangeKind]string{ // plan:change, "-" for its inverse
		ChangeLocalEmail: "", ChangeLocalEnabled: "", ChangeLocalRole: "-local-role:0", ChangeLocalAccount: "-local-account:1",
		ChangeIDPEmail: "", ChangeTrustedEmail: "", ChangeRoleRow: "-role-row:1", ChangeDefaultRole: "", ChangePendingRole: "", ChangePin: "", ChangeAssertion: "",
		ChangeScopeMapping: "scope-mapping:1 -scope-mapping:1", ChangeProvider: "oauth-provider:0 -oauth-provider:0 application:1 -application:1",
		ChangeApplication: "oauth-provider:1 -oauth-provider:1 application:0 -application:0", ChangeBinding: "binding:0 -binding:0 binding:1 -binding:1",
	}
	got := map[ChangeKind][]string{}
	for _, p := range recordedPlans(t) {
		if p.Name == "set-up" {
			continue
		}
		for i, c := range p.Changes {
			for sign, x := range map[string]Change{"": c, "-": c.inverse()} {
				if x.kind().keepsAdmin(adminsOf(model.Judge(everyKind(p.Name))), x) {
					got[c.Kind] = append(got[c.Kind], fmt.Sprintf("%s%s:%d", sign, p.Name, i))
				}
			}
		}
	}
	for k, w := range want {
		order := strings.Fields(w)
		slices.Sort(order)
		slices.Sort(got[k])
		if !slices.Equal(order, got[k]) {
			t.Errorf("%s: %q, want %q", k, got[k], order)
		}
	}
}
