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
