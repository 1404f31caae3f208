package model

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// kept is a world whose accounts are in the embedded directory: an admin and
// ann.
func kept() World {
	w := rooted()
	w.RomM.Embedded = true
	w.local("ann", "ann@x.org", RoleUser)
	w.identity("ann", "ann@x.org", gUsers)
	return w
}

func account(name, email Untrusted, role Role) LocalUser {
	return LocalUser{Username: name, Email: email, Role: role, Enabled: true}
}

// names lists the accounts of a world, in order.
func accountNames(w World) string {
	var out []string
	for _, u := range w.Locals {
		out = append(out, fmt.Sprintf("%s:%s:%s:%v", u.Username.Raw(), u.Email.Raw(), u.Role, u.Enabled))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}

// TestPlanAccounts proves S39: an import is a plan like every other. It is shown
// with its impact, made, taken back, and taken back again.
func TestPlanAccounts(t *testing.T) {
	t.Parallel()
	w := kept()
	w.identity("bob", "bob@x.org", gUsers)
	r := Judge(w)
	off := account("zoe", "", RoleAdmin)
	off.Enabled = false
	p, err := r.PlanAccounts([]LocalUser{account("ann", "ann@x.org", RoleUser), account("bob", "bob@x.org", RoleUser), off})
	if err != nil || len(p.Changes) != 2 || p.Title != "add 2 accounts to the embedded directory" {
		t.Fatalf("%+v, %v", p, err)
	}
	if _, added := p.Changes[1].Lines(); strings.Join(added, "|") != "no address|role admin|disabled" || p.Changes[0].Text(p.Changes[0].After) != "address bob@x.org, role user, enabled" {
		t.Errorf("%q, %q", added, p.Changes[0].Text(p.Changes[0].After))
	}
	after, impact, err := r.Simulate(p)
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
	undo, err := after.PlanUndo(journal("dd", p.Changes...))
	back, _, err := after.Simulate(plan(t, undo, err))
	if err != nil || accountNames(back.World) != accountNames(w) {
		t.Fatalf("undone: %s, %v", accountNames(back.World), err)
	}
	redo, err := back.PlanUndo(journal("dd", undo.Changes...))
	again, _, err := back.Simulate(plan(t, redo, err))
	if err != nil || accountNames(again.World) != accountNames(after.World) {
		t.Errorf("undone twice: %v", err)
	}
	cut := Interruption{PlanID: "p", Title: p.Title, Changes: p.Changes, Entries: journal("d", p.Changes...)}
	half, err := w.With(p.Changes[0])
	if err != nil {
		t.Fatal(err)
	}
	if rest, err := Judge(half).PlanResume(cut); err != nil || len(rest.Changes) != 1 || rest.Changes[0].Object != "zoe" {
		t.Errorf("resume: %+v, %v", rest, err)
	}
	if rest, err := Judge(half).PlanRollback(cut); err != nil || len(rest.Changes) != 1 || rest.Changes[0].After != "" {
		t.Errorf("roll back: %+v, %v", rest, err)
	}
}

func TestPlanAccountsRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		users []LocalUser
		code  Code
		says  string
	}{
		"nothing new":   {[]LocalUser{account("ann", "ann@x.org", RoleUser)}, CodeNothing, "there already"},
		"differs":       {[]LocalUser{account("ann", "ann@x.org", RoleAdmin)}, CodeConflict, "ann is there already and differs"},
		"letter case":   {[]LocalUser{account("ANN", "ann@x.org", RoleUser)}, CodeConflict, "ann is there already and differs"},
		"address":       {[]LocalUser{account("bob", "ANN@x.org", RoleUser)}, CodeConflict, "User with email ANN@x.org already exists"},
		"address twice": {[]LocalUser{account("bob", "b@x.org", RoleUser), account("eve", "b@x.org", RoleUser)}, CodeConflict, "already exists"},
	} {
		if _, err := Judge(kept()).PlanAccounts(c.users); CodeOf(err) != c.code || !strings.Contains(err.Error(), c.says) || HintOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	w := kept()
	w.RomM.Embedded = false
	if _, err := Judge(w).PlanAccounts([]LocalUser{account("bob", "", RoleUser)}); CodeOf(err) != CodeInvalid {
		t.Errorf("RomM's: %v", err)
	}
	made := Change{Kind: ChangeLocalAccount, Object: "bob", Label: "bob", After: account("bob", "", RoleUser).encode()}
	if _, err := Judge(w).PlanUndo(journal("d", made)); CodeOf(err) != CodeConflict {
		t.Errorf("taken back from RomM: %v", err)
	}
	both := made
	both.Object, both.Before = "ann", account("ann", "ann@x.org", RoleUser).encode()
	if _, err := kept().With(both); CodeOf(err) != CodeInvalid {
		t.Errorf("neither made nor removed: %v", err)
	}
}

// TestGuardMade proves S4 and S5 for accounts that are made and removed.
func TestGuardMade(t *testing.T) {
	t.Parallel()
	removed := func(u LocalUser) Change {
		return Change{Kind: ChangeLocalAccount, Side: SideRomM, Object: u.Username.Raw(), Label: u.Username, Before: u.encode()}
	}
	for name, c := range map[string]struct {
		build  func(*World)
		change Change
		says   string
	}{
		"another person's address": { // proves S4
			func(w *World) { // who cannot sign in yet
				w.identity("victim", "victim@x.org", gUsers).TrustedEmail = ""
				w.identity("eve", "eve@x.org", gUsers)
			},
			Change{Kind: ChangeLocalAccount, Object: "eve", Label: "eve", After: account("eve", "victim@x.org", RoleUser).encode()},
			"would carry the address of another person",
		},
		"the last admin": { // proves S5
			func(w *World) { w.Provider, w.Setup = Provider{}, Setup{} }, removed(account("root", "root@x.org", RoleAdmin)), "",
		},
		"pinned": {
			func(w *World) { w.Links = append(w.Links, Link{UID: "x", LocalID: 2}) }, removed(account("ann", "ann@x.org", RoleUser)), "ann is pinned",
		},
	} {
		w := kept()
		c.build(&w)
		if _, _, err := Judge(w).Simulate(Plan{Changes: []Change{c.change}}); CodeOf(err) != CodeRefused || !strings.Contains(err.Error(), c.says) || HintOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	w := kept()
	w.Links = append(w.Links, Link{UID: "x", LocalID: 1}) // somebody else's pin
	if _, _, err := Judge(w).Simulate(Plan{Changes: []Change{removed(account("ann", "ann@x.org", RoleUser))}}); err != nil {
		t.Errorf("a plain one: %v", err)
	}
	alone := World{RomM: System{Embedded: true}, Settings: kept().Settings} // no Authentik that lets anybody in
	alone.local("root", "root@x.org", RoleAdmin)
	if _, _, err := Judge(alone).Simulate(Plan{Changes: []Change{removed(account("root", "root@x.org", RoleAdmin))}}); CodeOf(err) != CodeRefused {
		t.Errorf("the last admin, by the password alone: %v", err)
	}
}

// TestManyAccounts: the largest import that is read, made and taken back, takes
// each step along the indexes: no change looks at every account.
func TestManyAccounts(t *testing.T) {
	t.Parallel()
	w := kept()
	var users []LocalUser
	for i := range 10_000 {
		users = append(users, account(Untrusted(fmt.Sprintf("u%05d", i)), Untrusted(fmt.Sprintf("u%05d@x.org", i)), RoleUser))
	}
	p, err := Judge(w).PlanAccounts(users)
	if err != nil || len(p.Changes) != 10_000 {
		t.Fatal(err)
	}
	e := w.edit()
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
	e = w.edit()
	for _, c := range append(p.Changes[:50:50], Plan{Changes: p.Changes[:50]}.Inverse().Changes...) {
		if c.After == "" {
			c.Object = fmt.Sprintf("u%05d", 49-len(e.w.Locals)+3)
			c.Before = account(Untrusted(c.Object), Untrusted(c.Object+"@x.org"), RoleUser).encode()
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
	if len(e.names) != len(e.w.Locals) || len(e.locals) != len(e.w.Locals) {
		t.Fatalf("%d names, %d ids of %d accounts", len(e.names), len(e.locals), len(e.w.Locals))
	}
	for i, u := range e.w.Locals {
		if e.names[u.Username.Raw()] != i || e.locals[u.ID] != i {
			t.Fatalf("%s stands at %d, not at %d and %d", u.Username, i, e.names[u.Username.Raw()], e.locals[u.ID])
		}
	}
}
