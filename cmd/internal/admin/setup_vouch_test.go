package admin

import (
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
)

// verifyingWorld is the made-up world behind an Authentik whose own mapping
// verifies everybody, with nobody vouched for.
func verifyingWorld(t *testing.T, version string) (env []string, fake *authentiktest.Server) {
	t.Helper()
	w := newWorldOf(t, false, func(seed *authentiktest.Seed) {
		seed.Version = version
		for i := range seed.Users {
			delete(seed.Users[i].Attributes, model.AttrTrustedEmail)
		}
		p := &seed.Providers[0]
		p.Mappings = append(slices.DeleteFunc(slices.Clone(p.Mappings), func(m string) bool { return m == authentik.ManagedEmail }), authentik.ManagedStockEmail)
		seed.Mappings = slices.DeleteFunc(seed.Mappings, func(m authentik.Mapping) bool { return m.Managed == authentik.ManagedEmail })
	})
	return w.Env(), w.Authentik
}

// TestVouchingFromTheStockMapping: up to 2025.8 the check names one command, and
// that one vouches for those who match and changes the mapping in one plan, in
// a world full of people whom somebody may dispute.
func TestVouchingFromTheStockMapping(t *testing.T) {
	t.Parallel()
	for _, version := range authentiktest.Versions() {
		if authentik.ParseRelease(version).AtLeast(2025, 10) {
			continue
		}
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			env, fake := verifyingWorld(t, version)
			do := func(code int, args ...string) string {
				t.Helper()
				out, said, got := inProcess(t, env, args...)
				if got != code {
					t.Fatalf("%q: exit code %d, want %d: %s", args, got, code, said)
				}
				return out + said
			}
			if said := do(1, "users", "verify", "alice", "--yes"); !strings.Contains(said, "setup apply --verify address") {
				t.Errorf("users verify: %s", said)
			}
			do(0, "setup", "apply", "--verify", "address", "--yes")
			for who, vouched := range map[string]bool{"alice": true, "trent": true, "Trent": false, "niaj": false, "sybil": false, "rupert": false, "dave": false} {
				a, _ := fake.Attributes(who)
				if _, is := a[model.AttrTrustedEmail]; is != vouched {
					t.Errorf("%s is vouched for: %v", who, is)
				}
			}
			do(0, "users", "verify", "dave", "--yes")
			// Undone, niaj would be let into mallory's account again; Trent beside
			// trent is no reason.
			if said := do(4, "setup", "undo", "--yes"); !strings.Contains(said, "niaj would open the RomM account mallory") {
				t.Errorf("undo: %s", said)
			}
		})
	}
}
