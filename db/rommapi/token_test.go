package rommapi_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/romm-admin/romm-admin/db/rommtest"
	"github.com/romm-admin/romm-admin/model"
)

// TestTokenReplacedInItsFile proves S34: a token that RomM refuses is read again
// where it came from; hints name that place, and neither token is printed.
func TestTokenReplacedInItsFile(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"5.2.0", "5.1.0"} { // 401, and 403
		seed := people()
		seed.Version = version
		const next = "rmm_canary-the-next-one-of-the-admin"
		seed.Tokens = append(seed.Tokens, rommtest.Token{Value: next, Owner: "admin", Scopes: []string{"me.read", "me.write", "users.read"}})
		puts := new(atomic.Int32)
		fake, cfg := start(t, seed, func(h http.Handler) http.Handler { return countPuts(puts, h) })
		file := model.Secret("rmm_canary-that-was-revoked")
		cfg.Token = file
		cfg.TokenFrom = model.Origin{Name: "ROMM_TOKEN_FILE", Read: func() model.Secret { return file }}
		c := client(t, cfg)
		_, err := c.ReadAccounts(t.Context())
		wantError(t, err, model.CodeOf(err), "RomM", "ROMM_TOKEN_FILE")
		file = next + "\n"
		if _, err := c.SetEmail(t.Context(), 2, "bob@old.example", "bob@example.org"); err != nil || email(t, fake, 2) != "bob@example.org" || puts.Load() != 1 {
			t.Errorf("%s: %v, %d writes", version, err, puts.Load())
		}
		got, err := c.ReadAccounts(t.Context())
		if err != nil || got.Caller.ID != 1 {
			t.Errorf("%s: %+v, %v", version, got.Caller, err)
		}
		file = "no token at all"
		fake2, cfg2 := start(t, people(), nil)
		cfg2.Token, cfg2.TokenFrom = bobToken, model.Origin{Name: "X_FILE", Read: func() model.Secret { return file }}
		_, err = client(t, cfg2).SetEmail(t.Context(), 3, "", "carol@example.org")
		wantError(t, err, model.CodeForbidden, "RomM forbids it", "X_FILE needs the scope")
		if strings.Contains(email(t, fake2, 3), "@") {
			t.Error("changed")
		}
	}
}

// TestTokenThatCannotWrite: that a token lacks me.write is known before anything is
// tried, where all of its owner's do.
func TestTokenThatCannotWrite(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		scopes [][]string
		lacks  string
	}{
		"it alone":    {[][]string{{"me.read", "users.read"}}, "ROMM_TOKEN lacks the scope me.write"},
		"none of two": {[][]string{{"me.read", "users.read"}, {"me.read"}}, "ROMM_TOKEN lacks the scope me.write"},
		"one of two":  {[][]string{{"me.read", "users.read"}, {"me.read", "me.write"}}, ""},
		"all":         {[][]string{{"me.read", "me.write", "users.read"}}, ""},
	} {
		seed := people()
		seed.Tokens = nil
		for i, scopes := range c.scopes {
			seed.Tokens = append(seed.Tokens, rommtest.Token{Value: model.Secret(adminToken + strings.Repeat("x", i)), Owner: "admin", Scopes: scopes})
		}
		_, cfg := start(t, seed, nil)
		got, err := client(t, cfg).ReadAccounts(t.Context())
		if err != nil || got.Caller.Lacks != c.lacks || got.Caller.ID != 1 {
			t.Errorf("%s: %+v, %v", name, got.Caller, err)
		}
	}
	_, cfg := start(t, people(), func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/client-tokens" {
				http.Error(w, "no", http.StatusNotFound)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	if got, err := client(t, cfg).ReadAccounts(t.Context()); err != nil || got.Caller.Lacks != "" {
		t.Errorf("where tokens cannot be listed: %+v, %v", got.Caller, err)
	}
}
