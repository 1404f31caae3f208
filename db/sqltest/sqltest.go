//go:build unix

// Package sqltest starts the servers that RomM can keep its users in, for
// tests: a real MariaDB and a real PostgreSQL, with data of their own in a
// temporary folder, on loopback. They end with the test that started them.
//
// Debian has them in mariadb-server and postgresql. Where a program is not
// installed the test is skipped; with ROMM_ADMIN_SERVERS=require, as continuous
// integration sets it, it fails.
package sqltest

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// Server is a running server whose every database belongs to the test.
type Server struct {
	Host string
	Port int
	// User may do everything, Password is its password.
	User, Password string

	driver string
	dsn    func(database string) string
}

// Open connects to a database of the server as the user who may do everything.
func (s *Server) Open(t testing.TB, database string) *sql.DB {
	t.Helper()
	db, err := sql.Open(s.driver, s.dsn(database))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

const password = "made-up-for-tests"

// MariaDB starts a MariaDB whose user root has a password. RomM's own default
// collation must be named where a database is created: Debian 12's server has
// another default.
func MariaDB(t testing.TB) *Server {
	t.Helper()
	install, server := find(t, "mariadb-install-db"), find(t, "mariadbd")
	p := newProcess(t, "mysql")
	p.run(t, install, "--no-defaults", "--datadir="+p.dir+"/data", "--auth-root-authentication-method=normal",
		"--skip-test-db", "--skip-name-resolve")
	s := &Server{Host: "127.0.0.1", Port: freePort(t), User: "root", Password: password, driver: "mysql"}
	s.dsn = func(database string) string {
		c := mysql.NewConfig()
		c.Net, c.Addr = "tcp", net.JoinHostPort(s.Host, strconv.Itoa(s.Port))
		c.User, c.Passwd, c.DBName = s.User, s.Password, database
		return c.FormatDSN()
	}
	first := filepath.Join(p.dir, "first.sql")
	grant := "CREATE OR REPLACE USER root@'127.0.0.1' IDENTIFIED BY '" + password + "';\n" +
		"GRANT ALL ON *.* TO root@'127.0.0.1' WITH GRANT OPTION;\n"
	if err := os.WriteFile(first, []byte(grant), 0o644); err != nil { // the server's own user reads it
		t.Fatal(err)
	}
	p.start(t, server, "--no-defaults", "--datadir="+p.dir+"/data", "--bind-address="+s.Host, "--port="+strconv.Itoa(s.Port),
		"--socket="+p.dir+"/s", "--pid-file="+p.dir+"/pid", "--init-file="+first, "--skip-name-resolve", "--skip-log-bin",
		"--innodb-flush-log-at-trx-commit=0")
	s.await(t, p, "")
	return s
}

// PostgreSQL starts a PostgreSQL whose user postgres has a password. Its
// databases are UTF-8 in the locale C.UTF-8, as in PostgreSQL's own images.
func PostgreSQL(t testing.TB) *Server {
	t.Helper()
	initdb, server := find(t, "initdb"), find(t, "postgres")
	p := newProcess(t, "postgres")
	secret := filepath.Join(p.dir, "password")
	if err := os.WriteFile(secret, []byte(password), 0o644); err != nil { // made up, and read by the server's own user
		t.Fatal(err)
	}
	p.run(t, initdb, "-D", p.dir+"/data", "-U", "postgres", "-A", "scram-sha-256", "--pwfile="+secret,
		"-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
	s := &Server{Host: "127.0.0.1", Port: freePort(t), User: "postgres", Password: password, driver: "pgx"}
	s.dsn = func(database string) string {
		return fmt.Sprintf("host=%s port=%d user=%s password=%s dbname=%s sslmode=disable", s.Host, s.Port, s.User, s.Password, database)
	}
	p.start(t, server, "-D", p.dir+"/data", "-h", s.Host, "-p", strconv.Itoa(s.Port), "-k", p.dir, "-F")
	s.await(t, p, "postgres")
	return s
}

// find returns the path of a server's program: Debian keeps them outside the
// search path of most people.
func find(t testing.TB, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, pattern := range []string{"/usr/sbin/", "/usr/lib/postgresql/*/bin/"} {
		if found, _ := filepath.Glob(pattern + name); len(found) > 0 {
			return found[len(found)-1]
		}
	}
	if os.Getenv("ROMM_ADMIN_SERVERS") == "require" {
		t.Fatalf("%s is not installed, and ROMM_ADMIN_SERVERS requires it", name)
	}
	t.Skipf("%s is not installed", name)
	return ""
}

// process is a server's folder and the account that it runs under.
type process struct {
	dir   string
	log   string
	as    *syscall.SysProcAttr
	ended chan struct{}
}

// newProcess makes the folder. Neither server runs as root; its package came
// with an account for it.
func newProcess(t testing.TB, account string) *process {
	t.Helper()
	dir, err := os.MkdirTemp("", "romm-admin-"+account)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	p := &process{dir: dir, log: filepath.Join(dir, "log"), as: &syscall.SysProcAttr{}, ended: make(chan struct{})}
	if os.Geteuid() != 0 {
		return p
	}
	u, err := user.Lookup(account)
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	p.as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return p
}

func (p *process) command(name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.Background(), name, args...) // start ends it
	cmd.Dir, cmd.SysProcAttr = p.dir, p.as
	cmd.Env = []string{"PATH=" + os.Getenv("PATH") + ":/usr/sbin:/sbin", "HOME=" + p.dir, "TMPDIR=" + p.dir, "LC_ALL=C.UTF-8"}
	return cmd
}

func (p *process) run(t testing.TB, name string, args ...string) {
	t.Helper()
	if out, err := p.command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// start runs the server until the test ends, in which case it is told to stop,
// and killed when it does not.
func (p *process) start(t testing.TB, name string, args ...string) {
	t.Helper()
	log, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = log.Close() }()
	cmd := p.command(name, args...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = cmd.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGQUIT) // PostgreSQL: at once; MariaDB has no use for its data either
		select {
		case <-p.ended:
		case <-time.After(10 * time.Second):
			_ = cmd.Process.Kill()
			<-p.ended
		}
	})
}

// await returns when the server answers.
func (s *Server) await(t testing.TB, p *process, database string) {
	t.Helper()
	db := s.Open(t, database)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for tick := time.NewTicker(50 * time.Millisecond); ; {
		err := db.PingContext(ctx)
		if err == nil {
			return
		}
		select {
		case <-tick.C:
		case <-p.ended:
			p.fail(t, "the server ended")
		case <-ctx.Done():
			p.fail(t, "the server does not answer: "+err.Error())
		}
	}
}

func (p *process) fail(t testing.TB, why string) {
	t.Helper()
	log, _ := os.ReadFile(p.log)
	t.Fatalf("%s\n%s", why, log)
}

func freePort(t testing.TB) int {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}
