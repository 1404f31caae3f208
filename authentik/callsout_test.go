package authentik_test

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/authentik/authentiktest/strict"
	"github.com/romm-admin/romm-admin/model"
)

// TestCallsOut: the text tells which mapping may wait for another service for
// ever.
func TestCallsOut(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		`return {"a": requests.get("https://x/").json()}`:                                              true,
		"r = requests.post(\n  'https://x/',\n  json={'timeout': 3},\n)\nreturn r.json()":              true,
		`return requests.get("https://x/?timeout=3", headers=h(timeout=3)).json()`:                     true,
		`return requests.get("https://x/", timeout=3).json()`:                                          false,
		"return requests.request('GET', 'https://x/)', timeout = 2).json()":                            false,
		"from urllib.request import urlopen\nreturn urlopen('https://x/').read()":                      true,
		"import urllib.request\nreturn urllib.request.urlopen('https://x/', timeout=1).read()":         false,
		"s = requests.Session()\nsession = s\nreturn session.put('https://x/')":                        true,
		"a = requests.get('https://x/', timeout=1)\nb = requests.get('https://y/')\nreturn b":          true,
		"# requests.get('https://x/')\nreturn {}":                                                      false,
		`return {"groups": user.attributes.get("groups", [])}`:                                         false,
		`return requests.get("https://x/"`:                                                             true,
		rolesText(t, model.RoleTable{Companion: "https://companion.example", Rank: []string{"admin"}}): false,
	} {
		m := authentik.Mapping{ID: "1", Name: "m", Scope: "email", Expression: text}
		got := authentik.Classify("2025.10.0", model.RolesClaim, []authentik.Mapping{m}).CallsOut
		if (len(got) == 1) != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestFlips proves S10: of several mappings of one scope which do not agree, it is
// said that the outcome may become another one.
func TestFlips(t *testing.T) {
	t.Parallel()
	m := func(scope, text string) authentik.Mapping {
		return authentik.Mapping{ID: text, Name: "m", Scope: scope, Expression: text}
	}
	foreign := m("email", "return {'email': x}")
	roles := rolesText(t, model.RoleTable{Rank: []string{"admin"}})
	role := m("groups", "return {'groups': x}")
	for name, c := range map[string]struct {
		selected []authentik.Mapping
		want     []string
		claim    string
	}{
		"ours twice":        {[]authentik.Mapping{m(model.RolesClaim, roles), m(model.RolesClaim, roles)}, nil, model.RolesClaim},
		"ours, and another": {[]authentik.Mapping{m(model.RolesClaim, roles), m(model.RolesClaim, "return x")}, []string{model.RolesClaim}, model.RolesClaim},
		"one":               {[]authentik.Mapping{m("email", stockTrue)}, nil, ""},
		"one foreign":       {[]authentik.Mapping{foreign}, nil, ""},
		"two that agree":    {[]authentik.Mapping{m("email", stockTrue), m("email", "return {'email': request.user.email, 'email_verified': True}")}, nil, ""},
		"two that do not":   {[]authentik.Mapping{m("email", stockTrue), m("email", stockFalse)}, []string{"email"}, ""},
		"one of others":     {[]authentik.Mapping{m("email", stockTrue), foreign}, []string{"email"}, ""},
		"role claim":        {[]authentik.Mapping{m("email", stockTrue), role, m("groups", "return {'groups': y}")}, []string{"groups"}, ""},
		"one that is idle":  {[]authentik.Mapping{role, m("groups", stockNothing)}, nil, ""},
		"not requested":     {[]authentik.Mapping{m("other", "return {'a': x}"), m("other", "return {'b': x}")}, nil, ""},
	} {
		if got := authentik.Classify("2025.10.0", cmp.Or(c.claim, "groups"), c.selected).Flips; !slices.Equal(got, c.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestPreviewThatHangs: a mapping that waits for another service is not taken for
// an Authentik that is overloaded, and is given up long before other calls are.
func TestPreviewThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := strict.New(matrixSeed(t, "2025.6.0"))
		if err != nil {
			t.Fatal(err)
		}
		c := inBubble(t, s)
		s.Inject(authentiktest.Fault{
			Kind: authentiktest.FaultSlow, Call: "GET /providers/oauth2/{id}/preview_user/",
			Hold: func(held context.Context) { <-held.Done() },
		})
		begun := time.Now()
		_, err = c.Preview(t.Context(), 1, 200)
		if took := time.Since(begun); took > 9*time.Second {
			t.Errorf("it took %v", took)
		}
		if !errors.Is(err, model.ErrMappingSlow) || strings.Contains(err.Error()+model.HintOf(err), "overloaded") {
			t.Errorf("%v (%s)", err, model.HintOf(err))
		}
		blamed := model.Provider{CallsOut: []model.Untrusted{"weather"}}.Blame(err)
		contains(t, "the hint", model.HintOf(blamed), "look at the mapping “weather”")
		synctest.Wait()
	})
}

// TestDiscoveryThatHangs: the discovery document runs every mapping as well, so the
// suspect is named there, too.
func TestDiscoveryThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seed := matrixSeed(t, "2025.6.0")
		for i := range seed.Mappings {
			if seed.Mappings[i].Managed == "" || seed.Mappings[i].Managed == authentik.ManagedStockProfile {
				continue
			}
			seed.Mappings[i].Expression = "return requests.get('https://x/').json()"
		}
		s, err := strict.New(seed)
		if err != nil {
			t.Fatal(err)
		}
		s.Inject(authentiktest.Fault{
			Kind: authentiktest.FaultSlow, Call: authentiktest.CallDiscovery, Hold: func(held context.Context) { <-held.Done() },
		})
		got, err := inBubble(t, s).ReadDirectory(t.Context(), model.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		contains(t, "warnings", strings.Join(got.Warnings, "\n"), "look at the mapping “")
		contains(t, "warnings", strings.Join(got.Warnings, "\n"), "its text asks another service without a timeout")
		synctest.Wait()
	})
}
