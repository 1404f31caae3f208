package model

import (
	"strings"
	"testing"
)

// unforeseen is a world with an admin and bob behind a provider of which only
// Authentik can tell what it sends, and which nobody asked.
func unforeseen() World {
	w := rooted()
	w.local("bob", "bob@x.org", RoleUser)
	w.identity("bob", "bob@x.org", gUsers)
	w.Provider.Unknown, w.Provider.Verified = []Untrusted{"somebody's mapping"}, VerifiedUnknown
	provider := OAuthProvider{PK: 1, Name: "RomM", ClientID: "romm", SigningKey: Ref{ID: "key"}}
	application := Application{Name: "RomM", Slug: "romm", Provider: "romm"}
	w.Setup = Setup{
		Known: true, BindingsKnown: true, Slug: "romm", Provider: &provider, Application: &application,
		Mappings: []ScopeMapping{{Mark: MarkEmail, Name: "RomM Email Verification", Scope: "email", Verified: VerifiedAddress}},
	}
	return w
}

// TestGuardOfUnknownLogins proves S5: while it is not known who can sign in,
// no plan takes away what an admin may sign in by.
func TestGuardOfUnknownLogins(t *testing.T) {
	t.Parallel()
	w := unforeseen()
	s := w.Setup
	binding := Binding{Application: "romm", Group: gChild}
	weaker := s.Mappings[0]
	weaker.Scope = "elsewhere"
	for name, c := range map[string]Change{
		"no provider":      {Kind: ChangeProvider, Object: "romm", Before: s.Provider.encode()},
		"no application":   {Kind: ChangeApplication, Object: "romm", Before: s.Application.encode()},
		"a binding":        {Kind: ChangeBinding, Object: binding.Object(), After: binding.encode()},
		"no mapping":       {Kind: ChangeScopeMapping, Object: MarkEmail, Before: s.Mappings[0].encode(nil)},
		"another mapping":  {Kind: ChangeScopeMapping, Object: MarkEmail, Before: s.Mappings[0].encode(nil), After: weaker.encode(nil)},
		"another address":  {Kind: ChangeIDPEmail, Object: "1", Before: "root@x.org", After: "new@x.org"},
		"no trust":         {Kind: ChangeTrustedEmail, Object: "1", Before: "root@x.org"},
		"the role's group": {Kind: ChangeRoleRow, Object: string(gAdmins), Before: "admin"},
	} {
		c.Label = "it"
		_, _, err := Judge(w).Simulate(Plan{Changes: []Change{c}})
		if CodeOf(err) != CodeRefused || !strings.Contains(err.Error(), "may keep an admin out") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, c := range map[string]Change{
		"of no admin":     {Kind: ChangeTrustedEmail, Object: "2", Before: "bob@x.org"},
		"one for a group": {Kind: ChangeRoleRow, Object: string(gChild), After: "user"},
	} {
		if _, _, err := Judge(w).Simulate(Plan{Changes: []Change{c}}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestGuardOfDroppedPreviews proves S4: a plan that changes a person drops what
// Authentik computed for them, and that opens no way into another's account.
func TestGuardOfDroppedPreviews(t *testing.T) {
	t.Parallel()
	w := unforeseen()
	previews := map[int64]Preview{}
	for i, name := range []string{"root", "bob"} {
		previews[int64(i+1)] = Preview{Claims: Claims{
			"email": name + "@x.org", "email_verified": true, "preferred_username": name, RolesClaim: []any{[]string{"admin", "viewer"}[i]},
		}}
	}
	w.local("victim", "victim@x.org", RoleAdmin)
	r := Judge(w.WithPreviews(previews))
	if r.Stats.UsableAdmins != 1 || r.Stats.CannotSignIn != 0 {
		t.Fatalf("%+v", r.Stats)
	}
	for address, code := range map[Untrusted]Code{"victim@x.org": CodeRefused, "root@x.org": CodeRefused, "": CodeRefused, "bob@new.org": ""} {
		c := Change{Kind: ChangeIDPEmail, Object: "2", Before: "bob@x.org", After: address}
		if _, _, err := r.Simulate(Plan{Changes: []Change{c}}); CodeOf(err) != code {
			t.Errorf("%s: %v", address, err)
		}
	}
}
