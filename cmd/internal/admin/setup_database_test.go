//go:build unix

package admin

import (
	"fmt"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/cmd/internal/demo"
	"github.com/romm-admin/romm-admin/db/sqltest"
)

// TestSetupCheckLooksAtTheDatabase: `setup check` says whether RomM's own
// database can be read, of what kind it is, how it compares, and which rights
// are there. Proves S32: its password is nowhere.
func TestSetupCheckLooksAtTheDatabase(t *testing.T) {
	t.Parallel()
	const canary = "CANARY-91ab3f70"
	server := sqltest.PostgreSQL(t)
	db := server.Open(t, "postgres")
	for _, s := range []string{
		"CREATE TABLE users (id SERIAL, username VARCHAR(255), email VARCHAR(255), role VARCHAR(9), enabled BOOL, oidc_issuer VARCHAR(255), oidc_sub VARCHAR(255))",
		"CREATE ROLE romm_admin LOGIN PASSWORD '" + canary + "'", "GRANT SELECT ON users TO romm_admin",
	} {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	w := newWorld(t, false)
	if _, said, code := inProcess(t, w.Env(), "roles", "publish", "--yes"); code != 0 { // the one check that fails in it
		t.Fatal(said)
	}
	one := []string{"ROMM_DB_DRIVER=postgresql", "DB_HOST=127.0.0.1", fmt.Sprintf("DB_PORT=%d", server.Port), "DB_NAME=postgres", "DB_USER=romm_admin", "DB_PASSWD=" + canary}
	with := func(extra ...string) []string { return append(append([]string{}, one...), extra...) }
	for name, c := range map[string]struct {
		env   []string
		args  string
		says  []string
		fails bool
	}{
		"not configured": {nil, "setup check", nil, false},
		"read":           {one, "setup check", []string{"PostgreSQL 1", "compare by C.UTF-8", "romm_admin may read accounts and links", "they are only read (ROMM_DB_WRITE)"}, false},
		"address":        {[]string{fmt.Sprintf("ROMM_DB_DSN=postgresql://romm_admin:%s@127.0.0.1:%d/postgres", canary, server.Port)}, "setup check", []string{"PostgreSQL 1"}, false},
		"no right":       {with("ROMM_DB_WRITE=1"), "setup check", []string{"lacks UPDATE on users.oidc_issuer, UPDATE on users.oidc_sub", "GRANT SELECT (id, ", "UPDATE (oidc_issuer, oidc_sub)"}, true},
		"no writing":     {with("ROMM_DB_WRITE=1"), "--read-only setup check", []string{"may read accounts and links; they are only read"}, false},
		"wrong password": {with("DB_PASSWD=" + canary + "x"), "setup check", []string{"RomM's database cannot be read", "user name and password", "DB_PASSWD"}, true},
		"gone":           {with("DB_PORT=1"), "setup check", []string{"no database listens at 127.0.0.1:1"}, true},
		"for cron":       {with("DB_PORT=1"), "check", []string{"problem: set-up, database: RomM's database cannot be read"}, true},
		"JSON":           {with("DB_PORT=1"), "setup check --json", []string{`"id": "database"`, `"state": "missing"`}, true},
		"mistake":        {with("DB_PORT=0"), "setup check", []string{"DB_PORT"}, true},
	} {
		t.Run(name, func(t *testing.T) { databaseChecked(t, w, c.env, c.args, c.says, c.fails, canary) })
	}
}

func databaseChecked(t *testing.T, w *demo.World, env []string, args string, says []string, fails bool, canary string) {
	out, said, code := inProcess(t, append(w.Env(), env...), strings.Fields(args)...)
	for _, want := range says {
		if !strings.Contains(out+said, want) {
			t.Errorf("not said: %s\n%s%s", want, out, said)
		}
	}
	if strings.Contains(out, "database") != (len(says) > 0) && code != 2 {
		t.Errorf("database is in it or is not:\n%s", out)
	}
	if fails != (code != 0) || strings.Contains(out+said, canary) {
		t.Errorf("code %d, or the password:\n%s%s", code, out, said)
	}
}
