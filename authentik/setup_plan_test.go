package authentik_test

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
	"github.com/romm-admin/romm-admin/model/reconcile"
)

var _ reconcile.Directory = (*authentik.Client)(nil)

const rommRedirect = "https://romm.example.org/api/oauth/openid"

// paper is a journal that forgets.
type paper struct{ reconcile.Journal }

func (paper) OpenEntry(context.Context, plan.JournalEntry) (int64, error) { return 1, nil }
func (paper) CloseEntry(context.Context, int64, string, string) error     { return nil }
func (paper) HoldPlan(string) error                                       { return nil }
func (paper) EndPlan(string)                                              {}
func (paper) Interrupted(context.Context) ([]plan.Interruption, error)    { return nil, nil }

// rommWorld judges what the client reads against two people who have accounts
// of the same address: an admin by the group gamers, and somebody without a
// group.
func (f fixture) rommWorld(t *testing.T) *model.Review {
	t.Helper()
	got := f.read(t)
	gamers := authentiktest.GroupID("gamers")
	return model.Judge(model.World{
		Directory: got.Directory, Provider: got.Provider, Setup: got.Setup, Warnings: got.Warnings,
		Locals: []model.LocalUser{
			{ID: 1, Username: "user00000", Email: "user00000@example.org", Role: model.RoleAdmin, Enabled: true},
			{ID: 2, Username: "user00001", Email: "user00001@example.org", Role: model.RoleUser, Enabled: true},
		},
		Roles: model.RoleMap{Rows: []model.RoleRow{{Group: gamers, Name: "gamers", Role: model.RoleAdmin}}},
		Settings: model.Settings{
			Version: model.Version{Major: 5, Minor: 2}, Database: model.DatabasePostgreSQL, ClaimRoles: model.RolesClaim,
			RoleAdmin: "admin", RoleEditor: "editor", RoleViewer: "viewer", AllowRegistration: true, RedirectURI: rommRedirect,
		},
	})
}

func setupSeed(version string) authentiktest.Seed {
	seed := authentiktest.Seed{
		Version: version, Users: people(2), Groups: []authentiktest.Group{{Name: "gamers"}},
		Native: &authentiktest.Native{}, // what the texts return is proven elsewhere
	}
	for i := range seed.Users {
		seed.Users[i].Attributes = map[string]any{model.AttrTrustedEmail: seed.Users[i].Email}
	}
	seed.Users[0].Groups = []string{"gamers"}
	return seed
}

func (f fixture) goal(t *testing.T) plan.SetupGoal {
	t.Helper()
	needs, err := f.client.SetupNeeds(t.Context())
	if err != nil || needs.AuthorizationFlow.ID == "" || needs.InvalidationFlow.ID == "" || needs.SigningKey.Name != authentik.SigningKeyName {
		t.Fatalf("needs %+v, %v", needs, err)
	}
	return plan.SetupGoal{Needs: needs, RedirectURI: rommRedirect, ClientID: "random-client-id"}
}

// carry makes every change of the plan, and holds each one to what the
// simulation said of it before: what is read afterwards classifies the same and
// gives everybody the same next login.
func (f fixture) carry(t *testing.T, r *model.Review, p plan.Plan) *model.Review {
	t.Helper()
	predicted, _, err := plan.Simulate(t.Context(), r, p)
	if err != nil {
		t.Fatalf("%s: %v", p.Title, err)
	}
	s := &reconcile.Service{Directory: f.client, Journal: paper{}, Now: time.Now}
	run := plan.Run{Plan: p, ID: "plan", World: r.World}
	for c, more := run.Next(); more; c, more = run.Next() {
		run = s.Step(t.Context(), run)
		if err := run.Report().Err(); err != nil {
			t.Fatalf("%s %s: %v (%s)", c.Kind, c.Object, err, model.HintOf(err))
		}
	}
	now := f.rommWorld(t)
	said := predicted.World.Provider
	is := now.World.Provider
	is.ClaimsSupported, is.PK, is.RolesMoved, is.Previews = said.ClaimsSupported, said.PK, said.RolesMoved, said.Previews
	is.Fingerprint, said.Fingerprint = "", ""
	if said.Issuer == "" { // not known before there was an application
		is.Issuer = ""
	}
	if !reflect.DeepEqual(is, said) {
		t.Errorf("%s: predicted %+v\nread %+v", p.Title, said, is)
	}
	for i, pair := range now.Pairs {
		if before := predicted.Pairs[i]; before.NextLogin != pair.NextLogin {
			t.Errorf("%s: predicted %q, it is %q", p.Title, before.NextLogin, pair.NextLogin)
		}
	}
	return now
}

// setUps are the states that set-up may find.
func setUps(t *testing.T) map[string]func(*authentiktest.Seed) {
	add := func(s *authentiktest.Seed, r authentiktest.RomM) {
		if err := s.AddRomM(r); err != nil {
			t.Fatal(err)
		}
	}
	byHand := func(s *authentiktest.Seed, expression string) { // after RomM's guide, in the web interface
		s.Mappings = append(s.Mappings, authentik.Mapping{ID: "00000000-0000-0000-0000-0000000000aa", Name: "RomM Email Verification", Scope: "email", Expression: expression})
		s.Providers = append(s.Providers, authentiktest.Provider{
			Name: "My RomM", ClientID: "mine", ClientSecret: "s", RedirectURIs: []string{rommRedirect},
			Mappings: []string{authentik.ManagedStockOpenID, authentik.ManagedStockProfile, "00000000-0000-0000-0000-0000000000aa"},
		})
		s.Applications = append(s.Applications, authentiktest.Application{Name: "Games", Slug: "romm", Provider: "My RomM"})
	}
	roles := &model.RoleTable{Rank: []string{"admin", "viewer"}, Rows: []model.RoleTableRow{{Group: authentiktest.GroupID("gamers"), Token: "admin"}}}
	return map[string]func(*authentiktest.Seed){
		"fresh":           func(*authentiktest.Seed) {},
		"whole":           func(s *authentiktest.Seed) { add(s, authentiktest.RomM{Roles: roles}) },
		"stock email":     func(s *authentiktest.Seed) { add(s, authentiktest.RomM{Roles: roles, Email: authentiktest.EmailStock}) },
		"no roles":        func(s *authentiktest.Seed) { add(s, authentiktest.RomM{}) },
		"the guide":       func(s *authentiktest.Seed) { byHand(s, authentik.EmailAlways()) },
		"a foreign email": func(s *authentiktest.Seed) { byHand(s, `return {"email": "x@example.org", "email_verified": bool(1)}`) },
		"two of one scope": func(s *authentiktest.Seed) {
			add(s, authentiktest.RomM{Roles: roles})
			s.Providers[0].Mappings = append(s.Providers[0].Mappings, authentik.ManagedStockEmail)
		},
		"another address": func(s *authentiktest.Seed) {
			add(s, authentiktest.RomM{Roles: roles, RedirectURI: "https://old.example.org/api/oauth/openid"})
		},
		"claims elsewhere": func(s *authentiktest.Seed) {
			add(s, authentiktest.RomM{Roles: roles})
			s.Providers[0].NoClaimsInIDToken = true
		},
		"half finished": func(s *authentiktest.Seed) {
			add(s, authentiktest.RomM{Roles: roles, ClientID: "random-client-id"})
			s.Applications = nil
		},
		"text changed": func(s *authentiktest.Seed) {
			add(s, authentiktest.RomM{Roles: roles})
			s.Mappings[1].Expression += "\n# mine"
		},
	}
}

// proves S36 and S10: whatever set-up finds, on every release, it makes what is
// missing, changes what differs, says beforehand what follows from it, finds
// nothing left to do at a second run, and undoes itself. Every request is
// valid by the documents of both ends of the range (checked by start).
func TestSetupPlan(t *testing.T) {
	t.Parallel()
	for _, version := range authentiktest.Versions() {
		for name, change := range setUps(t) {
			t.Run(version+"/"+name, func(t *testing.T) {
				t.Parallel()
				seed := setupSeed(version)
				change(&seed)
				f := start(t, seed, nil, func(c *authentik.Config) { c.ClientID = "random-client-id" })
				first := f.rommWorld(t)
				p, err := plan.SetUp(first, f.goal(t))
				if err != nil {
					t.Fatal(err)
				}
				// Before 2025.10 the stock mapping verifies, and what works is left.
				works := name == "whole" || name == "stock email" && !authentik.ParseRelease(version).AtLeast(2025, 10)
				if (len(p.Changes) == 0) != works {
					t.Errorf("changes: %v", kindsOf(p))
				}
				done := f.carry(t, first, p)
				if done.Stats.CannotSignIn != 1 || done.Stats.UsableAdmins != 1 { // the one without a group
					t.Errorf("afterwards %+v: %q", done.Stats, done.Notes)
				}
				if again, err := plan.SetUp(done, f.goal(t)); err != nil || len(again.Changes) != 0 {
					t.Errorf("a second run: %v, %v", kindsOf(again), err)
				}
				for _, c := range plan.CheckSetup(done, f.goal(t)) {
					if c.Fails() || (c.State == plan.CheckUnknown) {
						t.Errorf("check %+v", c)
					}
				}
				if name == "fresh" {
					f.takeBack(t, first, done, p)
				}
			})
		}
	}
}

func kindsOf(p plan.Plan) []string {
	var out []string
	for _, c := range p.Changes {
		removed, added := c.Lines()
		out = append(out, string(c.Kind)+" "+c.Object+": -"+strings.Join(removed, ", ")+" +"+strings.Join(added, ", "))
	}
	return out
}

// takeBack undoes a set-up: the guard says no while it is the only way in, so
// the account of the admin is made somebody's who needs none.
func (f fixture) takeBack(t *testing.T, first, done *model.Review, p plan.Plan) {
	t.Helper()
	back := p.Inverse()
	if _, _, err := plan.Simulate(t.Context(), done, back); model.CodeOf(err) != model.CodeRefused {
		t.Errorf("the last admin is cut off: %v", err)
	}
	s := &reconcile.Service{Directory: f.client, Journal: paper{}, Now: time.Now}
	run := plan.Run{Plan: back, ID: "undo", World: done.World}
	for c, more := run.Next(); more; c, more = run.Next() {
		run = s.Step(t.Context(), run)
		if err := run.Report().Err(); err != nil {
			t.Fatalf("undo %+v: %v", c, err)
		}
	}
	now := f.rommWorld(t)
	now.World.Setup.Classifier = first.World.Setup.Classifier
	if !reflect.DeepEqual(now.World.Setup, first.World.Setup) {
		t.Errorf("left over: %+v", now.World.Setup)
	}
}

// proves S36: nothing that people or blueprints made is edited, under any
// name; what set-up finds taken it makes beside it.
func TestSetupLeavesOthersAlone(t *testing.T) {
	t.Parallel()
	seed := setupSeed("")
	setUps(t)["the guide"](&seed)
	f := start(t, seed, nil, nil)
	before, err := f.client.Mappings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := f.rommWorld(t)
	g := f.goal(t)
	g.Verified = model.VerifiedAddress
	p, err := plan.SetUp(r, g)
	if err != nil || p.Changes[0].Object != model.MarkEmail || p.Changes[0].Label != "RomM Email Verification (romm-admin 2)" {
		t.Fatalf("%v, %v", kindsOf(p), err)
	}
	f.carry(t, r, p)
	after, err := f.client.Mappings(t.Context())
	for _, m := range before {
		if err != nil || !slices.Contains(after, m) {
			t.Errorf("%q was touched: %v", m.Name, err)
		}
	}
}

// proves S35: what moved between plan and write is not written over.
func TestSetupStale(t *testing.T) {
	t.Parallel()
	seed := setupSeed("")
	setUps(t)["whole"](&seed)
	var sent []string
	f := start(t, seed, watch(nil, &sent), nil)
	ctx := t.Context()
	s := f.rommWorld(t).World.Setup
	oldP, oldA := *s.Provider, *s.Application
	oldP.Name, oldA.Name = "other", "other"
	newP, newA := *s.Provider, *s.Application
	newP.ClientID, newA.Slug = "new", "new"
	badRef := *s.Provider
	badRef.Mappings = []model.Ref{{ID: "romm-admin/nothing"}}
	pattern := *s.Provider
	pattern.RedirectURIs = []model.RedirectURI{{URL: ".*", Regex: true}}
	bound := model.Binding{Application: "romm", Group: authentiktest.GroupID("gamers")}
	for name, c := range map[string]struct {
		err  error
		code model.Code
	}{
		"provider":             {f.client.SetProvider(ctx, oldP.ClientID, &oldP, s.Provider), model.CodeConflict},
		"provider removed":     {f.client.SetProvider(ctx, oldP.ClientID, &oldP, nil), model.CodeConflict},
		"provider there":       {f.client.SetProvider(ctx, oldP.ClientID, nil, &oldP), model.CodeConflict},
		"provider gone":        {f.client.SetProvider(ctx, "new", &newP, nil), model.CodeConflict},
		"provider, two":        {f.client.SetProvider(ctx, "new", &newP, s.Provider), model.CodeInvalid},
		"provider, pattern":    {f.client.SetProvider(ctx, oldP.ClientID, s.Provider, &pattern), model.CodeInvalid}, // proves S12
		"mapping not there":    {f.client.SetProvider(ctx, oldP.ClientID, s.Provider, &badRef), model.CodeConflict},
		"application":          {f.client.SetApplication(ctx, "romm", &oldA, s.Application), model.CodeConflict},
		"application there":    {f.client.SetApplication(ctx, "romm", nil, &oldA), model.CodeConflict},
		"application gone":     {f.client.SetApplication(ctx, "new", &newA, nil), model.CodeConflict},
		"application, nothing": {f.client.SetApplication(ctx, "new", nil, nil), model.CodeInvalid},
		"binding gone":         {f.client.SetBinding(ctx, &bound, nil), model.CodeConflict},
		"binding, both":        {f.client.SetBinding(ctx, &bound, &bound), model.CodeRefused},
		"binding of a policy":  {f.client.SetBinding(ctx, nil, &model.Binding{Application: "romm", Policy: "x"}), model.CodeRefused},
		"binding of nothing":   {f.client.SetBinding(ctx, nil, nil), model.CodeInvalid},
	} {
		if model.CodeOf(c.err) != c.code || model.HintOf(c.err) == "" {
			t.Errorf("%s: %v", name, c.err)
		}
	}
	if len(sent) != 0 {
		t.Errorf("written: %q", sent)
	}
}

// TestBindings: a binding that a plan makes keeps out whom it names, beforehand
// in the simulation and afterwards as read; undone, everybody is back.
func TestBindings(t *testing.T) {
	t.Parallel()
	for _, version := range authentiktest.Versions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			seed := setupSeed(version)
			setUps(t)["whole"](&seed)
			seed.Users[1].Groups = []string{"gamers"}
			f := start(t, seed, nil, nil)
			r := f.rommWorld(t)
			gamers := plan.Change{
				Kind: plan.ChangeBinding, Side: plan.SideAuthentik, Label: "RomM", After: `{"order":0,"enabled":true}`,
				Object: model.Binding{Application: "romm", User: 100}.Object(),
			}
			p := plan.Plan{Title: "only the first", Changes: []plan.Change{gamers}}
			after := f.carry(t, r, p)
			_, impact, err := plan.Simulate(t.Context(), r, p)
			if err != nil || len(impact.CannotSignIn) != 1 || impact.CannotSignIn[0].Who != "user00001" || after.Stats.CannotSignIn != 1 {
				t.Errorf("%+v, %v", impact, err)
			}
			f.carry(t, after, p.Inverse())
			gamers.After = `{"order":0,"enabled":true,"negate":true}`
			if _, _, err := plan.Simulate(t.Context(), r, plan.Plan{Changes: []plan.Change{gamers}}); err != nil && model.CodeOf(err) != model.CodeRefused {
				t.Error(err)
			}
		})
	}
}

// TestSetupNeedsPermissions: what the token may not see is left out, and the
// plan says which permission is missing.
func TestSetupNeedsPermissions(t *testing.T) {
	t.Parallel()
	seed := setupSeed("")
	seed.Permissions = []string{
		"authentik_core.view_user", "authentik_core.view_group", "authentik_core.view_application",
		"authentik_providers_oauth2.view_oauth2provider", "authentik_providers_oauth2.view_scopemapping",
	}
	f := start(t, seed, nil, nil)
	needs, err := f.client.SetupNeeds(t.Context())
	if err != nil || !strings.Contains(needs.Untested, "authentik_core.view_propertymapping and authentik_core.add_propertymapping") {
		t.Fatalf("%+v, %v", needs, err)
	}
	if needs.Untested = ""; needs != (model.SetupNeeds{}) {
		t.Fatalf("%+v", needs)
	}
	_, err = plan.SetUp(f.rommWorld(t), plan.SetupGoal{Needs: needs, RedirectURI: rommRedirect, ClientID: "x"})
	if model.CodeOf(err) != model.CodeNotFound || !strings.Contains(model.HintOf(err), "authentik_flows.view_flow") {
		t.Errorf("%v (%s)", err, model.HintOf(err))
	}
	if _, err := f.client.ClientSecret(t.Context(), "x"); model.CodeOf(err) != model.CodeNotFound {
		t.Errorf("secret: %v", err)
	}
	down, _ := connect(t, http.NotFoundHandler(), nil)
	if _, err := down.SetupNeeds(t.Context()); err != nil {
		t.Errorf("nothing there: %v", err)
	}
}

// TestSetupBeforeRomMReadsRoles: while RomM reads roles from another claim, the
// mapping that set-up made for the day when it does is there for the checks, and
// makes nobody's login unknown.
func TestSetupBeforeRomMReadsRoles(t *testing.T) {
	t.Parallel()
	seed := setupSeed("")
	setUps(t)["no roles"](&seed)
	f := start(t, seed, nil, func(c *authentik.Config) { c.ClaimRoles = "groups" })
	r := f.rommWorld(t)
	p, err := plan.SetUp(r, f.goal(t))
	if err != nil || len(p.Changes) != 2 {
		t.Fatalf("%v, %v", kindsOf(p), err)
	}
	done := f.carry(t, r, p)
	if got := done.World.Provider; !got.RoleMap || len(got.Unrequested) != 0 || !got.Predictable() {
		t.Errorf("%+v", got)
	}
	for _, c := range plan.CheckSetup(done, f.goal(t)) {
		if c.Fails() {
			t.Errorf("check %+v", c)
		}
	}
}
