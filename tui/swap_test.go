package tui_test

import (
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// swapped is the world in which ann and alice carry each other's address.
func swapped() model.World {
	w := tuitest.World()
	email := map[model.Untrusted]model.Untrusted{}
	for _, u := range w.Locals {
		email[u.Username] = u.Email
	}
	for i := range w.Locals {
		switch u := &w.Locals[i]; u.Username {
		case "ann":
			u.Email = email["alice"]
		case "alice":
			u.Email = email["ann"]
		}
	}
	return w
}

// TestSwappedAddressesInTheConsole: each of two accounts with swapped addresses pairs
// with the other's user. `e` on both gives each its own, also with others selected.
func TestSwappedAddressesInTheConsole(t *testing.T) {
	t.Parallel()
	both := []string{"alice gets another account: alice", "ann gets another account: ann"}
	d := tuitest.New(t, tuitest.NewConsole(swapped()))
	d.Press("/", "a", "l", "i", "c", "e", "enter", "g", "space", "G", "space", "e").Want(append(both, "Set 2 RomM addresses")...)

	c := tuitest.NewConsole(swapped())
	d = tuitest.New(t, c, tuitest.Size(120, 70)).Press("*", "e").Want(append(both, "Set 4 RomM addresses", "bob can sign in as user", "carol can sign in as user")...)
	d.Want("heidi: no address in Authentik belongs", "ivan, dave: no RomM account").WantNot("ann: the account", "alice: the account")
	wantApplied(t, c, 0)
	d.Press("tab", "enter").Want("5 of 5 changes made")
	wantApplied(t, c, 1)

	// A squatter and the owner, with everybody else: nobody is told to have no
	// account whose own one is put right.
	d = tuitest.New(t, tuitest.NewConsole(squatted()), tuitest.Size(120, 70)).Press("*", "e")
	d.Want("Set 4 RomM addresses", "niaj gets another account: niaj", "mallory can sign in as user", "ivan, dave: no RomM account").WantNot("mallory, ivan, dave: no")
}

// TestOneOfASwap: for one of the two the console says what to do.
func TestOneOfASwap(t *testing.T) {
	t.Parallel()
	d := tuitest.New(t, tuitest.NewConsole(swapped()), tuitest.Size(120, 50))
	d.Press("/", "alice", "enter", "g", "space", "e").Want("RomM e-mail of a", "The account carries the address of Authentik's",
		"To give alice and ann their own addresses in one plan", "esc, select both with space and press e.", "> alice@example.org")
	d.Press("esc", ":", "set this person's e-mail address in RomM").Want("users set-email alice alice@example.org")
	// With others selected, but not with the other of the two.
	d.Press("esc", "esc", "/", "ctrl+u", "bob", "enter", "space", "esc", "e").Want("Set 1 RomM address", "Not in the plan (1)", "choose the account")
}

// squatted is the world with mallory, whose account carries niaj's address, and
// niaj, who has an account without one.
func squatted() model.World {
	w := tuitest.World()
	for i, who := range []model.Untrusted{"mallory", "niaj"} {
		address, n := who+"@example.org", int64(40+i)
		u := model.LocalUser{ID: n, Username: who, Role: model.RoleUser, Enabled: true}
		if who == "mallory" {
			u.Email = "niaj@example.org"
		}
		w.Locals = append(w.Locals, u)
		w.Directory.Identities = append(w.Directory.Identities, model.Identity{
			PK: n, UID: "5f1d0c3b9a7e4f2d8c6b0000000000" + who.Raw()[:2], Username: who, Email: address, TrustedEmail: address,
			Active: true, Type: "internal", Groups: []model.GroupID{tuitest.Users},
		})
	}
	return w
}

// TestPinOfASquattedRow: `p` asks whose the account is. The likely owner comes
// first, and who only has its address last; nobody is pinned to that one unasked.
func TestPinOfASquattedRow(t *testing.T) {
	t.Parallel()
	c := tuitest.NewConsole(squatted())
	d := tuitest.New(t, c).Press("/", "mallory", "enter", "g").WantCursor("niaj@example.org")
	d.Press(":", "pin").Want("admin users pin USER mallory").Press("esc", "p").Want("Which Authentik user is mallory?")
	_, list, _ := strings.Cut(d.Screen(), "│ /")
	rows := strings.Split(list, "\n")[1:]
	if !strings.Contains(rows[0], "mallory") || !strings.Contains(rows[0], "likely: the same username") {
		t.Errorf("the first is %q:\n%s", rows[0], d.Screen())
	}
	d.Press("enter").Want("Pin Authentik's mallory to the RomM account mallory")
	d.Press("tab", "enter").Press("esc", "F").Want("Set 4 RomM addresses", "niaj gets another account: niaj", "mallory can sign in")
	// niaj's own account is offered niaj, who pairs with mallory's by the address only.
	d = tuitest.New(t, tuitest.NewConsole(squatted())).Press("/", "niaj", "enter", "G").Press("p").Want("Which Authentik user is niaj?")
	_, list, _ = strings.Cut(d.Screen(), "│ /")
	if row := strings.Split(list, "\n")[1]; !strings.Contains(row, "niaj") || !strings.Contains(row, "likely: the same username") {
		t.Errorf("the first is %q:\n%s", row, d.Screen())
	}
	// Of several, those that squat are left out.
	d = tuitest.New(t, tuitest.NewConsole(squatted()), tuitest.Size(120, 60)).Press("/", "a", "enter", "*", "p")
	d.Want("Not in the plan", "niaj: the RomM account mallory only carries the address of")
}
