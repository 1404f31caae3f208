package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// called is a world with the accounts root (1), whose credentials are ours,
// alice (2) and admin (3).
func called() model.World {
	w := rooted()
	local(&w, "alice", "alice@x.org", model.RoleUser)
	local(&w, "admin", "admin@x.org", model.RoleAdmin)
	identity(&w, "alice", "alice@x.org", gUsers)
	w.Caller = model.Caller{ID: 3, Username: "admin", Admin: true}
	return w
}

// TestOwnAccountIsLeftOut: RomM ignores such a change of oneself, which is known
// before the first change is made.
func TestOwnAccountIsLeftOut(t *testing.T) {
	t.Parallel()
	r := model.Judge(called())
	d, err := Enabled(t.Context(), r, false, 2, 3)
	if err != nil || len(d.Plan.Changes) != 1 || d.Plan.Changes[0].Label != "alice" || len(d.Left) != 1 || d.Left[0].Who != "admin" ||
		!strings.Contains(d.Left[0].Reason(), "our own credentials") {
		t.Errorf("%+v, %v", d, err)
	}
	if _, _, err := Simulate(t.Context(), r, d.Plan); err != nil {
		t.Errorf("the rest: %v", err)
	}
	if _, err := Enabled(t.Context(), r, false, 3); model.CodeOf(err) != model.CodeRefused {
		t.Errorf("it alone: %v", err)
	}
	// A plan that was made otherwise, such as an undo, does not begin.
	p := Plan{Changes: []Change{
		{Kind: ChangeLocalEnabled, Side: SideRomM, Object: "2", Label: "alice", Before: "true", After: "false"},
		{Kind: ChangeLocalRole, Side: SideRomM, Object: "3", Label: "admin", Before: "admin", After: "user"},
	}}
	if _, _, err := Simulate(t.Context(), r, p); model.RuleOf(err) != string(RuleCannotBeWritten) || !strings.Contains(err.Error(), "admin is the account") {
		t.Errorf("a plan with it: %v", err)
	}
}

// TestCallerRefuses: who may change nothing is told so by every plan, also of
// addresses; the own address may be changed.
func TestCallerRefuses(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		caller   model.Caller
		kind     ChangeKind
		id, want string
	}{
		{model.Caller{ID: 2, Username: "alice"}, ChangeLocalEmail, "3", "alice, who is no administrator"},
		{model.Caller{ID: 2, Username: "alice"}, ChangeLocalEnabled, "3", "alice, who is no administrator"},
		{model.Caller{ID: 2, Username: "alice"}, ChangeLocalEmail, "2", ""},
		{model.Caller{ID: 3, Username: "admin", Admin: true}, ChangeLocalEmail, "3", ""},
		{model.Caller{ID: 3, Username: "admin", Admin: true}, ChangeLocalRole, "2", ""},
		{model.Caller{ID: 2, Username: "alice"}, ChangePin, "3", ""},
		{model.Caller{Unknown: "no me.read"}, ChangeLocalRole, "2", "no me.read"},
		{model.Caller{Unknown: "no me.read"}, ChangeLocalEmail, "2", ""},
		{model.Caller{ID: 3, Username: "admin", Admin: true, Lacks: "ROMM_TOKEN lacks me.write"}, ChangeLocalEmail, "2", "ROMM_TOKEN lacks me.write"},
		{model.Caller{ID: 3, Username: "admin", Admin: true, Lacks: "ROMM_TOKEN lacks me.write"}, ChangeIDPEmail, "2", ""},
		{model.Caller{}, ChangeLocalRole, "2", ""},
	} {
		w := called()
		w.Caller = tc.caller
		why := ""
		if err := callerRefuses(w, Change{Kind: tc.kind, Object: tc.id, Label: "x"}); err != nil {
			why = err.Error()
		}
		if tc.want == "" && why != "" || !strings.Contains(why, tc.want) {
			t.Errorf("%+v: %q", tc, why)
		}
	}
	w := called()
	w.Caller = model.Caller{ID: 2, Username: "alice"}
	p := Plan{Changes: []Change{
		{Kind: ChangeLocalEmail, Side: SideRomM, Object: "1", Label: "root", Before: "root@x.org", After: "r@x.org"},
		{Kind: ChangeLocalEmail, Side: SideRomM, Object: "3", Label: "admin", Before: "admin@x.org", After: "a@x.org"},
	}}
	if _, _, err := Simulate(t.Context(), model.Judge(w), p); err == nil || !strings.Contains(err.Error(), "(this concerns root, admin)") {
		t.Errorf("%v", err)
	}
}

// TestRoleNowOfDisabled: RomM writes the role of a disabled account, too
// (docs/romm.md row 16), so what the verdict says can be had at once.
func TestRoleNowOfDisabled(t *testing.T) {
	t.Parallel()
	w := called()
	local(&w, "kenji", "kenji@x.org", model.RoleAdmin).Enabled = false
	identity(&w, "kenji", "kenji@x.org", gUsers)
	r := model.Judge(w)
	v := peopleOf(r).byAccount[4].Verdict
	if v == nil || v.Rule != model.RuleDisabled || v.RoleAfter != model.RoleUser {
		t.Fatalf("the verdict: %+v", v)
	}
	d, err := RoleNow(t.Context(), r, 4)
	if err != nil || len(d.Plan.Changes) != 1 || d.Plan.Changes[0].After != "user" {
		t.Errorf("%+v, %v", d, err)
	}
}

// TestMatchEmailsCrossed: each of two accounts with swapped addresses pairs by
// address with the other's user. Chosen together they go by their usernames;
// one alone does not.
func TestMatchEmailsCrossed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		emails []string // of the accounts ann, bob, cid; their users have their own
		ids    []int64
		want   string
	}{
		"two":               {[]string{"bob@x.org", "ann@x.org", "cid@x.org"}, []int64{2, 3}, "ann= bob=bob@x.org ann=ann@x.org"},
		"one of two":        {[]string{"bob@x.org", "ann@x.org", "cid@x.org"}, []int64{2}, "ann carries the address of Authentik's bob: choose the account bob too"},
		"three":             {[]string{"bob@x.org", "cid@x.org", "ann@x.org"}, []int64{2, 3, 4}, "ann= bob=bob@x.org cid=cid@x.org ann=ann@x.org"},
		"two of three":      {[]string{"bob@x.org", "cid@x.org", "ann@x.org"}, []int64{2, 3}, "possible for nobody"},
		"with others":       {[]string{"bob@x.org", "ann@x.org", "old@x.org"}, []int64{2, 3, 4}, "ann= bob=bob@x.org ann=ann@x.org cid=cid@x.org"},
		"one that is alone": {[]string{"bob@x.org", "old@x.org", "cid@x.org"}, []int64{2, 3}, "ann=ann@x.org bob=bob@x.org"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := rooted()
			for i, who := range []string{"ann", "bob", "cid"} {
				local(&w, who, tc.emails[i], model.RoleUser)
				identity(&w, who, who+"@x.org", gUsers)
			}
			r := model.Judge(w)
			d, err := MatchEmails(t.Context(), r, tc.ids...)
			got := ""
			if err != nil {
				got = err.Error()
			}
			for _, c := range d.Plan.Changes {
				got += fmt.Sprintf(" %s=%s", c.Label.Raw(), c.After.Raw())
			}
			if !strings.Contains(got, tc.want) {
				t.Fatalf("%q, want %q", got, tc.want)
			}
			if err != nil {
				return
			}
			after, _, err := Simulate(t.Context(), r, d.Plan)
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range tc.ids {
				if p := peopleOf(after).byAccount[id]; p.Identity == nil || p.Identity.Username != p.Local.Username || !p.CanSignIn() {
					t.Errorf("%s afterwards: %+v", p.Local.Username, p.NextLogin)
				}
			}
		})
	}
}
