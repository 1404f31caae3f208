package db

import (
	"strings"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

func addUser(t *testing.T, d *DB, name, email string) int64 {
	t.Helper()
	u, err := d.Accounts().AddAccount(t.Context(), model.LocalUser{
		Username: model.Untrusted(name), Email: model.Untrusted(email), Role: model.RoleUser, Enabled: true,
	})
	must(t, err)
	return u.ID
}

func TestAccountsRoundTrip(t *testing.T) {
	t.Parallel()
	d := openNew(t)
	want := []model.LocalUser{
		{ID: 1, Username: "alice", Email: "alice@example.org", Role: model.RoleAdmin, Enabled: true, LastLogin: epoch(), LastActive: epoch().Add(time.Second)},
		{ID: 2, Username: "Bob B. \u202e", Role: model.RoleUser},
		{ID: 3, Username: "carol", EmptyEmail: true, Role: model.RoleUser, Enabled: true},
	}
	for i, u := range want {
		u.ID = 99 // ignored
		made, err := d.Accounts().AddAccount(t.Context(), u)
		if err != nil || made != want[i] {
			t.Fatalf("made %+v, %v", made, err)
		}
	}
	got, err := d.Accounts().ReadAccounts(t.Context())
	must(t, err)
	if got.System != (model.System{Name: "local directory", Embedded: true}) || got.Version.String() != "5.2.0" || got.OIDCOff {
		t.Errorf("reading %+v", got)
	}
	if len(got.Users) != len(want) {
		t.Fatalf("users %+v", got.Users)
	}
	for i := range want {
		if got.Users[i] != want[i] {
			t.Errorf("got %+v, want %+v", got.Users[i], want[i])
		}
	}
}

func TestAddRefuses(t *testing.T) {
	t.Parallel()
	d := openNew(t)
	addUser(t, d, "alice", "alice@example.org")
	if _, err := d.Accounts().AddAccount(t.Context(), model.LocalUser{Username: "empty", EmptyEmail: true, Role: model.RoleUser}); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		user model.LocalUser
		code model.Code
		says string
	}{
		{model.LocalUser{Username: "ALICE", Role: model.RoleUser}, model.CodeConflict, "Username ALICE already exists"},
		{model.LocalUser{Username: "b", Email: "Alice@Example.ORG", Role: model.RoleUser}, model.CodeConflict, "User with email alice@example.org already exists"},
		{model.LocalUser{Username: "c", EmptyEmail: true, Role: model.RoleUser}, model.CodeConflict, "already exists"},
		{model.LocalUser{Username: "d", Email: "dörte@example.org", Role: model.RoleUser}, model.CodeInvalid, "ASCII"},
		{model.LocalUser{Username: "e", Email: "e@localhost", Role: model.RoleUser}, model.CodeInvalid, "Invalid email format"},
		{model.LocalUser{Username: "", Role: model.RoleUser}, model.CodeInvalid, "cannot be empty"},
		{model.LocalUser{Username: model.Untrusted(strings.Repeat("x", 256)), Role: model.RoleUser}, model.CodeInvalid, "255"},
		{model.LocalUser{Username: "f", Role: model.RoleViewer}, model.CodeInvalid, "viewer"},
		{model.LocalUser{Username: "g"}, model.CodeInvalid, "role"},
	}
	for _, tt := range tests {
		_, err := d.Accounts().AddAccount(t.Context(), tt.user)
		wantCode(t, err, tt.code, tt.says)
	}
	got, err := d.Accounts().ReadAccounts(t.Context())
	must(t, err)
	if len(got.Users) != 2 {
		t.Errorf("users %+v", got.Users)
	}
}

func TestSetEmail(t *testing.T) {
	t.Parallel()
	d := openNew(t)
	a := d.Accounts()
	alice, bob := addUser(t, d, "alice", "alice@example.org"), addUser(t, d, "bob", "")
	set := func(id int64, before, after string) (model.Untrusted, error) {
		u, err := a.SetEmail(t.Context(), id, before, after)
		return u.Email, err
	}
	for _, step := range []struct {
		id                  int64
		before, after, want string
	}{
		{bob, "", " Bob@Example.ORG ", "bob@example.org"},
		{bob, "bob@example.org", "bob@example.org", "bob@example.org"},
		{bob, "bob@example.org", "BOB@example.org", "bob@example.org"},
		{bob, "bob@example.org", "", ""},
		{bob, "", "", ""},
		{alice, "alice@example.org", "a@example.org", "a@example.org"},
		{bob, "", "alice@example.org", "alice@example.org"},
	} {
		got, err := set(step.id, step.before, step.after)
		if err != nil || got.Raw() != step.want {
			t.Errorf("%q -> %q: got %q, %v", step.before, step.after, got, err)
		}
	}
	for _, step := range []struct {
		id            int64
		before, after string
		code          model.Code
		says          string
	}{
		{bob, "", "x@example.org", model.CodeConflict, `is "alice@example.org" now`}, // proves S35
		{bob, "Alice@example.org", "x@example.org", model.CodeConflict, "now"},
		{bob, "alice@example.org", "A@Example.org", model.CodeConflict, "User with email a@example.org already exists"},
		{bob, "alice@example.org", "o'neil@x.io", model.CodeInvalid, "Invalid email format"},
		{bob, "alice@example.org", "bo\u212a@example.org", model.CodeInvalid, "ASCII"}, // proves S2
		{77, "", "x@example.org", model.CodeNotFound, "no local account 77"},
	} {
		got, err := set(step.id, step.before, step.after)
		wantCode(t, err, step.code, step.says)
		if got != "" {
			t.Errorf("an error came with the address %q", got)
		}
	}
	r, err := a.ReadAccounts(t.Context())
	must(t, err)
	if r.Users[0].Email != "a@example.org" || r.Users[1].Email != "alice@example.org" {
		t.Errorf("users %+v", r.Users)
	}
}

func TestSetEmailClearsTheEmptyAddress(t *testing.T) {
	t.Parallel()
	d := openNew(t)
	made, err := d.Accounts().AddAccount(t.Context(), model.LocalUser{Username: "alice", EmptyEmail: true, Role: model.RoleUser})
	must(t, err)
	u, err := d.Accounts().SetEmail(t.Context(), made.ID, "", "")
	if err != nil || u.EmptyEmail {
		t.Errorf("%+v %v", u, err)
	}
}

func TestSetEmailDoesNotCollideWithItself(t *testing.T) {
	t.Parallel()
	d := openNew(t)
	id := addUser(t, d, "bob", "")
	tamper(t, d.Path(), "UPDATE local_user SET email = 'Bob@Example.org'")
	u, err := d.Accounts().SetEmail(t.Context(), id, "Bob@Example.org", "bob@example.org")
	if err != nil || u.Email != "bob@example.org" {
		t.Errorf("%+v %v", u, err)
	}
}

// proves S35 and S5: an account is removed only as it was seen, never from under
// a pin, and never the last admin.
func TestRemoveAccount(t *testing.T) {
	t.Parallel()
	d := openNew(t)
	a := d.Accounts()
	add := func(name, email string, role model.Role) model.LocalUser {
		u, err := a.AddAccount(t.Context(), model.LocalUser{Username: model.Untrusted(name), Email: model.Untrusted(email), Role: role, Enabled: true})
		must(t, err)
		return u
	}
	root, alice, bob := add("root", "", model.RoleAdmin), add("alice", "alice@example.org", model.RoleUser), add("bob", "", model.RoleUser)
	must(t, d.Pin(t.Context(), model.Pin{UID: "x", LocalID: bob.ID}))
	changed := func(f func(*model.LocalUser)) model.LocalUser {
		u := alice
		f(&u)
		return u
	}
	for says, u := range map[string]model.LocalUser{
		"no local account zoe any more":  {Username: "zoe", Role: model.RoleUser, Enabled: true},
		"account alice is not as it was": changed(func(u *model.LocalUser) { u.Email = "" }),
		"not as it was when":             changed(func(u *model.LocalUser) { u.Role = model.RoleAdmin }),
		"not as it was when the change":  changed(func(u *model.LocalUser) { u.Enabled = false }),
		"the account alice is not as":    changed(func(u *model.LocalUser) { u.Username = "ALICE" }),
		"not as it was when the":         changed(func(u *model.LocalUser) { u.EmptyEmail = true }),
		"bob is pinned":                  bob,
	} {
		wantCode(t, a.RemoveAccount(t.Context(), u), model.CodeConflict, says)
	}
	wantCode(t, a.RemoveAccount(t.Context(), root), model.CodeRefused, "last enabled admin")
	must(t, a.RemoveAccount(t.Context(), model.LocalUser{Username: "alice", Email: "alice@example.org", Role: model.RoleUser, Enabled: true}))
	must(t, d.Unpin(t.Context(), "x"))
	must(t, a.RemoveAccount(t.Context(), bob))
	add("other", "", model.RoleAdmin)
	must(t, a.RemoveAccount(t.Context(), root))
	got, err := a.ReadAccounts(t.Context())
	if err != nil || len(got.Users) != 1 || got.Users[0].Username != "other" || got.Users[0].ID == root.ID {
		t.Errorf("%+v, %v", got.Users, err)
	}
}
