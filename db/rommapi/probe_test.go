package rommapi_test

import (
	"context"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/romm-admin/romm-admin/db/rommapi"
	"github.com/romm-admin/romm-admin/db/rommtest"
	"github.com/romm-admin/romm-admin/model"
)

var (
	twoRoles   = []model.Role{model.RoleAdmin, model.RoleUser}
	threeRoles = []model.Role{model.RoleAdmin, model.RoleEditor, model.RoleViewer}
)

func probe(t *testing.T, cfg rommapi.Config) rommapi.Features {
	t.Helper()
	f, err := client(t, cfg).Probe(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestProbe(t *testing.T) {
	t.Parallel()
	seed := people()
	seed.Provider, seed.Autologin, seed.RPLogout, seed.HidePassword = "authentik", true, true, true
	var mu sync.Mutex
	var signed []string
	_, cfg := start(t, seed, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			signed = append(signed, r.URL.Path+r.Header.Get("Authorization"))
			mu.Unlock()
			next.ServeHTTP(w, r)
		})
	})
	want := rommapi.Features{
		Version: model.Version{Major: 5, Minor: 2}, OIDC: true, OIDCProvider: "authentik", Autologin: true, RPLogout: true,
		HidePassword: true, Roles: twoRoles, PermissionGroups: true, ClientTokens: true, Identifiers: true, Writable: true,
		FromPaths: true,
	}
	if got := probe(t, cfg); !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
	if want := []string{"/api/heartbeat", "/openapi.json"}; !slices.Equal(signed, want) {
		t.Errorf("asked %q, want %q, without credentials", signed, want)
	}
}

// A build from source tells its age by its endpoints alone.
func TestProbeDevelopment(t *testing.T) {
	t.Parallel()
	for release, want := range map[string]struct {
		roles                       []model.Role
		groups, tokens, identifiers bool
	}{
		"5.2.0": {twoRoles, true, true, true},
		"4.9.0": {threeRoles, false, true, true},
		"4.7.0": {threeRoles, false, false, true},
		"4.3.2": {threeRoles, false, false, false},
	} {
		seed := rommtest.Seed{Version: release, OIDCEnabled: true}
		_, cfg := start(t, seed, canned(map[string]string{
			"/api/heartbeat": `{"SYSTEM":{"VERSION":"development","SHOW_SETUP_WIZARD":true},"OIDC":{"ENABLED":false}}`,
		}))
		got := probe(t, cfg)
		if !got.Version.Dev || !slices.Equal(got.Roles, want.roles) || got.PermissionGroups != want.groups ||
			got.ClientTokens != want.tokens || got.Identifiers != want.identifiers || !got.FromPaths || got.OIDC {
			t.Errorf("built from %s: %+v", release, got)
		}
		if !got.NoAdmin || len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "no administrator") {
			t.Errorf("built from %s: warnings %q", release, got.Warnings)
		}
	}
}

// Roles are written by the vocabulary that such a build really has, and groups
// are asked for only if it has them.
func TestWritesOfDevelopment(t *testing.T) {
	t.Parallel()
	seed := people()
	seed.Version = "4.9.0"
	for i := range seed.Users[1:] {
		seed.Users[i+1].Role = model.RoleViewer
	}
	fake, cfg := start(t, seed, canned(map[string]string{"/api/heartbeat": `{"SYSTEM":{"VERSION":"development"}}`}))
	if _, err := client(t, cfg).SetRole(t.Context(), 2, model.RoleViewer, model.RoleEditor); err != nil {
		t.Error(err)
	}
	if got := stored(t, fake, 2).Role; got != model.RoleEditor {
		t.Errorf("stored %q", got)
	}
	_, err := client(t, cfg).Groups(t.Context())
	wantError(t, err, model.CodeRefused, "RomM development has no permission groups", "5.0")
}

// Without the document the version decides, in words.
func TestProbeWithoutDocument(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"paths":{}}`, `"x"`, `{"paths":{"/elsewhere":{}}}`} {
		seed := people()
		seed.Version = "5.0.0"
		_, cfg := start(t, seed, canned(map[string]string{"/openapi.json": body}))
		got := probe(t, cfg)
		if got.FromPaths || !got.PermissionGroups || !slices.Equal(got.Roles, twoRoles) ||
			len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], "/openapi.json") {
			t.Errorf("%s: %+v", body, got)
		}
	}
	_, cfg := start(t, people(), canned(map[string]string{"/api/heartbeat": `{"SYSTEM":{"VERSION":"3.6.1"}}`, "/openapi.json": `{}`}))
	if got := probe(t, cfg); got.Writable || got.OIDC || got.ClientTokens || got.PermissionGroups {
		t.Errorf("3.6.1: %+v", got)
	}
}

func TestProbeRefusals(t *testing.T) {
	t.Parallel()
	_, cfg := start(t, people(), canned(map[string]string{"/api/heartbeat": `{}`}))
	_, err := client(t, cfg).Probe(t.Context())
	wantError(t, err, model.CodeUnavailable, "is not RomM: it reports no version", "ROMM_BASE_URL")

	ctx, cancel := context.WithCancel(t.Context())
	_, cfg = start(t, people(), func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/openapi.json" {
				cancel()
				hangUp(w)
			}
			next.ServeHTTP(w, r)
		})
	})
	_, err = client(t, cfg).Probe(ctx)
	wantError(t, err, model.CodeUnavailable, "cancelled", "")
}
