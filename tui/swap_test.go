package tui_test

import (
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// TestSwappedAddressesInTheConsole: each of two accounts with swapped addresses pairs
// with the other's user. `e` on both gives each its own.
func TestSwappedAddressesInTheConsole(t *testing.T) {
	t.Parallel()
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
	d := tuitest.New(t, tuitest.NewConsole(w))
	d.Press("/", "a", "l", "i", "c", "e", "enter", "g", "space", "G", "space", "e")
	d.Want("Set 2 RomM addresses", "alice gets another account: alice", "ann gets another account: ann")
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
	d.Want("Not in the plan", "the RomM account mallory only carries the address of Authentik's niaj")
}
