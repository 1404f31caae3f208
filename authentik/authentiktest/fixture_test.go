package authentiktest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/authentik/authentiktest/strict"
	"github.com/romm-admin/romm-admin/model"
)

// fake asks a server in process. At the end nothing may have violated the
// OpenAPI document, unless a test says how much it expects.
type fake struct {
	*authentiktest.Server
	t          testing.TB
	token      string
	violations int
}

func start(t testing.TB, seed authentiktest.Seed) *fake {
	t.Helper()
	if err := authentiktest.FindPython(); err != nil && seed.Native == nil {
		t.Skip(err)
	}
	s, err := strict.New(seed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	f := &fake{Server: s, t: t, token: authentiktest.DefaultToken}
	t.Cleanup(func() {
		if got := s.Violations(); len(got) != f.violations {
			t.Errorf("%d violations, want %d: %+v", len(got), f.violations, got)
		}
	})
	return f
}

func (f *fake) do(method, target, body string) (int, any) {
	f.t.Helper()
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if body == "" {
		r.Body = http.NoBody
		r.ContentLength = 0
	} else {
		r.Header.Set("Content-Type", "application/json")
	}
	if f.token != "" {
		r.Header.Set("Authorization", "Bearer "+f.token)
	}
	w := httptest.NewRecorder()
	f.Handler().ServeHTTP(w, r)
	var v any
	data, _ := io.ReadAll(w.Body)
	if err := json.Unmarshal(data, &v); err != nil && len(data) > 0 && w.Code != http.StatusNotFound {
		f.t.Fatalf("%s %s: %d %q", method, target, w.Code, data)
	}
	return w.Code, v
}

// get asks for something that must be there.
func (f *fake) get(path string) map[string]any {
	f.t.Helper()
	status, v := f.do("GET", "/api/v3"+path, "")
	if status != http.StatusOK {
		f.t.Fatalf("GET %s: %d %v", path, status, v)
	}
	return v.(map[string]any)
}

func (f *fake) wants(method, target, body string, status int, words string) {
	f.t.Helper()
	got, v := f.do(method, target, body)
	if text := fmt.Sprint(v); got != status || !strings.Contains(text, words) {
		f.t.Errorf("%s %s: %d %s, want %d with %q", method, target, got, text, status, words)
	}
}

func rows(page map[string]any, key string) []string {
	var out []string
	for _, row := range page["results"].([]any) {
		out = append(out, fmt.Sprint(row.(map[string]any)[key]))
	}
	return out
}

func family(t testing.TB, version string) authentiktest.Seed {
	t.Helper()
	seed := authentiktest.Seed{
		Version: version,
		Groups: []authentiktest.Group{
			{Name: "admins", Superuser: true}, {Name: "parents", Parents: []string{"admins"}}, {Name: "kids"}, {Name: "secret", Hidden: true},
		},
		Users: []authentiktest.User{
			{Username: "zoe", Name: "Zoe", Email: "zoe@example.org", Groups: []string{"parents", "secret"}},
			{Username: "adam", Name: "Adam", Email: "adam@example.org", Groups: []string{"kids"}, Inactive: true, Type: "external", Path: "guests/x"},
			{PK: 4000, Username: "eve", Name: "Eve"},
			{Username: "outpost", Name: "Outpost", Type: "internal_service_account"},
		},
	}
	if err := seed.AddRomM(authentiktest.RomM{ClientID: "client", ClientSecret: "secret", Roles: &model.RoleTable{Rank: []string{"admin"}}}); err != nil {
		t.Fatal(err)
	}
	return seed
}
