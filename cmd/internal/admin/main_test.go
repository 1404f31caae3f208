package admin

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/authentik/authentiktest/strict"
	"github.com/romm-admin/romm-admin/cmd/internal/demo"
)

// TestMain lets the test binary be the console that crashes when it is told to,
// under the name that the end-to-end run gives it.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "romm-admin-crash" {
		os.Exit(crashingMain())
	}
	os.Exit(m.Run())
}

// inProcess runs one command line in this process, with an environment and
// streams of its own; nobody sits there.
func inProcess(t *testing.T, env []string, args ...string) (out, said string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	s := Streams{In: bytes.NewReader(nil), Out: &stdout, Err: &stderr, Env: append([]string{"HOME=" + t.TempDir()}, env...), Actor: "ann"}
	code = Main(t.Context(), args, s)
	return stdout.String(), stderr.String(), code
}

// newWorld serves a demo world that checks every call, or one to set up.
func newWorld(t *testing.T, bare bool) *demo.World {
	t.Helper()
	return newWorldOf(t, bare, nil)
}

// newWorldOf is newWorld with another Authentik.
func newWorldOf(t *testing.T, bare bool, change func(*authentiktest.Seed)) *demo.World {
	t.Helper()
	path := filepath.Join(t.TempDir(), "in", "x.db")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	o := demo.Options{DB: path, Now: time.Now, Bare: bare, Authentik: strict.New}
	if change != nil {
		o.Authentik = func(seed authentiktest.Seed) (*authentiktest.Server, error) {
			change(&seed)
			return strict.New(seed)
		}
	}
	w, err := demo.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, v := range w.Authentik.Violations() {
			t.Errorf("violation of the OpenAPI document: %+v", v)
		}
		_ = w.Close()
	})
	return w
}
