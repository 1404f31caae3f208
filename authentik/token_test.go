package authentik_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
)

// TestTokenReplacedInItsFile proves S34: Authentik replaces the key of a token when
// it expires. The new one is found where the old one came from, by reads and by
// writes, and hints name that place.
func TestTokenReplacedInItsFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "token")
	put := func(token string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(token+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var valid atomic.Value
	var refused, writes atomic.Int32
	valid.Store("first")
	seed := withRomM(t, authentiktest.Seed{Users: []authentiktest.User{{PK: 200, Username: "ann", Email: "ann@x.org"}}}, authentiktest.RomM{})
	f := start(t, seed, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch token, isToken := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); {
			case isToken && token != valid.Load():
				refused.Add(1)
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusForbidden)
				_, _ = w.Write([]byte(`{"detail":"Token invalid/expired"}`))
				return
			case isToken:
				r.Header.Set("Authorization", "Bearer "+authentiktest.DefaultToken)
			}
			if r.Method == http.MethodPatch {
				writes.Add(1)
			}
			next.ServeHTTP(w, r)
		})
	}, func(c *authentik.Config) {
		c.Token = "first"
		c.TokenFrom = model.Origin{Name: "AUTHENTIK_TOKEN_FILE", Read: func() model.Secret {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Error(err)
			}
			return model.Secret(data)
		}}
	})
	put("first")
	f.read(t)
	valid.Store("second")
	if _, err := f.client.ReadDirectory(t.Context(), model.ReadOptions{}); model.CodeOf(err) != model.CodeUnauthorized ||
		!strings.Contains(model.HintOf(err), "check AUTHENTIK_TOKEN_FILE:") {
		t.Errorf("%v (%s)", err, model.HintOf(err))
	}
	put("second")
	refused.Store(0)
	if _, err := f.client.SetEmail(t.Context(), 200, "ann@x.org", "ann@y.org"); err != nil || refused.Load() != 1 || writes.Load() != 1 {
		t.Errorf("%v, %d refused, %d writes", err, refused.Load(), writes.Load())
	}
	valid.Store("third")
	put("third")
	var all sync.WaitGroup
	for range 8 { // at the same time
		all.Go(func() { f.read(t) })
	}
	all.Wait()
	put("not a token")
	valid.Store("fourth")
	if _, err := f.client.ReadDirectory(t.Context(), model.ReadOptions{}); model.CodeOf(err) != model.CodeUnauthorized {
		t.Errorf("with garbage in the file: %v", err)
	}
	put("fourth")
	f.read(t)
}

// A write that is itself refused is sent again with the new token, and made once.
func TestTokenReplacedDuringAWrite(t *testing.T) {
	t.Parallel()
	var first atomic.Bool
	var made atomic.Int32
	seed := withRomM(t, authentiktest.Seed{Users: []authentiktest.User{{PK: 200, Username: "ann", Email: "ann@x.org"}}}, authentiktest.RomM{})
	f := start(t, seed, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPatch && first.CompareAndSwap(false, true) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(http.StatusForbidden)
				_, _ = w.Write([]byte(`{"detail":"Token invalid/expired"}`))
				return
			}
			if r.Header.Get("Authorization") == "Bearer next" {
				r.Header.Set("Authorization", "Bearer "+authentiktest.DefaultToken)
			}
			if r.Method == http.MethodPatch {
				made.Add(1)
			}
			next.ServeHTTP(w, r)
		})
	}, func(c *authentik.Config) {
		c.TokenFrom = model.Origin{Name: "x", Read: func() model.Secret { return "next" }}
	})
	if _, err := f.client.SetEmail(t.Context(), 200, "ann@x.org", "ann@y.org"); err != nil || made.Load() != 1 {
		t.Errorf("%v, made %d times", err, made.Load())
	}
}
