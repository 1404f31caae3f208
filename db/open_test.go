package db

import (
	"bytes"
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

func TestOpenCreatesPrivately(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a", "b", "romm-admin.db")
	d := openAt(t, path, Options{})
	// proves S38: folder 0700, file 0600, side files alike
	for name, want := range map[string]os.FileMode{
		filepath.Dir(path): 0o700, path: 0o600, path + "-wal": 0o600, path + "-shm": 0o600,
	} {
		fi, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := fi.Mode().Perm(); got != want {
			t.Errorf("%s has mode %04o, want %04o", name, got, want)
		}
	}
	if d.Path() != path || d.schema != sumsVersion || d.ReadOnlyReason() != "" {
		t.Errorf("path %q, schema %d, read-only %q", d.Path(), d.schema, d.ReadOnlyReason())
	}
	if err := checkSQLite(d.SQLiteVersion()); err != nil {
		t.Error(err)
	}
	names, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".*"))
	if err != nil || len(names) > 0 {
		t.Errorf("left over: %v %v", names, err)
	}
}

func TestOpenSettings(t *testing.T) {
	t.Parallel()
	d := openNew(t)
	// proves R1, S38: the pragmas hold on every connection
	for name, pool := range map[string]*sql.DB{"reader": d.reader, "writer": d.writer} {
		for pragma, want := range map[string]string{
			"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "trusted_schema": "0",
			"busy_timeout": "5000", "application_id": "1383026017",
		} {
			var got string
			if err := pool.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got); err != nil {
				t.Fatal(err)
			}
			if got != want {
				t.Errorf("%s: %s = %s, want %s", name, pragma, got, want)
			}
		}
	}
	if _, err := d.reader.ExecContext(t.Context(), "INSERT INTO setting VALUES ('a', 'b', 0)"); err == nil {
		t.Error("a reader could write")
	}
	if got := d.writer.Stats().MaxOpenConnections; got != 1 {
		t.Errorf("%d writers", got)
	}
	var loose string
	err := d.reader.QueryRowContext(t.Context(), `SELECT coalesce(group_concat(name), '') FROM pragma_table_list
		WHERE type = 'table' AND schema = 'main' AND NOT strict AND name NOT LIKE 'sqlite_%' AND name <> 'goose_db_version'`).Scan(&loose)
	if err != nil || loose != "" {
		t.Errorf("tables that are not STRICT: %q %v", loose, err)
	}
}

func TestReopenChangesNothing(t *testing.T) {
	t.Parallel()
	path := makeFile(t)
	before := readFile(t, path)
	d := openAt(t, path, Options{MustExist: true})
	if d.schema != sumsVersion {
		t.Errorf("schema %d", d.schema)
	}
	must(t, d.Close())
	if !bytes.Equal(before, readFile(t, path)) {
		t.Error("opening and closing changed the file")
	}
	for _, suffix := range []string{"-wal", "-shm"} {
		if _, err := os.Stat(path + suffix); err == nil {
			t.Errorf("%s is left", suffix)
		}
	}
}

func TestOpenAtOnce(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	must(t, os.Mkdir(filepath.Dir(path), 0o700))
	var wg sync.WaitGroup
	dbs, errs := make([]*DB, 8), make([]error, 8)
	for i := range dbs {
		wg.Go(func() { dbs[i], errs[i] = Open(context.Background(), path, Options{Now: epoch}) })
	}
	wg.Wait()
	for i, d := range dbs {
		must(t, errs[i])
		must(t, d.SetSetting(t.Context(), "k"+string(rune('0'+i)), "v"))
	}
	for i := range dbs {
		if _, ok, err := dbs[0].Setting(t.Context(), "k"+string(rune('0'+i))); err != nil || !ok {
			t.Errorf("the write of handle %d is lost: %v", i, err)
		}
		must(t, dbs[len(dbs)-1-i].SetSetting(t.Context(), "end", "x"))
	}
	for _, d := range dbs {
		must(t, d.Close())
	}
}

func TestOddPaths(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a b.db", "a?mode=memory.db", "a%2fb#c.db", "ä;'\".db"} {
		path := filepath.Join(t.TempDir(), "data", name)
		d := openAt(t, path, Options{})
		must(t, d.SetSetting(t.Context(), "k", "v"))
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}

func TestSQLiteFloor(t *testing.T) {
	t.Parallel()
	// proves R2
	for version, ok := range map[string]bool{
		"3.51.3": true, "3.51.10": true, "3.54.1": true, "4.0.0": true,
		"3.51.2": false, "3.50.9": false, "2.99.99": false, "": false, "newest": false,
	} {
		if err := checkSQLite(version); (err == nil) != ok {
			t.Errorf("%q: %v", version, err)
		}
	}
}

func TestOpenOptions(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	_, err := Open(t.Context(), path, Options{})
	wantCode(t, err, model.CodeInternal, "clock")
	_, err = Open(t.Context(), "", Options{Now: epoch})
	wantCode(t, err, model.CodeInvalid)
	for _, opts := range []Options{{Now: epoch, MustExist: true}, {Now: epoch, ReadOnly: true}} {
		_, err := Open(t.Context(), path, opts)
		wantCode(t, err, model.CodeNotFound, path)
		if model.HintOf(err) == "" {
			t.Error("no hint")
		}
	}
	if _, err := os.Stat(filepath.Dir(path)); err == nil {
		t.Error("the folder was made")
	}
}

func TestReadOnly(t *testing.T) {
	t.Parallel()
	path := makeFile(t)
	d := openAt(t, path, Options{ReadOnly: true})
	if d.ReadOnlyReason() != "opened read-only" {
		t.Errorf("reason %q", d.ReadOnlyReason())
	}
	_, err := d.RoleMap(t.Context())
	must(t, err)
	wantCode(t, d.SetSetting(t.Context(), "a", "b"), model.CodeRefused, "read-only")
	_, err = d.OpenEntry(t.Context(), plan.JournalEntry{})
	wantCode(t, err, model.CodeRefused)
	// It sees what another program writes meanwhile.
	w := openAt(t, path, Options{})
	must(t, w.SetSetting(t.Context(), "a", "b"))
	if v, ok, err := d.Setting(t.Context(), "a"); v != "b" || !ok || err != nil {
		t.Errorf("%q %v %v", v, ok, err)
	}
}

func TestWriteLocked(t *testing.T) {
	t.Parallel()
	path := makeFile(t)
	d := openAt(t, path, Options{BusyTimeout: 20 * time.Millisecond})
	release := holdLock(t, "hold", path)
	err := d.SetSetting(t.Context(), "a", "b")
	wantCode(t, err, model.CodeUnavailable, "another program is writing to "+path)
	if !strings.Contains(model.HintOf(err), "try again") {
		t.Errorf("hint %q", model.HintOf(err))
	}
	// Readers do not care, and neither does opening.
	_, err = d.RoleMap(t.Context())
	must(t, err)
	must(t, openAt(t, path, Options{BusyTimeout: 20 * time.Millisecond}).Close())
	release()
	must(t, d.SetSetting(t.Context(), "a", "b"))
}

func TestOpenLocked(t *testing.T) {
	t.Parallel()
	path := makeFile(t)
	before := readFile(t, path)
	release := holdLock(t, "hold-all", path)
	opts := Options{Now: epoch, BusyTimeout: 20 * time.Millisecond}
	_, err := Open(t.Context(), path, opts)
	wantCode(t, err, model.CodeUnavailable, "another program is writing to "+path)
	release()
	if !bytes.Equal(before, readFile(t, path)) {
		t.Error("the file was changed")
	}
	openAt(t, path, opts)
}

func TestCancelledWriteChangesNothing(t *testing.T) {
	t.Parallel()
	d := openNew(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	wantCode(t, d.SetSetting(ctx, "a", "b"), model.CodeUnavailable)
	if _, ok, err := d.Setting(t.Context(), "a"); ok || err != nil {
		t.Errorf("%v %v", ok, err)
	}
	must(t, d.SetSetting(t.Context(), "a", "b"))
}

func TestReplacedFileIsNoticed(t *testing.T) {
	t.Parallel()
	d := openNew(t)
	other := makeFile(t)
	must(t, d.SetSetting(t.Context(), "a", "b"))
	must(t, os.Rename(d.Path(), d.Path()+".old"))
	wantCode(t, d.SetSetting(t.Context(), "a", "c"), model.CodeUnavailable, "replaced or removed")
	must(t, os.Rename(other, d.Path()))
	wantCode(t, d.SetSetting(t.Context(), "a", "c"), model.CodeUnavailable, "replaced or removed")
	_, err := d.RoleMap(t.Context())
	wantCode(t, err, model.CodeUnavailable, "replaced or removed")
	must(t, os.Rename(d.Path()+".old", d.Path()))
	must(t, d.SetSetting(t.Context(), "a", "d"))
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
