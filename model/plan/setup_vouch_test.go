package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// stocked knows Authentik's own mapping for addresses too, of a release where it
// verifies everybody.
type stocked struct{ mapped }

func (c stocked) Classify(p model.OAuthProvider, own []model.ScopeMapping) model.Provider {
	out := c.mapped.Classify(p, own)
	if p.Selects(stockEmail) {
		out.Verified = model.VerifiedAlways
	}
	return out
}

// verifiesAll is a world whose provider selects Authentik's own mapping for
// addresses, of a release where it verifies everybody, and nobody is vouched
// for.
func verifiesAll() model.World {
	w := standing()
	w.Setup.Mappings = w.Setup.Mappings[:1] // the one of roles
	w.Setup.Provider.Mappings[2] = model.Ref{ID: stockEmail, Name: "email"}
	w.Provider.Verified, w.Setup.Classifier = model.VerifiedAlways, stocked{}
	local(&w, "mia", "mia@x.org", model.RoleUser)   // by a pin
	identity(&w, "mia-2", "mia@x.org", gUsers)      //
	local(&w, "niaj", "olga@x.org", model.RoleUser) // olga's address
	identity(&w, "olga", "olga@x.org", gUsers)      //
	identity(&w, "niaj", "niaj@x.org", gUsers)      //
	identity(&w, "newcomer", "new@x.org", gUsers)   // no account
	identity(&w, "gone", "gone@x.org", gUsers).Active = false
	local(&w, "gone", "gone@x.org", model.RoleUser)
	local(&w, "alice", "alice@x.org", model.RoleUser)
	identity(&w, "alice", "alice@x.org", gUsers)
	local(&w, "Alice", "alice2@x.org", model.RoleUser)
	identity(&w, "Alice", "alice2@x.org", gUsers)
	for i := range w.Directory.Identities {
		w.Directory.Identities[i].TrustedEmail = ""
	}
	w.Pins = []model.Pin{{UID: w.Directory.Identities[2].UID, LocalID: 3}}
	return w
}

// TestVouchingBegins proves S1 and S5: where every address is verified, one plan
// vouches for those who match and nobody else, before it takes the mapping's
// place; the admin can sign in all the while.
func TestVouchingBegins(t *testing.T) {
	t.Parallel()
	w := verifiesAll()
	w.WriteWarning = "directly given permissions go"
	r := model.Judge(w)
	if _, err := Trust(t.Context(), r, 1); err == nil || !strings.Contains(model.HintOf(err), "setup apply --verify address") {
		t.Errorf("users verify: %v (%s)", err, model.HintOf(err))
	}
	if i := slices.IndexFunc(CheckSetup(r, standingGoal()), func(c SetupCheck) bool {
		return c.ID == "email-verified" && strings.Contains(c.Repair, "setup apply --verify address") && !strings.Contains(c.Repair, "users verify")
	}); i < 0 {
		t.Errorf("the check says %+v", CheckSetup(r, standingGoal()))
	}
	if p, err := SetUp(r, standingGoal()); err != nil || len(p.Changes) != 0 {
		t.Errorf("nobody asked for it: %+v, %v", p.Changes, err)
	}
	g := standingGoal()
	g.Verified = model.VerifiedAddress
	p, err := SetUp(r, g)
	if err != nil || !strings.Contains(p.Warning, "directly given permissions go") {
		t.Fatalf("%q, %v", p.Warning, err)
	}
	var vouched, kinds []string
	e := newEditor(r.World)
	for _, c := range p.Changes {
		kinds = append(kinds, string(c.Kind))
		if c.Kind == ChangeTrustedEmail {
			vouched = append(vouched, c.Label.Raw())
		}
		if err := e.apply(c); err != nil {
			t.Fatal(err)
		}
		if now := model.Judge(e.w); now.Stats.UsableAdmins != 1 {
			t.Errorf("after %s nobody is admin: %+v", c.Kind, now.Stats)
		}
	}
	slices.Sort(vouched)
	if want := []string{"bob", "mia-2", "root"}; !slices.Equal(vouched, want) {
		t.Errorf("vouched for %q, want %q", vouched, want)
	}
	if want := []string{"idp-trusted-email", "scope-mapping", "oauth-provider"}; !slices.Equal(slices.Compact(kinds), want) {
		t.Errorf("in the order %q", kinds)
	}
	after, impact, err := Simulate(t.Context(), r, p)
	if err != nil || after.World.Provider.Verified != model.VerifiedAddress {
		t.Fatalf("%v, %+v", err, after.World.Provider)
	}
	for _, d := range impact.CannotSignIn {
		if slices.Contains(vouched, d.Who.Raw()) {
			t.Errorf("%s cannot sign in any more", d.Who)
		}
	}

	entries := journal(strings.Repeat("d", len(p.Changes)), p.Changes...)
	moved := after.World
	moved.Directory.Identities = slices.Clone(moved.Directory.Identities)
	moved.Directory.Identities[1].TrustedEmail = "other@x.org" // bob's, since
	for name, now := range map[string]model.World{"as it was": after.World, "vouched for anew since": moved} {
		back, err := UndoSetUp(model.Judge(now), entries)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		was, _, err := Simulate(t.Context(), model.Judge(now), back)
		if model.RuleOf(err) != string(RuleAnothersAccount) { // the set-up had shut olga out of it
			t.Errorf("%s: %v", name, err)
		}
		if was.World.Provider.Verified != model.VerifiedAlways {
			t.Errorf("%s: %+v", name, was.World.Provider)
		}
		if want := len(p.Changes); name == "as it was" && len(back.Changes) != want || name != "as it was" && len(back.Changes) != want-1 {
			t.Errorf("%s: %d changes", name, len(back.Changes))
		}
	}
}

// TestVouchingIsNobodysWord: what a text that somebody changed verifies is not
// vouched for, though the mapping is put right.
func TestVouchingIsNobodysWord(t *testing.T) {
	t.Parallel()
	w := verifiesAll()
	w.Setup.Mappings = append(w.Setup.Mappings, model.ScopeMapping{Mark: model.MarkEmail, Name: SetupEmailName, Scope: "email", Unknown: "x"})
	w.Setup.Provider.Mappings[2] = model.Ref{ID: model.MarkEmail}
	g := standingGoal()
	g.Verified = model.VerifiedAddress
	p, err := SetUp(model.Judge(w), g)
	if err != nil || len(p.Changes) != 1 || p.Changes[0].Kind != ChangeScopeMapping {
		t.Errorf("%+v, %v", p.Changes, err)
	}
}

// TestSetUpLeavesNamesAlone: Alice beside alice is no reason to refuse a set-up, or
// to undo one; what the plan itself would bring about is.
func TestSetUpLeavesNamesAlone(t *testing.T) {
	t.Parallel()
	w := standing()
	local(&w, "alice", "alice@x.org", model.RoleAdmin)
	identity(&w, "alice", "alice@x.org", gAdmins)
	local(&w, "Alice", "alice2@x.org", model.RoleUser)
	identity(&w, "Alice", "alice2@x.org", gUsers)
	drop := Plan{Changes: []Change{{Kind: ChangeApplication, Object: "romm", Before: encodeApplication(*w.Setup.Application)}}}
	e := newEditor(w)
	if err := e.apply(drop.Changes[0]); err != nil {
		t.Fatal(err)
	}
	r := model.Judge(e.w)
	p, err := SetUp(r, standingGoal())
	if err != nil || len(p.Changes) != 1 {
		t.Fatalf("%+v, %v", p, err)
	}
	after, impact, err := Simulate(t.Context(), r, p)
	if err != nil || len(impact.Takeovers) == 0 {
		t.Errorf("set-up: %+v, %v", impact, err)
	}
	if after.Stats.UsableAdmins == 0 {
		t.Errorf("%+v", after.Stats)
	}
	p.Purpose = PurposeNone
	if _, _, err := Simulate(t.Context(), r, p); model.RuleOf(err) != string(RuleAnothersSession) {
		t.Errorf("another plan: %v", err)
	}
	back := p
	back.Purpose = PurposeUndoSetUp
	if _, _, err := Simulate(t.Context(), r, back); err != nil {
		t.Errorf("undo: %v", err)
	}

	for group, rule := range map[model.GroupID]Rule{gUsers: "", gAdmins: RuleDisputedRole} {
		shared := e.w
		shared.Directory.Identities = slices.Clone(shared.Directory.Identities)
		identity(&shared, "sybil", "sybil@x.org", group)
		identity(&shared, "sybil-work", "sybil@x.org", group)
		r = model.Judge(shared)
		if p, err = SetUp(r, standingGoal()); err != nil {
			t.Fatal(err)
		}
		if _, _, err := Simulate(t.Context(), r, p); Rule(model.RuleOf(err)) != rule {
			t.Errorf("two of one address in %s: %v, want %q", group, err, rule)
		}
	}

	squats := e.w
	squats.Locals = slices.Clone(squats.Locals)
	squats.Locals = append(squats.Locals, model.LocalUser{ID: 77, Username: "eve", Email: "zoe@x.org", Role: model.RoleUser, Enabled: true})
	identity(&squats, "zoe", "zoe@x.org", gAdmins)
	local(&squats, "zoe", "", model.RoleUser)
	r = model.Judge(squats)
	if p, err = SetUp(r, standingGoal()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := Simulate(t.Context(), r, p); model.RuleOf(err) != string(RuleAnothersAccount) {
		t.Errorf("an account of somebody else's: %v", err)
	}
}
