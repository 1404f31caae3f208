package plan

import (
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// arranged is a world whose provider and application were read.
func arranged(mappings ...model.Ref) model.World {
	w := rooted()
	provider := model.OAuthProvider{PK: 1, Name: "RomM", ClientID: "romm", SigningKey: model.Ref{ID: "key"}, Mappings: mappings, RedirectURIs: []model.RedirectURI{{URL: "https://romm.example.org/api/oauth/openid"}}}
	application := model.Application{Name: "RomM", Slug: "romm", Provider: "romm"}
	w.Setup = model.Setup{
		Known: true, Slug: "romm", Provider: &provider, Application: &application, Classifier: unchanged{w.Provider},
		Mappings: []model.ScopeMapping{{Mark: model.MarkEmail, Name: "RomM Email Verification", Scope: "email", Verified: model.VerifiedAddress}},
	}
	return w
}

// unchanged classifies every provider alike.
type unchanged struct{ provider model.Provider }

func (u unchanged) Classify(model.OAuthProvider, []model.ScopeMapping) model.Provider {
	return u.provider
}

// proves S10: nothing is set up beside a mapping whose scope is not seen.
func TestSetupBesideAHiddenMapping(t *testing.T) {
	t.Parallel()
	goal := SetupGoal{RedirectURI: "https://romm.example.org/api/oauth/openid", Needs: model.SetupNeeds{AuthorizationFlow: model.Ref{ID: "a"}, InvalidationFlow: model.Ref{ID: "b"}, SigningKey: model.Ref{ID: "key"}}}
	if p, err := SetUp(model.Judge(arranged(model.Ref{ID: "hidden"})), goal); model.CodeOf(err) != model.CodeUnavailable || !strings.Contains(model.HintOf(err), "view_scopemapping") {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := SetUp(model.Judge(arranged(model.Ref{ID: model.MarkEmail})), goal); err != nil {
		t.Error(err)
	}
}

// proves S36: undoing a set-up does not begin when it could not end, and S12:
// no plan restores a pattern.
func TestUndoThatCannotEnd(t *testing.T) {
	t.Parallel()
	r := model.Judge(arranged())
	s := r.World.Setup
	open := *s.Provider
	open.RedirectURIs = append(open.RedirectURIs, model.RedirectURI{URL: "https://.*", Regex: true})
	foreign := s.Mappings[0]
	foreign.Verified, foreign.Unknown = model.VerifiedUnknown, model.UnknownText("return {}")
	for says, c := range map[string]Change{
		"is a pattern": {Kind: ChangeProvider, Object: "romm", Before: encodeProvider(*s.Provider), After: encodeProvider(open)},
		"is not kept":  {Kind: ChangeScopeMapping, Object: model.MarkEmail, Before: encodeMapping(s.Mappings[0], nil), After: encodeMapping(foreign, nil)},
	} {
		if _, _, err := Simulate(t.Context(), r, Plan{Changes: []Change{c}}); model.CodeOf(err) != model.CodeRefused || !strings.Contains(err.Error(), says) || model.HintOf(err) == "" {
			t.Errorf("%s: %v", says, err)
		}
	}
}

// TestTokensThatRomMCannotRead proves S5 and docs/romm.md row 2: RomM fails on
// a token that no key signs, or that is encrypted, and no plan leads there; nor
// through a provider that RomM does not use.
func TestTokensThatRomMCannotRead(t *testing.T) {
	t.Parallel()
	w := arranged()
	sound := *w.Setup.Provider
	for says, change := range map[string]func(*model.OAuthProvider){
		"signs tokens with no key": func(p *model.OAuthProvider) { p.SigningKey = model.Ref{} },
		"encrypts tokens":          func(p *model.OAuthProvider) { p.EncryptionKey = model.Ref{ID: "e"} },
	} {
		p := sound
		change(&p)
		c := Change{Kind: ChangeProvider, Object: "romm", Before: encodeProvider(sound), After: encodeProvider(p)}
		after, _, err := Simulate(t.Context(), model.Judge(w), Plan{Changes: []Change{c}})
		if model.CodeOf(err) != model.CodeRefused || !strings.Contains(err.Error(), "no admin could sign in") {
			t.Errorf("%s: %v", says, err)
		}
		if v := after.Pairs[0].Verdict; v == nil || v.Rule != "2" || v.Status != 500 || !strings.Contains(after.Pairs[0].NextLogin, says) || findingsOf(t, after, "root")[0] != model.FindingLoginRefused {
			t.Errorf("%s: %+v, %q", says, v, after.Pairs[0].NextLogin)
		}
	}
	for id, usable := range map[string]int{"": 1, "romm": 1, "another": 0} {
		w.Settings.ClientID = id
		if r := model.Judge(w); r.Stats.UsableAdmins != usable {
			t.Errorf("client id %q: %+v", id, r.Stats)
		}
	}
	w.Settings.ClientID = "another"
	r := model.Judge(w)
	if c := checkProvider(r); c.State != CheckDrift || !strings.Contains(c.Repair, "OIDC_CLIENT_ID") {
		t.Errorf("%+v", c)
	}
	w.Settings.ClientID, w.Settings.RedirectURI, w.Setup.Provider.RedirectURIs = "", "https://romm.example.org/api/oauth/openid", nil
	if r := model.Judge(w); r.Stats.UsableAdmins != 1 { // Authentik stores the first one that is used
		t.Errorf("no redirect URI: %q", r.Notes)
	}
}

// TestProviderThatIsNotRead: of a provider that RomM does not use any more nothing
// is known, so that undo does not call it removed (S36).
func TestProviderThatIsNotRead(t *testing.T) {
	t.Parallel()
	w := arranged()
	made := Change{Kind: ChangeProvider, Object: "earlier", Label: "the earlier one", After: encodeProvider(tunedProvider(w, "earlier"))}
	if p, err := Undo(model.Judge(w), journal("d", made)); model.CodeOf(err) != model.CodeConflict {
		t.Errorf("%+v, %v", p, err)
	}
	w.Setup.Provider, w.Setup.Application = nil, nil
	if p, err := Undo(model.Judge(w), journal("d", made)); model.CodeOf(err) != model.CodeNothing || !strings.Contains(err.Error(), "undone already") {
		t.Errorf("gone: %+v, %v", p, err)
	}
}

func tunedProvider(w model.World, id string) model.OAuthProvider {
	p := *w.Setup.Provider
	p.ClientID = id
	return p
}

// TestBindingsAreNotLost proves S36: an application that somebody bound to a
// group since is not removed with its bindings, which no undo would restore.
func TestBindingsAreNotLost(t *testing.T) {
	t.Parallel()
	group := model.Binding{Application: "romm", Group: gUsers}
	for name, c := range map[string]struct {
		bindings []model.Binding
		known    bool
		also     []Change
		says     string
	}{
		"none":       {nil, true, nil, ""},
		"a group":    {[]model.Binding{group}, true, nil, "1 binding that would be"},
		"switched":   {[]model.Binding{{Application: "romm", Policy: "p", Disabled: true}, group}, true, nil, "2 bindings that would be"},
		"not known":  {nil, false, nil, "is not known"},
		"undone too": {[]model.Binding{group}, true, []Change{{Kind: ChangeBinding, Object: group.Object(), Before: encodeBinding(group)}}, ""},
	} {
		w := arranged()
		w.Roles.Rows = nil // nobody is an admin by it
		w.Locals[0].Role = model.RoleUser
		w.Setup.Bindings, w.Setup.BindingsKnown = c.bindings, c.known
		p := Plan{Changes: append(c.also, Change{Kind: ChangeApplication, Object: "romm", Before: encodeApplication(*w.Setup.Application)})}
		_, _, err := Simulate(t.Context(), model.Judge(w), p)
		if (model.CodeOf(err) == model.CodeRefused) != (c.says != "") || c.says != "" && (!strings.Contains(err.Error(), c.says) || model.HintOf(err) == "") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// proves S12 and docs/authentik.md 7: a redirect URI that is a pattern has to
// match as a whole. Where it does not, nobody signs in; a pattern that only
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
		w.Setup.Provider.RedirectURIs = []model.RedirectURI{{URL: pattern, Regex: true}}
		if why := w.Blocked(); (why == "") != in {
			t.Errorf("%s: %q", pattern, why)
		}
		w.Setup.Provider.RedirectURIs[0].Logout = true
		if w.Blocked() == "" {
			t.Errorf("%s, for signing out only, lets people in", pattern)
		}
	}
}
