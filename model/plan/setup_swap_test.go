package plan

import (
	"slices"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// TestPlansShowWhatIsSwapped: of a mapping that takes another one's place both
// are named, by the name that each has, and by the id too where it is one.
func TestPlansShowWhatIsSwapped(t *testing.T) {
	t.Parallel()
	const foreign = "00000000-0000-0000-0000-0000000000aa"
	for name, c := range map[string]struct {
		other   model.Ref
		removed []string
		added   []string
	}{
		"Authentik's own": {
			model.Ref{ID: stockEmail, Name: "authentik default OAuth Mapping: OpenID 'email'"},
			[]string{"scope mapping authentik default OAuth Mapping: OpenID 'email'"},
			[]string{"scope mapping RomM Email Verification"},
		},
		"of the same name": {
			model.Ref{ID: foreign, Name: SetupEmailName},
			[]string{"scope mapping RomM Email Verification"},
			[]string{"scope mapping RomM Email Verification (romm-admin 2)"},
		},
	} {
		w := standing()
		w.Setup.Mappings = w.Setup.Mappings[:1] // the one of roles
		w.Setup.Others = append(slices.DeleteFunc(w.Setup.Others, func(o model.OtherMapping) bool { return o.ID == stockEmail }),
			model.OtherMapping{Ref: c.other, Scope: "email"})
		w.Setup.Provider.Mappings[2] = c.other
		w.Provider.Verified = model.VerifiedUnknown
		p, err := SetUp(model.Judge(w), standingGoal())
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(p.Changes, func(c Change) bool { return c.Kind == ChangeProvider })
		removed, added := p.Changes[i].Lines()
		if !slices.Equal(removed, c.removed) || !slices.Equal(added, c.added) {
			t.Errorf("%s: - %q + %q", name, removed, added)
		}
	}
	one := model.OAuthProvider{Mappings: []model.Ref{{ID: foreign, Name: SetupEmailName}}}
	two := model.OAuthProvider{Mappings: []model.Ref{{ID: model.MarkEmail, Name: SetupEmailName}}}
	removed, added := Change{Kind: ChangeProvider, Before: encodeProvider(one), After: encodeProvider(two)}.Lines()
	if !slices.Equal(removed, []string{"scope mapping RomM Email Verification (" + foreign + ")"}) ||
		!slices.Equal(added, []string{"scope mapping RomM Email Verification (" + model.MarkEmail + ")"}) {
		t.Errorf("of one name: - %q + %q", removed, added)
	}
}
