package users_test

import (
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui/tuitest"
)

// TestLinkAndUnlink: both actions are in the palette, lead to a preview of their
// plan, and say what they need.
func TestLinkAndUnlink(t *testing.T) {
	t.Parallel()
	w := tuitest.World()
	w.Settings.Version = model.Version{Major: 5, Minor: 5}
	w.Provider.Issuer, w.Provider.SubMode = "https://auth.example.org/application/o/romm/", model.SubHashedUserID
	for i := range w.Locals {
		w.Locals[i].Link = model.Unlinked()
	}
	w.Locals[0].Link = model.NewOIDCLink(model.Untrusted(w.Provider.Issuer), "of nobody")
	name := w.Locals[0].Username.Raw()
	d := tuitest.New(t, tuitest.NewConsole(w))
	d.Press("/", name, "enter", ":", "unlink", "enter").Want("Unlink the RomM account "+name, "of nobody").Press("esc")
	d.Press(":", "link to a person", "enter").Want("Which Authentik user is "+name+"?", "Nobody else gets in then.")
	d.Press(name, "enter").Want("Link the RomM account " + name + " to Authentik's " + name)
	w.Locals[0].Link = model.OIDCLink{}
	d = tuitest.New(t, tuitest.NewConsole(w))
	d.Press("/", name, "enter", ":", "unlink", "enter").Want("Whom RomM has linked the account "+name, "DB_HOST")
}
