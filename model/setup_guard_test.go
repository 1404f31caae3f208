package model

import (
	"strings"
	"testing"
)

// arranged is a world whose provider and application were read.
func arranged(mappings ...Ref) World {
	w := rooted()
	provider := OAuthProvider{PK: 1, Name: "RomM", ClientID: "romm", SigningKey: Ref{ID: "key"}, Mappings: mappings, RedirectURIs: []RedirectURI{{URL: "https://romm.example.org/api/oauth/openid"}}}
	application := Application{Name: "RomM", Slug: "romm", Provider: "romm"}
	w.Setup = Setup{
		Known: true, Slug: "romm", Provider: &provider, Application: &application, Classifier: unchanged{w.Provider},
		Mappings: []ScopeMapping{{Mark: MarkEmail, Name: "RomM Email Verification", Scope: "email", Verified: VerifiedAddress}},
	}
	return w
}

// unchanged classifies every provider alike.
type unchanged struct{ provider Provider }

func (u unchanged) Classify(OAuthProvider, []ScopeMapping) Provider { return u.provider }

// proves S10: nothing is set up beside a mapping whose scope is not seen.
func TestSetupBesideAHiddenMapping(t *testing.T) {
	t.Parallel()
	goal := SetupGoal{RedirectURI: "https://romm.example.org/api/oauth/openid", Needs: SetupNeeds{Ref{ID: "a"}, Ref{ID: "b"}, Ref{ID: "key"}}}
	if p, err := Judge(arranged(Ref{ID: "hidden"})).PlanSetup(goal); CodeOf(err) != CodeUnavailable || !strings.Contains(HintOf(err), "view_scopemapping") {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := Judge(arranged(Ref{ID: MarkEmail})).PlanSetup(goal); err != nil {
		t.Error(err)
	}
}

// proves S36: taking a set-up back does not begin when it could not end, and S12:
// no plan brings a pattern back.
func TestUndoThatCannotEnd(t *testing.T) {
	t.Parallel()
	r := Judge(arranged())
	s := r.World.Setup
	open := *s.Provider
	open.RedirectURIs = append(open.RedirectURIs, RedirectURI{URL: "https://.*", Regex: true})
	foreign := s.Mappings[0]
	foreign.Verified, foreign.Unknown = VerifiedUnknown, UnknownText("return {}")
	for says, c := range map[string]Change{
		"is a pattern": {Kind: ChangeProvider, Object: "romm", Before: s.Provider.encode(), After: open.encode()},
		"is not kept":  {Kind: ChangeScopeMapping, Object: MarkEmail, Before: s.Mappings[0].encode(nil), After: foreign.encode(nil)},
	} {
		if _, _, err := r.Simulate(Plan{Changes: []Change{c}}); CodeOf(err) != CodeRefused || !strings.Contains(err.Error(), says) || HintOf(err) == "" {
			t.Errorf("%s: %v", says, err)
		}
	}
}

// TestTokensThatRomMCannotRead proves S5 and reference/romm.md 3, row 2: RomM
// fails on a token that no key signs, or that is encrypted, and no plan leads
// there; nor through a provider that RomM does not use.
func TestTokensThatRomMCannotRead(t *testing.T) {
	t.Parallel()
	w := arranged()
	sound := *w.Setup.Provider
	for says, change := range map[string]func(*OAuthProvider){
		"signs tokens with no key": func(p *OAuthProvider) { p.SigningKey = Ref{} },
		"encrypts tokens":          func(p *OAuthProvider) { p.EncryptionKey = Ref{ID: "e"} },
	} {
		p := sound
		change(&p)
		c := Change{Kind: ChangeProvider, Object: "romm", Before: sound.encode(), After: p.encode()}
		after, _, err := Judge(w).Simulate(Plan{Changes: []Change{c}})
		if CodeOf(err) != CodeRefused || !strings.Contains(err.Error(), "no admin could sign in") {
			t.Errorf("%s: %v", says, err)
		}
		if v := after.Pairs[0].Verdict; v == nil || v.Rule != "2" || v.Status != 500 || !strings.Contains(after.Pairs[0].NextLogin, says) || findingsOf(t, after, "root")[0] != FindingLoginRefused {
			t.Errorf("%s: %+v, %q", says, v, after.Pairs[0].NextLogin)
		}
	}
	for id, usable := range map[string]int{"": 1, "romm": 1, "another": 0} {
		w.Settings.ClientID = id
		if r := Judge(w); r.Stats.UsableAdmins != usable {
			t.Errorf("client id %q: %+v", id, r.Stats)
		}
	}
	w.Settings.ClientID = "another"
	r := Judge(w)
	if c := r.checkProvider(); c.State != CheckDrift || !strings.Contains(c.Repair, "OIDC_CLIENT_ID") {
		t.Errorf("%+v", c)
	}
	w.Settings.ClientID, w.Settings.RedirectURI, w.Setup.Provider.RedirectURIs = "", "https://romm.example.org/api/oauth/openid", nil
	if r := Judge(w); r.Stats.UsableAdmins != 1 { // Authentik stores the first one that is used
		t.Errorf("no redirect URI: %q", r.Notes)
	}
}

// TestProviderThatIsNotRead: of a provider that RomM does not use any more nothing
// is known, so that undo does not call it removed (S36).
func TestProviderThatIsNotRead(t *testing.T) {
	t.Parallel()
	w := arranged()
	made := Change{Kind: ChangeProvider, Object: "earlier", Label: "the earlier one", After: tunedProvider(w, "earlier").encode()}
	if p, err := Judge(w).PlanUndo(journal("d", made)); CodeOf(err) != CodeConflict {
		t.Errorf("%+v, %v", p, err)
	}
	w.Setup.Provider, w.Setup.Application = nil, nil
	if p, err := Judge(w).PlanUndo(journal("d", made)); CodeOf(err) != CodeNothing || !strings.Contains(err.Error(), "taken back already") {
		t.Errorf("gone: %+v, %v", p, err)
	}
}

func tunedProvider(w World, id string) OAuthProvider {
	p := *w.Setup.Provider
	p.ClientID = id
	return p
}

// TestBindingsAreNotLost proves S36: an application that somebody bound to a
// group since is not removed with its bindings, which no undo would bring back.
func TestBindingsAreNotLost(t *testing.T) {
	t.Parallel()
	group := Binding{Application: "romm", Group: gUsers}
	for name, c := range map[string]struct {
		bindings []Binding
		known    bool
		also     []Change
		says     string
	}{
		"none":       {nil, true, nil, ""},
		"a group":    {[]Binding{group}, true, nil, "1 binding that would be"},
		"switched":   {[]Binding{{Application: "romm", Policy: "p", Disabled: true}, group}, true, nil, "2 bindings that would be"},
		"not known":  {nil, false, nil, "is not known"},
		"undone too": {[]Binding{group}, true, []Change{{Kind: ChangeBinding, Object: group.Object(), Before: group.encode()}}, ""},
	} {
		w := arranged()
		w.Roles.Rows = nil // nobody is an admin by it
		w.Locals[0].Role = RoleUser
		w.Setup.Bindings, w.Setup.BindingsKnown = c.bindings, c.known
		p := Plan{Changes: append(c.also, Change{Kind: ChangeApplication, Object: "romm", Before: w.Setup.Application.encode()})}
		_, _, err := Judge(w).Simulate(p)
		if (CodeOf(err) == CodeRefused) != (c.says != "") || c.says != "" && (!strings.Contains(err.Error(), c.says) || HintOf(err) == "") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// proves S12 and reference/authentik.md 7: a redirect URI that is a pattern has
// to match as a whole. Where it does not, nobody signs in; a pattern that only
// Authentik can read may match.
func TestRedirectPatterns(t *testing.T) {
	t.Parallel()
	const back = "https://romm.example/api/oauth/openid"
	for pattern, in := range map[string]bool{
		`https://romm\.example/.*`:            true,
		`https://romm.example/api/oauth/open`: false, // not the whole
		`romm.example/api/oauth/openid`:       false,
		`https://old/.*`:                      false,
		`https://old|https://romm.example/.*`: true,
		`HTTPS://ROMM.EXAMPLE/.*`:             false,
		`(?i)HTTPS://ROMM.EXAMPLE/.*`:         true,
		`(?=https)https://romm\.example/.*`:   true, // a lookahead, which is not read here
		`(?=x)https://old`:                    true,
	} {
		w := standing()
		w.Settings.RedirectURI = back
		w.Setup.Provider.RedirectURIs = []RedirectURI{{URL: pattern, Regex: true}}
		if why := w.blocked(); (why == "") != in {
			t.Errorf("%s: %q", pattern, why)
		}
		w.Setup.Provider.RedirectURIs[0].Logout = true
		if w.blocked() == "" {
			t.Errorf("%s, for signing out only, lets people in", pattern)
		}
	}
}
