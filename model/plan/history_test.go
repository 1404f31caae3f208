package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// mailWorld is a world in which the account n+1 has the nth address.
func mailWorld(addresses ...string) *model.Review {
	w := model.World{}
	for n, a := range addresses {
		w.Locals = append(w.Locals, model.LocalUser{ID: int64(n + 1), Username: model.Untrusted(fmt.Sprintf("u%d", n+1)), Email: model.Untrusted(a), Role: model.RoleUser, Enabled: true})
	}
	return &model.Review{World: w}
}

func mail(id int, before, after string) Change {
	return Change{Kind: ChangeLocalEmail, Side: SideRomM, Object: fmt.Sprint(id), Label: model.Untrusted(fmt.Sprintf("u%d", id)), Before: model.Untrusted(before), After: model.Untrusted(after)}
}

// journal makes entries 1, 3, 5 … with the outcomes, one letter each: d, f, o.
func journal(outcomes string, changes ...Change) []JournalEntry {
	words := map[byte]string{'d': OutcomeDone, 'f': OutcomeFailed, 'o': OutcomeOpen}
	var out []JournalEntry
	for n := range len(outcomes) {
		out = append(out, JournalEntry{
			Seq: int64(2*n + 1), At: time.Unix(int64(n), 0), PlanID: "p1", Plan: "swap", Change: changes[n], Outcome: words[outcomes[n]],
		})
	}
	return out
}

// show writes a plan's changes on one line.
func show(p Plan) string {
	var b strings.Builder
	for _, c := range p.Changes {
		fmt.Fprintf(&b, "%s:%s>%s ", c.Object, c.Before.Raw(), c.After.Raw())
	}
	return strings.TrimSpace(b.String())
}

// swap exchanges the addresses of 1 and 2 through a parking address.
var swap = []Change{mail(1, "a", "park"), mail(2, "b", "a"), mail(1, "park", "b")}

func TestPlanUndo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		world    []string
		outcomes string
		want     string // the changes, or the code of the error
	}{
		"whole plan":        {[]string{"b", "a"}, "ddd", "1:b>park 2:a>b 1:park>a"},
		"a failed one":      {[]string{"park", "b"}, "df", "1:park>a"},
		"undone":            {[]string{"a", "b"}, "ddd", "nothing"},
		"changed since":     {[]string{"x", "a"}, "ddd", "conflict"}, // proves S35
		"only failed":       {[]string{"a", "b"}, "f", "invalid"},
		"still open":        {[]string{"park", "b"}, "do", "conflict"},
		"account gone":      {nil, "d", "conflict"},
		"nothing was found": {[]string{"a", "b"}, "", "not_found"},
	} {
		entries := journal(c.outcomes, swap...)
		slices.Reverse(entries) // the order does not matter
		p, err := Undo(mailWorld(c.world...), entries)
		got := show(p)
		if err != nil {
			got = string(model.CodeOf(err))
		}
		if got != c.want {
			t.Errorf("%s: %q (%v), want %q", name, got, err, c.want)
		}
		if err != nil && model.HintOf(err) == "" {
			t.Errorf("%s: no hint: %v", name, err)
		}
	}
	p, err := Undo(mailWorld("b", "a"), journal("ddd", swap...))
	if err != nil || p.Title != "undo: swap" || p.Command != "romm-admin history undo --plan p1" {
		t.Errorf("%+v %v", p, err)
	}
	p, err = Undo(mailWorld("park"), journal("d", swap...))
	if err != nil || p.Command != "romm-admin history undo 1" {
		t.Errorf("%+v %v", p, err)
	}
}

// TestEveryCutHasTwoEnds cuts a plan at every boundary of its steps: before
// the announcement, between announcement and change, between change and end,
// and after it. Both ways out must end in exactly the new or the old world.
func TestEveryCutHasTwoEnds(t *testing.T) {
	t.Parallel()
	// proves R15, S36
	worlds := [][]string{{"a", "b"}, {"park", "b"}, {"park", "a"}, {"b", "a"}} // after n changes
	for step := range swap {
		for cut, made := range map[string]int{"o": step, "O": step + 1, "d": step + 1} {
			outcomes := strings.Repeat("d", step) + strings.ToLower(cut)
			i := Interruption{PlanID: "p1", Title: "swap", Entries: journal(outcomes, swap...), Changes: swap}
			r := mailWorld(worlds[made]...)
			for name, way := range map[string]struct {
				plan func(*model.Review, Interruption) (Plan, error)
				end  []string
			}{
				"resume": {Resume, worlds[3]}, "undo": {RollBack, worlds[0]},
			} {
				p, err := way.plan(r, i)
				if err != nil {
					t.Fatalf("%s after %s: %v", name, outcomes, err)
				}
				e := newEditor(r.World)
				for _, c := range p.Changes {
					if err := e.apply(c); err != nil {
						t.Fatalf("%s after %s: %v", name, outcomes, err)
					}
				}
				for n, u := range e.w.Locals {
					if u.Email.Raw() != way.end[n] {
						t.Errorf("%s after %s with %d made: account %d has %q, want %q", name, outcomes, made, n+1, u.Email.Raw(), way.end[n])
					}
				}
			}
			for _, s := range Settle(r, i) {
				if want := map[string]string{"o": OutcomeFailed, "O": OutcomeDone}[cut]; s.Seq != int64(2*step+1) || s.Outcome != want {
					t.Errorf("after %s with %d made: settled %+v, want %s", outcomes, made, s, want)
				}
			}
		}
	}
}

// A change that was stopped is looked for, as one that is open: it may have been
// made after all.
func TestStoppedChangesAreTakenBack(t *testing.T) {
	t.Parallel()
	i := Interruption{PlanID: "p1", Title: "t", Entries: journal("f", mail(1, "a", "b"))}
	for _, tc := range []struct{ outcome, address, want string }{
		{OutcomeStopped, "b", "1:b>a"},
		{OutcomeStopped, "a", ""},
		{OutcomeFailed, "b", ""}, // that was told, and is nothing of this plan's
	} {
		i.Entries[0].Outcome = tc.outcome
		if p, err := RollBack(mailWorld(tc.address), i); err != nil || show(p) != tc.want {
			t.Errorf("%q, %s: %q, want %q, %v", tc.outcome, tc.address, show(p), tc.want, err)
		}
	}
}

func TestInterruptionThatSomebodyElseMoved(t *testing.T) {
	t.Parallel()
	i := Interruption{PlanID: "p1", Title: "t\x1b[2J", Entries: journal("o", mail(1, "a", "b"))}
	r := mailWorld("somebody@else")
	for name, plan := range map[string]func(*model.Review, Interruption) (Plan, error){
		"resume": Resume, "undo": RollBack,
	} {
		if p, err := plan(r, i); model.CodeOf(err) != model.CodeConflict || model.HintOf(err) == "" {
			t.Errorf("%s: %v %v", name, p, err)
		}
	}
	if s := Settle(r, i); len(s) != 1 || s[0].Outcome != OutcomeFailed {
		t.Errorf("settled %+v", s)
	}
	p, err := Resume(mailWorld("a"), i)
	if err != nil || show(p) != "1:a>b" || strings.Contains(p.Title, "\x1b") {
		t.Errorf("%+v %v", p, err)
	}
	if p, err := Resume(mailWorld("b"), i); err != nil || len(p.Changes) != 0 {
		t.Errorf("%+v %v", p, err)
	}
	for _, held := range []Holding{HoldingNobody, HoldingSomebody} { // who has it in hand counts, not the time
		i.Held = held
		if got := i.MayBeRunning(i.At); got != (held == HoldingSomebody) || got != i.MayBeRunning(i.At.Add(time.Hour)) {
			t.Errorf("holding %d: %v", held, got)
		}
	}
	for held, why := range map[Holding]string{HoldingNobody: "", HoldingSomebody: "right now", HoldingUnknown: "may be under way"} {
		i.Held = held
		if err := i.Busy(i.At); (err != nil) != (why != "") || err != nil && (model.CodeOf(err) != model.CodeConflict || !strings.Contains(err.Error(), why) || model.HintOf(err) == "") {
			t.Errorf("holding %d: %v", held, err)
		}
	}
	i.Held = HoldingUnknown
	if i.Total() != 1 || i.Done() != 0 || !i.MayBeRunning(i.At.Add(59*time.Second)) || i.MayBeRunning(i.At.Add(time.Minute)) {
		t.Errorf("%+v", i)
	}
}

// TestNamesAreThoseOfTheWorld: a plan that finishes or undoes another names the
// account that its id has now, whatever was stored (S37).
func TestNamesAreThoseOfTheWorld(t *testing.T) {
	t.Parallel()
	r := mailWorld("a", "b2")
	forged := mail(1, "a", "c")
	forged.Label = "somebody else"
	made := mail(2, "b", "b2")
	made.Label = "somebody else"
	i := Interruption{PlanID: "p1", Changes: []Change{made, forged}, Entries: journal("d", made)}
	finish, err := Resume(r, i)
	if err != nil || len(finish.Changes) != 1 || finish.Changes[0].Label != "u1" {
		t.Errorf("%+v, %v", finish.Changes, err)
	}
	back, err := RollBack(r, i)
	if err != nil || len(back.Changes) != 1 || back.Changes[0].Label != "u2" {
		t.Errorf("%+v, %v", back.Changes, err)
	}
}
