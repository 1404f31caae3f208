package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"strings"
)

// summed are the tables that are read and that neither the checksum of the role
// map nor the chain of the journal covers, each with its columns. A checksum of
// each is kept; every write carries it over by the rows that it changes, so that
// what something else changed stays noticed, however much is written afterwards.
// [DB.Verify] compares (S37).
func summed() []summedTable {
	out := []summedTable{
		{"login", "id, at, purpose, uid, username, email, roles, decision"},
		{"plan", "id, at, actor, session, title, count, changes, resolved, purpose"},
	}
	for _, t := range restored() {
		if t.summed {
			out = append(out, summedTable{t.table, t.columns})
		}
	}
	return out
}

// summedTable is a table under a checksum.
type summedTable struct{ name, columns string }

// tableSum is the sum of the hashes of all rows, modulo 2^256, which a change of
// one row carries over without reading the others. It guards against damage and
// careless edits, not against somebody who owns the file and knows this function.
type tableSum [4]uint64

func (a tableSum) plus(b tableSum) (out tableSum) {
	var carry uint64
	for i := range a {
		out[i], carry = bits.Add64(a[i], b[i], carry)
	}
	return out
}

func (a tableSum) minus(b tableSum) (out tableSum) {
	var borrow uint64
	for i := range a {
		out[i], borrow = bits.Sub64(a[i], b[i], borrow)
	}
	return out
}

func (a tableSum) bytes() []byte {
	var out []byte
	for _, n := range a {
		out = binary.BigEndian.AppendUint64(out, n)
	}
	return out
}

func sumOfBytes(b []byte) (out tableSum, err error) {
	if len(b) != sha256.Size {
		return out, fmt.Errorf("a checksum of %d bytes", len(b))
	}
	for i := range out {
		out[i] = binary.BigEndian.Uint64(b[8*i:])
	}
	return out, nil
}

// sumRows sums the rows of the table that where selects.
func (t summedTable) sumRows(ctx context.Context, tx *sql.Tx, where string, args ...any) (sum tableSum, err error) {
	columns := strings.Split(t.columns, ", ")
	for i, c := range columns { // with the type, so that 1 and '1' differ
		columns[i] = "typeof(" + c + "), CAST(" + c + " AS BLOB)"
	}
	rows, err := tx.QueryContext(ctx, "SELECT "+strings.Join(columns, ", ")+" FROM main."+t.name+" WHERE "+where, args...)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	values := make([][]byte, 2*len(columns))
	into := make([]any, len(values))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return sum, err
		}
		h := newDigest("romm-admin table " + t.name)
		for _, v := range values {
			h.text(string(v))
		}
		one := h.sum()
		row, err := sumOfBytes(one[:])
		if err != nil {
			return sum, err
		}
		sum = sum.plus(row)
	}
	return sum, rows.Err()
}

// kept reads the checksum of the table that is kept.
func (t summedTable) kept(ctx context.Context, tx *sql.Tx) (tableSum, error) {
	var b []byte
	if err := tx.QueryRowContext(ctx, "SELECT sum FROM main.table_sum WHERE name = ?", t.name).Scan(&b); err != nil {
		return tableSum{}, fmt.Errorf("read the checksum of %s: %w", t.name, err)
	}
	return sumOfBytes(b)
}

func (t summedTable) keep(ctx context.Context, tx *sql.Tx, sum tableSum) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO main.table_sum (name, sum) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET sum = excluded.sum`, t.name, sum.bytes())
	return err
}

// changing runs change and carries the checksum of the table over. The rows that
// where selects, before and after, have to be all that change touches.
func changing(ctx context.Context, tx *sql.Tx, table string, change func() error, where string, args ...any) error {
	t, err := summedNamed(table)
	if err != nil {
		return err
	}
	before, err := t.sumRows(ctx, tx, where, args...)
	if err != nil {
		return err
	}
	if err := change(); err != nil {
		return err
	}
	after, err := t.sumRows(ctx, tx, where, args...)
	if err != nil {
		return err
	}
	kept, err := t.kept(ctx, tx)
	if err != nil {
		return err
	}
	return t.keep(ctx, tx, kept.plus(after).minus(before))
}

// changeRows runs one statement that changes rows of the table, see changing.
func changeRows(ctx context.Context, tx *sql.Tx, table, statement string, args []any, where string, whereArgs ...any) (changed int64, err error) {
	err = changing(ctx, tx, table, func() error {
		res, err := tx.ExecContext(ctx, statement, args...)
		if err != nil {
			return err
		}
		changed, err = res.RowsAffected()
		return err
	}, where, whereArgs...)
	return changed, err
}

func summedNamed(name string) (summedTable, error) {
	for _, t := range summed() {
		if t.name == name {
			return t, nil
		}
	}
	return summedTable{}, fmt.Errorf("the table %q is under no checksum", name)
}

// sumAll takes every table as it is: in a new file, and in one that had no
// checksums.
func sumAll(ctx context.Context, tx *sql.Tx) error {
	for _, t := range summed() {
		sum, err := t.sumRows(ctx, tx, "true")
		if err == nil {
			err = t.keep(ctx, tx, sum)
		}
		if err != nil {
			return fmt.Errorf("table %s: %w", t.name, err)
		}
	}
	return nil
}

// verifySums compares every table with its checksum.
func verifySums(ctx context.Context, tx *sql.Tx) error {
	for _, t := range summed() {
		kept, err := t.kept(ctx, tx)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		now, sumErr := t.sumRows(ctx, tx, "true")
		if sumErr != nil {
			return sumErr
		}
		if err != nil || now != kept {
			return altered("the table " + t.name + " does not fit its checksum: something other than romm-admin changed it")
		}
	}
	return nil
}
