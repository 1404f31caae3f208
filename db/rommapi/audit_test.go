package rommapi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/db/rommapi"
	"github.com/romm-admin/romm-admin/db/rommtest"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/reconcile"
)

var _ reconcile.AuditLog = (*rommapi.Client)(nil)

// logged is people of 5.4 with an audit log of more than two pages.
func logged() (rommtest.Seed, time.Time) {
	seed, day := people(), time.Date(2026, 10, 1, 12, 0, 0, 0, time.UTC)
	seed.Version = "5.4.0"
	add := func(actor int64, action string, data map[string]any) {
		at := day.Add(time.Duration(len(seed.Events)) * time.Hour)
		seed.Events = append(seed.Events, rommtest.Event{At: at, Actor: actor, Action: action, Data: data})
	}
	oidc := map[string]any{"method": "oidc"}
	add(4, "user.register", map[string]any{"role": "user", "via": "oidc"}) // hour 0
	add(4, "auth.login", oidc)
	add(2, "auth.login", oidc)
	for range 450 {
		add(1, "auth.login", map[string]any{"method": "password"})
	}
	add(5, "user.register", map[string]any{"role": "user"}) // by an invite
	add(99, "auth.login", oidc)                             // gone since
	add(0, "auth.login_failed", map[string]any{"reason": "credentials"})
	add(2, "auth.login", oidc) // hour 456
	add(2, "auth.login", map[string]any{"method": "token"})
	return seed, day
}

// TestReadSignIns: the newest sign-in of each through the provider, over all
// pages, though others sign in meanwhile.
func TestReadSignIns(t *testing.T) {
	t.Parallel()
	seed, day := logged()
	pages := 0
	var fake *rommtest.Server
	fake, cfg := start(t, seed, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/audit-events" {
				if pages++; (pages > 1) != r.URL.Query().Has("max_id") {
					t.Errorf("page %d: %s", pages, r.URL)
				}
				if pages == 2 { // somebody signs in
					req, _ := http.NewRequest(http.MethodPost, "/api/login", nil)
					req.SetBasicAuth("bob", secretWord)
					fake.ServeHTTP(httptest.NewRecorder(), req)
				}
			}
			next.ServeHTTP(w, r)
		})
	})
	got, err := client(t, cfg).ReadSignIns(t.Context())
	want := []model.SignIn{
		{LocalID: 2, At: day.Add(456 * time.Hour)},
		{LocalID: 4, At: day.Add(time.Hour), Registered: true},
	}
	if err != nil || fmt.Sprint(got.SignIns) != fmt.Sprint(want) || got.CutShort || !got.Oldest.Equal(day) || pages != 3 {
		t.Errorf("%+v, %v, %d pages", got, err, pages)
	}
}

// Without an audit log, or without the rights to it, that is said.
func TestReadSignInsNeeds(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"5.0.0", "5.3.1", "development"} {
		seed := people()
		seed.Version = version
		_, cfg := start(t, seed, nil)
		_, err := client(t, cfg).ReadSignIns(t.Context())
		if model.CodeOf(err) != model.CodeRefused || model.HintOf(err) != "it came with RomM 5.4" {
			t.Errorf("%s: %v", version, err)
		}
	}
	seed, _ := logged()
	_, cfg := start(t, seed, nil)
	cfg.Token = readerToken // no me.read
	_, err := client(t, cfg).ReadSignIns(t.Context())
	if model.CodeOf(err) != model.CodeForbidden {
		t.Errorf("without me.read: %v", err)
	}
	leaks(t, err)
	cfg.Token = bobToken // no users.read: RomM shows bob's own events
	got, err := client(t, cfg).ReadSignIns(t.Context())
	if err != nil || len(got.SignIns) != 1 || got.SignIns[0].LocalID != 2 {
		t.Errorf("without users.read: %+v, %v", got, err)
	}
}
