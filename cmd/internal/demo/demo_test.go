package demo

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/authentik/authentiktest/strict"
	"github.com/romm-admin/romm-admin/cmd/internal/config"
	"github.com/romm-admin/romm-admin/db"
	"github.com/romm-admin/romm-admin/db/rommapi"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/reconcile"
)

// review reads the world through the real clients.
func review(t *testing.T, w *World) *model.Review {
	t.Helper()
	if d := w.Database(); d != nil {
		return reviewWith(t, w, d)
	}
	return reviewWith(t, w, nil)
}

// reviewWith is review with another database of RomM's, or none.
func reviewWith(t *testing.T, w *World, links reconcile.LinkStore) *model.Review {
	t.Helper()
	cfg, err := config.Load(config.Source{Lookup: config.FromEnv(w.Env())})
	if err != nil {
		t.Fatal(err)
	}
	store, err := db.Open(t.Context(), cfg.DB, db.Options{Now: Epoch})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	dir, err := authentik.New(authentik.Config{URL: cfg.AuthentikURL, Token: cfg.AuthentikToken, Application: cfg.Application})
	if err != nil {
		t.Fatal(err)
	}
	accounts, err := rommapi.New(rommapi.Config{URL: cfg.RomMURL, Token: cfg.RomMToken})
	if err != nil {
		t.Fatal(err)
	}
	s := reconcile.Service{Directory: dir, Accounts: accounts, Roles: store, Journal: store, Links: links, Settings: cfg.Settings, Now: Epoch}
	r, err := s.Load(t.Context(), model.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func start(t *testing.T, o Options) *World {
	t.Helper()
	o.Now, o.Authentik = Epoch, strict.New
	w, err := Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// TestEveryFindingIsShown fails if the cast shows none of a finding that the
// design names.
func TestEveryFindingIsShown(t *testing.T) {
	w := start(t, Options{})
	r := review(t, w)
	seen := shown(r)
	for _, kind := range []model.FindingKind{
		"ok", "email-mismatch", "local-email-missing", "idp-email-missing", "email-unverified",
		"email-not-ascii", "duplicate-idp-email", "squatted-email", "username-collision",
		"session-takeover", "would-register", "local-only", "local-disabled", "idp-inactive",
		"no-role", "role-change", "admin-loss", "sign-in-name-taken", "case-only", "pin-moved", "incomplete", "keeps-admin",
	} {
		if len(seen[kind]) == 0 {
			t.Errorf("nobody shows %s", kind)
		}
	}
	if n := len(r.Pairs); n < 28 || n > 36 {
		t.Errorf("the cast has %d people, not about 30", n)
	}
	if len(groups) != 8 {
		t.Errorf("%d groups", len(groups))
	}
	if r.World.Directory.Incomplete != "" || r.World.Settings.Assumed || r.Stats.UsableAdmins < 2 {
		t.Errorf("incomplete %q, assumed %v, %d usable admins", r.World.Directory.Incomplete, r.World.Settings.Assumed, r.Stats.UsableAdmins)
	}
	if v := w.Authentik.Violations(); len(v) > 0 {
		t.Errorf("not as the API document says: %+v", v)
	}
}

// shown are the findings, each with the names of those who show it.
func shown(r *model.Review) map[model.FindingKind][]string {
	seen := map[model.FindingKind][]string{}
	for _, p := range r.Pairs {
		for _, f := range p.Findings {
			seen[f.Kind] = append(seen[f.Kind], p.Username().String())
		}
	}
	return seen
}

// TestEveryLinkFindingIsShown: as a RomM that links accounts the world shows what
// links lead to, and without its database that they are not known.
func TestEveryLinkFindingIsShown(t *testing.T) {
	for _, release := range []string{"5.4.0", "5.5.0"} {
		w := start(t, Options{RomM: release})
		r := review(t, w)
		seen := shown(r)
		for kind, who := range map[model.FindingKind]string{
			"linked-elsewhere": "oscar", "link-orphaned": "gustav", "relink-by-email": "rosa", "email-will-follow": "erika",
			"session-swap": "gil", "links-of-two-issuers": "lena", "linked-to-anothers": "marvin", "first-link-takes-over": "mallory",
		} {
			if !slices.Contains(seen[kind], who) {
				t.Errorf("%s: %s does not show %s: %v", release, who, kind, seen[kind])
			}
		}
		for _, kind := range model.FindingKinds() {
			// A new account takes over no session any more: row 15b.
			if len(seen[kind]) == 0 && kind != model.FindingLinkUnknown && kind != model.FindingSessionTakeover && kind != model.FindingLoginRefused {
				t.Errorf("%s: nobody shows %s", release, kind)
			}
		}
		if len(seen[model.FindingLinkUnknown]) > 0 || r.Stats.UsableAdmins < 2 {
			t.Errorf("%s: links are not known of %v; %d usable admins", release, seen[model.FindingLinkUnknown], r.Stats.UsableAdmins)
		}
		r = reviewWith(t, w, nil)
		if seen := shown(r); len(seen[model.FindingLinkUnknown]) < 10 || len(seen[model.FindingLinkedElsewhere]) > 0 || r.Stats.UsableAdmins < 2 {
			t.Errorf("%s without the database: %v, %d usable admins", release, seen[model.FindingLinkUnknown], r.Stats.UsableAdmins)
		}
		if v := w.Authentik.Violations(); len(v) > 0 {
			t.Errorf("not as the API document says: %+v", v)
		}
	}
}

// TestPredictionIsPreview: what the console predicts for each person is what
// Authentik computes for them, before and after a change of the role map.
func TestPredictionIsPreview(t *testing.T) {
	w := start(t, Options{})
	before := agree(t, w)
	path, _ := config.FromEnv(w.Env())("ROMM_ADMIN_DB")
	store, err := db.Open(t.Context(), path, db.Options{Now: Epoch})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		group    string
		from, to model.Role
	}{{"staff", model.RoleNone, model.RoleUser}, {"family", model.RoleUser, model.RoleAdmin}, {"friends", model.RoleUser, model.RoleNone}} {
		row := model.RoleRow{Group: authentiktest.GroupID(c.group), Name: model.Untrusted(c.group), Role: c.to}
		if err := store.SetRoleRow(t.Context(), row, c.from); err != nil {
			t.Fatal(err)
		}
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if after := agree(t, w); reflect.DeepEqual(before, after) {
		t.Error("the change of the role map changed nobody's claims")
	}
}

// agree compares the next login by prediction with the one by preview, for
// everybody, and returns the roles claims.
func agree(t *testing.T, w *World) map[string]any {
	t.Helper()
	r := review(t, w)
	cfg, err := config.Load(config.Source{Lookup: config.FromEnv(w.Env())})
	if err != nil {
		t.Fatal(err)
	}
	client, err := authentik.New(authentik.Config{URL: cfg.AuthentikURL, Token: cfg.AuthentikToken})
	if err != nil {
		t.Fatal(err)
	}
	accounts, roles := model.NewAccounts(r.World.Locals), map[string]any{}
	for _, p := range r.Pairs {
		if p.Verdict == nil {
			continue
		}
		claims, err := client.Preview(t.Context(), r.World.Provider.PK, p.Identity.PK)
		if err != nil {
			t.Fatal(err)
		}
		roles[p.Identity.Username.Raw()] = claims[model.RolesClaim]
		got, want := *p.Verdict, model.Decide(claims, accounts, r.World.Settings)
		if got.Depends, want.Depends = "", ""; got != want {
			t.Errorf("%s: predicted %+v, previewed %+v", p.Identity.Username, got, want)
		}
	}
	if len(roles) < 20 {
		t.Errorf("only %d people compared", len(roles))
	}
	return roles
}

// TestCrowd: 3,000 people come through whole, with every page valid. There are
// no more of them because RomM sends all of its people in one answer, and with
// the race detector on a busy machine that of 10,000 can take longer than the
// 15 seconds that the client waits.
func TestCrowd(t *testing.T) {
	w := start(t, Options{People: 3000})
	r := review(t, w)
	if r.World.Directory.Incomplete != "" || len(r.Pairs) != 3000 {
		t.Errorf("%d people, incomplete %q", len(r.Pairs), r.World.Directory.Incomplete)
	}
	if share := 100 * r.Stats.Problems / r.Stats.People; share < 5 || share > 20 {
		t.Errorf("%d of 100 have trouble", share)
	}
	if v := w.Authentik.Violations(); len(v) > 0 {
		t.Errorf("not as the API document says: %+v", v[0])
	}
}

// TestEnv: the printed lines alone reach both servers, and a named file keeps
// what was changed in it.
func TestEnv(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "kept.db")
	w := start(t, Options{DB: path})
	env := config.FromEnv(w.Env())
	for _, name := range []string{"AUTHENTIK_URL", "AUTHENTIK_TOKEN", "ROMM_BASE_URL", "ROMM_TOKEN", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "OIDC_CLAIM_ROLES"} {
		if v, ok := env(name); !ok || v == "" {
			t.Errorf("%s is missing", name)
		}
	}
	issuer, _ := env("OIDC_SERVER_APPLICATION_URL")
	resp, err := http.Get(issuer + "/.well-known/openid-configuration")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil || resp.StatusCode != 200 || !strings.Contains(string(body), "email_verified") {
		t.Errorf("discovery: %d %s", resp.StatusCode, body)
	}
	store, err := db.Open(t.Context(), path, db.Options{Now: Epoch})
	if err != nil {
		t.Fatal(err)
	}
	row := model.RoleRow{Group: "99999999-9999-4999-8999-999999999999", Name: "mine", Role: model.RoleUser}
	if err := store.SetRoleRow(t.Context(), row, model.RoleNone); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	again := review(t, start(t, Options{DB: path}))
	if _, ok := again.World.Roles.Row(row.Group); !ok {
		t.Error("the named file lost its row")
	}
}

// TestCloseRemoves: nothing is left behind.
func TestCloseRemoves(t *testing.T) {
	w, err := Start(t.Context(), Options{Now: Epoch})
	if err != nil {
		t.Fatal(err)
	}
	temp := w.temp
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(temp); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", temp, err)
	}
	if _, err := http.Get(fmt.Sprint(strings.TrimPrefix(w.env[0], "AUTHENTIK_URL="))); err == nil {
		t.Error("the server still answers")
	}
}

// TestCallsAreChecked: the world of these tests notices a call that the
// documents do not allow, so that none is a finding.
func TestCallsAreChecked(t *testing.T) {
	w := start(t, Options{})
	rec := httptest.NewRecorder()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v3/core/users/?nosuch=1", nil)
	req.Header.Set("Authorization", "Bearer "+authentikToken)
	w.Authentik.Handler().ServeHTTP(rec, req)
	if v := w.Authentik.Violations(); rec.Code != http.StatusOK || len(v) != 1 {
		t.Errorf("%d, violations %v", rec.Code, v)
	}
}
