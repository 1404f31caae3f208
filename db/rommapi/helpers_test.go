package rommapi_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/db/rommapi"
	"github.com/romm-admin/romm-admin/db/rommtest"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/reconcile"
)

var (
	_ reconcile.Accounts        = (*rommapi.Client)(nil)
	_ reconcile.AccountSwitches = (*rommapi.Client)(nil)
)

// The secrets of the tests. No error may contain one of them.
const (
	adminToken  = "rmm_canary-5f1d-of-the-admin"
	readerToken = "rmm_canary-77aa-users-read-only"
	bobToken    = "rmm_canary-9c2b-of-bob"
	secretWord  = "canary-password"
)

func ptr(s string) *string { return &s }

// people is the state that most tests start from.
func people() rommtest.Seed {
	return rommtest.Seed{
		OIDCEnabled: true,
		Users: []rommtest.User{
			{ID: 1, Username: "admin", Email: ptr("admin@example.com"), Role: model.RoleAdmin, Password: secretWord},
			{ID: 2, Username: "bob", Email: ptr("bob@old.example"), Role: model.RoleUser, Password: secretWord},
			{ID: 3, Username: "carol", Role: model.RoleUser, Disabled: true},
			{ID: 4, Username: "Odd Name.x", Email: ptr("Odd.Name@Example.COM"), Role: model.RoleUser, OIDCMade: true},
			{ID: 5, Username: "noemail", Email: ptr(""), Role: model.RoleUser, OIDCMade: true},
		},
		Tokens: []rommtest.Token{
			{Value: adminToken, Owner: "admin", Scopes: []string{"me.read", "me.write", "users.read"}},
			{Value: readerToken, Owner: "admin", Scopes: []string{"users.read"}},
			{Value: bobToken, Owner: "bob", Scopes: []string{"me.read", "me.write"}},
		},
	}
}

// layer sits between client and RomM; nil passes everything on.
type layer func(next http.Handler) http.Handler

// pauses records what a client would have slept.
type pauses struct {
	mu  sync.Mutex
	all []time.Duration
}

func (p *pauses) sleep(ctx context.Context, d time.Duration) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = append(p.all, d)
	return ctx.Err()
}

// start serves a fake RomM behind the layer and returns it with a client's
// configuration.
func start(t *testing.T, seed rommtest.Seed, between layer) (*rommtest.Server, rommapi.Config) {
	t.Helper()
	fake, err := rommtest.New(seed)
	if err != nil {
		t.Fatal(err)
	}
	var h http.Handler = fake
	if between != nil {
		h = between(fake)
	}
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return fake, rommapi.Config{
		URL: srv.URL, Token: adminToken, HTTP: srv.Client(),
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
}

func client(t *testing.T, cfg rommapi.Config) *rommapi.Client {
	t.Helper()
	c, err := rommapi.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// email is the address that the fake has stored for the account.
func email(t *testing.T, fake *rommtest.Server, id int64) string {
	t.Helper()
	for _, u := range fake.Users() {
		if u.ID == id {
			if u.Email == nil {
				return "NULL"
			}
			return *u.Email
		}
	}
	t.Fatalf("the fake has no user %d", id)
	return ""
}

// leaks looks for a canary in everything that an error prints.
// proves S32
func leaks(t *testing.T, err error) {
	t.Helper()
	text := fmt.Sprintf("%s|%v|%+v|%#v|%s", err, err, err, err, model.HintOf(err))
	for e := err; e != nil; {
		text += "|" + e.Error()
		u, isWrapper := e.(interface{ Unwrap() error })
		if !isWrapper {
			break
		}
		e = u.Unwrap()
	}
	basic := base64.StdEncoding.EncodeToString([]byte("admin:" + secretWord))
	if strings.Contains(text, "canary") || strings.Contains(text, basic) || strings.Contains(text, url.QueryEscape(basic)) {
		t.Errorf("a secret leaks: %s", text)
	}
}

// wantError checks code and words of an error, and that it leaks nothing.
func wantError(t *testing.T, err error, code model.Code, msg, hint string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; want %s %q", code, msg)
	}
	leaks(t, err)
	if got := model.CodeOf(err); got != code {
		t.Errorf("code %s, want %s (%v)", got, code, err)
	}
	if !strings.Contains(err.Error(), msg) {
		t.Errorf("error %q, want it to contain %q", err, msg)
	}
	if got := model.HintOf(err); !strings.Contains(got, hint) || hint == "" && got != "" {
		t.Errorf("hint %q, want it to contain %q", got, hint)
	}
}
