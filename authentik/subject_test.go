package authentik_test

import (
	"fmt"
	"testing"

	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
)

// RomM since 5.4 knows people again by iss and sub: what is predicted of the two
// is what Authentik computes, for every subject mode and both issuer modes, on
// every release, and whatever the attribute upn holds.
func TestSubjectIsPredicted(t *testing.T) {
	t.Parallel()
	users := people(4)
	for i, upn := range []any{"u@example.org", nil, "", 5.0} {
		if i != 1 {
			users[i].Attributes = map[string]any{model.AttrUPN: upn}
		}
	}
	for _, version := range authentiktest.Versions() {
		f := start(t, withRomM(t, authentiktest.Seed{Version: version, Users: users}, authentiktest.RomM{Email: authentiktest.EmailAlways}), nil, nil)
		path := fmt.Sprintf("/providers/oauth2/%d/", f.read(t).Provider.PK)
		seen := map[any]bool{}
		for _, mode := range []string{model.SubHashedUserID, model.SubUserID, model.SubUserUUID, model.SubUsername, model.SubEmail, model.SubUPN} {
			for _, issuer := range []string{model.DefaultIssuerMode, model.IssuerGlobal} {
				f.patch(t, path, fmt.Sprintf(`{"sub_mode":%q,"issuer_mode":%q}`, mode, issuer))
				got := f.read(t)
				for _, p := range previewed(t, f, got) {
					claims, err := f.client.Preview(t.Context(), got.Provider.PK, p.Identity.PK)
					if err != nil || p.Differs != "" || p.Unknown != "" || claims["iss"] != got.Provider.Issuer {
						t.Errorf("%s, %s, %s: %s: %s%s, %v, %v", version, mode, issuer, p.Identity.Username, p.Differs, p.Unknown, claims, err)
					}
					seen[claims["sub"]] = true
				}
			}
		}
		// Four people in five modes, and three attributes.
		if len(seen) != 4*5+3 {
			t.Errorf("%s: %d subjects", version, len(seen))
		}
	}
}
