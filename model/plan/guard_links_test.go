package plan

import (
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// signedIn is a world in which root and bob have signed in to their accounts, and
// Authentik is set up by us.
func signedIn() model.World {
	w := linked()
	w.Settings.Version = model.Version{Major: 5, Minor: 5}
	w.Locals[2].Link = model.Unlinked()
	for i := range 2 {
		w.Locals[i].Link = model.NewOIDCLink(model.Untrusted(w.Provider.Issuer), model.Untrusted(w.Directory.Identities[i].UID))
	}
	return w
}

// TestLinksLost: a plan after which the provider sends another issuer or subject
// for people whom RomM has linked says who would be locked out and who would be
// linked anew by address, and needs the words of a person; one that only changes
// other things does not (S14).
func TestLinksLost(t *testing.T) {
	t.Parallel()
	edit := func(change func(*model.OAuthProvider)) func(model.World) []Change {
		return func(w model.World) []Change {
			to := *w.Setup.Provider
			change(&to)
			return []Change{{Kind: ChangeProvider, Side: SideAuthentik, Object: "id", Label: "it", Before: encodeProvider(*w.Setup.Provider), After: encodeProvider(to)}}
		}
	}
	app := func(slug string) model.Application {
		return model.Application{Name: "RomM", Slug: slug, Provider: "id"}
	}
	anew := func(change func(*model.OAuthProvider)) func(model.World) []Change { // by a plan of its own
		return func(w model.World) []Change {
			to := *w.Setup.Provider
			change(&to)
			return []Change{
				{Kind: ChangeProvider, Side: SideAuthentik, Object: "id", Label: "it", After: encodeProvider(to)},
				{Kind: ChangeApplication, Side: SideAuthentik, Object: "romm", Label: "RomM", After: encodeApplication(app("romm"))},
			}
		}
	}
	gone := func(w *model.World) { w.Setup.Provider, w.Setup.Application, w.Provider = nil, nil, model.Provider{} }
	for name, c := range map[string]struct {
		plan    func(model.World) []Change
		missing bool // the provider is gone before the plan
		change  func(*model.World)
		lost    string
	}{
		"subject mode": {plan: edit(func(p *model.OAuthProvider) { p.SubMode = model.SubEmail }), lost: "bob and root are locked out"},
		"issuer mode":  {plan: edit(func(p *model.OAuthProvider) { p.IssuerMode = model.IssuerGlobal }), lost: "bob and root are linked anew by address"},
		"slug": {plan: func(model.World) []Change {
			return []Change{
				{Kind: ChangeApplication, Side: SideAuthentik, Object: "romm", Label: "RomM", Before: encodeApplication(app("romm"))},
				{Kind: ChangeApplication, Side: SideAuthentik, Object: "games", Label: "RomM", After: encodeApplication(app("games"))},
			}
		}, lost: "bob and root are linked anew by address"},
		"nobody has bob's address": {
			plan: edit(func(p *model.OAuthProvider) { p.IssuerMode = model.IssuerGlobal }), lost: "bob and root are linked anew by address",
			change: func(w *model.World) { w.Locals[1].Email, w.Locals[1].Username = "old@x.org", "robert" },
		},
		"and nobody may register": {
			plan: edit(func(p *model.OAuthProvider) { p.IssuerMode = model.IssuerGlobal }), lost: "bob is locked out, root is linked anew by address",
			change: func(w *model.World) { w.Locals[1].Email, w.Settings.AllowRegistration = "old@x.org", false },
		},
		"the same provider anew": {plan: anew(func(*model.OAuthProvider) {}), missing: true},
		"anew, another subject":  {plan: anew(func(p *model.OAuthProvider) { p.SubMode = model.SubEmail }), missing: true, lost: "bob and root are locked out"},
		"another redirect address": {plan: edit(func(p *model.OAuthProvider) {
			p.RedirectURIs = append(slices.Clone(p.RedirectURIs), model.RedirectURI{URL: "https://x"})
		})},
		"the mode that is there": {plan: edit(func(p *model.OAuthProvider) { p.SubMode = model.SubHashedUserID })},
	} {
		w := signedIn()
		if c.change != nil {
			c.change(&w)
		}
		if name == "slug" {
			w.Setup.Slug = "games"
		}
		p := Plan{Title: SetupTitle, Purpose: PurposeSetUp, Command: "romm-admin setup apply", Changes: c.plan(w)}
		if c.missing {
			gone(&w)
		}
		r := model.Judge(w)
		after, _, err := Simulate(t.Context(), r, p)
		if c.lost == "" {
			if model.RuleOf(err) == string(RuleLinksLost) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if model.RuleOf(err) != string(RuleLinksLost) || !strings.Contains(err.Error(), c.lost) || !strings.Contains(model.HintOf(err), "romm-admin setup apply --lose-links") {
			t.Errorf("%s: %v (%s)", name, err, model.HintOf(err))
			continue
		}
		if said := LinksLost(r, after).Sentence(); said != c.lost {
			t.Errorf("%s: %q", name, said)
		}
		if _, _, err := Simulate(t.Context(), r, p.LosesLinks()); model.RuleOf(err) == string(RuleLinksLost) {
			t.Errorf("%s: with consent: %v", name, err)
		}
	}
	other := Plan{Changes: []Change{{Kind: ChangePin}}}
	if p := other.LosesLinks(); p.Accepts != nil {
		t.Errorf("a plan that sets nothing up accepts %v", p.Accepts)
	}
	many := LostLinks{LockedOut: make([]model.Untrusted, 12), Relinked: []model.Untrusted{"zoe"}}
	if s := many.Sentence(); !strings.Contains(s, "and 2 more are locked out, zoe is linked anew by address") {
		t.Errorf("%s", s)
	}
}
