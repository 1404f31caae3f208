package rommapi_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/romm-admin/romm-admin/db/rommtest"
	"github.com/romm-admin/romm-admin/model"
)

func TestSetEmail(t *testing.T) {
	t.Parallel()
	fake, cfg := start(t, people(), nil)
	c := client(t, cfg)
	for _, step := range []struct {
		id                   int64
		before, after, store string
	}{
		{2, "bob@old.example", "  Bob+romm@Example.ORG ", "bob+romm@example.org"},
		{2, "bob+romm@example.org", "", "NULL"},
		{2, "", "bob@example.org", "bob@example.org"},
		{3, "", "carol@example.org", "carol@example.org"}, // disabled
		{4, "Odd.Name@Example.COM", "odd@example.com", "odd@example.com"},
		{5, "", "five@example.org", "five@example.org"}, // had the empty string
		{5, "five@example.org", "", "NULL"},
		{1, "admin@example.com", "root@example.com", "root@example.com"}, // oneself
	} {
		got, err := c.SetEmail(t.Context(), step.id, step.before, step.after)
		if err != nil {
			t.Fatalf("%+v: %v", step, err)
		}
		stored := email(t, fake, step.id)
		if stored != step.store || got.ID != step.id || got.Email.Raw() != strings.Replace(step.store, "NULL", "", 1) {
			t.Errorf("%+v: stored %q, returned %+v", step, stored, got)
		}
	}
}

func TestSetEmailRefusals(t *testing.T) {
	t.Parallel()
	fake, cfg := start(t, people(), nil)
	c := client(t, cfg)
	for _, tc := range []struct {
		id            int64
		before, after string
		code          model.Code
		msg, hint     string
	}{
		{2, "bob@old.example", "Bob@Old.example", model.CodeInvalid, "RomM ignores letter case; nothing to fix", "matches"},
		{4, "Odd.Name@Example.COM", "odd.name@example.com", model.CodeInvalid, "RomM ignores letter case; nothing to fix", "matches"},
		{2, "bob@old.example", "bob@old.example", model.CodeInvalid, "nothing to fix", "matches"},
		{3, "", "", model.CodeInvalid, "no address to clear", "nothing to do"},
		{2, "bob@old.example", "bob", model.CodeInvalid, "Invalid email format", "RomM accepts"},
		{2, "bob@old.example", "bób@example.org", model.CodeInvalid, "only ASCII", "ASCII"},
		{2, "bob@old.example", strings.Repeat("b", 255) + "@example.org", model.CodeInvalid, "longer than 255", "cannot store"},
		{0, "", "x@example.org", model.CodeInvalid, "no user id", "reload"},
		// proves S35
		{2, "bob@other.example", "bob@example.org", model.CodeConflict, `now "bob@old.example", no longer "bob@other.example"`, "reload"},
		{3, "carol@old.example", "carol@example.org", model.CodeConflict, `now no address`, "reload"},
		{2, "bob@stale.example", "bob@old.example", model.CodeConflict, `now "bob@old.example", no longer "bob@stale.example"`, "reload"},
		// proves S4 at the last step: nobody gets a second person's address
		{2, "bob@old.example", "ADMIN@example.com", model.CodeConflict, `has the address "admin@example.com" already`, "first"},
		{2, "bob@old.example", "odd.name@example.com", model.CodeConflict, `has the address "odd.name@example.com" already`, "first"},
		{99, "", "x@example.org", model.CodeNotFound, "no user with id 99", "deleted"},
	} {
		_, err := c.SetEmail(t.Context(), tc.id, tc.before, tc.after)
		wantError(t, err, tc.code, tc.msg, tc.hint)
	}
	if got := email(t, fake, 2); got != "bob@old.example" {
		t.Errorf("a refused change was made: %q", got)
	}
}

// MariaDB counts an address with accents as the same; only RomM can tell.
func TestSetEmailCollation(t *testing.T) {
	t.Parallel()
	seed := people()
	seed.Users[1].Email = ptr("bób@example.org")
	_, cfg := start(t, seed, nil)
	for _, id := range []int64{2, 3} {
		before := map[int64]string{2: "bób@example.org"}[id]
		_, err := client(t, cfg).SetEmail(t.Context(), id, before, "bob@example.org")
		wantError(t, err, model.CodeConflict, "or one that RomM's database counts as the same", "another spelling")
	}
}

func TestSetEmailScopes(t *testing.T) {
	t.Parallel()
	fake, cfg := start(t, people(), nil)
	cfg.Token = readerToken
	_, err := client(t, cfg).SetEmail(t.Context(), 2, "bob@old.example", "bob@example.org")
	wantError(t, err, model.CodeForbidden, "RomM forbids it", "me.write")

	cfg.Token = bobToken
	_, err = client(t, cfg).SetEmail(t.Context(), 2, "bob@old.example", "bob@example.org")
	wantError(t, err, model.CodeForbidden, "RomM forbids it", "users.read")

	cfg.Token, cfg.Username, cfg.Password = "", "bob", secretWord
	_, err = client(t, cfg).SetEmail(t.Context(), 2, "bob@old.example", "bob@example.org")
	wantError(t, err, model.CodeForbidden, "RomM forbids it", "ROMM_USERNAME must be an administrator")
	if got := email(t, fake, 2); got != "bob@old.example" {
		t.Errorf("a refused change was made: %q", got)
	}
}

func TestSetEmailOldRomM(t *testing.T) {
	t.Parallel()
	puts := new(atomic.Int32)
	_, cfg := start(t, people(), func(next http.Handler) http.Handler {
		return countPuts(puts, canned(map[string]string{"/api/heartbeat": `{"SYSTEM":{"VERSION":"3.10.3"}}`})(next))
	})
	_, err := client(t, cfg).SetEmail(t.Context(), 2, "bob@old.example", "bob@example.org")
	wantError(t, err, model.CodeRefused, "RomM 3.10.3 can only be read", "4.0")
	if puts.Load() != 0 {
		t.Errorf("%d writes were sent", puts.Load())
	}
}

func countPuts(n *atomic.Int32, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			n.Add(1)
		}
		next.ServeHTTP(w, r)
	})
}

// onPut replaces the handling of the write alone.
func onPut(handle func(w http.ResponseWriter, r *http.Request, next http.Handler)) layer {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPut {
				handle(w, r, next)
				return
			}
			next.ServeHTTP(w, r)
		})
	}
}

// discard takes an answer that is not passed on.
type discard struct{ h http.Header }

func (d discard) Header() http.Header          { return d.h }
func (discard) Write(b []byte) (int, error)    { return len(b), nil }
func (discard) WriteHeader(int)                {}
func apply(next http.Handler, r *http.Request) { next.ServeHTTP(discard{http.Header{}}, r) }

// hangUp cuts the connection without an answer.
func hangUp(http.ResponseWriter) { panic(http.ErrAbortHandler) }

// proves S35 and R9: whatever happens to the answer of the write, it is sent
// once, and the account is read to say what became of it.
func TestSetEmailLostAnswer(t *testing.T) {
	t.Parallel()
	gateway := func(w http.ResponseWriter) { w.WriteHeader(http.StatusGatewayTimeout) }
	crash := func(w http.ResponseWriter) { http.Error(w, "Internal Server Error", http.StatusInternalServerError) }
	page := func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<!doctype html>")
	}
	half := func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", "500")
		_, _ = io.WriteString(w, `{"id":2,"user`)
	}
	garbage := func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"id":2,"user`)
	}
	other := func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"id":3,"username":"x","enabled":true,"role":"user"}`)
	}
	for name, answer := range map[string]func(http.ResponseWriter){
		"hang up": hangUp, "504": gateway, "500": crash, "html": page, "half": half, "garbage": garbage, "other user": other,
	} {
		for _, effect := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				puts := new(atomic.Int32)
				fake, cfg := start(t, people(), onPut(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
					puts.Add(1)
					if effect {
						apply(next, r)
					}
					answer(w)
				}))
				got, err := client(t, cfg).SetEmail(t.Context(), 2, "bob@old.example", "bob@example.org")
				if puts.Load() != 1 {
					t.Errorf("the write was sent %d times", puts.Load())
				}
				if effect {
					if err != nil || got.Email != "bob@example.org" || email(t, fake, 2) != "bob@example.org" {
						t.Errorf("%+v, %v", got, err)
					}
					return
				}
				if name == "hang up" || name == "half" || name == "504" { // RomM may still be at it
					wantError(t, err, model.CodeUnknown, "set the RomM e-mail: the address is not changed yet, and RomM may still change it: ", "history interrupted")
				} else {
					wantError(t, err, model.CodeUnavailable, "set the RomM e-mail: not changed: ", "try again")
				}
				if strings.Count(err.Error(), "set the RomM e-mail") != 1 {
					t.Errorf("the operation is named twice: %v", err)
				}
			})
		}
	}
}

// lateTrip lets the write take effect and then reports that its time is up,
// or that the caller has gone.
type lateTrip struct {
	http.RoundTripper
	after func() error
}

func (l lateTrip) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := l.RoundTripper.RoundTrip(r)
	if err != nil || r.Method != http.MethodPut {
		return res, err
	}
	_ = res.Body.Close()
	return nil, l.after()
}

func TestSetEmailTimeoutAfterEffect(t *testing.T) {
	t.Parallel()
	_, cfg := start(t, people(), nil)
	cfg.HTTP.Transport = lateTrip{cfg.HTTP.Transport, func() error { return context.DeadlineExceeded }}
	got, err := client(t, cfg).SetEmail(t.Context(), 2, "bob@old.example", "bob@example.org")
	if err != nil || got.Email != "bob@example.org" {
		t.Errorf("%+v, %v", got, err)
	}
}

// A caller that gives up in the middle of the write still learns what became
// of it, because the journal must not guess.
func TestSetEmailCancelledAfterEffect(t *testing.T) {
	t.Parallel()
	_, cfg := start(t, people(), nil)
	ctx, cancel := context.WithCancel(t.Context())
	cfg.HTTP.Transport = lateTrip{cfg.HTTP.Transport, func() error { cancel(); return context.Canceled }}
	got, err := client(t, cfg).SetEmail(ctx, 2, "bob@old.example", "bob@example.org")
	if err != nil || got.Email != "bob@example.org" {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestSetEmailCancelledBefore(t *testing.T) {
	t.Parallel()
	fake, cfg := start(t, people(), nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := client(t, cfg).SetEmail(ctx, 2, "bob@old.example", "bob@example.org")
	wantError(t, err, model.CodeUnavailable, "cancelled", "")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v is not context.Canceled", err)
	}
	if got := email(t, fake, 2); got != "bob@old.example" {
		t.Errorf("changed to %q", got)
	}
}

func TestSetEmailUnknownOutcome(t *testing.T) {
	t.Parallel()
	gone := new(atomic.Bool)
	_, cfg := start(t, people(), func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPut {
				gone.Store(true)
			}
			if gone.Load() {
				hangUp(w)
			}
			next.ServeHTTP(w, r)
		})
	})
	_, err := client(t, cfg).SetEmail(t.Context(), 2, "bob@old.example", "bob@example.org")
	wantError(t, err, model.CodeUnknown, "it is not known whether the address was changed", "history interrupted")
}

// Nothing was sent, so nothing has to be found out.
func TestSetEmailUnsent(t *testing.T) {
	t.Parallel()
	_, cfg := start(t, people(), nil)
	cfg.HTTP.Transport = refuseWrites{cfg.HTTP.Transport}
	_, err := client(t, cfg).SetEmail(t.Context(), 2, "bob@old.example", "bob@example.org")
	wantError(t, err, model.CodeUnavailable, "nothing listens at", "ROMM_BASE_URL")
}

// Somebody else writes between our steps.
func TestSetEmailRace(t *testing.T) {
	t.Parallel()
	edit := func(fake *rommtest.Server, address string) {
		if err := fake.PutUser(rommtest.User{ID: 2, Username: "bob", Email: &address, Role: model.RoleUser}); err != nil {
			t.Error(err)
		}
	}
	var fake *rommtest.Server
	fake, cfg := start(t, people(), onPut(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		next.ServeHTTP(w, r)
		edit(next.(*rommtest.Server), "third@example.org")
	}))
	_, err := client(t, cfg).SetEmail(t.Context(), 2, "bob@old.example", "bob@example.org")
	wantError(t, err, model.CodeConflict, `confirmed "bob@example.org", but a moment later the address was "third@example.org"`, "somebody else")
	if got := email(t, fake, 2); got != "third@example.org" {
		t.Errorf("overwritten: %q", got)
	}

	_, cfg = start(t, people(), onPut(func(w http.ResponseWriter, _ *http.Request, next http.Handler) {
		edit(next.(*rommtest.Server), "third@example.org")
		hangUp(w)
	}))
	_, err = client(t, cfg).SetEmail(t.Context(), 2, "bob@old.example", "bob@example.org")
	wantError(t, err, model.CodeConflict, `"third@example.org", neither "bob@old.example" nor "bob@example.org"`, "somebody else")
}

// RomM answers 200 to a body that it does not understand.
func TestSetEmailEcho(t *testing.T) {
	t.Parallel()
	_, cfg := start(t, people(), onPut(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		r.Header.Set("Content-Type", "application/json")
		next.ServeHTTP(w, r)
	}))
	_, err := client(t, cfg).SetEmail(t.Context(), 2, "bob@old.example", "bob@example.org")
	wantError(t, err, model.CodeInternal, `reported success but changed nothing: the address is still "bob@old.example"`, "proxy")

	_, cfg = start(t, people(), onPut(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		r.Body = io.NopCloser(strings.NewReader("email=else%40example.org"))
		next.ServeHTTP(w, r)
	}))
	_, err = client(t, cfg).SetEmail(t.Context(), 2, "bob@old.example", "bob@example.org")
	wantError(t, err, model.CodeInternal, `stored "else@example.org" instead of "bob@example.org"`, "proxy")
}

func TestSetEmailNotReadBack(t *testing.T) {
	t.Parallel()
	written := new(atomic.Bool)
	_, cfg := start(t, people(), func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if written.Load() {
				hangUp(w)
			}
			next.ServeHTTP(w, r)
			if r.Method == http.MethodPut {
				written.Store(true)
			}
		})
	})
	_, err := client(t, cfg).SetEmail(t.Context(), 2, "bob@old.example", "bob@example.org")
	wantError(t, err, model.CodePartial, "confirmed the change, but it could not be read back", "reload")
}

// The write carries the address alone.
func TestSetEmailForm(t *testing.T) {
	t.Parallel()
	var got string
	_, cfg := start(t, people(), onPut(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		body, _ := io.ReadAll(r.Body)
		got = r.URL.RequestURI() + " " + r.Header.Get("Content-Type") + " " + string(body)
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		next.ServeHTTP(w, r)
	}))
	if _, err := client(t, cfg).SetEmail(t.Context(), 2, "bob@old.example", "bob+1@example.org"); err != nil {
		t.Fatal(err)
	}
	if want := "/api/users/2 application/x-www-form-urlencoded email=bob%2B1%40example.org"; got != want {
		t.Errorf("sent %q, want %q", got, want)
	}
}
