package authentik_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
)

// agreePeople draws users with the addresses and attributes that make a
// difference, in groups that inherit.
func agreePeople(r *rand.Rand, n int) (users []authentiktest.User, groups []authentiktest.Group) {
	for i := range 6 {
		g := authentiktest.Group{Name: fmt.Sprintf("group %d \"ü\"", i)}
		if i > 0 && r.IntN(2) == 0 {
			g.Parents = []string{groups[r.IntN(i)].Name}
		}
		groups = append(groups, g)
	}
	addresses := []string{"a@example.org", "A@example.org", "", "ä@example.org", "\u212a@example.org", "b@example.org", "a@example.org "}
	for i := range n {
		u := authentiktest.User{Username: fmt.Sprintf("user %d 🙂", i), Name: addresses[r.IntN(len(addresses))], Email: addresses[r.IntN(len(addresses))]}
		switch r.IntN(5) {
		case 0:
		case 1:
			u.Attributes = map[string]any{model.AttrTrustedEmail: []any{u.Email, 5.0, nil, true}[r.IntN(4)]}
		default:
			u.Attributes = map[string]any{model.AttrTrustedEmail: addresses[r.IntN(len(addresses))]}
		}
		for _, k := range r.Perm(len(groups))[:r.IntN(3)] {
			u.Groups = append(u.Groups, groups[k].Name)
		}
		users = append(users, u)
	}
	return users, groups
}

// allGroups is direct and inherited membership, computed once more.
func allGroups(groups []authentiktest.Group, direct []string) (ids []string) {
	for _, g := range groups {
		if slices.Contains(direct, g.Name) {
			ids = append(ids, string(authentiktest.GroupID(g.Name)))
			ids = append(ids, allGroups(groups, g.Parents)...)
		}
	}
	return ids
}

// What the fake computes natively is what Python makes of the very texts: the
// stock mappings of each release, the one of RomM's guide and ours, for many
// drawn users.
func TestTheFakeAgreesWithPython(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"2024.12.5", "2025.10.4", "2026.5.3"} {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(1, 2))
			users, groups := agreePeople(r, 150)
			seed := authentiktest.Seed{Version: version, Users: users, Groups: groups}
			roles := authentik.RolesParams{Rank: []string{"admin", "viewer"}, Default: "viewer"}
			for i, token := range []string{"admin", "viewer", "viewer"} {
				roles.Table = append(roles.Table, authentik.RoleTableRow{Group: authentiktest.GroupID(groups[i].Name), Token: token})
			}
			seed.Mappings = []authentik.Mapping{{Name: "guide", Managed: "guide", Scope: "email", Expression: authentik.EmailAlways}}
			f := start(t, withRomM(t, seed, authentiktest.RomM{Roles: &roles}), nil, nil)
			mappings, err := f.client.Mappings(t.Context())
			if err != nil || len(mappings) != 9 {
				t.Fatalf("%d mappings, %v", len(mappings), err)
			}
			old := !authentik.ParseRelease(version).AtLeast(2026, 2)
			var (
				runs  []runCase
				fakes []authentik.MappingTest
			)
			for _, m := range mappings {
				for i, u := range users {
					got, err := f.client.TestMapping(t.Context(), m.ID, int64(100+i))
					if err != nil {
						t.Fatal(err)
					}
					fakes = append(fakes, got)
					attributes := u.Attributes
					if attributes == nil {
						attributes = map[string]any{}
					}
					runs = append(runs, runCase{
						Text: m.Expression, Old: old, Direct: u.Groups, Groups: allGroups(groups, u.Groups),
						User: map[string]any{"username": u.Username, "name": u.Name, "email": u.Email, "attributes": attributes, "uid": "x"},
					})
				}
			}
			results, _ := python(t, runs, nil)
			for i, want := range results {
				var got map[string]any
				_ = json.Unmarshal([]byte(fakes[i].Result.Raw()), &got) // a traceback is none
				if fakes[i].OK != (want.Raised == "") || fakes[i].OK && !reflect.DeepEqual(got, want.Result) {
					t.Fatalf("%s: the fake says %v, Python %+v, of %s", mappings[i/len(users)].Name, fakes[i], want, runs[i].Text)
				}
			}
			t.Logf("%d evaluations agree", len(results))
		})
	}
}

// proves S10: two mappings of one scope merge in either order, so the outcome
// differs, and is called unknown.
func TestEqualScopesMergeInEitherOrder(t *testing.T) {
	t.Parallel()
	verified := map[any]bool{}
	for _, later := range []bool{false, true} {
		seed := withRomM(t, authentiktest.Seed{LaterFirst: later, Users: people(1)}, authentiktest.RomM{Email: authentiktest.EmailAlways})
		seed.Providers[0].Mappings = append(seed.Providers[0].Mappings, authentik.ManagedStockEmail)
		f := start(t, seed, nil, nil)
		got := f.read(t)
		if got.Provider.Verified != model.VerifiedUnknown {
			t.Fatalf("later %v: %+v", later, got.Provider)
		}
		claims, err := f.client.Preview(t.Context(), got.Provider.PK, 100)
		if err != nil {
			t.Fatal(err)
		}
		verified[claims["email_verified"]] = true
	}
	if !verified[true] || !verified[false] {
		t.Errorf("both orders give %v", verified)
	}
}
