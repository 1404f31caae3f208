package authentik_test

import (
	"slices"
	"testing"

	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
)

// People are internal and external users, inactive ones too. Service accounts
// are left out unless they are asked for, on every release that can be posed.
func TestServiceAccountsAreLeftOut(t *testing.T) {
	t.Parallel()
	people := []string{"alice external false", "bob internal false", "carl internal true"}
	accounts := []string{"bot service_account false", "outpost internal_service_account false", "romm-admin service_account false"} // the last is the token's own
	for _, version := range authentiktest.Versions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			f := start(t, authentiktest.Seed{Version: version, Users: []authentiktest.User{
				{Username: "alice", Type: "external"},
				{Username: "bob"},
				{Username: "carl", Inactive: true},
				{Username: "bot", Type: "service_account"},
				{Username: "outpost", Type: "internal_service_account"},
			}}, nil, nil)
			for with, want := range map[bool][]string{false: people, true: slices.Sorted(slices.Values(slices.Concat(people, accounts)))} {
				var last [2]int
				got, err := f.client.ReadDirectory(t.Context(), model.ReadOptions{ServiceAccounts: with, Progress: func(done, total int) { last = [2]int{done, total} }})
				if err != nil {
					t.Fatal(err)
				}
				var have []string
				for _, id := range got.Directory.Identities {
					inactive := " false"
					if !id.Active {
						inactive = " true"
					}
					have = append(have, id.Username.Raw()+" "+id.Type+inactive)
				}
				slices.Sort(have)
				if !slices.Equal(have, want) || last != [2]int{len(want), len(want)} || got.Directory.Incomplete != "" {
					t.Errorf("service accounts %v: %q, want %q; progress %v", with, have, want, last)
				}
			}
		})
	}
}
