package authentik_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
)

// failures answers the version with the given handlers, one after the other,
// and then lets the fake answer.
func failures(count *atomic.Int64, handlers ...http.HandlerFunc) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/v3/admin/version/" {
				if n := int(count.Add(1)); n <= len(handlers) {
					handlers[n-1](w, r)
					return
				}
			}
			next.ServeHTTP(w, r)
		})
	}
}

func busy(status int, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
	}
}

// hangUp closes the connection, before or in the middle of the body.
func hangUp(partial bool) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if partial {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte(`{"version_current":`))
		}
		panic(http.ErrAbortHandler)
	}
}

func TestRetries(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for name, c := range map[string]struct {
		handlers []http.HandlerFunc
		slept    []time.Duration
		fails    bool
		tries    int64
	}{
		"none":             {nil, nil, false, 1},
		"502 once":         {[]http.HandlerFunc{busy(502)}, []time.Duration{300 * ms}, false, 2},
		"503, 504":         {[]http.HandlerFunc{busy(503), busy(504)}, []time.Duration{300 * ms, 600 * ms}, false, 3},
		"429 seconds":      {[]http.HandlerFunc{busy(429, "Retry-After", "7")}, []time.Duration{7 * time.Second}, false, 2},
		"503 date":         {[]http.HandlerFunc{busy(503, "Date", "Mon, 01 Jun 2026 12:00:00 GMT", "Retry-After", "Mon, 01 Jun 2026 12:00:09 GMT")}, []time.Duration{9 * time.Second}, false, 2},
		"date in the past": {[]http.HandlerFunc{busy(503, "Date", "Mon, 01 Jun 2026 12:00:00 GMT", "Retry-After", "Mon, 01 Jun 2026 11:00:00 GMT")}, []time.Duration{300 * ms}, false, 2},
		"odd header":       {[]http.HandlerFunc{busy(503, "Retry-After", "soon")}, []time.Duration{300 * ms}, false, 2},
		"asks too long":    {[]http.HandlerFunc{busy(503, "Retry-After", "3600")}, nil, true, 1},
		"connection":       {[]http.HandlerFunc{hangUp(false), hangUp(true)}, []time.Duration{300 * ms, 600 * ms}, false, 3},
		"for good":         {[]http.HandlerFunc{busy(503), busy(503), busy(503)}, []time.Duration{300 * ms, 600 * ms}, true, 3},
		"500 is final":     {[]http.HandlerFunc{busy(500)}, nil, true, 1},
		"400 is final":     {[]http.HandlerFunc{busy(400)}, nil, true, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var count atomic.Int64
			f := start(t, authentiktest.Seed{}, failures(&count, c.handlers...), nil)
			_, err := f.client.ReadDirectory(t.Context(), model.ReadOptions{})
			if (err != nil) != c.fails {
				t.Errorf("error %v", err)
			}
			if !slices.Equal(*f.slept, c.slept) {
				t.Errorf("slept %v, want %v", *f.slept, c.slept)
			}
			if count.Load() != c.tries {
				t.Errorf("%d tries, want %d", count.Load(), c.tries)
			}
		})
	}
}

// A cancelled wait ends at once and asks no more.
func TestCancelWhileWaiting(t *testing.T) {
	t.Parallel()
	var count atomic.Int64
	f := start(t, authentiktest.Seed{}, failures(&count, busy(503), busy(503), busy(503)), nil)
	ctx, cancel := context.WithCancel(t.Context())
	f.client.OnSleep(func(ctx context.Context, _ time.Duration) error {
		cancel()
		return ctx.Err()
	})
	if _, err := f.client.ReadDirectory(ctx, model.ReadOptions{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if count.Load() != 1 {
		t.Errorf("%d tries", count.Load())
	}
}

// proves S24: the token does not follow a redirect to another host, scheme or
// port; a redirect within the origin is followed.
func TestRedirects(t *testing.T) {
	t.Parallel()
	var stolen atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stolen.Add(1) }))
	t.Cleanup(other.Close)
	for name, target := range map[string]string{"other host": other.URL + "/api/v3/admin/version/", "other scheme": "https://", "round and round": "/api/v3/admin/version/"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, authentiktest.Seed{}, onPath("/api/v3/admin/version/", "", func(w http.ResponseWriter, r *http.Request) {
				to := target
				if to == "https://" {
					to += r.Host // and port
				}
				http.Redirect(w, r, to, http.StatusFound)
			}), nil)
			_, err := f.client.ReadDirectory(t.Context(), model.ReadOptions{})
			if model.CodeOf(err) != model.CodeUnavailable || len(*f.slept) != 0 {
				t.Errorf("error %v after %v", err, *f.slept)
			}
			contains(t, "error", err.Error(), "redirects to")
			if stolen.Load() != 0 {
				t.Error("the other host was asked")
			}
		})
	}
	f := start(t, authentiktest.Seed{}, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/v3/admin/version/" && r.URL.RawQuery == "" {
				http.Redirect(w, r, r.URL.Path+"?again", http.StatusFound)
				return
			}
			r.URL.RawQuery = strings.TrimPrefix(r.URL.RawQuery, "again")
			next.ServeHTTP(w, r)
		})
	}, nil)
	f.read(t)
}

// proves S25: certificates are checked, and what is wrong is said.
func TestTLSInWords(t *testing.T) {
	t.Parallel()
	fake := newFake(t, authentiktest.Seed{})
	secure := httptest.NewUnstartedServer(fake.Handler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes fail on purpose
	secure.StartTLS()
	t.Cleanup(secure.Close)
	plain := httptest.NewServer(fake.Handler())
	t.Cleanup(plain.Close)
	late := secure.Client().Transport.(*http.Transport).Clone()
	late.TLSClientConfig.Time = func() time.Time { return time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC) }
	wrong := secure.Client().Transport.(*http.Transport).Clone()
	wrong.TLSClientConfig.ServerName = "other.test"
	for name, c := range map[string]struct {
		url       string
		transport http.RoundTripper
		words     string
	}{
		"unknown authority": {secure.URL, nil, "signed by an authority that this machine does not know"},
		"expired":           {secure.URL, late, "has expired or is not valid yet"},
		"wrong host":        {secure.URL, wrong, "the certificate is not for"},
		"no tls":            {strings.Replace(plain.URL, "http:", "https:", 1), nil, "does not speak TLS"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, err := authentik.New(authentik.Config{URL: c.url, Token: authentiktest.DefaultToken, HTTP: &http.Client{Transport: c.transport}})
			if err != nil {
				t.Fatal(err)
			}
			slept := record(client)
			_, err = client.ReadDirectory(t.Context(), model.ReadOptions{})
			if model.CodeOf(err) != model.CodeUnavailable || model.HintOf(err) == "" || len(*slept) != 0 {
				t.Errorf("error %v (%s) after %v", err, model.HintOf(err), *slept)
			}
			contains(t, "error", fmt.Sprint(err), c.words)
		})
	}
	private, err := authentik.New(authentik.Config{URL: secure.URL, Token: authentiktest.DefaultToken, HTTP: secure.Client()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := private.ReadDirectory(t.Context(), model.ReadOptions{}); err != nil {
		t.Errorf("with the private CA: %v", err)
	}
}

func TestNoServerInWords(t *testing.T) {
	t.Parallel()
	dials := func(err error) *http.Client {
		return &http.Client{Transport: &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			return nil, &net.OpError{Op: "dial", Err: err}
		}}}
	}
	gone := dials(os.NewSyscallError("connect", syscall.ECONNREFUSED)) // the port of a server that has ended may be another's by now
	nowhere := dials(&net.DNSError{Name: "auth.example.org", IsNotFound: true})
	hangs := &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { return nil, context.DeadlineExceeded })}
	for name, c := range map[string]struct {
		cfg   authentik.Config
		words string
		waits int
	}{
		"refused":  {authentik.Config{URL: "https://auth.example.org", HTTP: gone}, "refuses the connection", 2},
		"no host":  {authentik.Config{URL: "https://auth.example.org", HTTP: nowhere}, "there is no host called auth.example.org", 0},
		"deadline": {authentik.Config{URL: "https://auth.example.org", HTTP: hangs}, "did not answer within 15 seconds", 0},
	} {
		c.cfg.Token = "x"
		client, err := authentik.New(c.cfg)
		if err != nil {
			t.Fatal(err)
		}
		slept := record(client)
		_, err = client.ReadDirectory(t.Context(), model.ReadOptions{})
		if model.CodeOf(err) != model.CodeUnavailable || model.HintOf(err) == "" || len(*slept) != c.waits {
			t.Errorf("%s: error %v (%s) after %v", name, err, model.HintOf(err), *slept)
		}
		contains(t, name, fmt.Sprint(err), c.words)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// What was given up before it is sent is not sent, although there is room for
// it: a write would be made otherwise.
func TestGivenUpIsNotSent(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	sent := 0
	client, err := authentik.New(authentik.Config{
		URL: "https://auth.example.org", Token: "x",
		HTTP: &http.Client{Transport: roundTrip(func(*http.Request) (*http.Response, error) { sent++; return nil, context.Canceled })},
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		if _, err := client.ReadDirectory(ctx, model.ReadOptions{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want context.Canceled", err)
		}
	}
	if sent != 0 {
		t.Errorf("%d of 50 requests were sent", sent)
	}
}

// proves R9: every request has a deadline, the public document carries no
// token, and no more run at once than allowed.
func TestEveryRequest(t *testing.T) {
	t.Parallel()
	var now, most, public atomic.Int64
	seed := withRomM(t, authentiktest.Seed{Users: people(900)}, authentiktest.RomM{})
	f := start(t, seed, nil, func(c *authentik.Config) {
		c.Concurrency = 3
		c.HTTP = &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			n := now.Add(1)
			defer now.Add(-1)
			for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
			}
			if _, ok := r.Context().Deadline(); !ok {
				t.Errorf("%s has no deadline", r.URL)
			}
			if r.Header.Get("User-Agent") != "romm-admin" {
				t.Errorf("%s: user agent %q", r.URL, r.Header.Get("User-Agent"))
			}
			if strings.HasPrefix(r.URL.Path, "/application/") {
				public.Add(1)
				if r.Header.Get("Authorization") != "" {
					t.Errorf("the token was sent to %s", r.URL)
				}
			}
			return http.DefaultTransport.RoundTrip(r)
		})}
	})
	f.read(t)
	if most.Load() > 3 || public.Load() != 1 {
		t.Errorf("%d requests at once, %d public ones", most.Load(), public.Load())
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	good := func() authentik.Config { return authentik.Config{URL: "https://auth.example.org", Token: "t"} }
	for _, url := range []string{
		"https://auth.example.org", "https://auth.example.org/", "https://auth.example.org/sub/path/", "http://127.0.0.1:9000",
		"http://localhost:9000", "http://[::1]:9000", " https://auth.example.org ", "https://auth.example.org/api/v3/",
	} {
		cfg := good()
		cfg.URL = url
		if _, err := authentik.New(cfg); err != nil {
			t.Errorf("%q: %v", url, err)
		}
	}
	// proves S25: plain http to another machine is refused.
	for _, url := range []string{
		"", "auth.example.org", "ftp://auth.example.org", "https://", "http://auth.example.org", "http://10.0.0.1",
		"http://127.0.0.1.example.org", "https://user:pass@auth.example.org", "https://auth.example.org/?x", "https://auth.example.org/#x",
		"https://auth.example.org/if/admin/", "https:auth.example.org", "https://auth.example.org:port",
	} {
		cfg := good()
		cfg.URL = url
		_, err := authentik.New(cfg)
		if model.CodeOf(err) != model.CodeInvalid || model.HintOf(err) == "" {
			t.Errorf("%q: error %v, hint %q", url, err, model.HintOf(err))
		}
		if err != nil && strings.Contains(err.Error(), "pass@") {
			t.Errorf("%q: the password is in the error", url)
		}
	}
	for name, change := range map[string]func(*authentik.Config){
		"no token":    func(c *authentik.Config) { c.Token = " " },
		"odd token":   func(c *authentik.Config) { c.Token = "a b" },
		"odd slug":    func(c *authentik.Config) { c.Application = "../x" },
		"concurrency": func(c *authentik.Config) { c.Concurrency = -1 },
		"page size":   func(c *authentik.Config) { c.PageSize = -1 },
	} {
		cfg := good()
		change(&cfg)
		if _, err := authentik.New(cfg); model.CodeOf(err) != model.CodeInvalid || model.HintOf(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// proves S32: no error repeats the token.
func TestTokenIsNotInErrors(t *testing.T) {
	t.Parallel()
	const canary = "canary-token-value"
	client, _ := connect(t, busy(500), func(c *authentik.Config) { c.Token = canary })
	_, err := client.ReadDirectory(t.Context(), model.ReadOptions{})
	if text := fmt.Sprintf("%v %+v %#v %s", err, err, err, model.HintOf(err)); strings.Contains(text, canary) {
		t.Error("the token is in the error")
	}
	_, err = authentik.New(authentik.Config{URL: "https://x", Token: canary + " x"})
	if strings.Contains(fmt.Sprintf("%v %#v", err, err), canary) {
		t.Error("the token is in the error of New")
	}
}

// TestMissingIntermediate: a server that sends its own certificate alone is told
// apart from one whose authority is merely not known here, and the hint says
// which certificate is missing.
func TestMissingIntermediate(t *testing.T) {
	t.Parallel()
	issue := func(name string, parent *x509.Certificate, by *ecdsa.PrivateKey, authority bool) (*x509.Certificate, *ecdsa.PrivateKey) {
		t.Helper()
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		c := &x509.Certificate{
			SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
			IsCA: authority, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		}
		if parent == nil {
			parent, by = c, key
		}
		der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), by)
		if err == nil {
			c, err = x509.ParseCertificate(der)
		}
		if err != nil {
			t.Fatal(err)
		}
		return c, key
	}
	root, rootKey := issue("House Root", nil, nil, true)
	between, betweenKey := issue("House Intermediate", root, rootKey, true)
	leaf, leafKey := issue("auth.example.org", between, betweenKey, false)
	for name, c := range map[string]struct {
		chain   [][]byte
		missing bool
	}{"alone": {[][]byte{leaf.Raw}, true}, "whole": {[][]byte{leaf.Raw, between.Raw}, false}} {
		srv := httptest.NewUnstartedServer(answer(http.StatusOK, "application/json", "{}"))
		srv.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: c.chain, PrivateKey: leafKey}}}
		srv.Config.ErrorLog = log.New(io.Discard, "", 0)
		srv.StartTLS()
		t.Cleanup(srv.Close)
		client, err := authentik.New(authentik.Config{URL: srv.URL, Token: authentiktest.DefaultToken})
		if err != nil {
			t.Fatal(err)
		}
		record(client)
		_, err = client.ReadDirectory(t.Context(), model.ReadOptions{})
		said := err.Error() + " " + model.HintOf(err)
		if strings.Contains(said, "House Intermediate") != c.missing || strings.Contains(said, "fullchain.pem") != c.missing || !strings.Contains(said, "CA's certificate as a file") {
			t.Errorf("%s: %s", name, said)
		}
	}
}
