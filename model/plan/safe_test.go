package plan

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// squattedWorld is a random world in which people are pinned too, names differ in
// letter case, and some cannot sign in.
func squattedWorld(rng *rand.Rand) model.World {
	w := randomWorld(rng)
	w.Settings.Database = []model.Database{model.DatabaseMariaDB, model.DatabasePostgreSQL, model.DatabaseUnknown}[rng.IntN(3)]
	w.Settings.AllowRegistration = rng.IntN(3) > 0
	for i := range w.Directory.Identities {
		id := &w.Directory.Identities[i]
		switch rng.IntN(8) {
		case 0:
			id.Groups = nil
		case 1:
			id.Username = model.Untrusted(strings.ToUpper(id.Username.Raw()))
		case 2:
			id.TrustedEmail = ""
		}
		if len(w.Locals) > 0 && rng.IntN(3) == 0 {
			w.Pins = append(w.Pins, model.Pin{UID: id.UID, LocalID: w.Locals[rng.IntN(len(w.Locals))].ID})
		}
	}
	return w
}

// TestSafeFixesHarmNobody proves S4: over random worlds nobody who could sign in
// is outside after the plan of all safe fixes, gets a new account or may end up in
// another's session, and no guard refuses it. After a part of it nobody is, but for the person whose own
// change comes next.
func TestSafeFixesHarmNobody(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(12, 10))
	plans, together, left := 0, 0, 0
	for range 20000 {
		w := squattedWorld(rng)
		if len(w.Locals) > 0 {
			w.Caller = model.Caller{ID: w.Locals[rng.IntN(len(w.Locals))].ID, Admin: rng.IntN(4) > 0}
		}
		r := model.Judge(w)
		d, err := SafeFixes(t.Context(), r)
		if len(d.Left) > 0 {
			left++
		}
		if err != nil {
			continue
		}
		plans++
		ours := func(c Change) bool { return callerRefuses(w, c) == nil }
		if !slices.ContainsFunc(d.Plan.Changes, ours) {
			continue // RomM refuses our credentials whatever it is
		}
		if _, _, err := Simulate(t.Context(), r, d.Plan); err != nil {
			t.Fatalf("%+v is refused: %v", d.Plan.Changes, err)
		}
		for i := range d.Plan.Changes {
			part := Plan{Changes: d.Plan.Changes[:i+1]}
			after := model.Judge(replay(t, w, part))
			next := ""
			if i+1 < len(d.Plan.Changes) {
				next = d.Plan.Changes[i+1].Object
			}
			for _, who := range harmed(compare(r, after, part.subjects())) {
				p := personNamed(r, who)
				if p.Local == nil || decimal(p.Local.ID).Raw() != next {
					t.Fatalf("after change %d of %+v: %s is worse off: %s", i+1, d.Plan.Changes, who, p.NextLogin)
				}
				together++
			}
		}
	}
	t.Logf("%d plans, %d owners together with who had their address, %d with people left out", plans, together, left)
	if plans < 2000 || together < 50 || left < 50 {
		t.Errorf("%d plans, %d owners, %d left out: the test says little", plans, together, left)
	}
}

// harmed are those who cannot sign in any more, get a new account, or may end up
// in another's session.
func harmed(i Impact) (out []model.Untrusted) {
	for _, d := range append(append([]Delta{}, i.CannotSignIn...), i.Takeovers...) {
		out = append(out, d.Who)
	}
	for _, d := range i.Accounts {
		if d.After.Outcome == model.Registers {
			out = append(out, d.Who)
		}
	}
	return out
}

// personNamed is the row of the Authentik user of that name.
func personNamed(r *model.Review, name model.Untrusted) model.Pair {
	for _, p := range r.Pairs {
		if p.Identity != nil && p.Identity.Username == name {
			return p
		}
	}
	return model.Pair{}
}

// TestSquatterAndOwnerAreOnePlan: mallory's account carries niaj's address, with
// which niaj signs in to it. It is corrected together with niaj's own, or not at all.
func TestSquatterAndOwnerAreOnePlan(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		edit       func(w *model.World, owner *model.Identity)
		want, left string
	}{
		"both": {func(*model.World, *model.Identity) {}, "mallory=mallory@x.org niaj=niaj@x.org", ""},
		"the owner is pinned": {func(w *model.World, owner *model.Identity) {
			w.Pins = append(w.Pins, model.Pin{UID: owner.UID, LocalID: 3})
		}, "mallory=mallory@x.org niaj=niaj@x.org", ""},
		"the owner has no account": {
			func(w *model.World, _ *model.Identity) { w.Locals = w.Locals[:2] },
			"", "mallory: niaj signs in by the address that it has now, and would get a new account",
		},
		"the owner has no account and may not make one": {func(w *model.World, _ *model.Identity) {
			w.Locals, w.Settings.AllowRegistration = w.Locals[:2], false
		}, "", "mallory: niaj signs in by the address that it has now, and could not any more"},
		"the owner is pinned to an account that is gone": {func(w *model.World, owner *model.Identity) {
			w.Pins = append(w.Pins, model.Pin{UID: owner.UID, LocalID: 9})
		}, "", "mallory: niaj signs in by the address that it has now, and could not any more"},
		"the owner does not get in anyway": {
			func(_ *model.World, owner *model.Identity) { owner.Groups = nil },
			"mallory=mallory@x.org", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := rooted()
			local(&w, "mallory", "niaj@x.org", model.RoleUser)
			local(&w, "niaj", "old@x.org", model.RoleUser)
			squatter := identity(&w, "mallory", "mallory@x.org", gUsers).UID
			w.Pins = []model.Pin{{UID: squatter, LocalID: 2}}
			tc.edit(&w, identity(&w, "niaj", "niaj@x.org", gUsers))
			r := model.Judge(w)
			d, err := SafeFixes(t.Context(), r)
			if (err != nil) != (tc.want == "") || err != nil && model.CodeOf(err) != model.CodeNothing {
				t.Fatal(err)
			}
			var got, left []string
			for _, c := range d.Plan.Changes {
				got = append(got, fmt.Sprintf("%s=%s", c.Label, c.After))
			}
			for _, l := range d.Left {
				left = append(left, l.Who.String()+": "+l.Reason())
			}
			if strings.Join(got, " ") != tc.want || strings.Join(left, "; ") != tc.left {
				t.Errorf("%q, left %q", got, left)
			}
		})
	}
}

// TestOwnerFollowsAtOnce: between the two changes the owner cannot sign in, so
// nobody else's comes between them.
func TestOwnerFollowsAtOnce(t *testing.T) {
	t.Parallel()
	w := rooted()
	for _, who := range [][2]string{{"mallory", "niaj@x.org"}, {"ann", "ann@old.org"}, {"niaj", "old@x.org"}} {
		local(&w, who[0], who[1], model.RoleUser)
		id := identity(&w, who[0], who[0]+"@x.org", gUsers)
		w.Pins = append(w.Pins, model.Pin{UID: id.UID, LocalID: int64(len(w.Locals))})
	}
	d, err := SafeFixes(t.Context(), model.Judge(w))
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, c := range d.Plan.Changes {
		got += c.Label.Raw() + " "
	}
	if got != "mallory niaj ann " {
		t.Errorf("the order is %s", got)
	}
}

// TestSafeFixesOfOthers: what RomM refuses our credentials is left out; where that
// is all there is, the plan is refused for it and does not claim that nothing was
// safe.
func TestSafeFixesOfOthers(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		caller     model.Caller
		want, left int
		rule       Rule
	}{
		"an administrator":     {model.Caller{ID: 1, Admin: true}, 2, 0, ""},
		"one of them":          {model.Caller{ID: 2}, 1, 1, ""},
		"somebody else":        {model.Caller{ID: 1}, 2, 0, RuleCannotBeWritten},
		"a token that may not": {model.Caller{ID: 1, Admin: true, Lacks: "it lacks users.write"}, 2, 0, RuleCannotBeWritten},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := rooted()
			for _, who := range []string{"ann", "bob"} {
				local(&w, who, who+"@old.org", model.RoleUser)
				identity(&w, who, who+"@x.org", gUsers)
			}
			w.Caller = tc.caller
			r := model.Judge(w)
			d, err := SafeFixes(t.Context(), r)
			if err != nil || len(d.Plan.Changes) != tc.want || len(d.Left) != tc.left {
				t.Fatalf("%+v, %v", d, err)
			}
			if _, _, err := Simulate(t.Context(), r, d.Plan); model.RuleOf(err) != string(tc.rule) {
				t.Errorf("refused by %q, want %q", model.RuleOf(err), tc.rule)
			}
		})
	}
}
