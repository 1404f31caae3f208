package db

import (
	"context"
	"database/sql"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// stepsWith returns our migrations and a made-up one after them.
func stepsWith(t *testing.T, next string) fs.FS {
	t.Helper()
	out := fstest.MapFS{"00005_more.sql": {Data: []byte("-- +goose Up\n" + next)}}
	all, err := fs.Glob(migrationFiles, "migrations/*.sql")
	must(t, err)
	for _, name := range all {
		data, err := migrationFiles.ReadFile(name)
		must(t, err)
		out[strings.TrimPrefix(name, "migrations/")] = &fstest.MapFile{Data: data}
	}
	return out
}

func writerOf(t *testing.T, path string) *sql.DB {
	t.Helper()
	w, err := connect(path, modeWrite, 5*time.Second)
	must(t, err)
	t.Cleanup(func() { _ = w.Close() })
	return w
}

func TestMigrateKeepsData(t *testing.T) {
	t.Parallel()
	// proves R7
	path := newPath(t)
	d := openAt(t, path, Options{})
	setRole(t, d, 1, model.RoleAdmin, model.RoleNone)
	steps := stepsWith(t, "ALTER TABLE link ADD COLUMN note TEXT NOT NULL DEFAULT '';")
	if v, err := latest(steps); v != 5 || err != nil {
		t.Fatalf("latest is %d, %v", v, err)
	}
	w := writerOf(t, path)
	must(t, migrate(t.Context(), w, steps))
	must(t, migrate(t.Context(), w, steps))
	if v, err := schemaVersion(t.Context(), w); v != 5 || err != nil {
		t.Errorf("schema %d, %v", v, err)
	}
	if m := roleMap(t, d); m.Rows[0].Role != model.RoleAdmin {
		t.Errorf("map %+v", m)
	}
}

func TestFailedMigrationChangesNothing(t *testing.T) {
	t.Parallel()
	// proves R7: one transaction each
	path := makeFile(t)
	w := writerOf(t, path)
	err := migrate(t.Context(), w, stepsWith(t, "CREATE TABLE half (x INTEGER);\nINSERT INTO nowhere VALUES (1);"))
	if err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Fatalf("error %v", err)
	}
	if v, err := schemaVersion(t.Context(), w); v != 4 || err != nil {
		t.Errorf("schema %d, %v", v, err)
	}
	var n int
	must(t, w.QueryRowContext(t.Context(), "SELECT count(*) FROM sqlite_schema WHERE name = 'half'").Scan(&n))
	if n != 0 {
		t.Error("half of the step stayed")
	}
	openAt(t, path, Options{})
}

func TestMigrateAtOnce(t *testing.T) {
	t.Parallel()
	path := makeFile(t)
	steps := stepsWith(t, "CREATE TABLE more (x INTEGER) STRICT;")
	var wg sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		w := writerOf(t, path)
		wg.Go(func() { errs[i] = migrate(context.Background(), w, steps) })
	}
	wg.Wait()
	for _, err := range errs {
		must(t, err)
	}
}

func TestOlderSchemaReadOnly(t *testing.T) {
	t.Parallel()
	d := &DB{path: makeFile(t), opts: Options{Now: epoch, ReadOnly: true}}
	wantCode(t, d.vet(t.Context(), 5), model.CodeInvalid, "older romm-admin")
	d.opts.ReadOnly = false
	must(t, d.vet(t.Context(), 5))
	if d.reason != "" {
		t.Errorf("reason %q", d.reason)
	}
}
