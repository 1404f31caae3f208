package rommapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/romm-admin/romm-admin/db/rommapi"
	"github.com/romm-admin/romm-admin/db/rommtest"
	"github.com/romm-admin/romm-admin/model"
)

// traffic is what RomM received: each sign-in by its kind, each other request
// by the scheme of its Authorization header.
type traffic struct {
	mu  sync.Mutex
	all []string
	// refreshes are the refresh tokens that were sent.
	refreshes []string
}

func (l *traffic) layer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		line := strings.TrimSpace(r.Method + " " + r.URL.Path + " " + scheme)
		if r.URL.Path == "/api/token" {
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(strings.NewReader(string(body)))
			form, _ := url.ParseQuery(string(body))
			line = form.Get("grant_type")
			if v := form.Get("refresh_token"); v != "" {
				l.mu.Lock()
				l.refreshes = append(l.refreshes, v)
				l.mu.Unlock()
			}
		}
		l.mu.Lock()
		l.all = append(l.all, line)
		l.mu.Unlock()
		next.ServeHTTP(w, r)
	})
}

// take counts the requests that are exactly that line, or end like it if it
// starts with *, and forgets them all.
func (l *traffic) take(lines ...string) []int {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]int, len(lines))
	for i, line := range lines {
		for _, one := range l.all {
			if part, isEnd := strings.CutPrefix(line, "*"); one == line || isEnd && strings.HasSuffix(one, part) {
				out[i]++
			}
		}
	}
	l.all = nil
	return out
}

// granted starts a fake behind the layers whose clock is the client's, too.
func granted(t *testing.T, seed rommtest.Seed, between layer) (*traffic, rommapi.Config, *time.Time) {
	t.Helper()
	now := time.Date(2026, 5, 6, 7, 8, 9, 0, time.UTC)
	seed.Now = func() time.Time { return now }
	l := &traffic{}
	_, cfg := start(t, seed, func(next http.Handler) http.Handler {
		if between != nil {
			next = between(next)
		}
		return l.layer(next)
	})
	cfg.Token, cfg.Username, cfg.Password, cfg.Grant = "", "admin", secretWord, true
	cfg.Now = seed.Now
	return l, cfg, &now
}

func read(t *testing.T, c *rommapi.Client) model.AccountsReading {
	t.Helper()
	got, err := c.ReadAccounts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Users) != 5 {
		t.Fatalf("%d users", len(got.Users))
	}
	return got
}

// One sign-in serves many requests; the password is sent no more, and before
// the token ends it is refreshed, each refresh token being used once.
func TestGrant(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"5.2.0", "4.7.0"} { // with and without refresh_expires
		seed := people()
		seed.Version, seed.Tokens = version, nil
		if version == "4.7.0" {
			for i := range seed.Users[1:] {
				seed.Users[i+1].Role = model.RoleViewer
			}
		}
		l, cfg, now := granted(t, seed, nil)
		c := client(t, cfg)
		for _, step := range []struct {
			wait              time.Duration
			password, refresh int
		}{
			{0, 1, 0},
			{0, 0, 0},
			{29 * time.Minute, 0, 0},
			{31 * time.Second, 0, 1}, // 29 s before its end
			{29*time.Minute + 31*time.Second, 0, 1},
			{8 * 24 * time.Hour, 1, 1}, // the refresh token has ended, too
			{30 * time.Minute, 0, 1},
		} {
			*now = now.Add(step.wait)
			got := read(t, c)
			if len(got.Warnings) > 0 {
				t.Errorf("warnings %q", got.Warnings)
			}
			n := l.take("password", "refresh_token", "*Basic", "GET /api/users Bearer", "*Bearer")
			if want := []int{step.password, step.refresh, 0, 1, 2}; !slices.Equal(n, want) {
				t.Errorf("%s, after %v: password, refresh, Basic, list, Bearer: %v, want %v", version, step.wait, n, want)
			}
		}
		if slices.Sort(l.refreshes); len(slices.Compact(l.refreshes)) != 4 {
			t.Errorf("a refresh token was sent twice")
		}
		if _, err := c.SetEmail(t.Context(), 2, "bob@old.example", "bob@example.org"); err != nil {
			t.Error(err)
		}
	}
}

func TestGrantRefusals(t *testing.T) {
	t.Parallel()
	_, cfg, _ := granted(t, people(), nil)
	for _, tc := range []struct{ user, password, msg, hint string }{
		{"admin", "canary-wrong", "sign in to RomM: RomM does not accept the user name and password", "ROMM_PASSWORD"},
		{"ghost", secretWord, "does not accept the user name and password", "ROMM_USERNAME"},
		{"carol", secretWord, "the RomM account in ROMM_USERNAME is disabled", "another administrator"},
	} {
		one := cfg
		one.Username, one.Password = tc.user, model.Secret(tc.password)
		seed := people()
		seed.Users[2].Password = secretWord
		var l *traffic
		l, one.URL = moved(t, seed)
		_, err := client(t, one).ReadAccounts(t.Context())
		wantError(t, err, model.CodeUnauthorized, tc.msg, tc.hint)
		if n := l.take("password", "*Basic"); !slices.Equal(n, []int{1, 0}) {
			t.Errorf("%s: password, Basic: %v, want one try", tc.user, n)
		}
	}
	cfg.Token, cfg.Username, cfg.Password = adminToken, "", ""
	_, err := rommapi.New(cfg)
	wantError(t, err, model.CodeInvalid, "a token is given", "ROMM_USERNAME")
}

// moved starts another fake and returns its address.
func moved(t *testing.T, seed rommtest.Seed) (*traffic, string) {
	t.Helper()
	l := &traffic{}
	_, cfg := start(t, seed, l.layer)
	return l, cfg.URL
}

// Where RomM gives no token, Basic stays, and says what it has to say.
func TestGrantFallsBack(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		between layer
		warning string
	}{
		"no endpoint": {answering("/api/token", 404, "application/json", `{"detail":"Not Found"}`), "there is no /api/token"},
		"kept back":   {answering("/api/token", 405, "text/html", `<html>`), "there is no /api/token"},
		"crash":       {answering("/api/token", 500, "text/plain", "Internal Server Error"), "/api/token answered 500"},
	} {
		l, cfg, _ := granted(t, people(), tc.between)
		c := client(t, cfg)
		read(t, c)
		if got := read(t, c); len(got.Warnings) != 1 || !strings.Contains(got.Warnings[0], tc.warning) {
			t.Errorf("%s: warnings %q", name, got.Warnings)
		}
		if n := l.take("password", "*Basic"); !slices.Equal(n, []int{1, 4}) {
			t.Errorf("%s: password, Basic: %v", name, n)
		}
	}

	// A plain user lacks scopes; with them goes the list, in words.
	_, cfg, _ := granted(t, people(), nil)
	cfg.Username = "bob"
	_, err := client(t, cfg).ReadAccounts(t.Context())
	wantError(t, err, model.CodeForbidden, "RomM forbids it", "ROMM_USERNAME must be an administrator")
	// An account made by OIDC has no password that works.
	cfg.Username = "noemail"
	_, err = client(t, cfg).ReadAccounts(t.Context())
	wantError(t, err, model.CodeUnauthorized, "RomM answered 500; with it that usually means", "made by OIDC")
}

// RomM forgets its key, or the answer to a refresh gets lost: the password
// brings new tokens, and nobody notices.
func TestGrantRecovers(t *testing.T) {
	t.Parallel()
	var fakes [2]http.Handler
	for i := range fakes {
		f, err := rommtest.New(people())
		if err != nil {
			t.Fatal(err)
		}
		fakes[i] = f
	}
	at := 0
	l, cfg, _ := granted(t, people(), func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fakes[at].ServeHTTP(w, r) })
	})
	c := client(t, cfg)
	read(t, c)
	at = 1
	l.take()
	read(t, c)
	if n := l.take("refresh_token", "password", "*Bearer"); !slices.Equal(n, []int{1, 1, 3}) {
		t.Errorf("new key: refresh, password, Bearer: %v", n)
	}

	var lose, busy atomic.Bool // a handler that hangs up tells nobody what it did before
	l, cfg, now := granted(t, people(), func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/token" && lose.CompareAndSwap(true, false) {
				apply(next, r)
				hangUp(w)
			}
			if busy.Load() && r.URL.Path == "/api/token" {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	c = client(t, cfg)
	read(t, c)
	*now = now.Add(time.Hour)
	lose.Store(true)
	read(t, c)
	if n := l.take("refresh_token", "password"); !slices.Equal(n, []int{1, 2}) {
		t.Errorf("lost refresh: refresh, password: %v", n)
	}
	// A refresh token that was sent is never sent again.
	*now = now.Add(time.Hour)
	lose.Store(true)
	busy.Store(true)
	_, err := c.ReadAccounts(t.Context())
	wantError(t, err, model.CodeUnavailable, "status 503", "running")
	busy.Store(false)
	read(t, c)
	if n := l.take("refresh_token", "password"); !slices.Equal(n, []int{1, 4}) {
		t.Errorf("lost refresh, then busy: refresh, password: %v", n)
	}
}

// A token that never pleases is renewed once a request, not for ever.
func TestGrantGivesUp(t *testing.T) {
	t.Parallel()
	l, cfg, _ := granted(t, people(), answering("/api/users", 500, "text/plain", "Internal Server Error"))
	_, err := client(t, cfg).ReadAccounts(t.Context())
	wantError(t, err, model.CodeUnavailable, "RomM answered 500", "log")
	if n := l.take("password", "refresh_token", "GET /api/users Bearer"); !slices.Equal(n, []int{1, 1, 2}) {
		t.Errorf("password, refresh, list: %v", n)
	}

	for _, body := range []string{`{}`, `{"access_token":"canary\r\nX: y"}`, `{"access_token":17}`, `canary`} {
		_, cfg, _ = granted(t, people(), answering("/api/token", 200, "application/json", body))
		_, err = client(t, cfg).ReadAccounts(t.Context())
		wantError(t, err, model.CodeUnavailable, "sign in to RomM: the answer is not what RomM sends", "ROMM_BASE_URL")
	}
	l, cfg, _ = granted(t, people(), answering("/api/token", 503, "text/html", "busy"))
	_, err = client(t, cfg).ReadAccounts(t.Context())
	wantError(t, err, model.CodeUnavailable, "sign in to RomM: RomM is not available (status 503)", "running")
	if n := l.take("password", "*Bearer", "*Basic"); !slices.Equal(n, []int{3, 0, 0}) {
		t.Errorf("busy: password, Bearer, Basic: %v", n)
	}
}

// proves S32: a rude server repeats the tokens that it was sent.
func TestGrantHidesTokens(t *testing.T) {
	t.Parallel()
	l, cfg, _ := granted(t, people(), answering("/api/users", 400, "application/json", `{"detail":"no: ECHO"}`))
	_, err := client(t, cfg).ReadAccounts(t.Context())
	wantError(t, err, model.CodeInvalid, "RomM refuses: no: Bearer ***", "change")
	if n := l.take("GET /api/users Bearer"); n[0] != 1 {
		t.Errorf("%d lists", n[0])
	}
	_, cfg, _ = granted(t, people(), answering("/api/token", 400, "application/json", `{"detail":"no canary-password, `+strings.ReplaceAll(url.QueryEscape("canary pässword"), "%", "%%")+`"}`))
	cfg.Password = "canary pässword"
	_, err = client(t, cfg).ReadAccounts(t.Context())
	if err == nil || strings.Contains(err.Error(), url.QueryEscape("canary pässword")) {
		t.Errorf("%v", err)
	}
}

// direct serves requests without a network, so that a bubble of synctest can
// tell when everybody waits.
type direct struct {
	handler http.Handler
	release chan struct{}
	signIns *int
}

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == "/api/token" {
		*d.signIns++
		select {
		case <-d.release:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return w.Result(), nil
}

// Twenty callers share one sign-in; the one who caused it gives up, and the
// others get their token all the same.
func TestGrantSingleFlight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		fake, err := rommtest.New(people())
		if err != nil {
			t.Fatal(err)
		}
		signIns := 0
		release := make(chan struct{})
		c := client(t, rommapi.Config{
			URL: "https://romm.example.org", Username: "admin", Password: secretWord, Grant: true,
			HTTP: &http.Client{Transport: direct{fake, release, &signIns}},
		})
		ctx, cancel := context.WithCancel(t.Context())
		gaveUp := make(chan error, 1)
		go func() {
			_, err := c.ReadAccounts(ctx)
			gaveUp <- err
		}()
		synctest.Wait()
		errs := make(chan error, 20)
		for range cap(errs) {
			go func() {
				r, err := c.ReadAccounts(t.Context())
				if err == nil && len(r.Users) != 5 {
					err = fmt.Errorf("%d users", len(r.Users))
				}
				errs <- err
			}()
		}
		synctest.Wait()
		cancel()
		if err := <-gaveUp; !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want context.Canceled", err)
		}
		close(release)
		for range cap(errs) {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		if signIns != 1 {
			t.Errorf("%d sign-ins for 21 callers", signIns)
		}
	})
}

// A sign-in that never ends is given up, without a caller's deadline.
func TestGrantDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		signIns := 0
		fake, err := rommtest.New(people())
		if err != nil {
			t.Fatal(err)
		}
		c := client(t, rommapi.Config{
			URL: "https://romm.example.org", Username: "admin", Password: secretWord, Grant: true,
			HTTP: &http.Client{Transport: direct{fake, nil, &signIns}},
		})
		began := time.Now()
		_, err = c.ReadAccounts(t.Context())
		wantError(t, err, model.CodeUnavailable, "sign in to RomM: romm.example.org did not answer in time", "ROMM_BASE_URL")
		if took := time.Since(began); took > 30*time.Second || signIns != 1 {
			t.Errorf("gave up after %v and %d tries", took, signIns)
		}
	})
}

// The token ends between reading and writing, and RomM signs us in no more:
// nothing was sent, so nothing has to be found out.
func TestGrantEndsBeforeTheWrite(t *testing.T) {
	t.Parallel()
	ended := false
	now := new(time.Time)
	l, cfg, now := granted(t, people(), func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if ended && r.URL.Path == "/api/token" {
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			next.ServeHTTP(w, r)
			if r.URL.Path == "/api/users/2" {
				*now, ended = now.Add(time.Hour), true
			}
		})
	})
	_, err := client(t, cfg).SetEmail(t.Context(), 2, "bob@old.example", "bob@example.org")
	wantError(t, err, model.CodeUnavailable, "sign in to RomM: too many requests", "later")
	if n := l.take("PUT /api/users/2 Bearer"); n[0] != 0 {
		t.Errorf("%d writes", n[0])
	}
}
