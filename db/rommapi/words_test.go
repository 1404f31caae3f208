package rommapi_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/db/rommapi"
	"github.com/romm-admin/romm-admin/db/rommtest"
	"github.com/romm-admin/romm-admin/model"
)

// answering is a server in RomM's place that gives one answer to the path and
// lets the fake answer the rest.
func answering(path string, status int, contentType, body string) layer {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != path {
				next.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Content-Type", contentType)
			if status >= 300 && status < 400 {
				w.Header().Set("Location", body)
			}
			w.WriteHeader(status)
			// A rude server repeats the credentials that it got.
			_, _ = fmt.Fprintf(w, strings.ReplaceAll(body, "ECHO", "%s"), echoes(body, r)...)
		})
	}
}

func echoes(body string, r *http.Request) []any {
	if !strings.Contains(body, "ECHO") {
		return nil
	}
	return []any{r.Header.Get("Authorization")}
}

// Every answer that is not RomM's wanted one has its words and its hint.
func TestErrorWords(t *testing.T) {
	t.Parallel()
	const js, html, text = "application/json", "text/html; charset=utf-8", "text/plain; charset=utf-8"
	for _, tc := range []struct {
		path, kind string
		status     int
		body       string
		code       model.Code
		msg, hint  string
	}{
		{"/api/heartbeat", html, 200, "<!doctype html><title>RomM</title>", model.CodeUnavailable, "a web page or other text came back instead of RomM's API (status 200)", "ROMM_BASE_URL"},
		{"/api/heartbeat", js, 404, `{"detail":"Not Found"}`, model.CodeNotFound, "no RomM API at that address", "ROMM_BASE_URL"},
		{"/api/heartbeat", html, 404, "<html>nginx</html>", model.CodeUnavailable, "status 404", "ROMM_BASE_URL"},
		{"/api/heartbeat", html, 401, "<html>sign in</html>", model.CodeUnavailable, "status 401", "login proxy"},
		{"/api/heartbeat", text, 500, "Internal Server Error", model.CodeUnavailable, "RomM answered 500", "log"},
		{"/api/heartbeat", html, 500, "<html>oops</html>", model.CodeUnavailable, "status 500", "ROMM_BASE_URL"},
		{"/api/heartbeat", js, 403, `{"detail":"Forbidden"}`, model.CodeForbidden, "forbids", "ROMM_BASE_URL"},
		{"/api/heartbeat", html, 502, "<html>Bad Gateway</html>", model.CodeUnavailable, "not available (status 502)", "running"},
		{"/api/heartbeat", html, 302, "https://auth.example.org/if/flow", model.CodeUnavailable, "redirects to https://auth.example.org", "login proxy"},
		{"/api/heartbeat", html, 302, "", model.CodeUnavailable, "redirects elsewhere", "ROMM_BASE_URL"},
		{"/api/users/me", text, 500, "Internal Server Error", model.CodeUnauthorized, "RomM answered 500; with it that usually means a malformed or expired token or a wrong user name/password form", "ROMM_TOKEN"},
		{"/api/users", text, 500, "Internal Server Error", model.CodeUnavailable, "RomM answered 500", "log"},
		{"/api/users/me", text, 403, "CSRF token verification failed", model.CodeUnauthorized, "the Authorization header was lost on the way (a proxy?)", "Authorization header"},
		{"/api/users", js, 403, `{"detail":"Forbidden"}`, model.CodeForbidden, "RomM forbids it", "the scope users.read"},
		{"/api/users", js, 401, `{"detail":"Not authenticated"}`, model.CodeUnauthorized, "does not accept the token", "ROMM_TOKEN"},
		{"/api/users", js, 400, `{"detail":"No, ECHO!"}`, model.CodeInvalid, "RomM refuses: No, Bearer ***!", "change"},
		{"/api/users", js, 422, `{"detail":[{"type":"missing","loc":["body","x",0],"msg":"Field required ECHO"}]}`, model.CodeInvalid, "body.x.0: Field required Bearer ***", "supported"},
		{"/api/users", js, 422, `{"detail":"Invalid expires_in value: 5d"}`, model.CodeInvalid, "Invalid expires_in", "supported"},
		{"/api/users", js, 400, `{"detail":{"x":"ECHO"}}`, model.CodeInvalid, "no reason given", "change"},
		{"/api/users", js, 400, `ECHO`, model.CodeInvalid, "no reason given", "change"},
		{"/api/users", js, 418, `{"detail":"a \u001b[31m` + strings.Repeat("long ", 100) + `"}`, model.CodeUnavailable, `status 418: a \x1b[31mlong`, "ROMM_BASE_URL"},
		{"/api/users", js, 429, `{"detail":"slow down"}`, model.CodeUnavailable, "too many requests", "later"},
		{"/api/users", html, 200, "ECHO", model.CodeUnavailable, "a web page", "ROMM_BASE_URL"},
		{"/api/users", js, 200, `"ECHO"`, model.CodeUnavailable, "not what RomM sends", "ROMM_BASE_URL"},
		{"/api/users", js, 200, `[{"id":"ECHO"}]`, model.CodeUnavailable, "not what RomM sends", "ROMM_BASE_URL"},
	} {
		t.Run(fmt.Sprintf("%s %d %s", tc.path, tc.status, tc.msg), func(t *testing.T) {
			t.Parallel()
			_, cfg := start(t, people(), answering(tc.path, tc.status, tc.kind, tc.body))
			_, err := client(t, cfg).ReadAccounts(t.Context())
			wantError(t, err, tc.code, tc.msg, tc.hint)
			if len(err.Error()) > 400 {
				t.Errorf("%d characters of error", len(err.Error()))
			}
			// proves S30
			if strings.ContainsRune(err.Error()+model.HintOf(err), 0x1b) {
				t.Errorf("an escape gets through: %q", err)
			}
		})
	}
}

func TestWrongCredentials(t *testing.T) {
	t.Parallel()
	_, cfg := start(t, people(), nil)
	for _, tc := range []struct {
		token          model.Secret
		user, password string
		msg, hint      string
	}{
		{"rmm_canary-unknown", "", "", "does not accept the token", "unknown, expired or revoked"},
		{"canary.not.jwt", "", "", "RomM answered 500; with it that usually means", "client API token"},
		{"", "admin", "canary-wrong", "does not accept the user name and password", "ROMM_PASSWORD"},
		{"", "ghost", secretWord, "does not accept the user name and password", "ROMM_USERNAME"},
		{"", "noemail", secretWord, "RomM answered 500; with it that usually means", "made by OIDC"},
	} {
		one := cfg
		one.Token, one.Username, one.Password = tc.token, tc.user, model.Secret(tc.password)
		_, err := client(t, one).ReadAccounts(t.Context())
		wantError(t, err, model.CodeUnauthorized, tc.msg, tc.hint)
	}
}

// Up to 5.1 a 403 may mean that nobody is signed in.
func TestForbiddenUpTo51(t *testing.T) {
	t.Parallel()
	seed := people()
	seed.Version = "5.1.0"
	_, cfg := start(t, seed, nil)
	cfg.Token = "rmm_canary-unknown"
	_, err := client(t, cfg).ReadAccounts(t.Context())
	wantError(t, err, model.CodeForbidden, "RomM forbids it", "up to 5.1 RomM says the same when it does not accept the credentials")
}

// A JWT that expires while we work: RomM answers 500, or 401 if it is of
// another kind.
func TestJWTLater(t *testing.T) {
	t.Parallel()
	for status, words := range map[int][2]string{
		http.StatusInternalServerError: {"RomM answered 500", "may have expired"},
		http.StatusUnauthorized:        {"does not accept the token", "better to a client API token"},
	} {
		code := map[int]model.Code{500: model.CodeUnavailable, 401: model.CodeUnauthorized}[status]
		_, cfg := start(t, people(), func(next http.Handler) http.Handler {
			me := canned(map[string]string{"/api/users/me": `{"id":1,"username":"admin","enabled":true,"role":"admin"}`})(next)
			return answering("/api/users", status, "application/json", `{"detail":"x"}`)(me)
		})
		cfg.Token = "canary.canary.canary"
		_, err := client(t, cfg).ReadAccounts(t.Context())
		wantError(t, err, code, words[0], words[1])
	}
}

// The header gets lost, without kiosk mode and on a write.
func TestHeaderLost(t *testing.T) {
	t.Parallel()
	drop := func(method string) layer {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == method {
					r.Header.Del("Authorization")
				}
				next.ServeHTTP(w, r)
			})
		}
	}
	_, cfg := start(t, people(), drop(http.MethodGet))
	_, err := client(t, cfg).ReadAccounts(t.Context())
	wantError(t, err, model.CodeUnauthorized, "does not accept the token", "ROMM_TOKEN")

	_, cfg = start(t, people(), drop(http.MethodPut))
	_, err = client(t, cfg).SetEmail(t.Context(), 2, "bob@old.example", "bob@example.org")
	wantError(t, err, model.CodeUnauthorized, "the Authorization header was lost on the way (a proxy?)", "ROMM_BASE_URL")
}

// refuseWrites fails to connect for writes.
type refuseWrites struct{ http.RoundTripper }

func (f refuseWrites) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPut {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	return f.RoundTripper.RoundTrip(r)
}

// failing is a way to RomM that does not work.
type failing struct {
	err   error
	count *atomic.Int32
}

func (f failing) RoundTrip(*http.Request) (*http.Response, error) {
	f.count.Add(1)
	return nil, f.err
}

// timeoutError is what a dialler's own deadline gives.
type timeoutError struct{}

func (timeoutError) Error() string   { return "i/o timeout" }
func (timeoutError) Timeout() bool   { return true }
func (timeoutError) Temporary() bool { return true }

func TestNoWay(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		err   error
		tries int32
		msg   string
		hint  string
	}{
		{&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "romm.example.org", IsNotFound: true}}, 1, "no host is called romm.example.org", "ROMM_BASE_URL"},
		{&net.OpError{Op: "dial", Err: &net.DNSError{Err: "server misbehaving", IsTemporary: true}}, 3, "the connection to romm.example.org was lost", "ROMM_BASE_URL"},
		{&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}, 3, "nothing listens at romm.example.org", "running"},
		{&net.OpError{Op: "read", Err: syscall.ECONNRESET}, 3, "the connection to romm.example.org was lost", "ROMM_BASE_URL"},
		{io.ErrUnexpectedEOF, 3, "the connection to romm.example.org was lost", "ROMM_BASE_URL"},
		{timeoutError{}, 1, "romm.example.org did not answer in time", "ROMM_BASE_URL"},
		{&tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.Expired}}, 1, "has expired", "clock"},
		{&tls.CertificateVerificationError{Err: x509.CertificateInvalidError{Reason: x509.IncompatibleUsage}}, 1, "is not valid", "proxy"},
		{context.DeadlineExceeded, 1, "romm.example.org did not answer in time", "ROMM_BASE_URL"},
		{errors.New("malformed HTTP status code \"Bearer " + adminToken + "\""), 3, "was lost: malformed", "ROMM_BASE_URL"},
	} {
		count := new(atomic.Int32)
		slept := &pauses{}
		c := client(t, rommapi.Config{
			URL: "https://romm.example.org", Token: adminToken, Sleep: slept.sleep,
			HTTP: &http.Client{Transport: failing{tc.err, count}},
		})
		_, err := c.ReadAccounts(t.Context())
		wantError(t, err, model.CodeUnavailable, tc.msg, tc.hint)
		if count.Load() != tc.tries || len(slept.all) != int(tc.tries)-1 {
			t.Errorf("%v: %d tries, %d pauses, want %d tries", tc.err, count.Load(), len(slept.all), tc.tries)
		}
	}
}

func TestTLSWords(t *testing.T) {
	t.Parallel()
	fake, err := rommtest.New(people())
	if err != nil {
		t.Fatal(err)
	}
	quiet := log.New(io.Discard, "", 0)
	secure := httptest.NewUnstartedServer(fake)
	secure.Config.ErrorLog = quiet
	secure.StartTLS()
	t.Cleanup(secure.Close)
	plain := httptest.NewUnstartedServer(fake)
	plain.Config.ErrorLog = quiet
	plain.Start()
	t.Cleanup(plain.Close)

	_, err = client(t, rommapi.Config{URL: secure.URL, Token: adminToken}).ReadAccounts(t.Context())
	wantError(t, err, model.CodeUnavailable, "unknown authority", "SSL_CERT_FILE")

	// httptest's certificate is for example.com and the loopback addresses.
	trusting := secure.Client()
	dial := trusting.Transport.(*http.Transport).Clone()
	dial.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, secure.Listener.Addr().String())
	}
	elsewhere := rommapi.Config{URL: "https://romm.invalid", Token: adminToken, HTTP: &http.Client{Transport: dial}}
	_, err = client(t, elsewhere).ReadAccounts(t.Context())
	wantError(t, err, model.CodeUnavailable, "for another name", "ROMM_BASE_URL")

	_, err = client(t, rommapi.Config{URL: strings.Replace(plain.URL, "http", "https", 1), Token: adminToken}).ReadAccounts(t.Context())
	wantError(t, err, model.CodeUnavailable, "does not speak https", "ROMM_BASE_URL")

	if _, err := client(t, rommapi.Config{URL: secure.URL, Token: adminToken, HTTP: trusting}).ReadAccounts(t.Context()); err != nil {
		t.Errorf("over TLS: %v", err)
	}
}

// proves R9: reads are tried three times at most, with a pause that grows, and
// as long as Retry-After asks.
func TestRetries(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name       string
		status     int
		retryAfter string
		failures   int32
		min, max   time.Duration // of the first pause
		works      bool
	}{
		{"twice 503", 503, "", 2, 150 * time.Millisecond, 450 * time.Millisecond, true},
		{"once 502", 502, "", 1, 150 * time.Millisecond, 450 * time.Millisecond, true},
		{"three times 504", 504, "", 3, 150 * time.Millisecond, 450 * time.Millisecond, false},
		{"429 with seconds", 429, "7", 1, 7 * time.Second, 7 * time.Second, true},
		{"429 with a date", 429, "Fri, 02 Jan 2026 15:04:12 GMT", 1, 7 * time.Second, 7 * time.Second, true},
		{"503 with a past date", 503, "Mon, 02 Jan 2006 15:04:05 GMT", 1, 0, 0, true},
		{"429 for too long", 429, "3600", 1, 0, 0, false},
		{"500 is not tried again", 500, "", 1, 0, 0, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			left, seen := new(atomic.Int32), new(atomic.Int32)
			left.Store(tc.failures)
			_, cfg := start(t, people(), func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path != "/api/users" {
						next.ServeHTTP(w, r)
						return
					}
					seen.Add(1)
					if left.Add(-1) < 0 {
						next.ServeHTTP(w, r)
						return
					}
					if tc.retryAfter != "" {
						w.Header().Set("Retry-After", tc.retryAfter)
					}
					w.WriteHeader(tc.status)
				})
			})
			slept := &pauses{}
			cfg.Sleep = slept.sleep
			cfg.Now = func() time.Time { return time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC) }
			_, err := client(t, cfg).ReadAccounts(t.Context())
			if tc.works != (err == nil) {
				t.Fatalf("error %v", err)
			}
			if want := tc.failures + 1; tc.works && seen.Load() != want || seen.Load() > 3 {
				t.Errorf("%d requests", seen.Load())
			}
			if len(slept.all) != int(seen.Load())-1 {
				t.Errorf("%d pauses between %d requests", len(slept.all), seen.Load())
			}
			if len(slept.all) > 0 && (slept.all[0] < tc.min || slept.all[0] > tc.max) {
				t.Errorf("paused %v, want %v to %v", slept.all[0], tc.min, tc.max)
			}
		})
	}
}

func TestCancelStops(t *testing.T) {
	t.Parallel()
	seen := new(atomic.Int32)
	ctx, cancel := context.WithCancel(t.Context())
	_, cfg := start(t, people(), func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			seen.Add(1)
			w.WriteHeader(http.StatusServiceUnavailable)
		})
	})
	cfg.Sleep = func(ctx context.Context, _ time.Duration) error { cancel(); return ctx.Err() }
	_, err := client(t, cfg).ReadAccounts(ctx)
	wantError(t, err, model.CodeUnavailable, "cancelled", "")
	if !errors.Is(err, context.Canceled) || seen.Load() != 1 {
		t.Errorf("%v after %d requests", err, seen.Load())
	}
}

// proves S24: the credentials never follow a redirect to another origin.
func TestRedirects(t *testing.T) {
	t.Parallel()
	stolen := new(atomic.Int32)
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stolen.Add(1) }))
	t.Cleanup(thief.Close)
	_, cfg := start(t, people(), answering("/api/users", http.StatusTemporaryRedirect, "text/html", thief.URL+"/api/users"))
	_, err := client(t, cfg).ReadAccounts(t.Context())
	wantError(t, err, model.CodeUnavailable, "redirects to "+thief.URL, "ROMM_BASE_URL")
	if stolen.Load() != 0 {
		t.Error("the redirect was followed")
	}

	_, cfg = start(t, people(), answering("/api/users", http.StatusPermanentRedirect, "text/html", "/api/users/"))
	if _, err := client(t, cfg).ReadAccounts(t.Context()); err != nil {
		t.Errorf("within the origin: %v", err)
	}
	rounds := new(atomic.Int32)
	_, cfg = start(t, people(), func(next http.Handler) http.Handler {
		loop := answering("/api/users", http.StatusFound, "text/html", "/api/users")(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { rounds.Add(1); loop.ServeHTTP(w, r) })
	})
	_, err = client(t, cfg).ReadAccounts(t.Context())
	wantError(t, err, model.CodeUnavailable, "redirects", "ROMM_BASE_URL")
	if rounds.Load() != 3+4 { // heartbeat, me, its tokens, and the list with three more
		t.Errorf("%d requests in a circle", rounds.Load())
	}

	puts := new(atomic.Int32)
	_, cfg = start(t, people(), onPut(func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		puts.Add(1)
		http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
	}))
	_, err = client(t, cfg).SetEmail(t.Context(), 2, "bob@old.example", "bob@example.org")
	wantError(t, err, model.CodeUnavailable, "redirects", "ROMM_BASE_URL")
	if puts.Load() != 1 {
		t.Errorf("the write was sent %d times", puts.Load())
	}
}

// proves S24: an endless answer is cut off.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	_, cfg := start(t, people(), func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			blanks := []byte(strings.Repeat(" ", 1<<16))
			for {
				if _, err := w.Write(blanks); err != nil {
					return
				}
			}
		})
	})
	_, err := client(t, cfg).ReadAccounts(t.Context())
	wantError(t, err, model.CodeUnavailable, "larger than 1 MiB", "ROMM_BASE_URL")
}
