package authentik_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
)

// What is predicted for everybody is what Authentik computes, over the posed
// releases and the ways to set it up, hidden groups included; and where the
// mapping is changed behind our back, the difference is told.
func TestPredictionIsPreview(t *testing.T) {
	t.Parallel()
	compared := 0
	for _, version := range authentiktest.Versions() {
		for i, mode := range []authentiktest.EmailMode{authentiktest.EmailAddress, authentiktest.EmailAlways, authentiktest.EmailStock, authentiktest.EmailAlways} {
			users, groups := agreePeople(rand.New(rand.NewPCG(uint64(i), 5)), 9)
			groups[2].Hidden = true
			roles := &model.RoleTable{Rank: []string{"admin", "viewer"}, Rows: []model.RoleTableRow{
				{Group: authentiktest.GroupID(groups[0].Name), Token: "viewer"}, {Group: authentiktest.GroupID(groups[1].Name), Token: "admin"},
			}}
			seed := withRomM(t, authentiktest.Seed{Version: version, Users: users, Groups: groups}, authentiktest.RomM{Email: mode, Roles: roles})
			if i == 3 {
				seed.Mappings[0].Expression = attributeText
			}
			f := start(t, seed, nil, nil)
			got := f.read(t)
			if !got.Provider.Predictable() {
				t.Fatalf("%s: %+v", version, got.Provider)
			}
			for _, p := range previewed(t, f, got) {
				if p.Differs != "" || p.Previewed.IsZero() || p.Unknown != "" {
					t.Errorf("%s, mode %d: %s: %s%s", version, mode, p.Identity.Username, p.Differs, p.Unknown)
				}
				compared++
			}
		}
	}
	t.Logf("%d predictions are what Authentik computes", compared)
}

// previewed judges everybody of a reading with what Authentik computes now.
func previewed(t *testing.T, f fixture, got model.DirectoryReading) []model.Pair {
	t.Helper()
	previews := map[int64]model.Preview{}
	for _, id := range got.Directory.Identities {
		claims, err := f.client.Preview(t.Context(), got.Provider.PK, id.PK)
		if err != nil {
			t.Fatal(err)
		}
		previews[id.PK] = model.Preview{Claims: claims, At: time.Unix(1, 0)}
	}
	w := model.World{Directory: got.Directory, Provider: got.Provider, Settings: model.Settings{ClaimRoles: model.RolesClaim, Version: model.Version{Major: 5, Minor: 4}}}
	return model.Judge(w.WithPreviews(previews)).Pairs
}

// Where a mapping is changed after it was read, what Authentik computes is told
// apart from what was expected; read anew, the foreign text leaves nothing to
// expect.
func TestDifferenceIsTold(t *testing.T) {
	t.Parallel()
	f := start(t, withRomM(t, authentiktest.Seed{Users: people(2)}, authentiktest.RomM{Email: authentiktest.EmailAlways}), nil, nil)
	before := f.read(t)
	f.overwrite(t, authentik.ManagedEmail, `return {"email": request.user.email.upper(), "email_verified": request.user.username == "user00001"}`)
	pairs := previewed(t, f, before)
	contains(t, "difference", pairs[0].Differs, `email is "USER00000@EXAMPLE.ORG" and not "user00000@example.org"; email_verified is false and not true`)
	contains(t, "difference", pairs[1].Differs, `email is "USER00001@EXAMPLE.ORG"`)
	after := f.read(t)
	if after.Provider.Predictable() || after.Provider.Fingerprint == before.Provider.Fingerprint {
		t.Errorf("the change is not seen: %+v", after.Provider)
	}
	for _, p := range previewed(t, f, after) {
		if p.Differs != "" || p.Verified != (p.Identity.PK == 101) {
			t.Errorf("%+v", p)
		}
	}
}
