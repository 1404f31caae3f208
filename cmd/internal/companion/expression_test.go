package companion

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/authentik/authentiktest/strict"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/reconcile"
)

// world is an Authentik that runs the very expression of our roles mapping,
// the companion that it asks, and the console's service over both. The table
// compiled into the mapping is older than the role map.
func world(t *testing.T) (*fixture, *reconcile.Service) {
	t.Helper()
	if err := authentiktest.FindPython(); err != nil {
		t.Skip(err)
	}
	f := serve(t)
	f.clockTo(time.Now()) // the expression reads the machine's clock
	seed := authentiktest.Seed{
		Groups: []authentiktest.Group{{ID: string(admins), Name: "admins"}, {ID: string(users), Name: "users"}, {Name: "kids", Parents: []string{"users"}}},
		Users: []authentiktest.User{
			{Username: "ann", Email: "ann@example.org", Groups: []string{"admins"}},
			{Username: "kim", Email: "kim@example.org", Groups: []string{"kids"}},
			{Username: "zoe", Email: "zoe@example.org"},
		},
	}
	err := seed.AddRomM(authentiktest.RomM{ClientSecret: key, Email: authentiktest.EmailAlways, Roles: &model.RoleTable{
		Companion: f.url, Rank: []string{"admin", "viewer"}, Rows: []model.RoleTableRow{{Group: admins, Token: "viewer"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	fake, err := strict.New(seed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = fake.Close() })
	srv := httptest.NewServer(fake.Handler())
	t.Cleanup(srv.Close)
	client, err := authentik.New(authentik.Config{URL: srv.URL, Token: authentiktest.DefaultToken})
	if err != nil {
		t.Fatal(err)
	}
	return f, &reconcile.Service{
		Directory: client, Accounts: f.store.Accounts(), Roles: f.store, Journal: f.store,
		Settings: model.Settings{ClaimRoles: model.RolesClaim, RoleAdmin: "admin", RoleViewer: "viewer"},
		Now:      f.now, NewID: func() string { return "plan" },
	}
}

// roles previews everybody and returns the roles claim, and the difference to
// what was predicted, by username.
func roles(t *testing.T, s *reconcile.Service) (claims map[string]any, differ map[string]string, notes []string) {
	t.Helper()
	r, err := s.Load(t.Context(), model.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if r, err = s.Preview(t.Context(), r, nil, nil); err != nil {
		t.Fatal(err)
	}
	claims, differ = map[string]any{}, map[string]string{}
	for _, p := range r.Pairs {
		claims[p.Identity.Username.Raw()] = r.World.Provider.Previews[p.Identity.PK].Claims[model.RolesClaim]
		differ[p.Identity.Username.Raw()] = p.Differs
	}
	return claims, differ, r.NoteTexts()
}

// At a login Authentik runs our expression, which asks this companion over
// HTTP, signed with the client secret: it answers from the role map as it is
// now. Once it is gone, the table that stands in the mapping counts, and the
// console says where that is not what the role map says.
func TestTheExpressionAsksTheCompanion(t *testing.T) {
	f, s := world(t)
	f.set(admins, model.RoleAdmin, model.RoleUser)
	f.set(users, model.RoleUser, model.RoleAdmin)
	claims, differ, _ := roles(t, s)
	if got := words(claims["ann"]) + words(claims["kim"]) + words(claims["zoe"]); got != "viewer;admin;;" {
		t.Errorf("claims %v", claims)
	}
	if differ["ann"]+differ["kim"]+differ["zoe"] != "" {
		t.Errorf("differences %v", differ)
	}
	if err := f.stop(); err != nil {
		t.Fatal(err)
	}
	if records, err := f.store.Logins(t.Context(), 10); err != nil || len(records) != 0 {
		t.Errorf("previews are recorded as logins: %+v, %v", records, err)
	}
	claims, differ, notes := roles(t, s)
	if got := words(claims["ann"]) + words(claims["kim"]) + words(claims["zoe"]); got != "viewer;;;" {
		t.Errorf("claims without the companion %v", claims)
	}
	if differ["ann"]+differ["kim"]+differ["zoe"] != "" {
		t.Errorf("differences without the companion %q: the prediction follows the table", differ)
	}
	if !slices.ContainsFunc(notes, func(n string) bool {
		return strings.Contains(n, "does not answer now") && strings.Contains(n, "for 1 person the two differ")
	}) {
		t.Errorf("the notes %q say nothing of it", notes)
	}
}

func words(claim any) string {
	var out []string
	list, isList := claim.([]any)
	if !isList {
		return "no list;"
	}
	for _, v := range list {
		s, _ := v.(string)
		out = append(out, s)
	}
	return strings.Join(out, " ") + ";"
}
