//go:build unix

package admin

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/db/sqltest"
	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/reconcile"
)

// beforeSet does something right before a link is written.
type beforeSet struct {
	reconcile.LinkStore
	do func()
}

func (b *beforeSet) SetLink(ctx context.Context, id int64, before, after model.OIDCLink) (model.LocalUser, error) {
	if b.do != nil {
		b.do()
	}
	return b.LinkStore.SetLink(ctx, id, before, after)
}

// line is the way to a server, which can be cut.
type line struct {
	net.Listener
	mu  sync.Mutex
	all []net.Conn
}

func newLine(t *testing.T, to string) *line {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &line{Listener: l}
	t.Cleanup(p.cut)
	go func() {
		for {
			here, err := l.Accept()
			if err != nil {
				return
			}
			there, err := net.Dial("tcp", to)
			if err != nil {
				_ = here.Close()
				continue
			}
			p.mu.Lock()
			p.all = append(p.all, here, there)
			p.mu.Unlock()
			go func() { _, _ = io.Copy(here, there) }()
			go func() { _, _ = io.Copy(there, here) }()
		}
	}()
	return p
}

func (p *line) cut() {
	_ = p.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.all {
		_ = c.Close()
	}
}

// TestLinksInRealDatabases: the plans of both commands, from the reading to the
// undo, against a real PostgreSQL and a real MariaDB; a login in between, and a
// server that is gone.
func TestLinksInRealDatabases(t *testing.T) {
	t.Parallel()
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		server := sqltest.PostgreSQL(t)
		linksIn(t, server, server.Open(t, "postgres"), "postgresql", "postgres")
	})
	t.Run("MariaDB", func(t *testing.T) {
		t.Parallel()
		server := sqltest.MariaDB(t)
		if _, err := server.Open(t, "").ExecContext(t.Context(), "CREATE DATABASE romm CHARACTER SET utf8mb4"); err != nil {
			t.Fatal(err)
		}
		linksIn(t, server, server.Open(t, "romm"), "mariadb", "romm")
	})
}

func linksIn(t *testing.T, server *sqltest.Server, db *sql.DB, driver, name string) {
	t.Helper()
	w := newLinkWorld(t)
	bob := w.uid("bob")
	must := func(statement string) {
		t.Helper()
		if _, err := db.ExecContext(t.Context(), statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
	must("CREATE TABLE users (id INT PRIMARY KEY, username VARCHAR(255) NOT NULL, email VARCHAR(255), role VARCHAR(9), enabled BOOL, oidc_issuer VARCHAR(255), oidc_sub VARCHAR(255))")
	must("CREATE UNIQUE INDEX ix_users_oidc_identity ON users (oidc_issuer, oidc_sub)")
	for _, u := range w.store.romm.Users() {
		must(fmt.Sprintf("INSERT INTO users (id, username, email, role, enabled) VALUES (%d, '%s', '%s', 'USER', TRUE)", u.ID, u.Username, *u.Email))
	}
	const link = "UPDATE users SET oidc_issuer = '%s', oidc_sub = '%s' WHERE username = '%s'"
	must(fmt.Sprintf(link, linkIssuer, bob, "mallory"))
	rows := func() string {
		t.Helper()
		all, err := db.QueryContext(t.Context(), "SELECT username, COALESCE(oidc_issuer, 'NULL'), COALESCE(oidc_sub, 'NULL') FROM users ORDER BY id")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = all.Close() }()
		var out []string
		for all.Next() {
			var a, b, c string
			if err := all.Scan(&a, &b, &c); err != nil {
				t.Fatal(err)
			}
			out = append(out, a+" "+b+" "+c)
		}
		if err := all.Err(); err != nil {
			t.Fatal(err)
		}
		return strings.Join(out, "\n")
	}
	way := newLine(t, fmt.Sprintf("%s:%d", server.Host, server.Port))
	w.env = append(w.env, "ROMM_DB_DRIVER="+driver, "DB_HOST=127.0.0.1", fmt.Sprintf("DB_PORT=%d", way.Addr().(*net.TCPAddr).Port), "DB_NAME="+name,
		"DB_USER="+server.User, "DB_PASSWD="+server.Password, "ROMM_DB_WRITE=true")
	before := &beforeSet{}
	w.real = func(s reconcile.LinkStore) reconcile.LinkStore {
		before.LinkStore = s
		return before
	}
	expect := func(want int, says string, args ...string) {
		t.Helper()
		out, said, code := w.do(args...)
		if code != want || !strings.Contains(out+said, says) || strings.Contains(out+said, server.Password) {
			t.Fatalf("%s: exit code %d, want %d and “%s”\n%s\n%s", strings.Join(args, " "), code, want, says, out, said)
		}
	}

	found := rows()
	expect(cli.ExitOK, "unlink the RomM account mallory", "users", "unlink", "mallory", "--dry-run")
	if now := rows(); now != found {
		t.Fatalf("a dry run wrote: %s", now)
	}
	expect(cli.ExitOK, "done: link the RomM account bob", "users", "link", "bob", "bob", "--yes") // entries 1 and 3
	if now := rows(); !strings.Contains(now, "bob "+linkIssuer+" "+bob.Raw()) || !strings.Contains(now, "mallory NULL NULL") {
		t.Fatalf("%s", now)
	}
	expect(cli.ExitOK, "done", "history", "undo", "3", "--yes")
	expect(cli.ExitOK, "done", "history", "undo", "1", "--yes")
	if now := rows(); now != found {
		t.Fatalf("undone, and not as it was:\n%s\n%s", now, found)
	}

	before.do = func() { must(fmt.Sprintf(link, linkIssuer, "somebody", "mallory")) }
	expect(cli.ExitError, "is now linked to subject somebody", "users", "unlink", "mallory", "--yes")
	if now := rows(); !strings.Contains(now, "mallory "+linkIssuer+" somebody") {
		t.Fatalf("the login in between was overwritten: %s", now)
	}
	must(fmt.Sprintf(link, linkIssuer, bob, "mallory"))

	before.do = way.cut
	expect(cli.ExitError, "RomM's database", "users", "unlink", "mallory", "--yes")
	if now := rows(); now != found {
		t.Fatalf("%s", now)
	}
	expect(cli.ExitOK, `"outcome": "failed"`, "history", "--json")
}
