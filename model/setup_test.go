package model

import (
	"slices"
	"strings"
	"testing"
)

// mapped classifies by the marks alone, as far as these tests need it.
type mapped struct{}

func (mapped) Classify(p OAuthProvider, own []ScopeMapping) Provider {
	out := Provider{Verified: VerifiedAbsent, Profile: true, NoClaimsInIDToken: p.NoClaimsInIDToken}
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
func standing() World {
	w := published("", RoleTableRow{gAdmins, "admin"}, RoleTableRow{gUsers, "viewer"})
	s := &w.Setup
	s.Mappings = append(s.Mappings, ScopeMapping{Mark: MarkEmail, Name: SetupEmailName, Scope: "email", Verified: VerifiedAddress})
	s.Others = []OtherMapping{{Ref{stockOpenID, "openid"}, "openid"}, {Ref{stockProfile, "profile"}, "profile"}, {Ref{stockEmail, "email"}, "email"}}
	s.Provider = &OAuthProvider{
		PK: 7, Name: SetupProviderName, ClientID: "id", SigningKey: Ref{ID: "key"}, AuthorizationFlow: Ref{ID: "flow"},
		InvalidationFlow: Ref{ID: "out"}, RedirectURIs: []RedirectURI{{URL: "https://romm/api/oauth/openid"}},
		Mappings: []Ref{{ID: stockOpenID}, {ID: stockProfile}, {ID: MarkEmail}, {ID: MarkRoles}}, GrantTypes: []string{"authorization_code", "refresh_token"},
	}
	s.Slug, s.Application, s.BindingsKnown, s.Classifier = "romm", &Application{Name: "RomM", Slug: "romm", Provider: "id"}, true, mapped{}
	w.Settings.RedirectURI = "https://romm/api/oauth/openid"
	w.Provider.PK, w.Provider.Name, w.Provider.Application = 7, SetupProviderName, "romm"
	return w
}

func standingGoal() SetupGoal {
	return SetupGoal{RedirectURI: "https://romm/api/oauth/openid", ClientID: "new", Needs: SetupNeeds{Ref{ID: "flow"}, Ref{ID: "out"}, Ref{ID: "key"}}}
}

// TestCheckSetup: each drift is found by the check of its name, and by no
// other; and the plan mends it, unless a person has to.
func TestCheckSetup(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*World)
		fails  string // the checks that fail
		plans  string // the kinds of the plan's changes
	}{
		"nothing": {func(*World) {}, "", ""},
		"pattern": {func(w *World) { w.Setup.Provider.RedirectURIs[0] = RedirectURI{URL: ".*", Regex: true} }, "redirect-uri", "oauth-provider"}, // proves S12
		"pattern too": {func(w *World) {
			w.Setup.Provider.RedirectURIs = append(w.Setup.Provider.RedirectURIs, RedirectURI{URL: ".*", Regex: true})
		}, "redirect-uri", "oauth-provider"},
		"moved":           {func(w *World) { w.Setup.Provider.RedirectURIs[0].URL = "https://old" }, "redirect-uri login", "oauth-provider"},
		"no key":          {func(w *World) { w.Setup.Provider.SigningKey = Ref{} }, "signing-key", "oauth-provider"},
		"encrypted":       {func(w *World) { w.Setup.Provider.EncryptionKey = Ref{ID: "k"} }, "encryption-key", "oauth-provider"},
		"no claims":       {func(w *World) { w.Setup.Provider.NoClaimsInIDToken = true }, "id-token-claims", "oauth-provider"},
		"public":          {func(w *World) { w.Setup.Provider.Public = true }, "client-type", "oauth-provider"},
		"no grant":        {func(w *World) { w.Setup.Provider.GrantTypes = []string{"refresh_token"} }, "grant-types login", "oauth-provider"},
		"old server":      {func(w *World) { w.Setup.Provider.GrantTypes = nil }, "", ""},
		"no openid":       {func(w *World) { w.Setup.Provider.Mappings = w.Setup.Provider.Mappings[1:] }, "scopes", "oauth-provider"},
		"never verified":  {func(w *World) { w.Provider.Verified = VerifiedNever }, "email-verified", ""},
		"by hand":         {func(w *World) { w.Provider.RolesMark = "" }, "roles-mapping", ""},
		"behind":          {func(w *World) { w.Roles.Default = RoleUser }, "published", ""},
		"another claim":   {func(w *World) { w.Settings.ClaimRoles = "groups" }, "romm-claim", ""},
		"off":             {func(w *World) { w.Settings.Disabled = true }, "romm-claim", ""},
		"no application":  {func(w *World) { w.Setup.Application = nil }, "application login", "application"},
		"another's":       {func(w *World) { w.Setup.Application.Slug = "games" }, "application", ""},
		"not its":         {func(w *World) { w.Setup.Application.Provider = "" }, "application login", "application"},
		"text changed":    {func(w *World) { w.Setup.Mappings[0].Roles, w.Setup.Mappings[0].Unknown = nil, "x" }, "roles-mapping", "scope-mapping"},
		"every address":   {func(w *World) { w.Provider.Verified = VerifiedAlways }, "", ""},
		"another secret":  {func(w *World) { w.Setup.SecretDiffers = true }, "provider", ""},
		"unknown reading": {func(w *World) { w.Setup.Known = false }, "reading", "error"},
	} {
		w := standing()
		c.change(&w)
		r := Judge(w)
		var fails []string
		for _, check := range r.CheckSetup(standingGoal()) {
			if check.Fails() {
				fails = append(fails, check.ID)
			}
			if check.Fails() && (check.Repair == "" || check.Evidence == "") {
				t.Errorf("%s: %+v", name, check)
			}
		}
		p, err := r.PlanSetup(standingGoal())
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
	r := Judge(w)
	bind := Change{Kind: ChangeBinding, Side: SideAuthentik, Object: "romm/" + string(gUsers), Label: "RomM", After: Binding{}.encode()}
	after, impact, err := r.Simulate(Plan{Changes: []Change{bind}})
	if CodeOf(err) != CodeRefused || len(impact.CannotSignIn) != 1 || impact.Unknown != 0 || after.Stats.CannotSignIn != r.Stats.CannotSignIn+1 {
		t.Errorf("the admin kept out: %+v, %v", impact, err)
	}
	i := slices.IndexFunc(after.Pairs, func(p Pair) bool { return p.Barred != "" })
	if i < 0 || !after.Pairs[i].Has(FindingLoginRefused) || after.Pairs[i].CanSignIn() || !strings.HasPrefix(after.Pairs[i].NextLogin, "stopped by Authentik: ") {
		t.Fatalf("%+v", after.Pairs)
	}
	bind.Object = "romm/" + string(gAdmins)
	after, impact, err = r.Simulate(Plan{Changes: []Change{bind}})
	if err != nil || len(impact.CannotSignIn) != 1 || impact.CannotSignIn[0].Who != "bob" {
		t.Errorf("bob kept out: %+v, %v", impact, err)
	}
	undo, err := after.PlanUndo(journal("d", bind))
	if _, impact, err := after.Simulate(plan(t, undo, err)); err != nil || len(impact.CanSignIn) != 1 {
		t.Errorf("undo: %+v, %v", impact, err)
	}
}

// TestSimulateSetup: what becomes of everybody's next login when the objects go
// that it hangs on, and when they come.
func TestSimulateSetup(t *testing.T) {
	t.Parallel()
	w := standing()
	drop := func(kind ChangeKind, object string, before Untrusted) Change {
		return Change{Kind: kind, Side: SideAuthentik, Object: object, Before: before}
	}
	app := drop(ChangeApplication, "romm", w.Setup.Application.encode())
	provider := drop(ChangeProvider, "id", w.Setup.Provider.encode())
	r := Judge(w)
	n := len(w.Directory.Identities)
	for name, changes := range map[string][]Change{"application": {app}, "provider": {provider}, "both": {app, provider}} {
		after, impact, err := r.Simulate(Plan{Changes: changes})
		if CodeOf(err) != CodeRefused || !strings.Contains(err.Error(), "no admin could sign in") || len(impact.CannotSignIn) != n || impact.Unknown != 0 {
			t.Errorf("%s gone: %+v, %v", name, impact, err)
		}
		if name != "both" {
			continue
		}
		p, err := after.PlanSetup(standingGoal())
		if err != nil || len(p.Changes) != 2 || p.Changes[0].Object != "new" {
			t.Fatalf("%+v, %v", p, err)
		}
		again, impact, err := after.Simulate(p)
		if err != nil || len(impact.CanSignIn) != n || again.Stats.UsableAdmins != 1 {
			t.Errorf("set up again: %+v, %+v, %v", impact, again.Stats, err)
		}
	}
	role := drop(ChangeScopeMapping, MarkRoles, w.Setup.Mappings[0].encode(nil))
	after, impact, err := r.Simulate(Plan{Changes: []Change{role}})
	if err != nil || after.World.Provider.RoleMap || after.World.Provider.Compiled != nil || !impact.Empty() { // RomM keeps roles without the claim
		t.Errorf("the roles mapping gone: %+v, %v", impact, err)
	}
}

// TestPreviewsAfterSetup: previews count on while only what they do not hang on
// changes, and a table of roles, which is followed by itself.
func TestPreviewsAfterSetup(t *testing.T) {
	t.Parallel()
	table := RoleTable{Rank: []string{"admin"}}
	for name, c := range map[string]struct {
		change func(*Setup)
		keeps  bool
	}{
		"table":    {func(s *Setup) { s.Mappings[0].Roles = &table }, true},
		"binding":  {func(s *Setup) { s.Bindings = []Binding{{Group: gUsers}} }, true},
		"mapping":  {func(s *Setup) { s.Mappings[1].Verified = VerifiedAlways }, false},
		"provider": {func(s *Setup) { p := *s.Provider; p.NoClaimsInIDToken = true; s.Provider = &p }, false},
	} {
		w := standing()
		w.Provider.Previews = map[int64]Preview{1: {}}
		next := w.Setup
		next.Mappings = slices.Clone(next.Mappings)
		c.change(&next)
		if got := w.withSetup(next).Provider.Previews; (len(got) == 1) != c.keeps {
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
		_, err := Judge(standing()).PlanSetup(g)
		if (CodeOf(err) == CodeInvalid) != (why != "") || err != nil && (!strings.Contains(err.Error(), why) || strings.Contains(err.Error(), "\x1b") || HintOf(err) == "") {
			t.Errorf("%q: %v", address, err)
		}
		w := standing()
		w.Setup.Provider.RedirectURIs = append(w.Setup.Provider.RedirectURIs, RedirectURI{URL: address})
		if _, err := Judge(w).PlanSetup(g); err != nil {
			t.Errorf("%q is there already: %v", address, err)
		}
	}
}

// TestSetupUnderAnotherText: a mapping of ours under the text of the other one
// is mended by one plan.
func TestSetupUnderAnotherText(t *testing.T) {
	t.Parallel()
	w := standing()
	email, roles := &w.Setup.Mappings[1], &w.Setup.Mappings[0]
	email.Verified, email.Roles, roles.Verified, roles.Roles = "", roles.Roles, VerifiedAlways, nil
	w.Provider.Verified = VerifiedUnknown
	p, err := Judge(w).PlanSetup(standingGoal())
	if err != nil || len(p.Changes) != 2 {
		t.Fatalf("%+v, %v", p, err)
	}
	for _, c := range p.Changes {
		_, after, err := c.ScopeMappings()
		if err != nil || (after.Verified != "") == (after.Roles != nil) || (c.Object == MarkEmail) != (after.Roles == nil) {
			t.Errorf("%s: %+v, %v", c.Object, after, err)
		}
	}
}

// TestChecksSayWhatIsNotKnown: nothing passes that could not be looked at.
func TestChecksSayWhatIsNotKnown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*World, *SetupGoal)
		check  string
		state  CheckState
	}{
		"RomM's address":        {func(_ *World, g *SetupGoal) { g.RedirectURI = "" }, "redirect-uri", CheckUnknown},
		"nothing was read":      {func(w *World, _ *SetupGoal) { w.Setup.Known = false }, "reading", CheckUnknown},
		"a policy":              {func(w *World, _ *SetupGoal) { w.Setup.Bindings = []Binding{{Policy: "p"}} }, "bindings", CheckUnknown},
		"a policy switched off": {func(w *World, _ *SetupGoal) { w.Setup.Bindings = []Binding{{Policy: "p", Disabled: true}} }, "bindings", CheckOK},
		"a group":               {func(w *World, _ *SetupGoal) { w.Setup.Bindings = []Binding{{Group: gAdmins}} }, "bindings", CheckOK},
	} {
		w, g := standing(), standingGoal()
		c.change(&w, &g)
		found := false
		for _, check := range Judge(w).CheckSetup(g) {
			if check.ID != c.check {
				continue
			}
			found = true
			if check.State != c.state || (check.State == CheckUnknown) != (check.Repair != "") || check.Fails() != (c.check == "reading") {
				t.Errorf("%s: %+v", name, check)
			}
		}
		if !found {
			t.Errorf("%s: no check %s", name, c.check)
		}
	}
	w := standing()
	w.Settings.ClaimRoles = ""
	w.Provider.Table, w.Provider.Compiled = &RoleTable{Rank: []string{"admin", "viewer"}, Default: "viewer"}, &RoleTable{Default: "viewer"}
	if c := Judge(w).checkClaim(); c.State != CheckDrift || !strings.Contains(c.Repair, "do not set OIDC_CLAIM_ROLES yet") { // proves S5
		t.Errorf("%+v", c)
	}
}

// TestPlansSayWhatTheyLose: a client secret, and a text that somebody wrote, no
// plan brings back, and it says so beforehand (S32).
func TestPlansSayWhatTheyLose(t *testing.T) {
	t.Parallel()
	w := standing()
	w.Setup.Mappings[0].Roles, w.Setup.Mappings[0].Unknown = nil, "x"
	p, err := Judge(w).PlanSetup(standingGoal())
	if err != nil || !strings.Contains(p.Warning, "the mapping RomM Roles is not kept") {
		t.Errorf("a text: %q, %v", p.Warning, err)
	}
	w = standing()
	made := Change{Kind: ChangeProvider, Object: "id", Label: "RomM", After: w.Setup.Provider.encode()}
	app := Change{Kind: ChangeApplication, Object: "romm", Label: "RomM", After: w.Setup.Application.encode()}
	r := Judge(w)
	undo, err := r.PlanUndo(journal("dd", made, app))
	if err != nil || !strings.Contains(undo.Warning, "the client secret of RomM goes with it") {
		t.Errorf("removed: %q, %v", undo.Warning, err)
	}
	e := r.World.edit()
	for _, c := range undo.Changes {
		if err := e.apply(c); err != nil {
			t.Fatal(err)
		}
	}
	again, err := Judge(e.w).PlanUndo(journal("dd", undo.Changes...))
	if err != nil || !strings.Contains(again.Warning, "a new client secret for RomM") || !strings.Contains(again.Warning, "setup env") {
		t.Errorf("made again: %q, %v", again.Warning, err)
	}
	for address, warned := range map[string]bool{"http://companion:8093": true, "http://127.0.0.1:8093": false, "https://companion": false, "": false} { // proves S25
		g := standingGoal()
		g.Companion = &address
		p, err := Judge(standing()).PlanSetup(g)
		if err != nil || strings.Contains(p.Warning, "plain http") != warned {
			t.Errorf("companion %s: %q, %v", address, p.Warning, err)
		}
		w := standing()
		w.Provider.Compiled.Companion = address
		if c := Judge(w).checkRoles(Judge(w).draft(standingGoal())); (c.State == CheckNotice) != warned || c.Fails() {
			t.Errorf("companion %s: %+v", address, c)
		}
	}
	if p, err := Judge(standing()).PlanSetup(standingGoal()); err != nil || p.Warning != "" {
		t.Errorf("nothing: %q, %v", p.Warning, err)
	}
}
