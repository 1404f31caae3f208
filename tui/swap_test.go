package tui_test

import (
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
