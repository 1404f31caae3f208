package rommapi_test

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/romm-admin/romm-admin/db/rommtest"
	"github.com/romm-admin/romm-admin/model"
)

// stored is the account as the fake has it.
func stored(t *testing.T, fake *rommtest.Server, id int64) rommtest.User {
	t.Helper()
	for _, u := range fake.Users() {
		if u.ID == id {
			return u
		}
	}
	t.Fatalf("the fake has no user %d", id)
	return rommtest.User{}
}

func TestSwitches(t *testing.T) {
	t.Parallel()
	fake, cfg := start(t, people(), nil)
	c := client(t, cfg)
	got, err := c.SetEnabled(t.Context(), 2, true, false)
	if err != nil || got.Enabled || got.ID != 2 || !stored(t, fake, 2).Disabled {
		t.Errorf("disable: %+v, %v", got, err)
	}
	got, err = c.SetEnabled(t.Context(), 2, false, true)
	if err != nil || !got.Enabled || stored(t, fake, 2).Disabled {
		t.Errorf("enable: %+v, %v", got, err)
	}
	for _, step := range []struct{ before, after, store model.Role }{
		{model.RoleUser, model.RoleAdmin, model.RoleAdmin},
		{model.RoleAdmin, model.RoleEditor, model.RoleUser}, // RomM 5 knows no editor
		{model.RoleViewer, model.RoleAdmin, model.RoleAdmin},
		{model.RoleAdmin, model.RoleUser, model.RoleUser},
	} {
		got, err := c.SetRole(t.Context(), 2, step.before, step.after)
		if err != nil || got.Role != step.store || stored(t, fake, 2).Role != step.store {
			t.Errorf("%+v: %+v, %v", step, got, err)
		}
	}
}

func TestSwitchRefusals(t *testing.T) {
	t.Parallel()
	fake, cfg := start(t, people(), nil)
	c := client(t, cfg)
	enabled := func(id int64, before, after bool) error {
		_, err := c.SetEnabled(t.Context(), id, before, after)
		return err
	}
	role := func(id int64, before, after model.Role) error {
		_, err := c.SetRole(t.Context(), id, before, after)
		return err
	}
	for _, tc := range []struct {
		err       error
		code      model.Code
		msg, hint string
	}{
		{enabled(0, true, false), model.CodeInvalid, "0 is no user id", "reload"},
		{role(-1, "user", "admin"), model.CodeInvalid, "-1 is no user id", "reload"},
		{enabled(2, true, true), model.CodeInvalid, "the account is enabled as it is", "nothing to do"},
		{enabled(3, false, false), model.CodeInvalid, "the account is disabled as it is", "nothing to do"},
		{role(2, "user", "user"), model.CodeInvalid, `the role is "user" as it is`, "nothing to do"},
		{role(2, "viewer", "editor"), model.CodeInvalid, `the role is "user" as it is`, "nothing to do"},
		{role(2, "user", "owner"), model.CodeInvalid, `RomM 5.2.0 has no role "owner"`, "admin and user"},
		{role(2, "user", ""), model.CodeInvalid, "RomM 5.2.0 has no role none", "admin and user"},
		{enabled(99, true, false), model.CodeNotFound, "no user with id 99", "deleted"},
		// proves S35
		{enabled(3, true, false), model.CodeConflict, `the state of "carol" is now disabled, no longer enabled`, "reload"},
		{role(2, "admin", "user"), model.CodeConflict, `the role of "bob" is now "user", no longer "admin"`, "reload"},
		// RomM would answer 200 and ignore it.
		{enabled(1, true, false), model.CodeRefused, `"admin" is the account that we are signed in with`, "another administrator"},
		{role(1, "admin", "user"), model.CodeRefused, `"admin" is the account that we are signed in with`, "another administrator"},
	} {
		wantError(t, tc.err, tc.code, tc.msg, tc.hint)
	}
	for _, want := range people().Users {
		if got := stored(t, fake, want.ID); got.Role != want.Role || got.Disabled != want.Disabled {
			t.Errorf("a refused change was made: %+v", got)
		}
	}
}

// proves S5 at the last step, on releases with and without a guard of RomM's
// own: the last enabled administrator keeps the power. A disabled one does not
// count, though RomM counts it.
func TestLastAdmin(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"5.2.0", "4.9.0"} {
		seed := people()
		seed.Version = version
		rest := seed.Users[1].Role
		if version == "4.9.0" {
			rest = model.RoleViewer
		}
		for i := range seed.Users[1:] {
			seed.Users[i+1].Role = rest
		}
		seed.Users[2].Role, seed.Users[2].Disabled = model.RoleAdmin, true
		// The answers make bob the caller: RomM itself would refuse him, but
		// the guard comes first.
		puts := new(atomic.Int32)
		_, cfg := start(t, seed, func(next http.Handler) http.Handler {
			me := canned(map[string]string{"/api/users/me": `{"id":2,"username":"bob","enabled":true,"role":"user"}`})
			return countPuts(puts, me(next))
		})
		c := client(t, cfg)
		_, err := c.SetEnabled(t.Context(), 1, true, false)
		wantError(t, err, model.CodeRefused, "last enabled administrator", "first")
		_, err = c.SetRole(t.Context(), 1, model.RoleAdmin, rest)
		wantError(t, err, model.CodeRefused, "last enabled administrator", "first")
		if puts.Load() != 0 {
			t.Errorf("%s: %d writes were sent", version, puts.Load())
		}
		// Taking a disabled administrator's role away takes no power away.
		if _, err = c.SetRole(t.Context(), 3, model.RoleAdmin, rest); err != nil {
			t.Errorf("%s: %v", version, err)
		}
	}
}

// A guard that cannot be asked refuses.
func TestSwitchWithoutMe(t *testing.T) {
	t.Parallel()
	seed := people()
	seed.Tokens[1].Scopes = []string{"me.write", "users.read"}
	fake, cfg := start(t, seed, nil)
	cfg.Token = readerToken
	_, err := client(t, cfg).SetEnabled(t.Context(), 2, true, false)
	wantError(t, err, model.CodeForbidden, "RomM forbids it", "me.read")
	if stored(t, fake, 2).Disabled {
		t.Error("changed")
	}

	// Kiosk mode hides that the header got lost.
	_, cfg = start(t, people(), canned(map[string]string{
		"/api/users/me": `{"id":-1,"username":"kiosk","enabled":true,"role":"user"}`,
	}))
	_, err = client(t, cfg).SetRole(t.Context(), 2, model.RoleUser, model.RoleAdmin)
	wantError(t, err, model.CodeUnauthorized, "kiosk user", "proxy")
}

// RomM 4 has three roles and crashes at others; they are not sent.
func TestRolesOfRomM4(t *testing.T) {
	t.Parallel()
	seed := people()
	seed.Version = "4.9.0"
	for i := range seed.Users[1:] {
		seed.Users[i+1].Role = model.RoleViewer
	}
	fake, cfg := start(t, seed, nil)
	c := client(t, cfg)
	if got, err := c.SetRole(t.Context(), 2, model.RoleViewer, model.RoleEditor); err != nil || got.Role != model.RoleEditor {
		t.Errorf("%+v, %v", got, err)
	}
	_, err := c.SetRole(t.Context(), 2, model.RoleEditor, model.RoleUser)
	wantError(t, err, model.CodeInvalid, `RomM 4.9.0 has no role "user"`, "admin, editor and viewer")
	_, err = c.SetRole(t.Context(), 2, model.RoleViewer, model.RoleAdmin)
	wantError(t, err, model.CodeConflict, `is now "editor", no longer "viewer"`, "reload")
	if got := stored(t, fake, 2).Role; got != model.RoleEditor {
		t.Errorf("stored %q", got)
	}
}

func TestSwitchesOldRomM(t *testing.T) {
	t.Parallel()
	puts := new(atomic.Int32)
	_, cfg := start(t, people(), func(next http.Handler) http.Handler {
		return countPuts(puts, canned(map[string]string{"/api/heartbeat": `{"SYSTEM":{"VERSION":"3.10.3"}}`})(next))
	})
	c := client(t, cfg)
	_, err := c.SetEnabled(t.Context(), 2, true, false)
	wantError(t, err, model.CodeRefused, "RomM 3.10.3 can only be read", "4.0")
	_, err = c.SetRole(t.Context(), 2, model.RoleUser, model.RoleAdmin)
	wantError(t, err, model.CodeRefused, "RomM 3.10.3 can only be read", "4.0")
	if puts.Load() != 0 {
		t.Errorf("%d writes were sent", puts.Load())
	}
}

// The writes carry their one field, and a 200 that ignored it is an error.
func TestSwitchForm(t *testing.T) {
	t.Parallel()
	var sent []string
	_, cfg := start(t, people(), onPut(func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		body, _ := io.ReadAll(r.Body)
		sent = append(sent, r.URL.RequestURI()+" "+r.Header.Get("Content-Type")+" "+string(body))
		r.Body = io.NopCloser(strings.NewReader(""))
		next.ServeHTTP(w, r)
	}))
	c := client(t, cfg)
	_, err := c.SetEnabled(t.Context(), 2, true, false)
	wantError(t, err, model.CodeInternal, "reported success but changed nothing: the state is still enabled", "proxy")
	_, err = c.SetRole(t.Context(), 2, model.RoleUser, model.RoleAdmin)
	wantError(t, err, model.CodeInternal, `reported success but changed nothing: the role is still "user"`, "proxy")
	const head = "/api/users/2 application/x-www-form-urlencoded "
	if len(sent) != 2 || sent[0] != head+"enabled=false" || sent[1] != head+"role=admin" {
		t.Errorf("sent %q", sent)
	}
}
