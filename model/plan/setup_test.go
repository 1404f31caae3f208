package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// mapped classifies by the marks alone, as far as these tests need it.
type mapped struct{}

func (mapped) Classify(p model.OAuthProvider, own []model.ScopeMapping) model.Provider {
	out := model.Provider{Verified: model.VerifiedAbsent, Profile: true, NoClaimsInIDToken: p.NoClaimsInIDToken}
	for _, m := range own {
		switch {
		case !p.Selects(m.Mark):
		case m.Roles != nil:
			out.RoleMap, out.RolesMark, out.Compiled, out.Table = true, m.Mark, m.Roles, m.Roles
		default:
			out.Verified = m.Verified
		}
	}
	return out
}

// standing is a world that set-up has made, with an admin and bob.
func standing() model.World {
	w := published("", model.RoleTableRow{Group: gAdmins, Token: "admin"}, model.RoleTableRow{Group: gUsers, Token: "viewer"})
	s := &w.Setup
	s.Mappings = append(s.Mappings, model.ScopeMapping{Mark: model.MarkEmail, Name: SetupEmailName, Scope: "email", Verified: model.VerifiedAddress})
	s.Others = []model.OtherMapping{{Ref: model.Ref{ID: stockOpenID, Name: "openid"}, Scope: "openid"}, {Ref: model.Ref{ID: stockProfile, Name: "profile"}, Scope: "profile"}, {Ref: model.Ref{ID: stockEmail, Name: "email"}, Scope: "email"}}
	s.Provider = &model.OAuthProvider{
		PK: 7, Name: SetupProviderName, ClientID: "id", SigningKey: model.Ref{ID: "key"}, AuthorizationFlow: model.Ref{ID: "flow"},
		InvalidationFlow: model.Ref{ID: "out"}, RedirectURIs: []model.RedirectURI{{URL: "https://romm/api/oauth/openid"}},
		Mappings: []model.Ref{{ID: stockOpenID}, {ID: stockProfile}, {ID: model.MarkEmail}, {ID: model.MarkRoles}}, GrantTypes: []string{"authorization_code", "refresh_token"},
	}
	s.Slug, s.Application, s.BindingsKnown, s.Classifier = "romm", &model.Application{Name: "RomM", Slug: "romm", Provider: "id"}, true, mapped{}
	w.Settings.RedirectURI = "https://romm/api/oauth/openid"
	w.Provider.PK, w.Provider.Name, w.Provider.Application = 7, SetupProviderName, "romm"
	return w
}

func standingGoal() SetupGoal {
	return SetupGoal{RedirectURI: "https://romm/api/oauth/openid", ClientID: "new", Needs: model.SetupNeeds{AuthorizationFlow: model.Ref{ID: "flow"}, InvalidationFlow: model.Ref{ID: "out"}, SigningKey: model.Ref{ID: "key"}}}
}

// TestCheckSetup: each drift is found by the check of its name, and by no
// other; and the plan fixes it, unless a person has to.
func TestCheckSetup(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*model.World)
		fails  string // the checks that fail
		plans  string // the kinds of the plan's changes
	}{
		"nothing": {func(*model.World) {}, "", ""},
		"pattern": {func(w *model.World) { w.Setup.Provider.RedirectURIs[0] = model.RedirectURI{URL: ".*", Regex: true} }, "redirect-uri", "oauth-provider"}, // proves S12
		"pattern too": {func(w *model.World) {
			w.Setup.Provider.RedirectURIs = append(w.Setup.Provider.RedirectURIs, model.RedirectURI{URL: ".*", Regex: true})
		}, "redirect-uri", "oauth-provider"},
		"moved":           {func(w *model.World) { w.Setup.Provider.RedirectURIs[0].URL = "https://old" }, "redirect-uri login", "oauth-provider"},
		"no key":          {func(w *model.World) { w.Setup.Provider.SigningKey = model.Ref{} }, "signing-key", "oauth-provider"},
		"encrypted":       {func(w *model.World) { w.Setup.Provider.EncryptionKey = model.Ref{ID: "k"} }, "encryption-key", "oauth-provider"},
		"no claims":       {func(w *model.World) { w.Setup.Provider.NoClaimsInIDToken = true }, "id-token-claims", "oauth-provider"},
		"public":          {func(w *model.World) { w.Setup.Provider.Public = true }, "client-type", "oauth-provider"},
		"no grant":        {func(w *model.World) { w.Setup.Provider.GrantTypes = []string{"refresh_token"} }, "grant-types login", "oauth-provider"},
		"old server":      {func(w *model.World) { w.Setup.Provider.GrantTypes = nil }, "", ""},
		"no openid":       {func(w *model.World) { w.Setup.Provider.Mappings = w.Setup.Provider.Mappings[1:] }, "scopes", "oauth-provider"},
		"never verified":  {func(w *model.World) { w.Provider.Verified = model.VerifiedNever }, "email-verified", ""},
		"by hand":         {func(w *model.World) { w.Provider.RolesMark = "" }, "roles-mapping", ""},
		"behind":          {func(w *model.World) { w.Roles.Default = model.RoleUser }, "published", ""},
		"another claim":   {func(w *model.World) { w.Settings.ClaimRoles = "groups" }, "romm-claim", ""},
		"off":             {func(w *model.World) { w.Settings.Disabled = true }, "romm-claim", ""},
		"no application":  {func(w *model.World) { w.Setup.Application = nil }, "application login", "application"},
		"another's":       {func(w *model.World) { w.Setup.Application.Slug = "games" }, "application", ""},
		"not its":         {func(w *model.World) { w.Setup.Application.Provider = "" }, "application login", "application"},
		"text changed":    {func(w *model.World) { w.Setup.Mappings[0].Roles, w.Setup.Mappings[0].Unknown = nil, "x" }, "roles-mapping", "scope-mapping"},
		"every address":   {func(w *model.World) { w.Provider.Verified = model.VerifiedAlways }, "", ""},
		"another secret":  {func(w *model.World) { w.Setup.SecretDiffers = true }, "provider", ""},
		"unknown reading": {func(w *model.World) { w.Setup.Known = false }, "reading", "error"},
	} {
		w := standing()
		c.change(&w)
		r := model.Judge(w)
		var fails []string
		for _, check := range CheckSetup(r, standingGoal()) {
			if check.Fails() {
				fails = append(fails, check.ID)
			}
			if check.Fails() && (check.Repair == "" || check.Evidence == "") {
				t.Errorf("%s: %+v", name, check)
			}
		}
		p, err := SetUp(r, standingGoal())
		var kinds []string
		for _, change := range p.Changes {
			kinds = append(kinds, string(change.Kind))
		}
		if err != nil {
			kinds = []string{"error"}
		}
		if strings.Join(fails, " ") != c.fails || strings.Join(kinds, " ") != c.plans {
			t.Errorf("%s: fails %q, plans %q, %v", name, fails, kinds, err)
		}
	}
}

// TestBarredPeople: whom Authentik stops is told from whom RomM refuses, counts
// as somebody who cannot sign in, and is no admin who could (S5).
func TestBarredPeople(t *testing.T) {
	t.Parallel()
	w := standing()
	r := model.Judge(w)
	bind := Change{Kind: ChangeBinding, Side: SideAuthentik, Object: "romm/" + string(gUsers), Label: "RomM", After: encodeBinding(model.Binding{})}
	after, impact, err := Simulate(t.Context(), r, Plan{Changes: []Change{bind}})
	if model.CodeOf(err) != model.CodeRefused || len(impact.CannotSignIn) != 1 || impact.Unknown != 0 || after.Stats.CannotSignIn != r.Stats.CannotSignIn+1 {
		t.Errorf("the admin kept out: %+v, %v", impact, err)
	}
	i := slices.IndexFunc(after.Pairs, func(p model.Pair) bool { return p.Barred != "" })
	if i < 0 || !after.Pairs[i].Has(model.FindingLoginRefused) || after.Pairs[i].CanSignIn() || !strings.HasPrefix(after.Pairs[i].NextLogin, "stopped by Authentik: ") {
		t.Fatalf("%+v", after.Pairs)
	}
	bind.Object = "romm/" + string(gAdmins)
	after, impact, err = Simulate(t.Context(), r, Plan{Changes: []Change{bind}})
	if err != nil || len(impact.CannotSignIn) != 1 || impact.CannotSignIn[0].Who != "bob" {
		t.Errorf("bob kept out: %+v, %v", impact, err)
	}
	undo, err := Undo(after, journal("d", bind))
	if _, impact, err := Simulate(t.Context(), after, plan(t, undo, err)); err != nil || len(impact.CanSignIn) != 1 {
		t.Errorf("undo: %+v, %v", impact, err)
	}
}

// TestSimulateSetup: what becomes of everybody's next login when the objects go
// that it depends on, and when they come.
func TestSimulateSetup(t *testing.T) {
	t.Parallel()
	w := standing()
	drop := func(kind ChangeKind, object string, before model.Untrusted) Change {
		return Change{Kind: kind, Side: SideAuthentik, Object: object, Before: before}
	}
	app := drop(ChangeApplication, "romm", encodeApplication(*w.Setup.Application))
	provider := drop(ChangeProvider, "id", encodeProvider(*w.Setup.Provider))
	r := model.Judge(w)
	n := len(w.Directory.Identities)
	for name, changes := range map[string][]Change{"application": {app}, "provider": {provider}, "both": {app, provider}} {
		after, impact, err := Simulate(t.Context(), r, Plan{Changes: changes})
		if model.CodeOf(err) != model.CodeRefused || !strings.Contains(err.Error(), "no admin could sign in") || len(impact.CannotSignIn) != n || impact.Unknown != 0 {
			t.Errorf("%s gone: %+v, %v", name, impact, err)
		}
		if name != "both" {
			continue
		}
		p, err := SetUp(after, standingGoal())
		if err != nil || len(p.Changes) != 2 || p.Changes[0].Object != "new" {
			t.Fatalf("%+v, %v", p, err)
		}
		again, impact, err := Simulate(t.Context(), after, p)
		if err != nil || len(impact.CanSignIn) != n || again.Stats.UsableAdmins != 1 {
			t.Errorf("set up again: %+v, %+v, %v", impact, again.Stats, err)
		}
	}
	role := drop(ChangeScopeMapping, model.MarkRoles, encodeMapping(w.Setup.Mappings[0], nil))
	after, impact, err := Simulate(t.Context(), r, Plan{Changes: []Change{role}})
	if err != nil || after.World.Provider.RoleMap || after.World.Provider.Compiled != nil || !impact.Empty() { // RomM keeps roles without the claim
		t.Errorf("the roles mapping gone: %+v, %v", impact, err)
	}
}

// TestPreviewsAfterSetup: previews count on while only what they do not depend on
// changes, and a table of roles, which is followed by itself.
func TestPreviewsAfterSetup(t *testing.T) {
	t.Parallel()
	table := model.RoleTable{Rank: []string{"admin"}}
	for name, c := range map[string]struct {
		change func(*model.Setup)
		keeps  bool
	}{
		"table":    {func(s *model.Setup) { s.Mappings[0].Roles = &table }, true},
		"binding":  {func(s *model.Setup) { s.Bindings = []model.Binding{{Group: gUsers}} }, true},
		"mapping":  {func(s *model.Setup) { s.Mappings[1].Verified = model.VerifiedAlways }, false},
		"provider": {func(s *model.Setup) { p := *s.Provider; p.NoClaimsInIDToken = true; s.Provider = &p }, false},
	} {
		w := standing()
		w.Provider.Previews = map[int64]model.Preview{1: {}}
		next := w.Setup
		next.Mappings = slices.Clone(next.Mappings)
		c.change(&next)
		if got := withSetup(w, next).Provider.Previews; (len(got) == 1) != c.keeps {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestSetupPlanIsCarriedOut: what apply would refuse half-way, the plan refuses
// at once (S12, S36); what a provider allows already is left.
func TestSetupPlanIsCarriedOut(t *testing.T) {
	t.Parallel()
	for address, why := range map[string]string{
		"https://romm/api/oauth/openid":               "",
		"http://127.0.0.1:8080/api/oauth/openid":      "",
		"http://[::1]/api/oauth/openid":               "",
		"http://LOCALHOST/api/oauth/openid":           "",
		"http://192.168.1.5:8998/api/oauth/openid":    "must be https",
		"http://localhost.example.org/api":            "must be https",
		"romm/api/oauth/openid":                       "is not an address",
		"https://u:p@romm/api/oauth/openid":           "is not an address",
		"https://r\u00f6mm/api/oauth/openid":          "is not an address",
		"https://romm/api/oauth/openid#x":             "is not an address",
		"https://romm/\x1b[31m":                       "is not an address",
		"https://user@evil.example/api/oauth/openid":  "is not an address",
		"javascript://romm/api/oauth/openid":          "must be https",
		"https://romm.example.org:99999999999/api\n/": "is not an address",
	} {
		g := standingGoal()
		g.RedirectURI = address
		_, err := SetUp(model.Judge(standing()), g)
		if (model.CodeOf(err) == model.CodeInvalid) != (why != "") || err != nil && (!strings.Contains(err.Error(), why) || strings.Contains(err.Error(), "\x1b") || model.HintOf(err) == "") {
			t.Errorf("%q: %v", address, err)
		}
		w := standing()
		w.Setup.Provider.RedirectURIs = append(w.Setup.Provider.RedirectURIs, model.RedirectURI{URL: address})
		if _, err := SetUp(model.Judge(w), g); err != nil {
			t.Errorf("%q is there already: %v", address, err)
		}
	}
}

// TestSetupUnderAnotherText: a mapping of ours under the text of the other one
// is fixed by one plan.
func TestSetupUnderAnotherText(t *testing.T) {
	t.Parallel()
	w := standing()
	email, roles := &w.Setup.Mappings[1], &w.Setup.Mappings[0]
	email.Verified, email.Roles, roles.Verified, roles.Roles = "", roles.Roles, model.VerifiedAlways, nil
	w.Provider.Verified = model.VerifiedUnknown
	p, err := SetUp(model.Judge(w), standingGoal())
	if err != nil || len(p.Changes) != 2 {
		t.Fatalf("%+v, %v", p, err)
	}
	for _, c := range p.Changes {
		_, after, err := c.ScopeMappings()
		if err != nil || (after.Verified != "") == (after.Roles != nil) || (c.Object == model.MarkEmail) != (after.Roles == nil) {
			t.Errorf("%s: %+v, %v", c.Object, after, err)
		}
	}
}

// TestChecksSayWhatIsNotKnown: nothing passes that could not be looked at.
func TestChecksSayWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*model.World, *SetupGoal)
		check  string
		state  CheckState
	}{
		"RomM's address":        {func(_ *model.World, g *SetupGoal) { g.RedirectURI = "" }, "redirect-uri", CheckUnknown},
		"nothing was read":      {func(w *model.World, _ *SetupGoal) { w.Setup.Known = false }, "reading", CheckUnknown},
		"a policy":              {func(w *model.World, _ *SetupGoal) { w.Setup.Bindings = []model.Binding{{Policy: "p"}} }, "bindings", CheckUnknown},
		"a policy switched off": {func(w *model.World, _ *SetupGoal) { w.Setup.Bindings = []model.Binding{{Policy: "p", Disabled: true}} }, "bindings", CheckOK},
		"a group":               {func(w *model.World, _ *SetupGoal) { w.Setup.Bindings = []model.Binding{{Group: gAdmins}} }, "bindings", CheckOK},
		"another address": {func(w *model.World, _ *SetupGoal) {
			w.Setup.Provider.RedirectURIs = append(w.Setup.Provider.RedirectURIs, model.RedirectURI{URL: "http://romm/api/oauth/openid"})
		}, "further-redirects", CheckNotice},
	} {
		w, g := standing(), standingGoal()
		c.change(&w, &g)
		found := false
		for _, check := range CheckSetup(model.Judge(w), g) {
			if check.ID != c.check {
				continue
			}
			found = true
			if check.State != c.state || (check.State != CheckOK) != (check.Repair != "") || check.Fails() != (c.check == "reading") {
				t.Errorf("%s: %+v", name, check)
			}
		}
		if !found {
			t.Errorf("%s: no check %s", name, c.check)
		}
	}
	w := standing()
	w.Settings.ClaimRoles = ""
	w.Provider.Table, w.Provider.Compiled = &model.RoleTable{Rank: []string{"admin", "viewer"}, Default: "viewer"}, &model.RoleTable{Default: "viewer"}
	if c := checkClaim(model.Judge(w)); c.State != CheckDrift || !strings.Contains(c.Repair, "do not set OIDC_CLAIM_ROLES yet") { // proves S5
		t.Errorf("%+v", c)
	}
}

// TestPlansSayWhatTheyLose: a client secret, and a text that somebody wrote, no
// plan restores, and it says so beforehand (S32).
func TestPlansSayWhatTheyLose(t *testing.T) {
	t.Parallel()
	w := standing()
	w.Setup.Mappings[0].Roles, w.Setup.Mappings[0].Unknown = nil, "x"
	p, err := SetUp(model.Judge(w), standingGoal())
	if err != nil || !strings.Contains(p.Warning, "the mapping RomM Roles is not kept") {
		t.Errorf("a text: %q, %v", p.Warning, err)
	}
	w = standing()
	made := Change{Kind: ChangeProvider, Object: "id", Label: "RomM", After: encodeProvider(*w.Setup.Provider)}
	app := Change{Kind: ChangeApplication, Object: "romm", Label: "RomM", After: encodeApplication(*w.Setup.Application)}
	r := model.Judge(w)
	undo, err := Undo(r, journal("dd", made, app))
	if err != nil || !strings.Contains(undo.Warning, "the client secret of RomM goes with it") {
		t.Errorf("removed: %q, %v", undo.Warning, err)
	}
	e := newEditor(r.World)
	for _, c := range undo.Changes {
		if err := e.apply(c); err != nil {
			t.Fatal(err)
		}
	}
	again, err := Undo(model.Judge(e.w), journal("dd", undo.Changes...))
	if err != nil || !strings.Contains(again.Warning, "a new client secret for RomM") || !strings.Contains(again.Warning, "setup env") {
		t.Errorf("made again: %q, %v", again.Warning, err)
	}
	for address, warned := range map[string]bool{"http://companion:8093": true, "http://127.0.0.1:8093": false, "https://companion": false, "": false} { // proves S25
		g := standingGoal()
		g.Companion = &address
		p, err := SetUp(model.Judge(standing()), g)
		if err != nil || strings.Contains(p.Warning, "plain http") != warned {
			t.Errorf("companion %s: %q, %v", address, p.Warning, err)
		}
		w := standing()
		w.Provider.Compiled.Companion = address
		if c := checkRoles(model.Judge(w), draftSetUp(model.Judge(w), standingGoal())); (c.State == CheckNotice) != warned || c.Fails() {
			t.Errorf("companion %s: %+v", address, c)
		}
	}
	if p, err := SetUp(model.Judge(standing()), standingGoal()); err != nil || p.Warning != "" {
		t.Errorf("nothing: %q, %v", p.Warning, err)
	}
}
