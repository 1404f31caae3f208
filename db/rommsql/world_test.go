//go:build unix

package rommsql_test

import (
	"bytes"
	"database/sql"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/romm-admin/romm-admin/db/rommsql"
	"github.com/romm-admin/romm-admin/db/sqltest"
	"github.com/romm-admin/romm-admin/model"
)

// canary is the password of every account of these tests: it must be nowhere.
const canary = "Canary-p4ss\\w'ord"

const (
	issuer = "https://auth.example.org/application/o/romm/"
	alice  = "a11ce"
	bob    = "b0b"
)

// kind is one of the servers that RomM can run on.
type kind struct {
	name, driver string
	database     model.Database
	product      string
	start        func(testing.TB) *sqltest.Server
	first        string // the database that is there to begin with
	create       string // of a database, %s is its name
	users, links []string
	account      string // makes an account: name, password
	grantee      string // the account's name in GRANT
	waits        string // counts transactions that wait for a lock
	commit       string // how the driver says it, in lower case
}

// RomM's own table and migration 0144 on each (docs/romm.md 7 Links).
var kinds = []kind{
	{
		name: "MariaDB", driver: "mariadb", database: model.DatabaseMariaDB, product: "MariaDB", start: sqltest.MariaDB,
		create: "CREATE DATABASE %s CHARACTER SET utf8mb4 COLLATE utf8mb4_uca1400_ai_ci",
		users: []string{`CREATE TABLE users (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, username VARCHAR(255) NOT NULL, hashed_password VARCHAR(255),
			email VARCHAR(255), enabled BOOL NOT NULL, role ENUM('USER', 'ADMIN') NOT NULL, avatar_path VARCHAR(255) NOT NULL DEFAULT '',
			last_login TIMESTAMP NULL, last_active TIMESTAMP NULL, ra_username VARCHAR(255) DEFAULT '', ui_settings JSON, permission_group_id INT,
			UNIQUE KEY ix_users_username (username), UNIQUE KEY ix_users_email (email))`},
		links: []string{
			"ALTER TABLE users ADD COLUMN oidc_issuer VARCHAR(255) COLLATE utf8mb4_nopad_bin, ADD COLUMN oidc_sub VARCHAR(255) COLLATE utf8mb4_nopad_bin",
			"CREATE UNIQUE INDEX ix_users_oidc_identity ON users (oidc_issuer, oidc_sub)",
		},
		account: "CREATE USER '%s'@'%%' IDENTIFIED BY '%s'", grantee: "'%s'@'%%'",
		commit: "\x03commit",
		waits:  "SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'INNODB_ROW_LOCK_CURRENT_WAITS'",
	},
	{
		name: "PostgreSQL", driver: "postgresql", database: model.DatabasePostgreSQL, product: "PostgreSQL", start: sqltest.PostgreSQL, first: "postgres",
		create: "CREATE DATABASE %s",
		users: []string{
			"CREATE TYPE role AS ENUM ('USER', 'ADMIN')",
			`CREATE TABLE users (id SERIAL PRIMARY KEY, username VARCHAR(255) NOT NULL, hashed_password VARCHAR(255), email VARCHAR(255),
			enabled BOOL NOT NULL, role role NOT NULL, avatar_path VARCHAR(255) NOT NULL DEFAULT '', last_login TIMESTAMPTZ, last_active TIMESTAMPTZ,
			ra_username VARCHAR(255) DEFAULT '', ui_settings JSONB, permission_group_id INT)`,
			"CREATE UNIQUE INDEX ix_users_username ON users (username)",
			"CREATE UNIQUE INDEX ix_users_email ON users (email)",
		},
		links: []string{
			"ALTER TABLE users ADD COLUMN oidc_issuer VARCHAR(255), ADD COLUMN oidc_sub VARCHAR(255)",
			"CREATE UNIQUE INDEX ix_users_oidc_identity ON users (oidc_issuer, oidc_sub)",
		},
		account: "CREATE ROLE %s LOGIN PASSWORD '%s'", grantee: "%s",
		commit: "commit\x00",
		waits:  "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'",
	},
}

// world is a running server.
type world struct {
	kind
	server *sqltest.Server
	root   *sql.DB
	count  atomic.Int32
}

// onEach runs a test on each server.
func onEach(t *testing.T, tests map[string]func(*testing.T, *world)) {
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			w := &world{kind: k, server: k.start(t)}
			w.root = w.server.Open(t, k.first)
			for name, fn := range tests {
				t.Run(name, func(t *testing.T) { fn(t, w) })
			}
		})
	}
}

// as connects to a database as somebody else.
func (w *world) as(t testing.TB, user, password, database string) *sql.DB {
	t.Helper()
	driver, dsn := "pgx", "postgres://%s:%s@%s:%d/%s?sslmode=disable"
	if w.database == model.DatabaseMariaDB {
		driver, dsn = "mysql", "%s:%s@tcp(%s:%d)/%s"
	}
	db, err := sql.Open(driver, fmt.Sprintf(dsn, user, password, w.server.Host, w.server.Port, database))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// run executes statements and fails the test when one fails.
func run(t testing.TB, db *sql.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// romm is one database of RomM on the server, with an account for us.
type romm struct {
	w    *world
	t    testing.TB
	name string  // of the database, and of the account
	root *sql.DB // the database, for somebody who may do everything
}

// empty makes a database without tables.
func (w *world) empty(t testing.TB) romm {
	t.Helper()
	name := fmt.Sprintf("romm%d", w.count.Add(1))
	run(t, w.root, fmt.Sprintf(w.create, name), fmt.Sprintf(w.account, name, w.quoted(canary)))
	return romm{w: w, t: t, name: name, root: w.server.Open(t, name)}
}

// quoted is a text within the quotes of a statement.
func (w *world) quoted(s string) string {
	s = strings.ReplaceAll(s, "'", "''")
	if w.database == model.DatabaseMariaDB {
		s = strings.ReplaceAll(s, `\`, `\\`)
	}
	return s
}

// people makes RomM's table with three accounts: the first is linked, the
// third has nothing.
func (w *world) people(t testing.TB) romm {
	t.Helper()
	r := w.empty(t)
	run(t, r.root, w.users...)
	run(t, r.root, w.links...)
	run(t, r.root, "INSERT INTO users (id, username, email, enabled, role, oidc_issuer, oidc_sub) VALUES "+
		"(1, 'alice', 'alice@example.org', TRUE, 'ADMIN', '"+issuer+"', '"+alice+"'), "+
		"(2, 'bob', '', FALSE, 'USER', NULL, NULL), (3, 'zoë', NULL, TRUE, 'USER', NULL, NULL)")
	return r
}

// grant gives our account rights: a part of GRANT up to TO.
func (r romm) grant(rights ...string) romm {
	r.t.Helper()
	for _, g := range rights {
		run(r.t, r.root, fmt.Sprintf("GRANT %s TO "+r.w.grantee, g, r.name))
	}
	return r
}

// all gives our account the rights to everything that the package does.
func (r romm) all() romm {
	return r.grant("SELECT (id, username, email, role, enabled, oidc_issuer, oidc_sub) ON users", "UPDATE (oidc_issuer, oidc_sub) ON users")
}

// config is how our account gets to the database.
func (r romm) config() rommsql.Config {
	return rommsql.Config{
		Driver: r.w.driver, Host: r.w.server.Host, Port: r.w.server.Port, Name: r.name, User: r.name, Password: canary, Write: true,
	}
}

func (r romm) open() *rommsql.DB { return open(r.t, r.config()) }

func open(t testing.TB, cfg rommsql.Config) *rommsql.DB {
	t.Helper()
	d, err := rommsql.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d
}

// says fails the test unless the error has that code and says all of that.
func says(t testing.TB, err error, code model.Code, texts ...string) {
	t.Helper()
	if model.CodeOf(err) != code {
		t.Errorf("code %q, want %q: %v", model.CodeOf(err), code, err)
	}
	told := fmt.Sprintf("%v %+v\n%s", err, err, model.HintOf(err))
	for _, want := range texts {
		if !strings.Contains(told, want) {
			t.Errorf("not told: %s\n%s", want, told)
		}
	}
	if strings.Contains(told, canary) || strings.Contains(told, "Canary") {
		t.Errorf("the password is told: %s", told)
	}
}

// proxy stands between us and the server and can cut the line.
type proxy struct {
	listener net.Listener
	to       string
	// at is what the client says when the line is cut, in lower case; pass is
	// whether the server hears it.
	at   []byte
	pass bool
	// gone refuses everything once the line was cut.
	gone bool

	mu    sync.Mutex
	cut   bool
	conns []net.Conn
}

func newProxy(t testing.TB, to *sqltest.Server) *proxy {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: l, to: fmt.Sprintf("%s:%d", to.Host, to.Port)}
	t.Cleanup(p.close)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go p.serve(c)
		}
	}()
	return p
}

func (p *proxy) port() int { return p.listener.Addr().(*net.TCPAddr).Port }

// close ends the server for those who come through here.
func (p *proxy) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
}

func (p *proxy) serve(client net.Conn) {
	defer func() { _ = client.Close() }()
	server, err := net.Dial("tcp", p.to)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	p.mu.Lock()
	p.conns = append(p.conns, client, server)
	refuse := p.cut && p.gone
	p.mu.Unlock()
	if refuse {
		return
	}
	deaf := make(chan struct{})
	go func() { // answers
		buf := make([]byte, 64<<10)
		for {
			n, err := server.Read(buf)
			select {
			case <-deaf: // the answer gets lost
				_ = client.Close()
				return
			default:
			}
			if err != nil {
				_ = client.Close()
				return
			}
			_, _ = client.Write(buf[:n])
		}
	}()
	buf := make([]byte, 64<<10)
	for {
		n, err := client.Read(buf)
		if err != nil {
			return
		}
		if p.cutNow(buf[:n]) {
			close(deaf)
			if p.pass {
				_, _ = server.Write(buf[:n])
				_, _ = client.Read(buf) // until the answer has been lost
			}
			return
		}
		if _, err := server.Write(buf[:n]); err != nil {
			return
		}
	}
}

// cutNow reports whether this is what the line is cut at, the first time.
func (p *proxy) cutNow(said []byte) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut || p.at == nil || !bytes.Contains(bytes.ToLower(said), p.at) {
		return false
	}
	p.cut = true
	return true
}
