package db

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// rolledBack is a database in which group 1 was admin, put back to that state
// after the role was taken; nothing has it open.
func rolledBack(t *testing.T) (path string) {
	t.Helper()
	path = newPath(t)
	d, err := Open(t.Context(), path, Options{Now: epoch})
	must(t, err)
	setRole(t, d, 1, model.RoleAdmin, model.RoleNone)
	old := filepath.Join(t.TempDir(), "old.db")
	must(t, d.Backup(t.Context(), old))
	setRole(t, d, 1, model.RoleNone, model.RoleAdmin)
	must(t, d.Close())
	must(t, os.WriteFile(path, readFile(t, old), 0o600))
	return path
}

func doubt(t *testing.T, d *DB) error {
	t.Helper()
	doubt, forgotten := d.RoleMapDoubt(t.Context())
	must(t, forgotten)
	return doubt
}

func trust(t *testing.T, d *DB) {
	t.Helper()
	m, err := d.RoleMap(t.Context())
	must(t, err)
	other := m
	other.Default = model.RoleAdmin
	wantCode(t, d.TrustRoleMap(t.Context(), other, plan.JournalEntry{}), model.CodeConflict, "changed since it was shown")
	must(t, d.TrustRoleMap(t.Context(), m, plan.JournalEntry{}))
}

func wantDoubt(t *testing.T, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("doubt is %v, want %q", err, text)
	}
}

// TestRollbackIsNoticedAfterARestart proves S27: a program that starts on an
// old copy of the file knows that a newer one was in force.
func TestRollbackIsNoticedAfterARestart(t *testing.T) {
	t.Parallel()
	d := openAt(t, rolledBack(t), Options{})
	const why = "the role map is change 1, 2 was in force already"
	wantDoubt(t, doubt(t, d), why)
	c := openCache(t, d)
	s, err := c.Current(t.Context())
	must(t, err)
	wantDoubt(t, s.Doubt, why)
	if hint := model.HintOf(s.Doubt); !strings.Contains(hint, TrustCommand) {
		t.Errorf("hint %q", hint)
	}
	// It is not made newer by changes that confirm nothing.
	err = d.SetRoleRow(t.Context(), model.RoleRow{Group: group(2), Role: model.RoleUser}, model.RoleNone)
	wantCode(t, err, model.CodeConflict, why)
	wantCode(t, d.SetDefaultRole(t.Context(), model.RoleUser, model.RoleNone), model.CodeConflict, why)

	trust(t, d)
	must(t, doubt(t, d))
	s, err = c.Current(t.Context())
	must(t, err)
	must(t, s.Doubt)
	if s.Map.Generation != 3 || s.Map.Resolve([]model.GroupID{group(1)}).Role != model.RoleAdmin {
		t.Errorf("confirmed: %+v", s.Map)
	}
	must(t, d.Verify(t.Context()))
	entries, err := d.Entries(t.Context(), 10, 0)
	must(t, err)
	if len(entries) != 1 || entries[0].Outcome != plan.OutcomeDone {
		t.Errorf("journal: %+v", entries)
	}
	setRole(t, d, 2, model.RoleUser, model.RoleNone)
}

// TestAnotherMapOfTheSameAge proves S27: a copy that went another way is no
// better for having as many changes.
func TestAnotherMapOfTheSameAge(t *testing.T) {
	t.Parallel()
	path := rolledBack(t)
	kept := readFile(t, MarkFile(path))
	must(t, os.Remove(MarkFile(path)))
	d := openAt(t, path, Options{})
	setRole(t, d, 2, model.RoleUser, model.RoleNone) // change 2 as well
	must(t, os.WriteFile(MarkFile(path), kept, 0o600))
	wantDoubt(t, doubt(t, d), "another change 2 than the one that was in force")
}

// TestMarkIsWritten: by whoever sees the map first, and after each change.
func TestMarkIsWritten(t *testing.T) {
	t.Parallel()
	d := openNew(t)
	mark := func() string {
		t.Helper()
		fi, err := os.Lstat(MarkFile(d.Path()))
		must(t, err)
		if fi.Mode() != 0o600 {
			t.Errorf("mode %v", fi.Mode())
		}
		text, _, _ := strings.Cut(strings.TrimPrefix(string(readFile(t, MarkFile(d.Path()))), "romm-admin seen 1 "), " ")
		return text
	}
	if got := mark(); got != "0" {
		t.Errorf("new file: %s", got)
	}
	setRole(t, d, 1, model.RoleUser, model.RoleNone)
	must(t, d.SetDefaultRole(t.Context(), model.RoleUser, model.RoleNone))
	if got := mark(); got != "2" {
		t.Errorf("after two changes: %s", got)
	}
	// A file from before there was a mark.
	must(t, os.Remove(MarkFile(d.Path())))
	must(t, doubt(t, openAt(t, d.Path(), Options{ReadOnly: true})))
	if _, err := os.Lstat(MarkFile(d.Path())); err == nil {
		t.Error("read-only, and yet the mark was written")
	}
	openAt(t, d.Path(), Options{})
	if got := mark(); got != "2" {
		t.Errorf("first start: %s", got)
	}
	// A companion that takes a map into force which the console could not
	// remember; it is written once the answer is given.
	c, err := NewRoleCache(t.Context(), d)
	must(t, err)
	tamper(t, d.Path(), "UPDATE meta SET generation = 9") // with its checksum, as a console would
	must(t, inTx(t.Context(), d.writer, sealTx))
	if s, err := c.Current(t.Context()); err != nil || s.Doubt != nil || s.Map.Generation != 9 {
		t.Errorf("%+v, %v", s, err)
	}
	must(t, c.Close())
	if got := mark(); got != "9" {
		t.Errorf("after the companion: %s", got)
	}
}

// TestUntrustedMark: a mark that cannot be believed is as good as one that says
// no.
func TestUntrustedMark(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		do   func(t *testing.T, file string)
		want string
	}{
		"garbage":     {func(t *testing.T, file string) { must(t, os.WriteFile(file, []byte("2\n"), 0o600)) }, "does not say"},
		"open to all": {func(t *testing.T, file string) { must(t, os.Chmod(file, 0o666)) }, "everybody on this machine"},
		"a link": {func(t *testing.T, file string) {
			must(t, os.Rename(file, file+".x"))
			must(t, os.Symlink(file+".x", file))
		}, "symbolic link"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := openNew(t)
			setRole(t, d, 1, model.RoleAdmin, model.RoleNone)
			c := openCache(t, d)
			tt.do(t, MarkFile(d.Path()))
			wantDoubt(t, doubt(t, d), tt.want)
			s, err := openCache(t, d).Current(t.Context())
			must(t, err)
			wantDoubt(t, s.Doubt, tt.want)
			if s, err := c.Current(t.Context()); err != nil || s.Doubt != nil {
				t.Errorf("the one that knows is put off: %v, %v", s.Doubt, err)
			}
			trust(t, d)
			must(t, doubt(t, d))
		})
	}
}

// TestRestoreConfirms: a backup that a person restored is newer than what was in
// force, whichever way it is restored, and whatever the file had become.
func TestRestoreConfirms(t *testing.T) {
	t.Parallel()
	backupOf := func(t *testing.T, path string) *Backup {
		t.Helper()
		d, err := Open(t.Context(), path, Options{Now: epoch})
		must(t, err)
		file := filepath.Join(t.TempDir(), "b.db")
		must(t, d.Backup(t.Context(), file))
		must(t, d.Close())
		b, err := OpenBackup(t.Context(), file, Options{Now: epoch})
		must(t, err)
		t.Cleanup(func() { must(t, b.Close()) })
		return b
	}
	generation := func(t *testing.T, d *DB, above int64) {
		t.Helper()
		must(t, doubt(t, d))
		m, err := d.RoleMap(t.Context())
		must(t, err)
		if m.Generation <= above || m.Resolve([]model.GroupID{group(1)}).Role != model.RoleAdmin {
			t.Errorf("%+v", m)
		}
		s, err := openCache(t, d).Current(t.Context())
		must(t, err)
		must(t, s.Doubt)
	}
	t.Run("into the file", func(t *testing.T) {
		t.Parallel()
		path := rolledBack(t)
		b := backupOf(t, path)
		d := openAt(t, path, Options{})
		must(t, d.Restore(t.Context(), b, plan.JournalEntry{}))
		generation(t, d, 2)
	})
	t.Run("in its place", func(t *testing.T) {
		t.Parallel()
		path := rolledBack(t)
		b := backupOf(t, path)
		must(t, os.Remove(path))
		must(t, b.Place(t.Context(), path, path+".left"))
		generation(t, openAt(t, path, Options{}), 2)
	})
}

// TestCacheLooksWhoMayWrite proves S38 while the companion runs.
func TestCacheLooksWhoMayWrite(t *testing.T) {
	t.Parallel()
	d := openNew(t)
	setRole(t, d, 1, model.RoleAdmin, model.RoleNone)
	c := openCache(t, d)
	for _, tt := range []struct {
		path      string
		bad, mode os.FileMode
	}{{d.Path(), 0o606, 0o600}, {d.Path(), 0o604, 0o600}, {filepath.Dir(d.Path()), 0o707, 0o700}} {
		must(t, os.Chmod(tt.path, tt.bad))
		s, err := c.Current(t.Context())
		must(t, err)
		wantDoubt(t, s.Doubt, "everybody on this machine may use this")
		must(t, os.Chmod(tt.path, tt.mode))
		s, err = c.Current(t.Context())
		must(t, err)
		must(t, s.Doubt)
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	must(t, os.Chown(d.Path(), 12345, 12345))
	s, err := c.Current(t.Context())
	must(t, err)
	wantDoubt(t, s.Doubt, "belongs to another user")
	must(t, os.Chown(d.Path(), 0, 0))
}

// TestForgetfulCache: a mark that cannot be written is told, and tried again
// later, not with each question.
func TestForgetfulCache(t *testing.T) {
	t.Parallel()
	var tick atomic.Int64
	now := func() time.Time { return epoch().Add(time.Duration(tick.Load()) * time.Second) }
	who, err := whoami()
	must(t, err)
	path := openAt(t, newPath(t), Options{}).Path()
	k := mark{generation: 1}
	c := &RoleCache{path: path + ".away", who: who, keep: true, now: now, newest: &k} // no database to put a mark beside
	c.remember()
	if c.forgetful == nil {
		t.Fatal("nothing to complain about")
	}
	c.path = path
	c.remember()
	if c.forgetful == nil {
		t.Error("tried again at once")
	}
	tick.Add(61)
	c.remember()
	must(t, c.forgetful)
	stored, err := readMark(c.path, c.who)
	if err != nil || *stored != k {
		t.Errorf("%+v, %v", stored, err)
	}
	must(t, os.Remove(MarkFile(c.path)))
	c.remember()
	if _, err := os.Lstat(MarkFile(c.path)); err == nil {
		t.Error("the same map is remembered with each question")
	}
}

// sealTx is seal for a test that has changed the map behind our back.
func sealTx(tx *sql.Tx) error { return seal(context.Background(), tx) }

// TestMarkBelongsToTheDatabase: root may run the console, and another user the
// companion.
func TestMarkBelongsToTheDatabase(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	path := makeFile(t)
	must(t, os.Remove(MarkFile(path)))
	must(t, os.Chmod(filepath.Dir(path), 0o770))
	must(t, os.Chmod(path, 0o660))
	for _, name := range []string{filepath.Dir(path), path} {
		must(t, os.Chown(name, 12345, 12346))
	}
	openAt(t, path, Options{})
	fi, err := os.Lstat(MarkFile(path))
	must(t, err)
	if uid, gid, _ := owner(fi); uid != 12345 || gid != 12346 || fi.Mode() != 0o660 {
		t.Errorf("%d:%d, mode %v", uid, gid, fi.Mode())
	}
}
