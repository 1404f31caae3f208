package authentik_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// notSeen hides what lies under a path, as Authentik does from a token without
// the permission on the very object.
func notSeen(prefix string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !strings.HasPrefix(r.URL.Path, prefix) {
				next.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"detail":"Not found."}`))
		})
	}
}

// proves S9: an application that is not seen is not one that is missing; nobody
// is said to be kept out by it, and nothing is set up.
func TestApplicationNotSeen(t *testing.T) {
	t.Parallel()
	seed := setupSeed("")
	setUps(t)["whole"](&seed)
	f := start(t, seed, notSeen("/api/v3/core/applications/"), func(c *authentik.Config) { c.ClientID = seed.Providers[0].ClientID })
	r := f.rommWorld(t)
	for _, p := range r.Pairs {
		if p.Barred != "" {
			t.Errorf("%s: %s", p.Username(), p.NextLogin)
		}
	}
	if r.Stats.UsableAdmins != 1 || !strings.Contains(strings.Join(r.NoteTexts(), "\n"), `the application "romm" of RomM's provider cannot be seen`) {
		t.Errorf("%+v, %q", r.Stats, r.NoteTexts())
	}
	if _, err := plan.SetUp(r, f.goal(t)); model.CodeOf(err) != model.CodeUnavailable {
		t.Error(err)
	}
}

// proves S10: a mapping that is not seen may be of a scope that RomM never
// requests, so a preview, which shows it, tells nothing.
func TestHiddenMappingMayBeUnrequested(t *testing.T) {
	t.Parallel()
	p := authentik.Classify("2026.5.3", model.RolesClaim, []authentik.Mapping{{ID: "x", Name: "mapping x", Hidden: true}})
	if len(p.Unrequested) != 1 || len(p.Unknown) != 1 || p.Predictable() {
		t.Errorf("%+v", p)
	}
}

// proves S36 and S35: an application that had no provider has none again when
// set-up is undone, and one whose provider is gone is not as it was seen.
func TestApplicationWithoutProvider(t *testing.T) {
	t.Parallel()
	seed := setupSeed("")
	setUps(t)["whole"](&seed)
	f := start(t, seed, nil, nil)
	held := *f.rommWorld(t).World.Setup.Application
	free := held
	free.Provider = ""
	if err := f.client.SetApplication(t.Context(), "romm", &held, &free); err != nil {
		t.Fatal(err)
	}
	if now := f.read(t).Setup.Application; now == nil || now.Provider != "" {
		t.Fatalf("%+v", now)
	}
	elsewhere := held
	elsewhere.Provider = "gone"
	for _, seen := range []model.Application{held, elsewhere} {
		if err := f.client.SetApplication(t.Context(), "romm", &seen, nil); model.CodeOf(err) != model.CodeConflict {
			t.Errorf("%+v: %v", seen, err)
		}
	}
	if err := f.client.SetApplication(t.Context(), "romm", &free, &held); err != nil {
		t.Error(err)
	}
}
