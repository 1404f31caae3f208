package authentik_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
)

func at(minute int) time.Time {
	return time.Date(2026, 6, 1, 10, 0, 0, 0, time.UTC).Add(time.Duration(minute) * time.Minute)
}

func withEvents(t *testing.T, version string) fixture {
	t.Helper()
	f := start(t, withRomM(t, authentiktest.Seed{Version: version, Users: people(3)}, authentiktest.RomM{}), nil, func(c *authentik.Config) { c.PageSize = 3 })
	for i := range 10 {
		f.fake.AddEvents(
			f.fake.Authorization(fmt.Sprintf("user0000%d", i%2), "romm", at(i)),
			f.fake.Authorization("user00002", "other", at(i)),
			authentiktest.Event{Action: "login", User: "user00000", Created: at(i)},
			authentiktest.Event{Action: "custom_login_failed_note", User: "user00000", Created: at(i)},
		)
	}
	f.fake.AddEvents(
		authentiktest.Event{
			Action: "login_failed", User: "AnonymousUser", ClientIP: "192.0.2.7", Created: at(20),
			Context: map[string]any{"username": "mallory\x1b[31m", "stage": map[string]any{"name": "password"}},
		},
		authentiktest.Event{Action: "property_mapping_exception", Mapping: "RomM Roles", User: "user00001", Created: at(21)},
		authentiktest.Event{Action: "configuration_error", Mapping: "RomM Roles", User: "user00001", Created: at(22)},
		authentiktest.Event{Action: "configuration_error", Context: map[string]any{"message": 5, "provider": "RomM", "mapping": []any{}}, Created: at(23)},
	)
	return f
}

// Events of each kind on every release, over several pages, newest first.
func TestEvents(t *testing.T) {
	t.Parallel()
	for _, version := range authentiktest.Versions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			f := withEvents(t, version)
			app, err := f.client.ApplicationID(t.Context(), "romm")
			if err != nil {
				t.Fatal(err)
			}
			logins := authentik.EventFilter{Actions: []string{authentik.ActionAuthorize}, Application: app}
			got, more, err := f.client.Events(t.Context(), logins)
			if err != nil || more || len(got) != 10 {
				t.Fatalf("%d logins, more %v, %v", len(got), more, err)
			}
			for i, e := range got {
				if !e.At.Equal(at(9-i)) || e.Application != "RomM" || e.UserPK < 100 || e.Email.Raw() != e.Username.Raw()+"@example.org" || e.ClientIP != "192.0.2.1" {
					t.Errorf("login %d: %+v", i, e)
				}
			}
			logins.Limit = 4
			if got, more, err := f.client.Events(t.Context(), logins); err != nil || !more || len(got) != 4 || !got[3].At.Equal(at(6)) {
				t.Errorf("limited: %d, %v, %v", len(got), more, err)
			}
			logins.Limit, logins.Since, logins.Username = 0, at(4), "user00001"
			if got, more, err := f.client.Events(t.Context(), logins); err != nil || more || len(got) != 3 || got[2].Username != "user00001" {
				t.Errorf("since: %d, %v, %v", len(got), more, err)
			}
		})
	}
}

func TestEventsInWords(t *testing.T) {
	t.Parallel()
	f := withEvents(t, "")
	got, more, err := f.client.Events(t.Context(), authentik.EventFilter{
		Actions: []string{authentik.ActionLoginFailed, authentik.ActionMappingException, authentik.ActionConfiguration, authentik.ActionLoginFailed},
	})
	if err != nil || more || len(got) != 4 {
		t.Fatalf("%d events, %v: %+v", len(got), err, got)
	}
	if e := got[0]; e.Provider != "RomM" || e.Mapping != "" || e.Message != "" || e.UserPK != 0 {
		t.Errorf("odd context: %+v", e)
	}
	if e := got[1]; e.Action != "configuration_error" || e.Mapping != "RomM Roles" || !strings.Contains(e.Message.Raw(), "Failed to evaluate") {
		t.Errorf("configuration error: %+v", e)
	}
	if e := got[2]; e.Message != "Failed to execute property mapping" || e.Username != "user00001" {
		t.Errorf("exception: %+v", e)
	}
	// The name that was typed, not AnonymousUser; proves S30.
	if e := got[3]; e.Username.String() != `mallory\x1b[31m` || e.ClientIP != "192.0.2.7" {
		t.Errorf("failed login: %+v", e)
	}
}

func TestEventsRefuse(t *testing.T) {
	t.Parallel()
	f := start(t, authentiktest.Seed{Permissions: []string{}}, nil, nil)
	for name, c := range map[string]struct {
		filter authentik.EventFilter
		code   model.Code
	}{
		"everything": {authentik.EventFilter{}, model.CodeInvalid},
		"too many":   {authentik.EventFilter{Actions: []string{"login"}, Limit: 1001}, model.CodeInvalid},
		"permission": {authentik.EventFilter{Actions: []string{"login"}}, model.CodeForbidden},
	} {
		if _, _, err := f.client.Events(t.Context(), c.filter); model.CodeOf(err) != c.code {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The log is a moving window: an event that newer ones push onto the next page
// comes twice and counts once.
func TestEventsMove(t *testing.T) {
	t.Parallel()
	var f fixture
	seed := withRomM(t, authentiktest.Seed{}, authentiktest.RomM{})
	f = start(t, seed, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r)
			if strings.HasPrefix(r.URL.Path, "/api/v3/events/") && r.URL.Query().Get("page") == "1" {
				f.fake.AddEvents(f.fake.Authorization("new", "romm", at(50)))
			}
		})
	}, func(c *authentik.Config) { c.PageSize = 2 })
	for i := range 5 {
		f.fake.AddEvents(f.fake.Authorization(fmt.Sprintf("user%d", i), "romm", at(i)))
	}
	got, _, err := f.client.Events(t.Context(), authentik.EventFilter{Actions: []string{authentik.ActionAuthorize}})
	seen := map[string]bool{}
	for _, e := range got {
		if seen[e.ID] {
			t.Errorf("%s twice", e.Username)
		}
		seen[e.ID] = true
	}
	if err != nil || len(got) != 5 {
		t.Errorf("%d events, %v", len(got), err)
	}
}

func FuzzEvents(f *testing.F) {
	f.Add(`{"pk":"a","action":"login","created":"2026-01-01T00:00:00Z","user":{"pk":"x","username":5},"context":{"mapping":{"name":"m"},"message":null}}`)
	f.Add(`{"pk":"a","action":"login","created":"2026-01-01T00:00:00Z","user":[],"context":"x"}`)
	f.Fuzz(func(t *testing.T, row string) {
		body := `{"pagination":{"next":0},"results":[` + row + `]}`
		srv := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body)) })
		client, _ := connect(t, srv, nil)
		events, _, err := client.Events(t.Context(), authentik.EventFilter{Actions: []string{"login"}})
		if err != nil && model.CodeOf(err) == model.CodeInternal {
			t.Errorf("an error without a code: %v", err)
		}
		for _, e := range events {
			if e.ID == "" || e.At.IsZero() || e.Action != "login" {
				t.Errorf("%+v", e)
			}
		}
	})
}
