//go:build unix

package rommsql_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/db/rommsql"
	"github.com/romm-admin/romm-admin/model"
)

var linked = model.NewOIDCLink(issuer, alice)

// TestServers runs everything that needs a server, on each of them.
func TestServers(t *testing.T) {
	onEach(t, map[string]func(*testing.T, *world){
		"read": testRead, "before links": testBeforeLinks, "unlink and undo": testUnlinkAndUndo, "exact": testExact,
		"login in between": testLoginBetween, "login at the same time": testLoginAtOnce, "taken": testTaken, "refused": testRefused,
		"rights": testRights, "usage": testUsage, "wrong schema": testWrongSchema, "wrong account": testWrongAccount,
		"commit lost": testCommitLost, "commit not heard": testCommitNotHeard, "server gone": testServerGone, "server gone for good": testGoneForGood,
		"read only": testReadOnly, "statements": testStatements, "least rights": testLeastRights, "fold": testFold, "cancelled": testCancelled,
	})
}

func testRead(t *testing.T, w *world) {
	d := w.people(t).all().open()
	r, err := d.ReadLinks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r.Kind != w.database || r.Product != w.product || r.Version == "" || !r.Linking || r.Email == "" || r.Email != r.Username {
		t.Errorf("%+v", r.DatabaseInfo)
	}
	want := []model.LocalUser{
		{ID: 1, Username: "alice", Email: "alice@example.org", Role: model.RoleAdmin, Enabled: true, Link: linked},
		{ID: 2, Username: "bob", EmptyEmail: true, Role: model.RoleUser, Link: model.Unlinked()},
		{ID: 3, Username: "zoë", Role: model.RoleUser, Enabled: true, Link: model.Unlinked()},
	}
	if fmt.Sprint(r.Accounts) != fmt.Sprint(want) {
		t.Errorf("%+v", r.Accounts)
	}
}

// A release before the links is read, and has none.
func testBeforeLinks(t *testing.T, w *world) {
	r := w.empty(t)
	run(t, r.root, w.users...)
	run(t, r.root, "INSERT INTO users (username, enabled, role) VALUES ('bob', TRUE, 'USER')")
	d := r.grant("SELECT (id, username, email, role, enabled) ON users").open()
	got, err := d.ReadLinks(t.Context())
	if err != nil || got.Linking || len(got.Accounts) != 1 || got.Accounts[0].Link.Known {
		t.Errorf("%+v, %v", got, err)
	}
	a, err := d.CheckAccess(t.Context())
	if err != nil || a.Linking || len(a.Missing)+len(a.MissingWrite) != 0 {
		t.Errorf("%+v, %v", a, err)
	}
	_, err = d.SetLink(t.Context(), 1, model.Unlinked(), linked)
	says(t, err, model.CodeInvalid, "has no links yet")
}

// Unlink then undo is the identity.
func testUnlinkAndUndo(t *testing.T, w *world) {
	d := w.people(t).all().open()
	before, err := d.ReadLinks(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.SetLink(t.Context(), 1, linked, model.Unlinked())
	if err != nil || got.ID != 1 || got.Link != model.Unlinked() {
		t.Fatalf("%+v, %v", got, err)
	}
	between, err := d.ReadLinks(t.Context())
	if err != nil || between.Accounts[0].Link != model.Unlinked() {
		t.Errorf("%+v, %v", between, err)
	}
	if got, err = d.SetLink(t.Context(), 1, model.Unlinked(), linked); err != nil || got.Link != linked {
		t.Fatalf("%+v, %v", got, err)
	}
	after, err := d.ReadLinks(t.Context())
	if err != nil || fmt.Sprint(after) != fmt.Sprint(before) {
		t.Errorf("%+v, %v, was %+v", after, err, before)
	}
}

// Letter case, accents, trailing blanks and a missing slash count, and NULL is
// not the empty text.
func testExact(t *testing.T, w *world) {
	d := w.people(t).all().open()
	for _, before := range []model.OIDCLink{
		model.NewOIDCLink(issuer, "A11ce"), model.NewOIDCLink(issuer, "a11ce "), model.NewOIDCLink(issuer, "á11ce"),
		model.NewOIDCLink("https://auth.example.org/application/o/romm", alice),
		{Known: true, Issuer: linked.Issuer},
		{Known: true, Subject: linked.Subject},
		model.Unlinked(),
		model.NewOIDCLink("", ""),
	} {
		_, err := d.SetLink(t.Context(), 1, before, model.Unlinked())
		says(t, err, model.CodeConflict, alice)
	}
	_, err := d.SetLink(t.Context(), 2, model.NewOIDCLink("", ""), model.Unlinked())
	says(t, err, model.CodeConflict, "linked to nobody")
	odd := model.NewOIDCLink(`https://x/\'"`, "zoë ☃ ")
	if got, err := d.SetLink(t.Context(), 2, model.Unlinked(), odd); err != nil || got.Link != odd {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := d.SetLink(t.Context(), 2, odd, odd); err != nil || got.Link != odd {
		t.Errorf("the same again: %+v, %v", got, err)
	}
}

// proves S35: a login between the reading and the change is not overwritten.
func testLoginBetween(t *testing.T, w *world) {
	r := w.people(t).all()
	d := r.open()
	run(t, r.root, "UPDATE users SET oidc_sub = 'other' WHERE id = 1")
	_, err := d.SetLink(t.Context(), 1, linked, model.Unlinked())
	says(t, err, model.CodeConflict, `"alice"`, "other", "signed in", "reload")
	_, err = d.SetLink(t.Context(), 99, linked, model.Unlinked())
	says(t, err, model.CodeNotFound, "99")
}

// proves S35 for a login that has the row in hand while we change it: ours waits
// for it, and then is refused.
func testLoginAtOnce(t *testing.T, w *world) {
	r := w.people(t).all()
	d := r.open()
	tx, err := r.root.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(t.Context(), "UPDATE users SET oidc_sub = 'other' WHERE id = 1"); err != nil {
		t.Fatal(err)
	}
	ours := make(chan error, 1)
	go func() {
		_, err := d.SetLink(context.Background(), 1, linked, model.Unlinked())
		ours <- err
	}()
	tick := time.NewTicker(10 * time.Millisecond)
	for waiting := 0; waiting == 0; {
		select {
		case <-tick.C:
		case err := <-ours:
			t.Fatalf("it did not wait: %v", err)
		}
		if err := w.root.QueryRowContext(t.Context(), w.waits).Scan(&waiting); err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	says(t, <-ours, model.CodeConflict, "other", "no longer")
}

func testTaken(t *testing.T, w *world) {
	d := w.people(t).all().open()
	_, err := d.SetLink(t.Context(), 2, model.Unlinked(), linked)
	says(t, err, model.CodeConflict, `"alice" has that link already`, "unlink")
}

// What RomM could not have stored is not written, nor anything where the
// configuration says so.
func testRefused(t *testing.T, w *world) {
	r := w.people(t).all()
	d := r.open()
	long := model.Untrusted(fmt.Sprintf("%0256d", 0))
	for _, after := range []model.OIDCLink{
		model.NewOIDCLink(issuer, ""), model.NewOIDCLink("", bob), model.NewOIDCLink(issuer, long), model.NewOIDCLink(issuer, "a\x00"),
		model.NewOIDCLink(issuer, "\xff"),
		{Known: true, Issuer: linked.Issuer},
		{Known: true, Subject: linked.Subject},
	} {
		_, err := d.SetLink(t.Context(), 2, model.Unlinked(), after)
		says(t, err, model.CodeInvalid, "issuer and subject")
	}
	_, err := d.SetLink(t.Context(), 0, model.Unlinked(), linked)
	says(t, err, model.CodeInvalid, "user id")
	cfg := r.config()
	cfg.Write = false
	_, err = open(t, cfg).SetLink(t.Context(), 1, linked, model.Unlinked())
	says(t, err, model.CodeRefused, "only read", "ROMM_DB_WRITE")
	if got, err := d.ReadLinks(t.Context()); err != nil || got.Accounts[0].Link != linked {
		t.Errorf("%+v, %v", got, err)
	}
}

// proves S34: each right that is missing is named, with the statement that
// gives it, and the statement does.
func testRights(t *testing.T, w *world) {
	r := w.people(t)
	d := r.open()
	_, err := d.ReadLinks(t.Context())
	if w.database == model.DatabasePostgreSQL { // MariaDB lets nobody connect without a right
		says(t, err, model.CodeForbidden, "SELECT on users.id", "SELECT on users.oidc_sub", "GRANT SELECT (id, ")
	} else {
		says(t, err, model.CodeForbidden, "no right in that database", "docs/permissions.md")
	}
	r.grant("SELECT (id, username, email, role) ON users", "SELECT (oidc_sub) ON users")
	_, err = d.ReadLinks(t.Context())
	says(t, err, model.CodeForbidden, "lacks SELECT on users.enabled, SELECT on users.oidc_issuer", "GRANT SELECT (id, ")
	a, err := d.CheckAccess(t.Context())
	if err != nil || fmt.Sprint(a.Missing) != "[SELECT on users.enabled SELECT on users.oidc_issuer]" || !a.Linking ||
		fmt.Sprint(a.MissingWrite) != "[UPDATE on users.oidc_issuer UPDATE on users.oidc_sub]" {
		t.Errorf("%+v, %v", a, err)
	}
	r.grant("SELECT (enabled, oidc_issuer) ON users", "UPDATE (oidc_sub) ON users")
	if _, err = d.ReadLinks(t.Context()); err != nil {
		t.Error(err)
	}
	_, err = d.SetLink(t.Context(), 1, linked, model.Unlinked())
	says(t, err, model.CodeForbidden, "lacks UPDATE on users.oidc_issuer", "UPDATE (oidc_issuer, oidc_sub)")
	a, err = d.CheckAccess(t.Context())
	if err != nil || len(a.Missing) != 0 || fmt.Sprint(a.MissingWrite) != "[UPDATE on users.oidc_issuer]" || len(a.Grant) != 1 {
		t.Fatalf("%+v, %v", a, err)
	}
	run(t, r.root, a.Grant...)
	if a, err = d.CheckAccess(t.Context()); err != nil || len(a.Missing)+len(a.MissingWrite) != 0 {
		t.Errorf("%+v, %v", a, err)
	}
	if _, err = d.SetLink(t.Context(), 1, linked, model.Unlinked()); err != nil {
		t.Error(err)
	}
}

// A schema that may not be used hides the table from PostgreSQL's own look-up.
func testUsage(t *testing.T, w *world) {
	if w.database != model.DatabasePostgreSQL {
		t.Skip("MariaDB has no such schemas")
	}
	r := w.people(t).all()
	run(t, r.root, "REVOKE USAGE ON SCHEMA public FROM PUBLIC")
	d := r.open()
	_, err := d.ReadLinks(t.Context())
	says(t, err, model.CodeForbidden, "lacks USAGE on the schema of users", "GRANT USAGE ON SCHEMA public TO "+r.name)
	_, err = d.SetLink(t.Context(), 1, linked, model.Unlinked())
	says(t, err, model.CodeForbidden, "lacks USAGE on the schema of users")
	a, err := d.CheckAccess(t.Context())
	if err != nil || fmt.Sprint(a.Missing) != "[USAGE on the schema of users]" {
		t.Fatalf("%+v, %v", a, err)
	}
	run(t, r.root, a.Grant...)
	if _, err := d.SetLink(t.Context(), 1, linked, model.Unlinked()); err != nil {
		t.Error(err)
	}
}

func testWrongSchema(t *testing.T, w *world) {
	r := w.empty(t)
	run(t, r.root, "CREATE TABLE other (id INT)")
	d := r.grant("SELECT ON other").open()
	_, err := d.ReadLinks(t.Context())
	if w.database == model.DatabasePostgreSQL {
		says(t, err, model.CodeInvalid, "is not RomM's: it has no table users", "DB_NAME")
	} else { // MariaDB says nothing of tables without rights
		says(t, err, model.CodeForbidden, "lacks SELECT on users.id")
	}
	run(t, r.root, "CREATE TABLE users (id INT, email VARCHAR(255), login VARCHAR(255))")
	r.grant("SELECT ON users")
	for _, call := range calls(d) {
		says(t, call(t.Context()), model.CodeInvalid, "is not RomM's: its table users has no username, role, enabled", "DB_NAME")
	}
}

// calls is the whole API of the package.
func calls(d *rommsql.DB) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"ReadLinks":   func(ctx context.Context) error { _, err := d.ReadLinks(ctx); return err },
		"CheckAccess": func(ctx context.Context) error { _, err := d.CheckAccess(ctx); return err },
		"Fold":        func(ctx context.Context) error { _, err := d.Fold(ctx, "email", []string{"a"}); return err },
	}
}

// proves S32: what the server says of a wrong password holds none.
func testWrongAccount(t *testing.T, w *world) {
	cfg := w.people(t).all().config()
	wrong := cfg
	wrong.Password += "x"
	says(t, read(t, wrong), model.CodeUnauthorized, "user name and password", "DB_PASSWD")
	wrong = cfg
	wrong.User = "nobody"
	says(t, read(t, wrong), model.CodeUnauthorized, "DB_USER")
	wrong = cfg
	wrong.Name = "nowhere"
	if w.database == model.DatabasePostgreSQL {
		says(t, read(t, wrong), model.CodeNotFound, "DB_NAME")
	} else {
		says(t, read(t, wrong), model.CodeForbidden, "no right in that database")
	}
}

func read(t testing.TB, cfg rommsql.Config) error {
	_, err := open(t, cfg).ReadLinks(t.Context())
	return err
}

// The server did what it was told, and its answer got lost: that is found out.
func testCommitLost(t *testing.T, w *world) {
	r, p := w.people(t).all(), newProxy(t, w.server)
	p.at, p.pass = []byte(w.commit), true
	cfg := r.config()
	cfg.Port = p.port()
	got, err := open(t, cfg).SetLink(t.Context(), 1, linked, model.Unlinked())
	if err != nil || got.Link != model.Unlinked() || !p.cut {
		t.Errorf("%+v, %v, cut %v", got, err, p.cut)
	}
}

// The server never heard it: nothing was changed, and that is certain.
func testCommitNotHeard(t *testing.T, w *world) {
	r, p := w.people(t).all(), newProxy(t, w.server)
	p.at = []byte(w.commit)
	cfg := r.config()
	cfg.Port = p.port()
	_, err := open(t, cfg).SetLink(t.Context(), 1, linked, model.Unlinked())
	says(t, err, model.CodeUnavailable, "not changed", "try again")
	if got, err := r.open().ReadLinks(t.Context()); err != nil || got.Accounts[0].Link != linked || !p.cut {
		t.Errorf("%+v, %v, cut %v", got, err, p.cut)
	}
}

// proves R9: nobody can tell what became of it, and that is what is said.
func testGoneForGood(t *testing.T, w *world) {
	r, p := w.people(t).all(), newProxy(t, w.server)
	p.at, p.gone = []byte(w.commit), true
	cfg := r.config()
	cfg.Port = p.port()
	_, err := open(t, cfg).SetLink(t.Context(), 1, linked, model.Unlinked())
	says(t, err, model.CodeUnknown, "not known whether", "history interrupted")
}

func testServerGone(t *testing.T, w *world) {
	r, p := w.people(t).all(), newProxy(t, w.server)
	cfg := r.config()
	cfg.Port = p.port()
	d := open(t, cfg)
	if _, err := d.ReadLinks(t.Context()); err != nil {
		t.Fatal(err)
	}
	p.close()
	for _, call := range calls(d) {
		says(t, call(t.Context()), model.CodeUnavailable, "no database listens at 127.0.0.1:", "DB_HOST")
	}
	_, err := d.SetLink(t.Context(), 1, linked, model.Unlinked())
	says(t, err, model.CodeUnavailable, "no database listens")
}

// Reading writes nothing, whatever the account may do.
func testReadOnly(t *testing.T, w *world) {
	r := w.people(t)
	cfg := r.config()
	cfg.User, cfg.Password, cfg.Write = w.server.User, model.Secret(w.server.Password), false
	run(t, r.root, "CREATE TABLE log (n INT)")
	d := open(t, cfg)
	for name, call := range calls(d) {
		if err := call(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := rommsql.Reading(d, t.Context(), "INSERT INTO log VALUES (1)"); model.CodeOf(err) != model.CodeForbidden {
		t.Errorf("a reading wrote: %v", err)
	}
}

// The statements for people who run them themselves do what SetLink does.
func testStatements(t *testing.T, w *world) {
	r := w.people(t).all()
	d := r.open()
	for _, l := range []model.OIDCLink{
		model.Unlinked(),
		linked,
		model.Unlinked(),
		model.NewOIDCLink(`it's \ "quoted" -- ;`, `\'; DROP TABLE users; --`), model.NewOIDCLink("zoë", "\x1b[31m\n☃ "),
		{Known: true, Issuer: linked.Issuer},
		linked,
	} {
		now, err := d.ReadLinks(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		statement := model.LinkSQL(w.database, 1, now.Accounts[0].Link, l)
		if model.Clean(statement) != statement {
			t.Errorf("not printable: %q", statement)
		}
		for want := int64(1); want >= 0; want-- { // the second time it is no longer so
			res, err := r.root.ExecContext(t.Context(), statement)
			if err != nil {
				t.Fatalf("%s: %v", statement, err)
			}
			if n, _ := res.RowsAffected(); n != want && now.Accounts[0].Link != l {
				t.Errorf("%s: %d rows, want %d", statement, n, want)
			}
		}
		if got, err := d.ReadLinks(t.Context()); err != nil || got.Accounts[0].Link != l || got.Accounts[1].Link != now.Accounts[1].Link {
			t.Errorf("%s: %+v, %v", statement, got, err)
		}
	}
}

func testCancelled(t *testing.T, w *world) {
	d := w.people(t).all().open()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, call := range calls(d) {
		says(t, call(ctx), model.CodeUnavailable, "cancelled")
	}
	_, err := d.SetLink(ctx, 1, linked, model.Unlinked())
	says(t, err, model.CodeUnavailable, "cancelled")
}
