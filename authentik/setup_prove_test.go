package authentik_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// proves S11 and S6: Authentik runs a mapping of ours before any provider
// selects it, for somebody in no group, and what fails, or sends no list for
// them, is not selected.
func TestSetupTestsItsMappings(t *testing.T) {
	t.Parallel()
	const good = `{"email": "x@example.org", "email_verified": true, "romm_roles": []}`
	tested := func(successful bool, result string) http.HandlerFunc {
		text, err := json.Marshal(map[string]any{"successful": successful, "result": result})
		if err != nil {
			t.Fatal(err)
		}
		return answer(http.StatusOK, "application/json", string(text))
	}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		code   model.Code
		says   string
	}{
		"as wanted":     {tested(true, good), "", ""},
		"raises":        {tested(false, "Traceback\n  line 3\nNameError: no \x1b[31mname"), model.CodeRefused, "raises \"NameError: no"},
		"nothing":       {tested(true, "null"), model.CodeRefused, "no object"},
		"no address":    {tested(true, `{"email_verified": true, "romm_roles": []}`), model.CodeRefused, "boolean email_verified"},
		"flag is text":  {tested(true, strings.Replace(good, "true", `"true"`, 1)), model.CodeRefused, "boolean email_verified"},
		"twice":         {tested(true, `{"email_verified": false, `+good[1:]), model.CodeRefused, "no object"},
		"no roles":      {tested(true, `{"email": "", "email_verified": false}`), model.CodeRefused, "list of texts"},
		"null roles":    {tested(true, strings.Replace(good, "[]", "null", 1)), model.CodeRefused, "list of texts"},
		"roles as text": {tested(true, strings.Replace(good, "[]", `"admin"`, 1)), model.CodeRefused, "list of texts"},
		"a number":      {tested(true, strings.Replace(good, "[]", "[1]", 1)), model.CodeRefused, "list of texts"},
		"admin to all":  {tested(true, strings.Replace(good, "[]", `["admin"]`, 1)), model.CodeRefused, "in no group"},
		// The token is a superuser's, so it is no permission that is missing.
		"forbidden": {answer(http.StatusForbidden, "application/json", `{"detail": "no"}`), model.CodeRefused, "fails to test"},
		"crashes":   {answer(http.StatusMethodNotAllowed, "text/html", ""), model.CodeRefused, "fails to test"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, setupSeed(""), onPath("/api/v3/propertymappings/all/", "", c.answer), nil)
			w := f.rommWorld(t)
			p, err := plan.SetUp(w, f.goal(t))
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range p.Changes[:2] {
				_, m, err := x.ScopeMappings()
				if err == nil {
					err = f.client.SetMapping(t.Context(), x.Object, nil, m)
				}
				if err != nil {
					t.Fatal(err)
				}
			}
			_, provider, err := p.Changes[2].Providers()
			if err == nil {
				err = f.client.SetProvider(t.Context(), p.Changes[2].Object, nil, provider)
			}
			if model.CodeOf(err) != c.code || err != nil && (!strings.Contains(err.Error(), c.says) || model.HintOf(err) == "" || strings.Contains(err.Error(), "\x1b")) {
				t.Errorf("%v (%s)", err, model.HintOf(err))
			}
			if made := f.fake.Effects()["POST /providers/oauth2/"]; (made == 1) != (c.code == "") {
				t.Errorf("%d providers were made", made)
			}
		})
	}
}

// proves S11: a provider that selects the mapping already is not held up, and
// one that then starts to select it is; the test is of somebody in no group.
func TestSetupTestsWhatIsNew(t *testing.T) {
	t.Parallel()
	seed := setupSeed("")
	seed.Users[0], seed.Users[1] = seed.Users[1], seed.Users[0]
	setUps(t)["no roles"](&seed)
	tests := 0
	f := start(t, seed, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/test/") {
				tests++
			}
			next.ServeHTTP(w, r)
		})
	}, nil)
	r := f.rommWorld(t)
	p, err := plan.SetUp(r, f.goal(t))
	if err != nil {
		t.Fatal(err)
	}
	done := f.carry(t, r, p)
	if tests != 1 { // the email mapping was selected before
		t.Errorf("%d tests", tests)
	}
	g := f.goal(t)
	g.RedirectURI = "https://games.example.org/api/oauth/openid"
	if p, err = plan.SetUp(done, g); err != nil || len(p.Changes) != 1 {
		t.Fatalf("%v, %v", kindsOf(p), err)
	}
	_, provider, _ := p.Changes[0].Providers()
	if err := f.client.SetProvider(t.Context(), p.Changes[0].Object, done.World.Setup.Provider, provider); err != nil || tests != 1 {
		t.Errorf("%d tests, %v", tests, err)
	}
}

// proves S36: a mapping of ours that another application's provider now selects
// is not taken from it.
func TestMappingOfAnotherProviderStays(t *testing.T) {
	t.Parallel()
	seed := setupSeed("")
	setUps(t)["whole"](&seed)
	other := seed.Providers[0]
	other.Name, other.ClientID = "Wiki", "wiki"
	seed.Providers = append(seed.Providers, other)
	f := start(t, seed, nil, nil)
	r := f.rommWorld(t)
	m, ok := r.World.Setup.Mapping(model.MarkEmail)
	romm := *r.World.Setup.Provider
	romm.Mappings = slices.DeleteFunc(slices.Clone(romm.Mappings), func(ref model.Ref) bool { return ref.ID == model.MarkEmail })
	if err := f.client.SetProvider(t.Context(), romm.ClientID, r.World.Setup.Provider, &romm); err != nil || !ok {
		t.Fatal(ok, err)
	}
	err := f.client.SetMapping(t.Context(), model.MarkEmail, &m, nil)
	if model.CodeOf(err) != model.CodeConflict || !strings.Contains(err.Error(), "Wiki") || model.HintOf(err) == "" {
		t.Errorf("%v (%s)", err, model.HintOf(err))
	}
	if n := f.fake.Effects()["DELETE /propertymappings/provider/scope/{pm_uuid}/"]; n != 0 {
		t.Errorf("%d mappings were removed", n)
	}
}

// TestSetupWithoutTests proves S11: a token that may have no mapping tested goes
// on without the proof, on every release, and the plan names the permissions
// that are missing, and which mappings it is about.
func TestSetupWithoutTests(t *testing.T) {
	t.Parallel()
	const view, add = "authentik_core.view_propertymapping", "authentik_core.add_propertymapping"
	for _, version := range authentiktest.Versions() {
		for name, c := range map[string]struct {
			has  []string
			says string
		}{
			"neither": {nil, view + " and " + add},
			"no add":  {[]string{view}, view + " and " + add},
			"no view": {[]string{add}, view + " and " + add},
			"both":    {[]string{view, add}, ""},
		} {
			t.Run(version+"/"+name, func(t *testing.T) {
				t.Parallel()
				seed := setupSeed(version)
				seed.Permissions = append(c.has,
					"authentik_core.view_user", "authentik_core.view_group", "authentik_core.view_application", "authentik_core.preview_user",
					"authentik_providers_oauth2.view_oauth2provider", "authentik_providers_oauth2.view_scopemapping", "authentik_policies.view_policybinding",
					"authentik_flows.view_flow", "authentik_crypto.view_certificatekeypair",
					"authentik_providers_oauth2.add_scopemapping", "authentik_providers_oauth2.add_oauth2provider", "authentik_core.add_application")
				f := start(t, seed, nil, func(c *authentik.Config) { c.ClientID = "random-client-id" })
				r := f.rommWorld(t)
				p, err := plan.SetUp(r, f.goal(t))
				if err != nil {
					t.Fatal(err)
				}
				if said := c.says != ""; said != strings.Contains(p.Warning, "does not test RomM Email Verification and RomM Roles before") ||
					!strings.Contains(p.Warning, c.says) || said != (len(p.Untested) == 2) {
					t.Errorf("it warns %q, untested %q", p.Warning, p.Untested)
				}
				f.carry(t, r, p)
				tests := f.fake.Calls()["POST /propertymappings/all/{pm_uuid}/test/"]
				if c.says == "" && tests < 2 {
					t.Errorf("%d tests", tests)
				}
			})
		}
	}
}

// TestUntestedIsNoGuess: a server that fails is not a token that may not.
func TestUntestedIsNoGuess(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"GET /propertymappings/all/", "POST /propertymappings/all/{pm_uuid}/test/", "GET /core/users/me/"} {
		seed := setupSeed("")
		seed.Permissions = []string{
			"authentik_core.view_user", "authentik_core.view_propertymapping", "authentik_core.add_propertymapping", "authentik_providers_oauth2.view_scopemapping",
			"authentik_providers_oauth2.view_oauth2provider", "authentik_flows.view_flow", "authentik_crypto.view_certificatekeypair",
		}
		f := start(t, seed, nil, nil)
		if needs, err := f.client.SetupNeeds(t.Context()); err != nil || needs.Untested != "" {
			t.Fatalf("%+v, %v", needs, err)
		}
		f.fake.Inject(authentiktest.Fault{Kind: authentiktest.FaultError, Call: call})
		if needs, err := f.client.SetupNeeds(t.Context()); err == nil || needs.Untested != "" {
			t.Errorf("%s fails: %+v, %v", call, needs, err)
		}
	}
}

// A POST that fails inside Authentik is answered 405 with an empty page: that is
// Authentik, and no proxy in front of it (docs/authentik.md 4.1).
func TestACrashIsNoProxy(t *testing.T) {
	t.Parallel()
	f := start(t, setupSeed(""), nil, nil)
	f.fake.Inject(authentiktest.Fault{Kind: authentiktest.FaultCrash, Call: "POST /propertymappings/provider/scope/"})
	before, _ := tables()
	err := f.client.SetMapping(t.Context(), model.MarkRoles, nil, &before)
	if said := err.Error() + model.HintOf(err); !strings.Contains(said, "Authentik crashed") || !strings.Contains(said, "system_exception") || strings.Contains(said, "proxy") {
		t.Error(said)
	}
}
