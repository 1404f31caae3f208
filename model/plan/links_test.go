package plan

import (
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// linked is a world whose provider and links are known: bob has signed in to
// mallory's account, his own is linked to nobody.
func linked() model.World {
	w := standing()
	w.Provider.Issuer, w.Provider.SubMode = "https://auth.example.org/application/o/romm/", model.SubHashedUserID
	local(&w, "mallory", "mallory@x.org", model.RoleUser)
	for i := range w.Locals {
		w.Locals[i].Link = model.Unlinked()
	}
	w.Locals[2].Link = model.NewOIDCLink(model.Untrusted(w.Provider.Issuer), model.Untrusted(w.Directory.Identities[1].UID))
	return w
}

// Unlinking frees an account; linking one to a person takes the person's link at
// another account away first, in the same plan, and undoing both is the identity.
func TestUnlinkAndLinkTo(t *testing.T) {
	t.Parallel()
	w := linked()
	r := model.Judge(w)
	d, err := Unlink(t.Context(), r, 3, 2, 99)
	if err != nil || len(d.Plan.Changes) != 1 || d.Plan.Title != "unlink the RomM account mallory" || len(d.Left) != 2 {
		t.Fatalf("%+v, %v", d, err)
	}
	if _, err := Unlink(t.Context(), r, 2); model.CodeOf(err) != model.CodeNothing {
		t.Errorf("%v", err)
	}
	bob := w.Directory.Identities[1]
	p, err := LinkTo(r, 2, bob.PK)
	if err != nil || len(p.Changes) != 2 || p.Changes[0].Label != "mallory" || p.Changes[0].After != "" || p.Changes[1].Label != "bob" {
		t.Fatalf("%+v, %v", p, err)
	}
	now := w
	for _, c := range append(append([]Change{}, p.Changes...), Plan{Changes: p.Changes}.Inverse().Changes...) {
		if now, err = After(now, c); err != nil {
			t.Fatal(err)
		}
	}
	for i := range w.Locals {
		if now.Locals[i] != w.Locals[i] {
			t.Errorf("%+v was %+v", now.Locals[i], w.Locals[i])
		}
	}
	if _, err := LinkTo(r, 3, bob.PK); model.CodeOf(err) != model.CodeNothing {
		t.Errorf("linked as it is: %v", err)
	}

	for says, change := range map[string]func(*model.World){
		"is not known":         func(w *model.World) { w.Locals[1].Link = model.OIDCLink{} },
		"issuer and subject":   func(w *model.World) { w.Provider.Issuer = "" },
		"sends no subject":     func(w *model.World) { w.Provider.SubMode = model.SubEmail; w.Directory.Identities[1].Email = "" },
		"no Authentik user":    func(w *model.World) { w.Directory.Identities = w.Directory.Identities[:1] },
		"no RomM account has ": func(w *model.World) { w.Locals = w.Locals[:1] },
	} {
		w := linked()
		change(&w)
		if _, err := LinkTo(model.Judge(w), 2, bob.PK); err == nil || !strings.Contains(err.Error(), says) || model.HintOf(err) == "" {
			t.Errorf("%s: %v", says, err)
		}
	}
}
