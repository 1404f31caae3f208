package db

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// Close closes the file and lets go of every plan. The last program to close it
// empties the write-ahead log into it.
func (d *DB) Close() error {
	var errs []error
	d.holding.Lock()
	for id := range d.held {
		d.unlock(id)
	}
	d.holding.Unlock()
	if d.reader != nil {
		errs = append(errs, d.reader.Close())
	}
	if d.writer != nil {
		errs = append(errs, d.writer.Close())
	}
	return translate("close database", d.path, errors.Join(errs...))
}

// Path returns the absolute path of the file.
func (d *DB) Path() string { return d.path }

// SQLiteVersion returns the version of the SQLite inside this build, such as
// "3.54.1".
func (d *DB) SQLiteVersion() string { return d.sqlite }

// ReadOnlyReason says in words why nothing can be written; "" when it can.
func (d *DB) ReadOnlyReason() string { return d.reason }

// write runs fn in a transaction that holds the write lock from its start: it
// is committed if fn returns nil, else nothing has happened.
func (d *DB) write(ctx context.Context, op string, fn func(*sql.Tx) error) (err error) {
	if d.writer == nil {
		return &model.Error{
			Code: model.CodeRefused, Op: op, Msg: "the database is read-only: " + d.reason,
			Hint: "use the newest romm-admin, without --read-only",
		}
	}
	defer func() { err = translate(op, d.path, err) }()
	// A write into a file that has been replaced would be lost.
	if err := d.same(); err != nil {
		return err
	}
	return inTx(ctx, d.writer, fn)
}

// read runs fn in one transaction, so that all of it sees one state.
func (d *DB) read(ctx context.Context, op string, fn func(*sql.Tx) error) error {
	if err := d.same(); err != nil {
		return translate(op, d.path, err)
	}
	return translate(op, d.path, inTx(ctx, d.reader, fn))
}

// beginner is a pool or a single connection.
type beginner interface {
	BeginTx(ctx context.Context, opts *sql.TxOptions) (*sql.Tx, error)
}

func inTx(ctx context.Context, b beginner, fn func(*sql.Tx) error) error {
	tx, err := b.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		// A cancelled context has already rolled back.
		if rb := tx.Rollback(); rb != nil && !errors.Is(rb, sql.ErrTxDone) {
			return errors.Join(err, rb)
		}
		return err
	}
	return tx.Commit()
}

// scanner is a row or the current one of many.
type scanner interface{ Scan(dest ...any) error }

// collect reads all rows of a query.
func collect[T any](rows *sql.Rows, err error, scan func(scanner) (T, error)) (_ []T, outErr error) {
	if err != nil {
		return nil, err
	}
	defer func() { outErr = errors.Join(outErr, rows.Close()) }()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, rows.Err()
}

// stamp returns t, or the time now if t is zero, as it is stored.
func (d *DB) stamp(t time.Time) int64 {
	if t.IsZero() {
		t = d.opts.Now()
	}
	return t.UnixNano()
}

// moment is the inverse of stamp.
func moment(ns int64) time.Time { return time.Unix(0, ns).UTC() }

// optional stores a time that may never have been.
func optional(t time.Time) sql.NullInt64 {
	return sql.NullInt64{Int64: t.UnixNano(), Valid: !t.IsZero()}
}

// fromOptional is the inverse of optional.
func fromOptional(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return moment(n.Int64)
}
