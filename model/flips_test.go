package model

import (
	"strings"
	"testing"
	"time"
)

// TestVerdictMayFlip proves S10: where several mappings of one scope are selected,
// the verdict is today's, and says that it may become another one by itself. An
// admin who gets in stays one to the guards.
func TestVerdictMayFlip(t *testing.T) {
	t.Parallel()
	w := World{
		Locals:    []LocalUser{{ID: 1, Username: "ann", Email: "ann@x.org", Role: RoleAdmin, Enabled: true}},
		Directory: Directory{Identities: []Identity{{PK: 1, UID: "u1", Username: "ann", Email: "ann@x.org", Active: true}}},
		Provider: Provider{
			Found: true, Flips: []string{"email"},
			Previews: map[int64]Preview{1: {At: time.Unix(1, 0), Claims: Claims{"email": "ann@x.org", "email_verified": true, "preferred_username": "ann"}}},
		},
		Settings: Settings{Version: Version{Major: 5, Minor: 2}, Database: DatabasePostgreSQL},
	}
	p := Judge(w).Pairs[0]
	const want = "several mappings of the scope email"
	if !p.CanSignIn() || !p.UsableAdmin() || !strings.Contains(p.NextLogin, "Uncertain: "+want) || !strings.Contains(p.Uncertain(), "may flip") {
		t.Errorf("%q, %q", p.NextLogin, p.Uncertain())
	}
	w.Provider.Flips = nil
	if p := Judge(w).Pairs[0]; strings.Contains(p.NextLogin, "Uncertain") || p.Uncertain() != "" {
		t.Errorf("%q, %q", p.NextLogin, p.Uncertain())
	}
}
