package companion

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/db"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// get returns what one of the pages for monitors says.
func (f *fixture) get(page string) map[string]any {
	f.t.Helper()
	resp, err := http.Get(f.url + page)
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	out := map[string]any{}
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil || resp.StatusCode != http.StatusOK {
		f.t.Fatalf("%s: %d, %v", page, resp.StatusCode, err)
	}
	return out
}

// wantNoAdmin checks that admins get no answer, others theirs, and that it is
// said why.
func (f *fixture) wantNoAdmin(why string) {
	f.t.Helper()
	if status, a := f.ask(f.request(admins)); status != 503 {
		f.t.Errorf("admin: %d %+v", status, a)
	}
	if status, a := f.ask(f.request(users)); status != 200 || strings.Join(a.Roles, ",") != "viewer" {
		f.t.Errorf("user: %d %+v", status, a)
	}
	for _, page := range []string{"/healthz", "/readyz"} {
		if text, _ := f.get(page)["admin_withheld"].(string); !strings.Contains(text, why) {
			f.t.Errorf("%s: %q", page, text)
		}
	}
}

func (f *fixture) wantAdmin() {
	f.t.Helper()
	if status, a := f.ask(f.request(admins)); status != 200 || a.Roles[0] != "admin" {
		f.t.Errorf("admin: %d %+v", status, a)
	}
	for _, page := range []string{"/healthz", "/readyz"} {
		if got := f.get(page); got["status"] != "ok" || got["admin_withheld"] != nil {
			f.t.Errorf("%s: %v", page, got)
		}
	}
}

// TestRollbackGrantsNoAdminAfterARestart proves S27: an old copy of the file in
// which a group was admin grants nobody admin, until a person confirms it.
func TestRollbackGrantsNoAdminAfterARestart(t *testing.T) {
	f := serve(t)
	old := filepath.Join(t.TempDir(), "old.db")
	if err := f.store.Backup(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	f.set(admins, model.RoleAdmin, model.RoleNone)
	f.restart(func(path string) {
		data, err := os.ReadFile(old)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	})
	f.wantNoAdmin("the role map is change 2, 3 was in force already")
	f.restart(func(string) {}) // and again
	f.wantNoAdmin("the role map is change 2, 3 was in force already")
	m, err := f.store.RoleMap(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := f.store.TrustRoleMap(t.Context(), m, plan.JournalEntry{}); err != nil {
		t.Fatal(err)
	}
	f.wantAdmin()
	if err := f.stop(); err != nil { // before its log is read
		t.Fatal(err)
	}
	log := f.log.String()
	if strings.Count(log, "no admin is granted") != 2 || !strings.Contains(log, db.TrustCommand) || !strings.Contains(log, "admin is granted again") {
		t.Errorf("log: %s", log)
	}
}

// TestFirstStartRemembers: a file from before there was a mark is believed once,
// and from then on no older one is.
func TestFirstStartRemembers(t *testing.T) {
	f := serve(t)
	old := filepath.Join(t.TempDir(), "old.db")
	if err := f.store.Backup(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	f.set(users, model.RoleUser, model.RoleEditor)
	f.restart(func(path string) {
		if err := os.Remove(db.MarkFile(path)); err != nil {
			t.Fatal(err)
		}
	})
	f.wantAdmin()
	f.restart(func(path string) {
		data, err := os.ReadFile(old)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	})
	f.wantNoAdmin("the role map is change 2, 3 was in force already")
}

// TestOpenFileGrantsNoAdmin proves S38 at each question: a file that others may
// write grants nobody admin, from the moment on at which they may.
func TestOpenFileGrantsNoAdmin(t *testing.T) {
	f := serve(t)
	f.wantAdmin()
	for path, mode := range map[string]os.FileMode{f.store.Path(): 0o600, filepath.Dir(f.store.Path()): 0o700} {
		if err := os.Chmod(path, mode|0o007); err != nil {
			t.Fatal(err)
		}
		f.wantNoAdmin("everybody on this machine may use this")
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		f.wantAdmin()
	}
}
