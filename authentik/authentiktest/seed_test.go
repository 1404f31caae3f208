package authentiktest_test

import (
	"fmt"
	"net/url"
	"slices"
	"testing"

	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/authentik/authentiktest/strict"
	"github.com/romm-admin/romm-admin/model"
)

func TestUID(t *testing.T) {
	t.Parallel()
	f := start(t, family(t, ""))
	got, ok := f.UID("zoe")
	if !ok || got != f.get("/core/users/100/")["uid"] {
		t.Errorf("uid %q", got)
	}
	if _, ok := f.UID("nobody"); ok {
		t.Error("nobody has a uid")
	}
}

func TestSeedsThatAreRefused(t *testing.T) {
	t.Parallel()
	for name, seed := range map[string]authentiktest.Seed{
		"version":       {Version: "new"},
		"unknown group": {Users: []authentiktest.User{{Username: "a", Groups: []string{"x"}}}},
		"two of a name": {Groups: []authentiktest.Group{{Name: "x", ID: "00000000-0000-4000-8000-000000000001"}, {Name: "x"}}, Users: []authentiktest.User{{Username: "a", Groups: []string{"x"}}}},
		"group twice":   {Groups: []authentiktest.Group{{Name: "x"}, {Name: "x"}}},
		"parent":        {Groups: []authentiktest.Group{{Name: "x", Parents: []string{"y"}}}},
		"two parents":   {Version: "2025.10.4", Groups: []authentiktest.Group{{Name: "x"}, {Name: "y"}, {Name: "z", Parents: []string{"x", "y"}}}},
		"group id":      {Groups: []authentiktest.Group{{ID: "x", Name: "x"}}},
		"user twice":    {Users: []authentiktest.User{{Username: "a"}, {Username: "a"}}},
		"reserved pk":   {Users: []authentiktest.User{{PK: 5, Username: "a"}}},
		"no username":   {Users: []authentiktest.User{{}}},
		"mapping":       {Providers: []authentiktest.Provider{{Name: "p", Mappings: []string{"x"}}}},
		"provider":      {Applications: []authentiktest.Application{{Slug: "a", Provider: "p"}}},
	} {
		if _, err := strict.New(seed); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	var seed authentiktest.Seed
	if err := seed.AddRomM(authentiktest.RomM{Roles: &model.RoleTable{Default: "x"}}); err == nil {
		t.Error("bad roles: no error")
	}
	if err := seed.AddRomM(authentiktest.RomM{Email: 9}); err == nil {
		t.Error("bad e-mail mode: no error")
	}
}

// The same seed gives the same server, and two groups may be one's parents.
func TestSeedIsDeterministic(t *testing.T) {
	t.Parallel()
	seed := family(t, "")
	seed.Groups = append(seed.Groups, authentiktest.Group{Name: "both", Parents: []string{"parents", "kids"}})
	seed.InstallID = "one"
	a, b := start(t, seed), start(t, seed)
	seed.InstallID = "two"
	c := start(t, seed)
	for _, path := range []string{"/core/users/", "/core/groups/?include_parents=true", "/propertymappings/provider/scope/", "/core/applications/"} {
		if x, y := fmt.Sprint(a.get(path)), fmt.Sprint(b.get(path)); x != y {
			t.Errorf("%s differs", path)
		}
	}
	if a.get("/core/users/100/")["uid"] == c.get("/core/users/100/")["uid"] {
		t.Error("the uid does not depend on the installation")
	}
	both := a.get("/core/groups/?name=both")["results"].([]any)[0].(map[string]any)
	if got := both["parents"].([]any); len(got) != 2 || !slices.Contains(got, any(string(authentiktest.GroupID("kids")))) {
		t.Errorf("parents %v", got)
	}
}

// BenchmarkTenThousand pages through 10,000 users with validation, as a client
// does: the target is 2 s for all of them.
func BenchmarkTenThousand(b *testing.B) {
	var seed authentiktest.Seed
	for i := range 40 {
		seed.Groups = append(seed.Groups, authentiktest.Group{Name: fmt.Sprintf("g%d", i)})
	}
	for i := range 10_000 {
		seed.Users = append(seed.Users, authentiktest.User{
			Username: fmt.Sprintf("user%d", i), Email: fmt.Sprintf("user%d@example.org", i),
			Groups: []string{fmt.Sprintf("g%d", i%40), fmt.Sprintf("g%d", (i+7)%40)}, Attributes: map[string]any{"a": "b"},
		})
	}
	for b.Loop() {
		f := start(b, seed)
		for page := 1; page <= 100; page++ {
			q := url.Values{"page": {fmt.Sprint(page)}, "page_size": {"100"}, "ordering": {"pk"}, "include_groups": {"false"}, "type": {"internal"}}
			if status, _ := f.do("GET", "/api/v3/core/users/?"+q.Encode(), ""); status != 200 {
				b.Fatal(status)
			}
		}
	}
}
