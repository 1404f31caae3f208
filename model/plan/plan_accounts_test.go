package plan

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// kept is a world whose accounts are in the embedded directory: an admin and
// ann.
func kept() model.World {
	w := rooted()
	w.RomM.Embedded = true
	local(&w, "ann", "ann@x.org", model.RoleUser)
	identity(&w, "ann", "ann@x.org", gUsers)
	return w
}

func account(name, email model.Untrusted, role model.Role) model.LocalUser {
	return model.LocalUser{Username: name, Email: email, Role: role, Enabled: true}
}

// names lists the accounts of a world, in order.
func accountNames(w model.World) string {
	var out []string
	for _, u := range w.Locals {
		out = append(out, fmt.Sprintf("%s:%s:%s:%v", u.Username.Raw(), u.Email.Raw(), u.Role, u.Enabled))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// TestPlanAccounts proves S39: an import is a plan like every other. It is shown
// with its impact, made, undone, and undone again.
func TestPlanAccounts(t *testing.T) {
	t.Parallel()
	w := kept()
	identity(&w, "bob", "bob@x.org", gUsers)
	r := model.Judge(w)
	off := account("zoe", "", model.RoleAdmin)
	off.Enabled = false
	p, err := AddAccounts(r, []model.LocalUser{account("ann", "ann@x.org", model.RoleUser), account("bob", "bob@x.org", model.RoleUser), off})
	if err != nil || len(p.Changes) != 2 || p.Title != "add 2 accounts to the embedded directory" {
		t.Fatalf("%+v, %v", p, err)
	}
	if _, added := p.Changes[1].Lines(); strings.Join(added, "|") != "no address|role admin|disabled" || p.Changes[0].Text(p.Changes[0].After) != "address bob@x.org, role user, enabled" {
		t.Errorf("%q, %q", added, p.Changes[0].Text(p.Changes[0].After))
	}
	after, impact, err := Simulate(t.Context(), r, p)
	if err != nil || len(impact.Accounts) != 1 || impact.Accounts[0].Who != "bob" || impact.Accounts[0].Opens != "bob" {
		t.Fatalf("%+v, %v", impact, err)
	}
	if got := accountNames(after.World); got != "ann:ann@x.org:user:true bob:bob@x.org:user:true root:root@x.org:admin:true zoe::admin:false" {
		t.Errorf("after: %s", got)
	}
	ids := map[int64]bool{}
	for _, u := range after.World.Locals {
		ids[u.ID] = true
	}
	if len(ids) != 4 || ids[0] {
		t.Errorf("ids: %v", ids)
	}
	undo, err := Undo(after, journal("dd", p.Changes...))
	back, _, err := Simulate(t.Context(), after, plan(t, undo, err))
	if err != nil || accountNames(back.World) != accountNames(w) {
		t.Fatalf("undone: %s, %v", accountNames(back.World), err)
	}
	redo, err := Undo(back, journal("dd", undo.Changes...))
	again, _, err := Simulate(t.Context(), back, plan(t, redo, err))
	if err != nil || accountNames(again.World) != accountNames(after.World) {
		t.Errorf("undone twice: %v", err)
	}
	cut := Interruption{PlanID: "p", Title: p.Title, Changes: p.Changes, Entries: journal("d", p.Changes...)}
	half, err := After(w, p.Changes[0])
	if err != nil {
		t.Fatal(err)
	}
	if rest, err := Resume(model.Judge(half), cut); err != nil || len(rest.Changes) != 1 || rest.Changes[0].Object != "zoe" {
		t.Errorf("resume: %+v, %v", rest, err)
	}
	if rest, err := RollBack(model.Judge(half), cut); err != nil || len(rest.Changes) != 1 || rest.Changes[0].After != "" {
		t.Errorf("roll back: %+v, %v", rest, err)
	}
}

func TestPlanAccountsRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		users []model.LocalUser
		code  model.Code
		says  string
	}{
		"nothing new":   {[]model.LocalUser{account("ann", "ann@x.org", model.RoleUser)}, model.CodeNothing, "there already"},
		"differs":       {[]model.LocalUser{account("ann", "ann@x.org", model.RoleAdmin)}, model.CodeConflict, "ann is there already and differs"},
		"letter case":   {[]model.LocalUser{account("ANN", "ann@x.org", model.RoleUser)}, model.CodeConflict, "ann is there already and differs"},
		"address":       {[]model.LocalUser{account("bob", "ANN@x.org", model.RoleUser)}, model.CodeConflict, "User with email ANN@x.org already exists"},
		"address twice": {[]model.LocalUser{account("bob", "b@x.org", model.RoleUser), account("eve", "b@x.org", model.RoleUser)}, model.CodeConflict, "already exists"},
	} {
		if _, err := AddAccounts(model.Judge(kept()), c.users); model.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.says) || model.HintOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	w := kept()
	w.RomM.Embedded = false
	if _, err := AddAccounts(model.Judge(w), []model.LocalUser{account("bob", "", model.RoleUser)}); model.CodeOf(err) != model.CodeInvalid {
		t.Errorf("RomM's: %v", err)
	}
	made := Change{Kind: ChangeLocalAccount, Object: "bob", Label: "bob", After: encodeAccount(account("bob", "", model.RoleUser))}
	if _, err := Undo(model.Judge(w), journal("d", made)); model.CodeOf(err) != model.CodeConflict {
		t.Errorf("undone from RomM: %v", err)
	}
	both := made
	both.Object, both.Before = "ann", encodeAccount(account("ann", "ann@x.org", model.RoleUser))
	if _, err := After(kept(), both); model.CodeOf(err) != model.CodeInvalid {
		t.Errorf("neither made nor removed: %v", err)
	}
}

// TestGuardMade proves S4 and S5 for accounts that are made and removed.
func TestGuardMade(t *testing.T) {
	t.Parallel()
	removed := func(u model.LocalUser) Change {
		return Change{Kind: ChangeLocalAccount, Side: SideRomM, Object: u.Username.Raw(), Label: u.Username, Before: encodeAccount(u)}
	}
	for name, c := range map[string]struct {
		build  func(*model.World)
		change Change
		says   string
	}{
		"another person's address": { // proves S4
			func(w *model.World) { // who cannot sign in yet
				identity(w, "victim", "victim@x.org", gUsers).TrustedEmail = ""
				identity(w, "eve", "eve@x.org", gUsers)
			},
			Change{Kind: ChangeLocalAccount, Object: "eve", Label: "eve", After: encodeAccount(account("eve", "victim@x.org", model.RoleUser))},
			"would carry the address of another person",
		},
		"the last admin": { // proves S5
			func(w *model.World) { w.Provider, w.Setup = model.Provider{}, model.Setup{} }, removed(account("root", "root@x.org", model.RoleAdmin)), "",
		},
		"pinned": {
			func(w *model.World) { w.Pins = append(w.Pins, model.Pin{UID: "x", LocalID: 2}) }, removed(account("ann", "ann@x.org", model.RoleUser)), "ann is pinned",
		},
	} {
		w := kept()
		c.build(&w)
		if _, _, err := Simulate(t.Context(), model.Judge(w), Plan{Changes: []Change{c.change}}); model.CodeOf(err) != model.CodeRefused || !strings.Contains(err.Error(), c.says) || model.HintOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	w := kept()
	w.Pins = append(w.Pins, model.Pin{UID: "x", LocalID: 1}) // somebody else's pin
	if _, _, err := Simulate(t.Context(), model.Judge(w), Plan{Changes: []Change{removed(account("ann", "ann@x.org", model.RoleUser))}}); err != nil {
		t.Errorf("a plain one: %v", err)
	}
	alone := model.World{RomM: model.System{Embedded: true}, Settings: kept().Settings} // no Authentik that lets anybody in
	local(&alone, "root", "root@x.org", model.RoleAdmin)
	if _, _, err := Simulate(t.Context(), model.Judge(alone), Plan{Changes: []Change{removed(account("root", "root@x.org", model.RoleAdmin))}}); model.CodeOf(err) != model.CodeRefused {
		t.Errorf("the last admin, by the password alone: %v", err)
	}
}

// TestManyAccounts: the largest import that is read, made and undone, takes
// each step along the indexes: no change looks at every account.
func TestManyAccounts(t *testing.T) {
	t.Parallel()
	w := kept()
	var users []model.LocalUser
	for i := range 10_000 {
		users = append(users, account(model.Untrusted(fmt.Sprintf("u%05d", i)), model.Untrusted(fmt.Sprintf("u%05d@x.org", i)), model.RoleUser))
	}
	p, err := AddAccounts(model.Judge(w), users)
	if err != nil || len(p.Changes) != 10_000 {
		t.Fatal(err)
	}
	e := newEditor(w)
	for _, c := range append(p.Changes, p.Inverse().Changes...) {
		if err := e.apply(c); err != nil {
			t.Fatal(err)
		}
		if n := len(e.w.Locals); n == 7 { // now and then, at both ends
			checkIndexes(t, e)
		}
	}
	checkIndexes(t, e)
	if accountNames(e.w) != accountNames(w) || accountNames(w) != accountNames(kept()) {
		t.Error("the directory is not what it was, or the world before was written to")
	}
	// From the front, where the last account takes the place of the removed one.
	e = newEditor(w)
	for _, c := range append(p.Changes[:50:50], Plan{Changes: p.Changes[:50]}.Inverse().Changes...) {
		if c.After == "" {
			c.Object = fmt.Sprintf("u%05d", 49-len(e.w.Locals)+3)
			c.Before = encodeAccount(account(model.Untrusted(c.Object), model.Untrusted(c.Object+"@x.org"), model.RoleUser))
		}
		if err := e.apply(c); err != nil {
			t.Fatal(err)
		}
		checkIndexes(t, e)
	}
}

// checkIndexes holds the editor's indexes to its accounts.
func checkIndexes(t *testing.T, e *editor) {
	t.Helper()
	if len(e.byName) != len(e.w.Locals) || len(e.byID) != len(e.w.Locals) {
		t.Fatalf("%d names, %d ids of %d accounts", len(e.byName), len(e.byID), len(e.w.Locals))
	}
	for i, u := range e.w.Locals {
		if e.byName[u.Username.Raw()] != i || e.byID[u.ID] != i {
			t.Fatalf("%s stands at %d, not at %d and %d", u.Username, i, e.byName[u.Username.Raw()], e.byID[u.ID])
		}
	}
}
