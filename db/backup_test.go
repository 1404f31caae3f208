package db

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// filled makes a database with something in every table that a restore
// replaces.
func filled(t *testing.T) *DB {
	t.Helper()
	d := openNew(t)
	setRole(t, d, 1, model.RoleAdmin, model.RoleNone)
	setRole(t, d, 2, model.RoleUser, model.RoleNone)
	must(t, d.SetDefaultRole(t.Context(), model.RoleViewer, model.RoleNone))
	must(t, d.SetAssertions(t.Context(), []model.Assertion{{Name: "alice", Role: model.RoleAdmin}}, nil, "me"))
	must(t, d.Pin(t.Context(), model.Pin{UID: "u1", LocalID: 1, Email: "a@example.org"}))
	must(t, d.SetSetting(t.Context(), "k", "v"))
	addUser(t, d, "alice", "a@example.org")
	begin(t, d, "p", 2, plan.OutcomeDone)
	return d
}

func backupOf(t *testing.T, d *DB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "backup.db")
	must(t, d.Backup(t.Context(), path))
	return path
}

func openBackup(t *testing.T, path string) *Backup {
	t.Helper()
	b, err := OpenBackup(t.Context(), path, Options{Now: epoch})
	must(t, err)
	t.Cleanup(func() { must(t, b.Close()) })
	return b
}

func TestBackupIsPrivateAndNeverOverwrites(t *testing.T) {
	t.Parallel()
	// proves R8, S38
	d := filled(t)
	path := backupOf(t, d)
	fi, err := os.Stat(path)
	if err != nil || fi.Mode().Perm() != 0o600 {
		t.Fatalf("%v %v", fi, err)
	}
	before := readFile(t, path)
	wantCode(t, d.Backup(t.Context(), path), model.CodeConflict, "never overwritten")
	if !bytes.Equal(before, readFile(t, path)) || strings.Contains(names(t, path), "new-") {
		t.Errorf("the backup was touched: %s", names(t, path))
	}
	wantCode(t, d.Backup(t.Context(), filepath.Join(t.TempDir(), "no", "such", "folder")), model.CodeUnavailable, "written")
	b := openBackup(t, path)
	if b.FromSchema != d.schema || len(b.Sum) != 64 {
		t.Errorf("%+v", b)
	}
	if m := roleMap(t, b.DB); len(m.Rows) != 2 || m.Default != model.RoleViewer {
		t.Errorf("map %+v", m)
	}
	if !bytes.Equal(before, readFile(t, path)) {
		t.Error("looking at the backup changed it")
	}
	// Read-only programs can make backups as well.
	must(t, openAt(t, d.Path(), Options{ReadOnly: true}).Backup(t.Context(), filepath.Join(t.TempDir(), "b.db")))
}

// TestRestoreReplacesEverything restores over a file that went on, with a
// companion's cache beside it.
func TestRestoreReplacesEverything(t *testing.T) {
	t.Parallel()
	// proves R8, S27
	d := filled(t)
	path := backupOf(t, d)
	want := contents(t, d)
	cache := openCache(t, d)
	if r := current(t, cache, 1); r != model.RoleAdmin {
		t.Fatalf("role %q", r)
	}
	setRole(t, d, 1, model.RoleUser, model.RoleAdmin)
	setRole(t, d, 3, model.RoleAdmin, model.RoleNone)
	must(t, d.SetDefaultRole(t.Context(), model.RoleNone, model.RoleViewer))
	must(t, d.SetAssertions(t.Context(), nil, []model.Assertion{{Name: "alice", Role: model.RoleAdmin}}, "me"))
	must(t, d.Unpin(t.Context(), "u1"))
	must(t, d.SetSetting(t.Context(), "other", "x"))
	addUser(t, d, "bob", "b@example.org")
	begin(t, d, "later", 1, plan.OutcomeDone)
	must(t, d.RecordLogins(t.Context(), []Login{{Purpose: "p", UID: "u"}}))
	if r := current(t, cache, 3); r != model.RoleAdmin {
		t.Fatalf("role %q", r)
	}
	generation := roleMap(t, d).Generation
	inode, err := os.Stat(d.Path())
	must(t, err)

	must(t, d.Restore(t.Context(), openBackup(t, path), plan.JournalEntry{PlanID: "r", Plan: "restore", Change: plan.Change{Kind: "restore"}}))
	if got := contents(t, d); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	m := roleMap(t, d)
	if m.Generation <= generation {
		t.Errorf("generation %d after %d", m.Generation, generation)
	}
	s, err := cache.Current(t.Context())
	must(t, err) // the companion follows: same file, a newer generation
	if r := s.Map.Resolve([]model.GroupID{group(3)}).Role; r != model.RoleViewer || s.Map.Generation != m.Generation {
		t.Errorf("the companion answers %q at change %d", r, s.Map.Generation)
	}
	if now, err := os.Stat(d.Path()); err != nil || !os.SameFile(now, inode) {
		t.Errorf("another file: %v", err)
	}
	entries, err := d.Entries(t.Context(), 10, 0)
	must(t, err)
	if len(entries) != 4 || entries[0].Plan != "restore" || entries[0].Outcome != plan.OutcomeDone {
		t.Errorf("journal %+v", entries)
	}
	if l, err := d.Logins(t.Context(), 10); err != nil || len(l) != 1 {
		t.Errorf("logins %v %v", l, err)
	}
	must(t, d.Verify(t.Context()))
	// An account made later does not get an id that was given away.
	if id := addUser(t, d, "carol", ""); id <= 2 {
		t.Errorf("id %d is used again", id)
	}
}

// contents writes all that a restore replaces on one line.
func contents(t *testing.T, d *DB) string {
	t.Helper()
	var b strings.Builder
	for _, x := range restored() {
		var s string
		must(t, d.reader.QueryRowContext(t.Context(),
			"SELECT coalesce(group_concat(r, ';'), '') FROM (SELECT concat_ws('|', "+x.columns+") r FROM "+x.table+" ORDER BY 1)").Scan(&s))
		b.WriteString(x.table + " " + s + "\n")
	}
	b.WriteString(string(roleMap(t, d).Default))
	return b.String()
}

func TestRestoreIsAllOrNothing(t *testing.T) {
	t.Parallel()
	d := filled(t)
	b := openBackup(t, backupOf(t, d))
	setRole(t, d, 1, model.RoleUser, model.RoleAdmin)
	tamper(t, d.Path(), "CREATE TRIGGER stop BEFORE INSERT ON setting BEGIN SELECT RAISE(ABORT, 'stop'); END")
	want := contents(t, d)
	head, err := d.JournalHead(t.Context())
	must(t, err)
	if err := d.Restore(t.Context(), b, entry(1)); err == nil {
		t.Fatal("no error")
	}
	if got := contents(t, d); got != want {
		t.Errorf("half a restore: %s", got)
	}
	if now, err := d.JournalHead(t.Context()); err != nil || now != head {
		t.Errorf("head %v %v", now, err)
	}
	tamper(t, d.Path(), "DROP TRIGGER stop")
	addUser(t, d, "still", "") // nothing is left attached or locked
	ro := openAt(t, d.Path(), Options{ReadOnly: true})
	wantCode(t, ro.Restore(t.Context(), openBackup(t, backupOf(t, d)), entry(1)), model.CodeRefused, "read-only")
}

func TestBadBackupsAreRefused(t *testing.T) {
	t.Parallel()
	// proves R6, R8
	d := filled(t)
	for name, tt := range map[string]struct {
		make func(t *testing.T, path string)
		says string
	}{
		"missing":      {func(t *testing.T, path string) { must(t, os.Remove(path)) }, "no such file"},
		"text":         {func(t *testing.T, path string) { must(t, os.WriteFile(path, bytes.Repeat([]byte("x"), 5000), 0o600)) }, "not a SQLite"},
		"empty":        {func(t *testing.T, path string) { must(t, os.Truncate(path, 0)) }, "is empty"},
		"cut":          {func(t *testing.T, path string) { must(t, os.Truncate(path, 40000)) }, "damaged"},
		"edited map":   {func(t *testing.T, path string) { tamper(t, path, "UPDATE role_map SET role = 'admin'") }, "checksum"},
		"edited chain": {func(t *testing.T, path string) { tamper(t, path, "UPDATE meta SET journal_seq = 99") }, "altered"},
		"newer": {func(t *testing.T, path string) {
			tamper(t, path, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)")
		}, "newer romm-admin"},
		"in use": {func(t *testing.T, path string) {
			must(t, os.WriteFile(path+"-wal", []byte("x"), 0o600))
		}, "in use"},
		"link": {func(t *testing.T, path string) {
			must(t, os.Rename(path, path+".real"))
			must(t, os.Symlink(path+".real", path))
		}, "symbolic link"},
	} {
		path := backupOf(t, d)
		tt.make(t, path)
		_, err := OpenBackup(t.Context(), path, Options{Now: epoch})
		if err == nil || !strings.Contains(err.Error(), tt.says) || model.HintOf(err) == "" {
			t.Errorf("%s: %v (hint %q)", name, err, model.HintOf(err))
		}
	}
}

// TestUpgradeKeepsABackup brings a file of every released schema up to date.
func TestUpgradeKeepsABackup(t *testing.T) {
	t.Parallel()
	// proves R7: backup first
	path := oldFile(t, 1)
	d := openAt(t, path, Options{})
	if l, err := d.Pins(t.Context()); err != nil || len(l) != 1 || d.schema != sumsVersion {
		t.Errorf("%v %v, schema %d", l, err, d.schema)
	}
	b := openBackup(t, path+".schema-1")
	if b.FromSchema != 1 || b.schema != sumsVersion {
		t.Errorf("schema %d, %d", b.FromSchema, b.schema)
	}
	must(t, d.SetSetting(t.Context(), "a", "b"))
	must(t, d.Restore(t.Context(), b, entry(0))) // an old backup can be restored
}

func TestPlaceKeepsWhatWasThere(t *testing.T) {
	t.Parallel()
	d := filled(t)
	backup := backupOf(t, d)
	want := contents(t, d)
	path := d.Path()
	must(t, d.Close())
	must(t, os.WriteFile(path, []byte("rubbish"), 0o600))
	must(t, os.WriteFile(path+"-wal", []byte("old log"), 0o600))
	b := openBackup(t, backup)
	must(t, b.Place(t.Context(), path, path+".damaged"))
	if got := contents(t, openAt(t, path, Options{})); got != want {
		t.Errorf("%s", got)
	}
	if string(readFile(t, path+".damaged")) != "rubbish" || string(readFile(t, path+".damaged-wal")) != "old log" {
		t.Error("what was there is not kept")
	}
	wantCode(t, b.Place(t.Context(), path, path+".damaged"), model.CodeConflict)
	fresh := filepath.Join(filepath.Dir(path), "fresh.db")
	must(t, b.Place(t.Context(), fresh, fresh+".aside"))
	openAt(t, fresh, Options{})
}

func TestAssertions(t *testing.T) {
	t.Parallel()
	d := openNew(t)
	all := []model.Assertion{{Name: "alice", Role: model.RoleAdmin}, {Group: true, Name: "kids", Role: model.RoleViewer}}
	must(t, d.SetAssertions(t.Context(), all, nil, "me"))
	got, err := d.Assertions(t.Context())
	if err != nil || !slices.Equal(got, all) {
		t.Errorf("%q %v", got, err)
	}
	wantCode(t, d.SetAssertions(t.Context(), nil, nil, "me"), model.CodeConflict)
	named := func(name string) model.Assertion {
		return model.Assertion{Name: model.Untrusted(name), Role: model.RoleAdmin}
	}
	for _, bad := range [][]model.Assertion{
		{{}}, {named("a"), named("a")}, {{Name: "a", Role: "nonsense"}}, {named("a\nb")}, {named("\x1b[2J")}, {named(strings.Repeat("x", 513))}, make([]model.Assertion, 1001),
	} {
		wantCode(t, d.SetAssertions(t.Context(), bad, all, "me"), model.CodeInvalid)
	}
	must(t, d.SetAssertions(t.Context(), all[1:], all, "me"))
	must(t, d.SetAssertions(t.Context(), nil, all[1:], "me"))
	if got, err := d.Assertions(t.Context()); err != nil || len(got) != 0 {
		t.Errorf("%q %v", got, err)
	}
}

func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "data", "romm-admin.db")
	d, err := Open(b.Context(), path, Options{Now: epoch})
	if err != nil {
		b.Fatal(err)
	}
	// The other program has the file open, as it does for months.
	defer func() { _ = d.Close() }()
	var took []time.Duration
	for b.Loop() {
		began := time.Now()
		d, err := Open(b.Context(), path, Options{Now: epoch, MustExist: true})
		if err != nil {
			b.Fatal(err)
		}
		took = append(took, time.Since(began))
		if err := d.Close(); err != nil {
			b.Fatal(err)
		}
	}
	reportMedian(b, took)
}

func reportMedian(b *testing.B, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "median-ms/open")
}
