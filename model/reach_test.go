package model

import (
	"strings"
	"testing"
)

// proves docs/romm.md 3 Client: which address RomM asks, and that nobody signs in
// where that is not one of its application.
func TestReach(t *testing.T) {
	t.Parallel()
	const root = "https://auth.example.org"
	app, meta := root+"/application/o/romm", root+"/application/o/games/.well-known/openid-configuration"
	held := Setup{
		Known: true, Slug: "romm", Root: root, Provider: &OAuthProvider{Name: "P", ClientID: "c"},
		Application: &Application{Name: "RomM", Slug: "romm", Provider: "c"},
	}
	with := func(slug string) Setup { s := held; s.Slug = slug; return s }
	gone := Setup{Known: true, Slug: "romm", NoDiscovery: true}
	for name, c := range map[string]struct {
		set   Settings
		setup Setup
		why   []string // "" is fine
	}{
		"right":                  {Settings{ApplicationURL: app}, held, nil},
		"a slash at the end":     {Settings{ApplicationURL: app + "/"}, held, nil},
		"nothing is given":       {Settings{}, with("other"), nil},
		"another slug":           {Settings{ApplicationURL: root + "/application/o/romm-oidc/"}, with("romm-oidc"), []string{"OIDC_SERVER_APPLICATION_URL", "romm-oidc", "slug romm"}},
		"the metadata counts":    {Settings{ApplicationURL: app, MetadataURL: meta}, with("games"), []string{"OIDC_SERVER_METADATA_URL", "games"}},
		"not before 4.8":         {Settings{ApplicationURL: app, MetadataURL: meta, Version: Version{Major: 4, Minor: 7}}, with("games"), nil},
		"from 4.8 on":            {Settings{MetadataURL: meta, Version: Version{Major: 4, Minor: 8}}, with("games"), []string{"games"}},
		"no scheme":              {Settings{ApplicationURL: "auth.example.org/application/o/romm"}, held, []string{"https://", "OIDC_SERVER_APPLICATION_URL, auth.example.org/application/o/romm,"}},
		"a page":                 {Settings{MetadataURL: root}, held, []string{"OIDC_SERVER_METADATA_URL", "is not the discovery document"}},
		"the document, doubled":  {Settings{ApplicationURL: app + "/.well-known/openid-configuration"}, held, []string{"is not the discovery document"}},
		"nothing in Authentik":   {Settings{ApplicationURL: app}, gone, []string{"slug romm"}},
		"hidden from the token":  {Settings{ApplicationURL: app}, Setup{Known: true, Slug: "romm"}, nil},
		"lists that are not all": {Settings{ApplicationURL: app}, Setup{Slug: "romm", NoDiscovery: true}, nil},
	} {
		w := World{Settings: c.set, Setup: c.setup}
		why, fix := w.BlockedBy()
		if (why == "") != (c.why == nil) || (why == "") != (fix == "") {
			t.Errorf("%s: %q, %q", name, why, fix)
		}
		for _, word := range c.why {
			if !strings.Contains(why, word) {
				t.Errorf("%s: %q is not in %q", name, word, why)
			}
		}
	}
}

// RomM may reach Authentik under another address than romm-admin: a hazard only
// where browsers cannot follow it, or where it is unprotected.
func TestReachedElsewhere(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]struct{ said, hazard bool }{
		"https://auth.example.org/application/o/romm":   {false, false},
		"https://AUTH.example.org/application/o/romm":   {false, false},
		"https://login.example.org/application/o/romm":  {true, false},
		"http://192.0.2.10:9000/application/o/romm":     {true, true},
		"https://authentik-server/application/o/romm":   {true, true},
		"https://10.0.0.5/application/o/romm":           {true, true},
		"auth.example.org/application/o/romm":           {false, false}, // said already
		"https://auth.example.org/id/application/o/app": {true, false},
	} {
		w := World{Settings: Settings{ApplicationURL: address}, Setup: Setup{Root: "https://auth.example.org"}}
		why, hazard := w.ReachedElsewhere()
		w.Setup.Root = "http://127.0.0.1:9000" // beside Authentik
		if beside, _ := w.ReachedElsewhere(); (beside != "") != want.hazard {
			t.Errorf("%s, from beside Authentik: %q", address, beside)
		}
		if (why != "") != want.said || hazard != want.hazard || want.said && (!strings.Contains(why, VarApplicationURL) || !strings.Contains(why, "AUTHENTIK_URL")) {
			t.Errorf("%s: %q, %v", address, why, hazard)
		}
	}
}

// proves S12: RomM's callback is one path, and what is planned is never another
// address.
func TestCallback(t *testing.T) {
	t.Parallel()
	const base, right = "https://romm.example.org", "https://romm.example.org/api/oauth/openid"
	for name, c := range map[string]struct {
		base, given, planned string
		wrong, elsewhere     bool
	}{
		"nothing is known":      {"", "", "", false, false},
		"by the base":           {base + "/", "", right, false, false},
		"the same":              {base, right, right, false, false},
		"another path":          {base, base + "/api/oauth2/openid/callback", right, true, false},
		"another path, no base": {"", base + "/callback", right, true, false},
		"a query":               {base, right + "?x=1", right, true, false},
		"a slash at the end":    {base, right + "/", right, false, false},
		"no address":            {base, "romm.example.org/api/oauth/openid", right, true, false},
		"another host":          {base, "https://evil.example.net/api/oauth/openid", right, false, true},
		"another scheme":        {base, "http://romm.example.org/api/oauth/openid", right, false, true},
		"a base for us alone":   {"http://romm:8080", right, right, false, false},
		"a loopback base":       {"http://127.0.0.1:8080", right, right, false, false},
		"a private base":        {"https://10.0.0.4", right, right, false, false},
		"a base below a path":   {base + "/romm", base + "/romm/api/oauth/openid", base + "/romm/api/oauth/openid", false, false},
	} {
		s := Settings{BaseURL: c.base, RedirectURI: c.given}
		if got := s.Callback(); got != c.planned {
			t.Errorf("%s: planned is %q, want %q", name, got, c.planned)
		}
		why := World{Settings: s}.Blocked()
		if (why != "") != c.wrong || c.wrong && (!strings.Contains(why, "OIDC_REDIRECT_URI") || !strings.Contains(why, CallbackPath)) {
			t.Errorf("%s: %q", name, why)
		}
		if why := s.CallbackElsewhere(); (why != "") != c.elsewhere {
			t.Errorf("%s: %q", name, why)
		}
	}
}

// proves S12: an exact address beside RomM's gets the code of a login, too.
func TestFurtherRedirects(t *testing.T) {
	t.Parallel()
	const own = "https://romm.example.org/api/oauth/openid"
	for name, c := range map[string]struct {
		have   RedirectURI
		n      int
		hazard bool
	}{
		"itself":                {RedirectURI{URL: own}, 0, false},
		"of signing out":        {RedirectURI{URL: "https://other.example.org", Logout: true}, 0, false},
		"a pattern":             {RedirectURI{URL: ".*", Regex: true}, 0, false},
		"looks like a pattern":  {RedirectURI{URL: `https://romm\.example\.org/.*`}, 0, false},
		"another scheme":        {RedirectURI{URL: "http://romm.example.org/api/oauth/openid"}, 1, false},
		"another path":          {RedirectURI{URL: "https://romm.example.org/callback"}, 1, false},
		"another host":          {RedirectURI{URL: "https://evil.example.net/api/oauth/openid"}, 1, true},
		"a host that is longer": {RedirectURI{URL: "https://romm.example.org.evil.net/api/oauth/openid"}, 1, true},
	} {
		further, hazard := OAuthProvider{RedirectURIs: []RedirectURI{{URL: own}, c.have}}.FurtherRedirects(own)
		if len(further) != c.n || hazard != c.hazard {
			t.Errorf("%s: %v, %v", name, further, hazard)
		}
	}
}
