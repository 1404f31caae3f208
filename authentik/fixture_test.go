package authentik_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/authentik/authentiktest/strict"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/reconcile"
)

var _ reconcile.Directory = (*authentik.Client)(nil)

// fixture is a client, the fake that it reads, and what stands between them.
type fixture struct {
	fake   *authentiktest.Server
	client *authentik.Client
	slept  *[]time.Duration
}

// start serves the seed. wrap may put a handler in front of the fake; change
// may change the client's configuration. At the end no request and no answer
// may have violated the OpenAPI document.
func start(t *testing.T, seed authentiktest.Seed, wrap func(http.Handler) http.Handler, change func(*authentik.Config)) fixture {
	t.Helper()
	fake := newFake(t, seed)
	handler := fake.Handler()
	if wrap != nil {
		handler = wrap(handler)
	}
	client, slept := connect(t, handler, change)
	t.Cleanup(func() {
		for _, v := range fake.Violations() {
			t.Errorf("violation of the OpenAPI document: %+v", v)
		}
	})
	return fixture{fake: fake, client: client, slept: slept}
}

// newFake is a fake that runs its expressions, unless the seed wants otherwise;
// the test is skipped where there is no python3 to run them.
func newFake(t *testing.T, seed authentiktest.Seed) *authentiktest.Server {
	t.Helper()
	if err := authentiktest.FindPython(); err != nil && seed.Native == nil {
		t.Skip(err)
	}
	fake, err := strict.New(seed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := fake.Close(); err != nil {
			t.Error(err)
		}
	})
	return fake
}

// connect serves a handler and returns a client of it, whose waits are
// recorded and take no time.
func connect(t *testing.T, h http.Handler, change func(*authentik.Config)) (*authentik.Client, *[]time.Duration) {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	cfg := authentik.Config{URL: srv.URL, Token: authentiktest.DefaultToken}
	if change != nil {
		change(&cfg)
	}
	client, err := authentik.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	slept := record(client)
	return client, slept
}

func record(client *authentik.Client) *[]time.Duration {
	slept := &[]time.Duration{}
	lock := make(chan struct{}, 1)
	client.OnSleep(func(_ context.Context, d time.Duration) error {
		lock <- struct{}{}
		*slept = append(*slept, d)
		<-lock
		return nil
	})
	return slept
}

// read is ReadDirectory, which must succeed.
func (f fixture) read(t *testing.T) model.DirectoryReading {
	t.Helper()
	got, err := f.client.ReadDirectory(t.Context(), model.ReadOptions{})
	if err != nil {
		t.Fatalf("ReadDirectory: %v", err)
	}
	return got
}

func people(n int) []authentiktest.User {
	out := make([]authentiktest.User, n)
	for i := range out {
		name := fmt.Sprintf("user%05d", i)
		out[i] = authentiktest.User{Username: name, Name: "User " + name, Email: name + "@example.org"}
	}
	return out
}

func withRomM(t *testing.T, seed authentiktest.Seed, r authentiktest.RomM) authentiktest.Seed {
	t.Helper()
	if err := seed.AddRomM(r); err != nil {
		t.Fatal(err)
	}
	return seed
}

// onPath lets a handler answer for one path and a query that contains text;
// everything else goes on to the fake.
func onPath(path, query string, h http.HandlerFunc) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, path) && strings.Contains("&"+r.URL.RawQuery+"&", query) {
				h(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

func answer(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}
}

func contains(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%s = %q, does not contain %q", what, text, p)
		}
	}
}
