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

// TestLinkedAddressesAreSetInAuthentik: the address of an account that is linked
// to its person follows Authentik, so no builder sets it in RomM, and says what to
// do instead; an account that is not linked, or linked to somebody else, is as it
// was (S14).
func TestLinkedAddressesAreSetInAuthentik(t *testing.T) {
	t.Parallel()
	w := linked()
	bob := w.Directory.Identities[1]
	w.Locals[2].Email = "old@x.org" // mallory's, to which bob is linked
	r := model.Judge(w)
	refused := func(err error) {
		t.Helper()
		if model.RuleOf(err) != string(RuleAddressFollows) || !strings.Contains(model.HintOf(err), "users set-email "+bob.Username.Raw()+" ADDRESS --side authentik") {
			t.Errorf("%v: %s", err, model.HintOf(err))
		}
	}
	_, err := LocalEmail(r, 3, "new@x.org")
	refused(err)
	_, err = LocalEmail(r, 3, "")
	refused(err)
	_, err = MatchEmails(t.Context(), r, 3)
	refused(err)
	d, _ := SafeFixes(t.Context(), r)
	if len(d.Left) != 1 || d.Left[0].Who != "mallory" {
		t.Errorf("%+v", d)
	} else {
		refused(d.Left[0].Why)
	}
	if p, err := IDPEmail(r, bob.PK, "new@x.org"); err != nil || len(p.Changes) == 0 {
		t.Errorf("in Authentik: %v", err)
	}

	// Two linked people whose accounts have each other's address: both sign in.
	w = linked()
	w.Locals[2].Link = model.Unlinked()
	for i := range 2 {
		w.Locals[i].Link = model.NewOIDCLink(model.Untrusted(w.Provider.Issuer), model.Untrusted(w.Directory.Identities[i].UID))
	}
	w.Locals[0].Email, w.Locals[1].Email = w.Locals[1].Email, w.Locals[0].Email
	d, err = MatchEmails(t.Context(), model.Judge(w), 1, 2)
	if err == nil || len(d.Left) != 2 || model.RuleOf(d.Left[0].Why) != string(RuleAddressFollows) {
		t.Errorf("swapped: %+v, %v", d, err)
	}

	for name, change := range map[string]func(*model.World){
		"not linked":      func(w *model.World) { w.Locals[2].Link = model.Unlinked() },
		"somebody else's": func(w *model.World) { w.Locals[2].Link = model.NewOIDCLink("https://other", "x") },
		"not known":       func(w *model.World) { w.Locals[2].Link = model.OIDCLink{} },
		"nobody signs in": func(w *model.World) { w.Directory.Identities[1].Active = false },
	} {
		w := linked()
		change(&w)
		if p, err := LocalEmail(model.Judge(w), 3, "new@x.org"); err != nil || p.Changes[0].Kind != ChangeLocalEmail {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestLinksThatCannotBeSeen: undoing a link where RomM's database is not read any
// more says what to configure.
func TestLinksThatCannotBeSeen(t *testing.T) {
	t.Parallel()
	w := linked()
	c := Change{Kind: ChangeLink, Side: SideRomM, Object: "3", Label: "mallory", Before: linkText(w.Locals[2].Link)}
	w.Locals[2].Link = model.OIDCLink{}
	_, err := Undo(model.Judge(w), journal("d", c))
	if err == nil || !strings.Contains(err.Error(), "the link of mallory cannot be seen now") || !strings.Contains(model.HintOf(err), "DB_HOST") {
		t.Errorf("%v (%s)", err, model.HintOf(err))
	}
}
