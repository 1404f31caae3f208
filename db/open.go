package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/romm-admin/romm-admin/model"
)

// applicationID marks a SQLite file as ours ("RoMa"); file(1) and SQLite show
// it, and a file with another one is refused (R6).
const applicationID = 0x526f4d61

// defaultBusy is how long a write waits for the other program (R1).
const defaultBusy = 5 * time.Second

// Options say how to open the file. Now is mandatory.
type Options struct {
	// ReadOnly promises to change nothing. The file must exist and have the
	// schema of this build, or a newer one.
	ReadOnly bool
	// MustExist refuses to create the file.
	MustExist bool
	// Now tells the time; only the programs read the clock.
	Now func() time.Time
	// BusyTimeout is how long to wait while another program writes;
	// 0 is 5 seconds.
	BusyTimeout time.Duration
}

func (o Options) busy() time.Duration {
	if o.BusyTimeout <= 0 {
		return defaultBusy
	}
	return o.BusyTimeout
}

// DB is the open file. Make it with [Open]; it is safe for concurrent use.
type DB struct {
	path   string
	info   os.FileInfo // of the file that was opened, to notice a replaced one
	opts   Options
	reader *sql.DB
	writer *sql.DB // nil when read-only
	// reason is why nothing can be written; "" when it can.
	reason string
	schema int64
	sqlite string

	holding sync.Mutex
	held    map[string]*os.File // by plan, see HoldPlan
}

// Open opens the database and brings it to the schema of this build; a file
// that does not exist is created with its folder, for this user alone. It
// refuses, and leaves as they are, files that are not ours, damaged, or unsafe
// to trust (R2, R3, R6, S38). A file with a newer schema opens read-only, see
// [DB.ReadOnlyReason] (R7).
func Open(ctx context.Context, path string, opts Options) (*DB, error) {
	if opts.Now == nil {
		return nil, &model.Error{Code: model.CodeInternal, Op: "open database", Msg: "no clock given"}
	}
	if path == "" || strings.ContainsRune(path, 0) {
		return nil, refuse(model.CodeInvalid, fmt.Sprintf("%q", path), "is not a path", "give the path of the database file", nil)
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, refusePath(path, err)
	}
	p, err := inspect(abs)
	if err != nil {
		return nil, err
	}
	if p.file == nil {
		if opts.MustExist || opts.ReadOnly {
			return nil, refuse(model.CodeNotFound, abs, "there is no such file",
				"check the path; the console makes the file when it starts without --read-only", nil)
		}
		if err := create(ctx, p, opts); err != nil {
			return nil, err
		}
		if p, err = inspect(abs); err != nil {
			return nil, err
		}
		if p.file == nil {
			return nil, refuse(model.CodeUnavailable, abs, "the file vanished again", "see what else works in that folder", nil)
		}
	}
	return openExisting(ctx, p, opts)
}

// openExisting checks a file step by step and only then opens it for writing.
func openExisting(ctx context.Context, p place, opts Options) (*DB, error) {
	if err := p.reach(opts.ReadOnly); err != nil {
		return nil, err
	}
	if err := peek(ctx, p); err != nil {
		return nil, err
	}
	steps, err := migrations()
	if err != nil {
		return nil, translate("open database", p.path, err)
	}
	want, err := latest(steps)
	if err != nil {
		return nil, translate("open database", p.path, err)
	}
	d := &DB{path: p.path, info: p.file, opts: opts}
	if err := d.vet(ctx, want); err != nil {
		return nil, err
	}
	err = d.start(ctx, steps)
	if err == nil {
		err = d.same()
	}
	if err != nil {
		return nil, translate("open database", p.path, errors.Join(err, d.Close()))
	}
	_, _ = d.RoleMapDoubt(ctx) // to remember the map; who uses it asks again and says what is wrong
	return d, nil
}

// smallestPage is the smallest page of a SQLite file; no file has less.
const smallestPage = 512

// peek tells from the file alone whether it is ours. A first page that counts
// more pages than there are is no damage yet: a program that brings its log into
// the file, or died of it, has not written them. Only who reads the log as well
// can tell, so that is left to vet.
func peek(ctx context.Context, p place) (err error) {
	if p.file.Size() == 0 {
		return refuse(model.CodeInvalid, p.path, "is empty, so it is not a database of romm-admin, or was cut off",
			"put a backup in its place (romm-admin backup restore), or remove it and a new one is made", errDamaged{})
	}
	notSQLite := func(err error) error {
		return refuse(model.CodeInvalid, p.path, "is not a SQLite database",
			"check the path; if this was the database, put a backup in its place", err)
	}
	if p.file.Size() < smallestPage {
		return notSQLite(nil) // SQLite would take it for an empty one
	}
	q, err := connect(p.path, modePeek, 0)
	if err != nil {
		return translate("open database", p.path, err)
	}
	defer func() { err = errors.Join(err, q.Close()) }()
	switch err := ours(ctx, q, p.path); primary(err) {
	case sqlite3.SQLITE_CORRUPT:
		return nil
	case sqlite3.SQLITE_NOTADB:
		return notSQLite(err)
	default:
		return translate("open database", p.path, err)
	}
}

// ours reports an error for the file of another program.
func ours(ctx context.Context, q *sql.DB, path string) error {
	var id int64
	if err := q.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil || id == applicationID {
		return err
	}
	return refuse(model.CodeInvalid, path,
		fmt.Sprintf("is the database of another program (application id %#x)", id),
		"give the path of the file that romm-admin made, or of a file that does not exist yet", nil)
}

// vet examines the file over a connection that cannot write: the library, the
// structure, the schema, of which this build has the version want. It decides
// whether we may write.
func (d *DB) vet(ctx context.Context, want int64) (err error) {
	q, err := connect(d.path, modeVet, d.opts.busy())
	if err != nil {
		return translate("open database", d.path, err)
	}
	defer func() { err = translate("open database", d.path, errors.Join(err, q.Close())) }()
	if d.sqlite, err = sqliteVersion(ctx, q); err != nil {
		return err
	}
	if err := checkSQLite(d.sqlite); err != nil {
		return err
	}
	if err := ours(ctx, q, d.path); err != nil {
		return err
	}
	if err := quickCheck(ctx, q, d.path); err != nil {
		return err
	}
	// A file gets its name with a schema in it, so that none is damage.
	if d.schema, err = schemaVersion(ctx, q); err != nil || d.schema < 1 {
		return refuse(model.CodeInternal, d.path, "is damaged: it does not say which schema it has",
			putBackup, errors.Join(errDamaged{}, err))
	}
	if err := checkSchema(ctx, q, d.path, d.schema); err != nil {
		return err
	}
	switch {
	case d.schema > want:
		d.reason = fmt.Sprintf("the file has schema %d of a newer romm-admin, this one knows %d", d.schema, want)
	case d.opts.ReadOnly && d.schema < want:
		return refuse(model.CodeInvalid, d.path,
			fmt.Sprintf("has schema %d of an older romm-admin, this one needs %d", d.schema, want),
			"open it once without --read-only, it is then brought up to date", nil)
	case d.opts.ReadOnly:
		d.reason = "opened read-only"
	}
	return nil
}

// quickCheck runs SQLite's own check of the structure, the CHECK and the NOT
// NULL rules.
func quickCheck(ctx context.Context, q *sql.DB, path string) error {
	var answer string
	if err := q.QueryRowContext(ctx, "PRAGMA quick_check(1)").Scan(&answer); err != nil {
		return err
	}
	if answer == "ok" {
		return nil
	}
	return refuse(model.CodeInternal, path, "is damaged: "+answer, putBackup, errDamaged{})
}

// start opens the pools and migrates.
func (d *DB) start(ctx context.Context, steps fs.FS) (err error) {
	if d.reader, err = connect(d.path, d.readMode(), d.opts.busy()); err != nil {
		return err
	}
	if d.reason != "" {
		return d.reader.PingContext(ctx)
	}
	if d.writer, err = connect(d.path, modeWrite, d.opts.busy()); err != nil {
		return err
	}
	if err := setWAL(ctx, d.writer); err != nil {
		return err
	}
	if err := d.keepOld(ctx, steps); err != nil {
		return err
	}
	if err := migrate(ctx, d.writer, steps); err != nil {
		return err
	}
	d.schema, err = schemaVersion(ctx, d.writer)
	return err
}

// keepOld makes a backup of a file that is about to be migrated, beside it
// (R7). One that is there already is of the same schema, from a start that was
// cut short.
func (d *DB) keepOld(ctx context.Context, steps fs.FS) error {
	want, err := latest(steps)
	if err != nil || d.schema >= want {
		return err
	}
	err = d.Backup(ctx, fmt.Sprintf("%s.schema-%d", d.path, d.schema))
	if model.CodeOf(err) == model.CodeConflict {
		return nil
	}
	return err
}

// readMode is how readers open the file.
func (d *DB) readMode() connMode {
	if d.opts.ReadOnly {
		return modeVet
	}
	return modeRead
}

// setWAL switches to the write-ahead log; it costs nothing if it is on.
func setWAL(ctx context.Context, w *sql.DB) error {
	var mode string
	if err := w.QueryRowContext(ctx, "PRAGMA journal_mode = WAL").Scan(&mode); err != nil {
		return fmt.Errorf("switch to WAL: %w", err)
	}
	if mode != "wal" {
		return &model.Error{
			Code: model.CodeUnavailable, Op: "switch to WAL",
			Msg:  fmt.Sprintf("the file system allows the journal mode %q only", mode),
			Hint: "keep the database on a local disk, not on a network share",
		}
	}
	return nil
}

// same reports an error if the path no longer leads to the file that was
// opened.
func (d *DB) same() error {
	now, err := os.Lstat(d.path)
	if err == nil && os.SameFile(now, d.info) {
		return nil
	}
	return replaced(d.path, err)
}

func replaced(path string, cause error) error {
	return &model.Error{
		Code: model.CodeUnavailable,
		Msg:  fmt.Sprintf("%s was replaced or removed while it was open", path),
		Hint: "restore the file, or restart the program so that it opens the new one", Err: cause,
	}
}
