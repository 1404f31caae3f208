// Package dbtest is the conformance suite for local accounts: whatever keeps
// them, RomM behind its API or the embedded directory, has to pass it. It must
// know neither of them.
package dbtest

import (
	"fmt"
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/reconcile"
)

// Accounts is what the suite needs: the port and its switches.
type Accounts interface {
	reconcile.Accounts
	reconcile.AccountSwitches
}

// Seed is what a directory must hold for the suite, in the order of the ids:
// an enabled admin under whom the adapter acts, another one, and users with an
// address, without one, and disabled. Passwords and the like are the maker's
// business.
func Seed() []model.LocalUser {
	return []model.LocalUser{
		{Username: "root", Email: "root@example.org", Role: model.RoleAdmin, Enabled: true},
		{Username: "alice", Email: "alice@example.org", Role: model.RoleAdmin, Enabled: true},
		{Username: "bob", Email: "bob@example.org", Role: model.RoleUser, Enabled: true},
		{Username: "carol", Role: model.RoleUser, Enabled: true},
		{Username: "dave", Email: "dave@example.org", Role: model.RoleUser},
	}
}

// Test runs the suite. open makes a fresh directory with the accounts of
// [Seed] for each part; the adapter acts as the first of them, if it acts as
// anybody.
func Test(t *testing.T, open func(t *testing.T) Accounts) {
	t.Helper()
	for name, part := range map[string]func(t *testing.T, a *accounts){
		"read":              testRead,
		"set e-mail":        testSetEmail,
		"refused addresses": testRefusedAddresses,
		"conflicts":         testConflicts,
		"enable, disable":   testSetEnabled,
		"roles":             testSetRole,
		"last admin":        testLastAdmin,
		"nobody there":      testNobodyThere,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := &accounts{Accounts: open(t), ids: map[string]int64{}}
			for _, u := range a.read(t) {
				a.ids[u.Username.Raw()] = u.ID
			}
			part(t, a)
		})
	}
}

// accounts is a directory with its ids.
type accounts struct {
	Accounts
	ids map[string]int64
}

func (a *accounts) read(t *testing.T) []model.LocalUser {
	t.Helper()
	r, err := a.ReadAccounts(t.Context())
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	return r.Users
}

// user reads one account anew.
func (a *accounts) user(t *testing.T, name string) model.LocalUser {
	t.Helper()
	for _, u := range a.read(t) {
		if u.Username.Raw() == name {
			return u
		}
	}
	t.Fatalf("no account %s", name)
	return model.LocalUser{}
}

// same compares what the suite knows of an account.
func same(a, b model.LocalUser) bool {
	return a.Username == b.Username && a.Email == b.Email && a.Role == b.Role && a.Enabled == b.Enabled && a.EmptyEmail == b.EmptyEmail
}

// wrote checks that a write returned, and stored, exactly the change.
func (a *accounts) wrote(t *testing.T, what string, got model.LocalUser, err error, want model.LocalUser) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v (%s)", what, err, model.HintOf(err))
		return
	}
	if !same(got, want) || got.ID != a.ids[want.Username.Raw()] {
		t.Errorf("%s: answered %+v, want %+v", what, got, want)
	}
	if now := a.user(t, want.Username.Raw()); !same(now, want) {
		t.Errorf("%s: stored %+v, want %+v", what, now, want)
	}
}

// refused checks the error, its words, and that nothing has changed.
func (a *accounts) refused(t *testing.T, what string, before []model.LocalUser, got model.LocalUser, err error, codes ...model.Code) {
	t.Helper()
	code, ok := model.CodeOf(err), false
	for _, c := range codes {
		ok = ok || c == code
	}
	if !ok {
		t.Errorf("%s: code %q (%v), want one of %q", what, code, err, codes)
	}
	if err != nil && model.HintOf(err) == "" {
		t.Errorf("%s: no hint: %v", what, err)
	}
	if got != (model.LocalUser{}) {
		t.Errorf("%s: an error came with %+v", what, got)
	}
	if now := a.read(t); fmt.Sprint(now) != fmt.Sprint(before) {
		t.Errorf("%s: refused, and yet something changed:\n%v\n%v", what, before, now)
	}
}

func testRead(t *testing.T, a *accounts) {
	users := a.read(t)
	if len(users) != len(Seed()) {
		t.Fatalf("%d accounts, want %d", len(users), len(Seed()))
	}
	for i, want := range Seed() {
		if !same(users[i], want) {
			t.Errorf("got %+v, want %+v", users[i], want)
		}
		if i > 0 && users[i].ID <= users[i-1].ID {
			t.Errorf("ids out of order: %d after %d", users[i].ID, users[i-1].ID)
		}
	}
	r, err := a.ReadAccounts(t.Context())
	if err != nil || !r.Version.AtLeast(5, 0, 0) || r.System.Name == "" {
		t.Errorf("reading %+v, %v: the suite is for RomM 5", r, err)
	}
}

func testSetEmail(t *testing.T, a *accounts) {
	want := Seed()
	for _, step := range []struct {
		user                 int
		before, after, stays string
	}{
		{2, "bob@example.org", "robert@example.org", "robert@example.org"},
		{2, "robert@example.org", "  Bob@Example.ORG ", "bob@example.org"}, // as RomM's API stores it
		{2, "bob@example.org", "", ""},
		{3, "", "carol@example.org", "carol@example.org"},
		{2, "", "a.b+c%d-e_f@x.co", "a.b+c%d-e_f@x.co"},
		{4, "dave@example.org", "bob@example.org", "bob@example.org"}, // disabled ones too
	} {
		w := want[step.user]
		w.Email = model.Untrusted(step.stays)
		want[step.user] = w
		u, err := a.SetEmail(t.Context(), a.ids[w.Username.Raw()], step.before, step.after)
		a.wrote(t, fmt.Sprintf("%q to %q", step.before, step.after), u, err, w)
	}
}

func testRefusedAddresses(t *testing.T, a *accounts) {
	before := a.read(t)
	for _, address := range []string{
		"bob", "bob@localhost", "o'neil@x.io", "d\u00f6rte@example.org", "bo\u212a@example.org", // proves S2
		"a b@example.org", "a@b@example.org", "bob@example.o", "bob@example.org\n.x",
	} {
		u, err := a.SetEmail(t.Context(), a.ids["bob"], "bob@example.org", address)
		a.refused(t, fmt.Sprintf("%q", address), before, u, err, model.CodeInvalid)
	}
}

func testConflicts(t *testing.T, a *accounts) {
	before := a.read(t)
	// proves S35
	u, err := a.SetEmail(t.Context(), a.ids["bob"], "old@example.org", "new@example.org")
	a.refused(t, "another address before", before, u, err, model.CodeConflict)
	u, err = a.SetEmail(t.Context(), a.ids["carol"], "carol@example.org", "new@example.org")
	a.refused(t, "no address before", before, u, err, model.CodeConflict)
	u, err = a.SetEmail(t.Context(), a.ids["bob"], "bob@example.org", "Alice@Example.org")
	a.refused(t, "an address that is taken", before, u, err, model.CodeConflict)
	u, err = a.SetEnabled(t.Context(), a.ids["bob"], false, true)
	a.refused(t, "enabled already", before, u, err, model.CodeConflict)
	u, err = a.SetRole(t.Context(), a.ids["bob"], model.RoleAdmin, model.RoleUser)
	a.refused(t, "another role before", before, u, err, model.CodeConflict)
}

func testSetEnabled(t *testing.T, a *accounts) {
	bob := Seed()[2]
	for _, after := range []bool{false, true} {
		bob.Enabled = after
		u, err := a.SetEnabled(t.Context(), a.ids["bob"], !after, after)
		a.wrote(t, fmt.Sprintf("enabled %v", after), u, err, bob)
	}
}

func testSetRole(t *testing.T, a *accounts) {
	bob := Seed()[2]
	before := model.RoleUser
	for _, after := range []model.Role{model.RoleAdmin, model.RoleUser} {
		bob.Role = after
		u, err := a.SetRole(t.Context(), a.ids["bob"], before, after)
		a.wrote(t, "role "+string(after), u, err, bob)
		before = after
	}
	all := a.read(t)
	u, err := a.SetRole(t.Context(), a.ids["bob"], model.RoleUser, "root")
	a.refused(t, "no such role", all, u, err, model.CodeInvalid)
}

// testLastAdmin leaves one enabled admin: the one under whom the adapter acts.
func testLastAdmin(t *testing.T, a *accounts) {
	// proves S5
	alice := Seed()[1]
	alice.Enabled = false
	u, err := a.SetEnabled(t.Context(), a.ids["alice"], true, false)
	a.wrote(t, "disable one of two admins", u, err, alice)
	before := a.read(t)
	u, err = a.SetEnabled(t.Context(), a.ids["root"], true, false)
	a.refused(t, "disable the last admin", before, u, err, model.CodeRefused)
	u, err = a.SetRole(t.Context(), a.ids["root"], model.RoleAdmin, model.RoleUser)
	a.refused(t, "demote the last admin", before, u, err, model.CodeRefused)
}

func testNobodyThere(t *testing.T, a *accounts) {
	before := a.read(t)
	const nobody = 987654
	u, err := a.SetEmail(t.Context(), nobody, "", "x@example.org")
	a.refused(t, "e-mail", before, u, err, model.CodeNotFound)
	u, err = a.SetEnabled(t.Context(), nobody, true, false)
	a.refused(t, "enabled", before, u, err, model.CodeNotFound)
	u, err = a.SetRole(t.Context(), nobody, model.RoleUser, model.RoleAdmin)
	a.refused(t, "role", before, u, err, model.CodeNotFound)
}
