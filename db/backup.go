package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// Backup writes a copy of the database, as of one moment, to a path where
// nothing is yet. The copy is complete or not there, for this user alone (mode
// 0600), and holds no secret, as the database holds none (R8). Other programs
// may go on writing meanwhile.
func (d *DB) Backup(ctx context.Context, path string) error {
	const op = "make backup"
	if err := d.same(); err != nil {
		return translate(op, d.path, err)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return translate(op, path, err)
	}
	if _, err := os.Lstat(abs); err == nil {
		return exists(op, abs)
	}
	tmp, err := os.CreateTemp(filepath.Dir(abs), "."+filepath.Base(abs)+".new-*") // mode 0600
	if err != nil {
		return &model.Error{
			Code: model.CodeUnavailable, Op: op, Msg: fmt.Sprintf("nothing can be written in %s", filepath.Dir(abs)),
			Hint: "give a path in a folder that exists, that this user may write in, and that has space", Err: err,
		}
	}
	name := tmp.Name()
	defer func() { _ = os.Remove(name) }() // our own temporary file
	if err := tmp.Close(); err != nil {
		return translate(op, abs, err)
	}
	if err := d.vacuumInto(ctx, name); err != nil {
		return translate(op, abs, err)
	}
	if err := syncFile(name); err != nil {
		return translate(op, abs, err)
	}
	switch err := os.Link(name, abs); {
	case errors.Is(err, fs.ErrExist):
		return exists(op, abs)
	case err != nil:
		return translate(op, abs, err)
	}
	return syncDir(filepath.Dir(abs))
}

// vacuumInto copies over a connection of its own: our readers refuse whatever
// writes, even into another file.
func (d *DB) vacuumInto(ctx context.Context, name string) (err error) {
	q, err := connect(d.path, modeVet, d.opts.busy())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, q.Close()) }()
	_, err = q.ExecContext(ctx, "VACUUM INTO ?", name)
	return err
}

func exists(op, path string) error {
	return &model.Error{
		Code: model.CodeConflict, Op: op, Msg: path + " is there already and is never overwritten",
		Hint: "give another name, or move that file away",
	}
}

// syncFile makes the content of a file survive a power cut.
func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// maxBackup bounds what is accepted as a backup, in bytes: a hundred thousand
// logins and a long journal are a few dozen MiB.
const maxBackup = 1 << 30

// Backup is a backup that was looked at: a private copy of it, brought to the
// schema of this build. The file itself is only read. Close it.
type Backup struct {
	*DB
	// Sum is the SHA-256 of the file in hexadecimal, FromSchema the schema
	// that it had.
	Sum        string
	FromSchema int64
	// Checked is set when a checksum stands beside the file; it matches then.
	Checked bool
	dir     string
}

// OpenBackup examines a backup: that it matches the checksum beside it if there
// is one ([SumFile]), that it is a whole database of ours, that the checksum of its role map fits and the chain of its journal holds. It refuses
// a file of a newer romm-admin, and one that a program has open.
func OpenBackup(ctx context.Context, path string, opts Options) (_ *Backup, err error) {
	fi, err := os.Lstat(path)
	if err != nil {
		return nil, refusePath(path, err)
	}
	if err := regular(path, fi); err != nil {
		return nil, err
	}
	if fi.Size() > maxBackup {
		return nil, refuse(model.CodeInvalid, path, fmt.Sprintf("is larger than %d MiB", maxBackup>>20), "check that it is the right file", nil)
	}
	if wal, err := os.Lstat(path + "-wal"); err == nil && wal.Size() > 0 {
		return nil, refuse(model.CodeConflict, path, "is not a backup but a database in use: a write-ahead log is beside it",
			"make a backup of it with `romm-admin backup create`", nil)
	}
	b := &Backup{}
	if b.dir, err = os.MkdirTemp("", "romm-admin-backup-"); err != nil { // mode 0700
		return nil, translate("open backup", path, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, b.Close())
		}
	}()
	private := filepath.Join(b.dir, "backup.db")
	if b.Sum, err = copyFile(private, path); err != nil {
		return nil, translate("open backup", path, err)
	}
	if err := b.checkSum(path); err != nil {
		return nil, err
	}
	if b.FromSchema, err = b.examine(ctx, private, path, opts); err != nil {
		return nil, named(err, private, path)
	}
	if b.DB, err = Open(ctx, private, Options{MustExist: true, Now: opts.Now}); err != nil {
		return nil, named(err, private, path)
	}
	if b.ReadOnlyReason() != "" {
		return nil, refuse(model.CodeInvalid, path, b.ReadOnlyReason(), "use the newest romm-admin", nil)
	}
	if _, err := b.RoleMap(ctx); err != nil {
		return nil, named(err, private, path)
	}
	return b, named(b.Verify(ctx), private, path)
}

// examine looks at the copy before anything is migrated in it.
func (b *Backup) examine(ctx context.Context, private, path string, opts Options) (schema int64, err error) {
	p, err := inspect(private)
	if err != nil {
		return 0, err
	}
	if err := peek(ctx, p); err != nil {
		return 0, err
	}
	q, err := connect(private, modePeek, opts.busy())
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, q.Close()) }()
	var answer string
	if err := q.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&answer); err != nil {
		return 0, translate("open backup", path, err)
	}
	if answer != "ok" {
		return 0, refuse(model.CodeInternal, path, "is damaged: "+answer, "take another backup", nil)
	}
	schema, err = schemaVersion(ctx, q)
	return schema, err
}

// named puts the backup's own path into an error about its copy.
func named(err error, private, path string) error {
	if err == nil {
		return nil
	}
	return &model.Error{
		Code: model.CodeOf(err), Op: "open backup", Hint: "take another backup",
		Msg: fmt.Sprintf("%s is no usable backup", path), Err: errors.New(strings.ReplaceAll(err.Error(), private, path)),
	}
}

// copyFile copies into a new private file and returns the SHA-256.
func copyFile(to, from string) (sum string, err error) {
	in, err := OpenRegular(from, maxBackup)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	_, err = io.Copy(io.MultiWriter(out, h), in)
	return hex.EncodeToString(h.Sum(nil)), errors.Join(err, out.Close())
}

// sumOf returns the SHA-256 of a file.
func sumOf(path string) (sum string, err error) {
	in, err := OpenRegular(path, 1<<62) // ours, however large
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	h := sha256.New()
	_, err = io.Copy(h, in)
	return hex.EncodeToString(h.Sum(nil)), err
}

// Close removes the copy.
func (b *Backup) Close() error {
	var err error
	if b.DB != nil {
		err = b.DB.Close()
		b.DB = nil
	}
	return errors.Join(err, os.RemoveAll(b.dir))
}

// restoredTable is a table of what a restore replaces. It is summed, see summed,
// unless it has a checksum of its own, or nothing reads it yet.
type restoredTable struct {
	table, columns string
	summed         bool
}

// restored are the tables that a restore replaces, with their columns. The
// journal and the record of logins are what happened: they stay.
func restored() []restoredTable {
	return []restoredTable{
		{"role_map", "group_id, name, role, note, changed_by, changed_at", false},
		{"pending_role", "name, role, changed_by, changed_at", true},
		{"assertion", "position, line, changed_by, changed_at", true},
		{"link", "uid, local_id, email, pinned_by, pinned_at", true},
		{"trusted_email", "uid, email, trusted_by, trusted_at", false},
		{"local_user", "id, username, email, role, enabled, last_login, last_active, created_at, updated_at", true},
		{"setting", "key, value, changed_at", false},
	}
}

// Restore replaces the role map with its default, the assertions, the pins,
// the trusted addresses, the embedded directory and the settings by those of
// the backup, in one transaction, together with the entry of the journal that
// says so. It keeps the file itself, so that programs that have it open follow,
// and goes on counting the generations of the role map upwards, so that a
// companion takes the old map for the new one that it is. The journal and the
// record of logins stay as they are. Make a backup first. The backup must not
// be used afterwards.
func (d *DB) Restore(ctx context.Context, b *Backup, e plan.JournalEntry) (err error) {
	const op = "restore backup"
	if b.DB == nil {
		return &model.Error{Code: model.CodeInternal, Op: op, Msg: "the backup is closed"}
	}
	from := b.path
	if err := b.DB.Close(); err != nil { // its log is emptied into it
		return translate(op, from, err)
	}
	b.DB = nil
	if d.writer == nil {
		return d.write(ctx, op, nil) // says why nothing can be written
	}
	conn, err := d.writer.Conn(ctx)
	if err != nil {
		return translate(op, d.path, err)
	}
	defer func() { err = translate(op, d.path, errors.Join(err, conn.Close())) }()
	if err := d.same(); err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, "ATTACH ? AS backup", from); err != nil {
		return err
	}
	err = inTx(ctx, conn, func(tx *sql.Tx) error { return d.replace(ctx, tx, e) })
	_, detachErr := conn.ExecContext(context.WithoutCancel(ctx), "DETACH backup")
	if err = errors.Join(err, detachErr); err == nil {
		_ = d.confirmMark(ctx) // restored it is; the next reading says what is wrong with the mark
	}
	return err
}

// replace is the body of the restore's transaction.
func (d *DB) replace(ctx context.Context, tx *sql.Tx, e plan.JournalEntry) error {
	return d.recorded(ctx, tx, e, func() error {
		for _, t := range restored() {
			if err := t.copyFromBackup(ctx, tx); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, "UPDATE main.meta SET default_role = (SELECT default_role FROM backup.meta)"); err != nil {
			return err
		}
		return d.outrun(ctx, tx, d.path)
	})
}

// copyFromBackup replaces the table by that of the attached backup.
func (t restoredTable) copyFromBackup(ctx context.Context, tx *sql.Tx) error {
	copyRows := func() error {
		for _, statement := range []string{
			"DELETE FROM main." + t.table,
			"INSERT INTO main." + t.table + " (" + t.columns + ") SELECT " + t.columns + " FROM backup." + t.table,
		} {
			if _, err := tx.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("table %s: %w", t.table, err)
			}
		}
		return nil
	}
	if !t.summed {
		return copyRows()
	}
	return changing(ctx, tx, t.table, copyRows, "true")
}

// Place puts the backup where the database was: for a file that is gone, or
// that cannot be opened any more. What stands there, with its log, is kept
// under the name aside. Programs that had it open notice and have to be
// started again.
func (b *Backup) Place(ctx context.Context, path, aside string) error {
	abs, err := filepath.Abs(path)
	if err != nil {
		return translate("restore backup", path, err)
	}
	if _, err := os.Lstat(aside); err == nil {
		return exists("restore backup", aside)
	}
	// The log first: a log without its database is never read, but a new
	// database beside an old log would be.
	for _, suffix := range []string{"-wal", "-shm", "-journal", ""} {
		if err := os.Rename(abs+suffix, aside+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return translate("restore backup", abs, err)
		}
	}
	// A person has confirmed the backup: it is newer than what is remembered.
	if err := b.write(ctx, "restore backup", func(tx *sql.Tx) error { return b.outrun(ctx, tx, abs) }); err != nil {
		return err
	}
	if err := b.Backup(ctx, abs); err != nil {
		return err
	}
	dir, err := os.Stat(filepath.Dir(abs))
	if err != nil {
		return translate("restore backup", abs, err)
	}
	if err := share(abs, dir); err != nil {
		return translate("restore backup", abs, err)
	}
	m, err := b.RoleMap(ctx)
	if err != nil {
		return err
	}
	return translate("restore backup", abs, writeMark(abs, markOf(m)))
}
