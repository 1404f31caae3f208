package authentik_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
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
		if u.Attributes != nil && r.IntN(2) == 0 {
			u.Attributes[model.AttrEmailVerified] = []any{true, false, "true", 1.0, nil, []any{"x"}}[r.IntN(6)]
		}
		for _, k := range r.Perm(len(groups))[:r.IntN(3)] {
			u.Groups = append(u.Groups, groups[k].Name)
		}
		users = append(users, u)
	}
	return users, groups
}

// attributeText is the mapping of Authentik's documentation that reads the
// user's attribute.
const attributeText = `return {
    "email": request.user.email,
    "email_verified": request.user.attributes.get("email_verified", False),
}`

// twins are two fakes of the same seed: one runs the expressions, the other
// computes them.
func twins(t *testing.T, version string, users []authentiktest.User, groups []authentiktest.Group) (clients [2]*authentik.Client, fakes [2]*authentiktest.Server) {
	t.Helper()
	roles := model.RoleTable{Rank: []string{"admin", "viewer"}, Default: "viewer"}
	for i, token := range []string{"admin", "viewer", "viewer"} {
		roles.Rows = append(roles.Rows, model.RoleTableRow{Group: authentiktest.GroupID(groups[i].Name), Token: token})
	}
	// The companion answers those in group 4, and nobody else.
	decide := func(_ string, ids []string) ([]string, error) {
		if slices.Contains(ids, string(authentiktest.GroupID(groups[4].Name))) {
			return []string{"editor"}, nil
		}
		return nil, errors.New("no answer")
	}
	companion := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct {
			UID    string
			Groups []struct{ PK string }
		}
		err := json.NewDecoder(r.Body).Decode(&asked)
		var ids []string
		for _, g := range asked.Groups {
			ids = append(ids, g.PK)
		}
		got, failed := decide(asked.UID, ids)
		if err != nil || failed != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"roles": got})
	}))
	t.Cleanup(companion.Close)
	roles.Companion = companion.URL
	for i, native := range []*authentiktest.Native{nil, {Roles: decide}} {
		seed := withRomM(t, authentiktest.Seed{Version: version, Users: users, Groups: groups, Native: native}, authentiktest.RomM{Roles: &roles})
		const profile = `return {"name": request.user.name, "given_name": request.user.name, "preferred_username": request.user.username,
    "nickname": request.user.username, "groups": [group.name for group in request.user.%s.all()]}`
		for _, m := range []authentik.Mapping{
			{Managed: "guide", Scope: "guide", Expression: authentik.EmailAlways()},
			{Managed: "RomM's guide", Scope: "guide", Expression: `return {"email": user.email, "email_verified": True}`},
			{Managed: "documentation", Scope: "guide", Expression: attributeText},
			{Managed: "documentation, short", Scope: "guide", Expression: strings.ReplaceAll(attributeText, "request.", "")},
			{Managed: "old", Scope: "old", Expression: fmt.Sprintf(profile, "ak_groups")},
			{Managed: "new", Scope: "zz", Expression: fmt.Sprintf(profile, "groups")},
			{Managed: "raises", Scope: "raises", Expression: "raise ValueError()"},
		} {
			m.Name = model.Untrusted(m.Managed)
			seed.Mappings = append(seed.Mappings, m)
			if m.Scope != "guide" { // they would hide what ours says
				seed.Providers[0].Mappings = append(seed.Providers[0].Mappings, m.Managed)
			}
		}
		seed.Providers[0].Mappings = append(seed.Providers[0].Mappings, "goauthentik.io/providers/oauth2/scope-entitlements")
		fakes[i] = newFake(t, seed)
		var err error
		clients[i], err = authentik.New(authentik.Config{URL: "https://auth.example.org", Token: authentiktest.DefaultToken, HTTP: fakes[i].Client()})
		if err != nil {
			t.Fatal(err)
		}
	}
	return clients, fakes
}

// What the fake computes natively is what Python makes of the very texts: the
// stock mappings of each release, the one of RomM's guide and ours, for many
// drawn users, in previews, tests of single mappings and discovery.
func TestNativeAgreesWithPython(t *testing.T) {
	t.Parallel()
	for _, version := range authentiktest.Versions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			users, groups := agreePeople(rand.New(rand.NewPCG(1, 2)), 60)
			clients, fakes := twins(t, version, users, groups)
			compared := 0
			same := func(what string, ask func(c *authentik.Client) (any, error)) {
				t.Helper()
				want, err := ask(clients[0])
				got, err2 := ask(clients[1])
				if err != nil || err2 != nil || !reflect.DeepEqual(got, want) {
					t.Fatalf("%s: computed %+v, %v; run %+v, %v", what, got, err2, want, err)
				}
				compared++
			}
			mappings, err := clients[0].Mappings(t.Context())
			if err != nil || len(mappings) != 15 {
				t.Fatalf("%d mappings, %v", len(mappings), err)
			}
			for pk := int64(100); pk < 160; pk++ {
				same(fmt.Sprint("preview of ", users[pk-100]), func(c *authentik.Client) (any, error) { return c.Preview(t.Context(), 1, pk) })
			}
			for _, m := range mappings {
				for pk := int64(100); pk < 115; pk++ {
					same(fmt.Sprint("test of ", m.Name), func(c *authentik.Client) (any, error) {
						ok, result, err := c.TestMapping(t.Context(), m.ID, pk)
						if !ok {
							result = "" // the words differ
						}
						return []any{ok, result}, err
					})
				}
			}
			same("provider", func(c *authentik.Client) (any, error) {
				got, err := c.ReadDirectory(t.Context(), model.ReadOptions{})
				return got.Provider, err
			})
			want, got := events(fakes[0]), events(fakes[1])
			if len(want) < 100 || !slices.Equal(got, want) {
				t.Errorf("computing writes %d events, running %d", len(got), len(want))
			}
			t.Logf("%d answers and %d events agree", compared, len(want))
		})
	}
}

func events(s *authentiktest.Server) (out []string) {
	for _, e := range s.Events() {
		out = append(out, e.Action+" "+e.Mapping+" "+e.User)
	}
	return out
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
		contains(t, "warnings", strings.Join(got.Warnings, "\n"), "selects 2 mappings of the scope email", "RomM Email Verification", "OpenID 'email'")
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
