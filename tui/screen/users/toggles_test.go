package users_test

import (
	"errors"
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// robots is the world with a service account added.
func robots() model.World {
	w := tuitest.World()
	w.Directory.Identities = append(w.Directory.Identities, model.Identity{
		PK: 90, UID: "5f1d0c3b9a7e4f2d8c6b000000000090", Username: "ak-outpost", Name: "Outpost", Active: true, Type: "service_account",
	})
	return w
}

func TestServiceAccountsAreTakenInOnRequest(t *testing.T) {
	t.Parallel()
	c := tuitest.NewConsole(robots())
	d := tuitest.New(t, c).Want("11 people").WantNot("ak-outpost", "service accounts")
	d.Press("/", "type:service", "enter").Want("Nobody matches", "service accounts are not read; b takes them in").Press("esc")
	d.Press("/", "bob", "enter", "b").Want("12 people", "with service accounts", "1 of 12 match").WantCursor("bob")
	d.Press("/", "ctrl+u", "type:service_account", "enter").WantCursor("ak-outpost", "service").Want("1 of 12 match").Press("enter").Want("active, service account").Press("esc")
	d.Press("/", "ctrl+u", "!type:service-account", "enter").Want("11 of 12 match")
	d.Press("/", "ctrl+u", "type:internal", "enter").Want("10 of 12 match").Press("/", "ctrl+u", "type:robot", "enter").Want("does not know")
	d.Press("esc", "r").Want("12 people", "with service accounts") // kept by the next reading
	d.Press("b").Want("11 people").WantNot("service accounts", "ak-outpost")
}

// What is on the screen says what was read, not what was asked for.
func TestAFailedReadingTakesNothingIn(t *testing.T) {
	t.Parallel()
	c := tuitest.NewConsole(robots())
	c.FailLoads(errors.New("down"))
	d := tuitest.New(t, c).Press("b").Want("nothing has been read yet")
	c.FailLoads(nil)
	d.Press("r").Want("11 people")
	c.FailLoads(errors.New("down"))
	d.Press("b").Want("11 people", "not read again").WantNot("with service accounts")
	c.FailLoads(nil)
	d.Press("e", "enter", "tab").Hold().Press("enter").Press("b").Want("a change is being written").Release()
}

func TestInactivePeopleCanBeHidden(t *testing.T) {
	t.Parallel()
	d, _ := start(t)
	d.Want("grace").Press("/", "is:inactive").Want("1 of 11 match").WantCursor("grace").Press("esc")
	d.Press("/", "kim", "enter", "esc").WantCursor("kim").Press("i").Want("1 inactive hidden").WantNot("grace").WantCursor("kim")
	d.Press("/", "grace", "enter").Want("Nobody matches", "1 inactive are hidden; i shows them").Press("esc")
	d.Press("s", "down", "enter").WantNot("grace").Want("1 inactive hidden").Press("r").WantNot("grace") // kept by order and reading
	d.Press("*").Want("10 selected").Press("esc").Press("G", "g").Press("i").Want("grace").WantNot("hidden")
	w := tuitest.World()
	w.Locals = nil
	for i := range w.Directory.Identities {
		w.Directory.Identities[i].Active = false
	}
	d = tuitest.New(t, tuitest.NewConsole(w)).Press("i").Want("Everybody is inactive in Authentik.", "i shows them").Press("i").Want("grace")
	c := tuitest.NewConsole(w)
	c.FailLoads(errors.New("down"))
	tuitest.New(t, c).Press("i").Want("nothing has been read yet")
	d.WantNot("┌")
}
