package plan

import (
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// unforeseen is a world with an admin and bob behind a provider of which only
// Authentik can tell what it sends, and which nobody asked.
func unforeseen() model.World {
	w := rooted()
	local(&w, "bob", "bob@x.org", model.RoleUser)
	identity(&w, "bob", "bob@x.org", gUsers)
	w.Provider.Unknown, w.Provider.Verified = []model.Untrusted{"somebody's mapping"}, model.VerifiedUnknown
	provider := model.OAuthProvider{PK: 1, Name: "RomM", ClientID: "romm", SigningKey: model.Ref{ID: "key"}}
	application := model.Application{Name: "RomM", Slug: "romm", Provider: "romm"}
	w.Setup = model.Setup{
		Known: true, BindingsKnown: true, Slug: "romm", Provider: &provider, Application: &application,
		Mappings: []model.ScopeMapping{{Mark: model.MarkEmail, Name: "RomM Email Verification", Scope: "email", Verified: model.VerifiedAddress}},
	}
	return w
}

// TestGuardOfUnknownLogins proves S5: while it is not known who can sign in,
// no plan takes away what an admin may sign in by.
func TestGuardOfUnknownLogins(t *testing.T) {
	t.Parallel()
	w := unforeseen()
	s := w.Setup
	binding := model.Binding{Application: "romm", Group: gChild}
	weaker := s.Mappings[0]
	weaker.Scope = "elsewhere"
	for name, c := range map[string]Change{
		"no provider":      {Kind: ChangeProvider, Object: "romm", Before: encodeProvider(*s.Provider)},
		"no application":   {Kind: ChangeApplication, Object: "romm", Before: encodeApplication(*s.Application)},
		"a binding":        {Kind: ChangeBinding, Object: binding.Object(), After: encodeBinding(binding)},
		"no mapping":       {Kind: ChangeScopeMapping, Object: model.MarkEmail, Before: encodeMapping(s.Mappings[0], nil)},
		"another mapping":  {Kind: ChangeScopeMapping, Object: model.MarkEmail, Before: encodeMapping(s.Mappings[0], nil), After: encodeMapping(weaker, nil)},
		"another address":  {Kind: ChangeIDPEmail, Object: "1", Before: "root@x.org", After: "new@x.org"},
		"no trust":         {Kind: ChangeTrustedEmail, Object: "1", Before: "root@x.org"},
		"the role's group": {Kind: ChangeRoleRow, Object: string(gAdmins), Before: "admin"},
	} {
		c.Label = "it"
		_, _, err := Simulate(t.Context(), model.Judge(w), Plan{Changes: []Change{c}})
		if model.CodeOf(err) != model.CodeRefused || !strings.Contains(err.Error(), "may keep an admin out") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, c := range map[string]Change{
		"of no admin":     {Kind: ChangeTrustedEmail, Object: "2", Before: "bob@x.org"},
		"one for a group": {Kind: ChangeRoleRow, Object: string(gChild), After: "user"},
	} {
		if _, _, err := Simulate(t.Context(), model.Judge(w), Plan{Changes: []Change{c}}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestGuardOfDroppedPreviews proves S4: a plan that changes a person drops what
// Authentik computed for them, and that opens no way into another's account.
func TestGuardOfDroppedPreviews(t *testing.T) {
	t.Parallel()
	w := unforeseen()
	previews := map[int64]model.Preview{}
	for i, name := range []string{"root", "bob"} {
		previews[int64(i+1)] = model.Preview{Claims: model.Claims{
			"email": name + "@x.org", "email_verified": true, "preferred_username": name, model.RolesClaim: []any{[]string{"admin", "viewer"}[i]},
		}}
	}
	local(&w, "victim", "victim@x.org", model.RoleAdmin)
	r := model.Judge(w.WithPreviews(previews))
	if r.Stats.UsableAdmins != 1 || r.Stats.CannotSignIn != 0 {
		t.Fatalf("%+v", r.Stats)
	}
	for address, code := range map[model.Untrusted]model.Code{"victim@x.org": model.CodeRefused, "root@x.org": model.CodeRefused, "": model.CodeRefused, "bob@new.org": ""} {
		c := Change{Kind: ChangeIDPEmail, Object: "2", Before: "bob@x.org", After: address}
		if _, _, err := Simulate(t.Context(), r, Plan{Changes: []Change{c}}); model.CodeOf(err) != code {
			t.Errorf("%s: %v", address, err)
		}
	}
}
