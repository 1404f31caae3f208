package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// The bounds of the login record. The companion keeps them with
// [DB.PruneLogins]: at its start, before the record would pass LoginMaxCount,
// and every LoginPruneEvery.
const (
	LoginMaxAge   = 180 * 24 * time.Hour
	LoginMaxCount = 100_000 // records
	// LoginHeadroom is how many records may be added between two prunings: a
	// pruning leaves that much room below LoginMaxCount.
	LoginHeadroom   = 1_000 // records
	LoginPruneEvery = 24 * time.Hour
)

// pruneChunk is how many records one transaction removes, so that a record that
// was never pruned keeps nobody else from writing.
const pruneChunk = 10_000

// Login is one login that the companion was asked about. It never holds a
// token.
type Login struct {
	At       time.Time // zero becomes now
	Purpose  string    // what Authentik made claims for, such as login or userinfo
	UID      string    // of the Authentik user
	Username model.Untrusted
	Email    model.Untrusted
	Roles    []string // as sent in the claim, never nil when read
	Decision string   // why, in words
}

// RecordLogins adds logins in one transaction, which costs hardly more than
// one of them: all or none are recorded.
func (d *DB) RecordLogins(ctx context.Context, logins []Login) error {
	if len(logins) == 0 {
		return nil
	}
	return d.write(ctx, "record login", func(tx *sql.Tx) error {
		var last int64
		if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(id), 0) FROM login").Scan(&last); err != nil {
			return err
		}
		return changing(ctx, tx, "login", func() error { return d.insertLogins(ctx, tx, logins) }, "id > ?", last)
	})
}

func (d *DB) insertLogins(ctx context.Context, tx *sql.Tx, logins []Login) error {
	for _, l := range logins {
		if l.Roles == nil {
			l.Roles = []string{}
		}
		roles, err := json.Marshal(l.Roles)
		if err != nil {
			return fmt.Errorf("encode roles: %w", err)
		}
		_, err = tx.ExecContext(ctx,
			"INSERT INTO login (at, purpose, uid, username, email, roles, decision) VALUES (?, ?, ?, ?, ?, ?, ?)",
			d.stamp(l.At), l.Purpose, l.UID, l.Username.Raw(), l.Email.Raw(), string(roles), l.Decision)
		if err != nil {
			return err
		}
	}
	return nil
}

// Logins returns the newest logins first, at most limit (1 to 1000). Read by
// the Logins screen, which does not exist yet.
func (d *DB) Logins(ctx context.Context, limit int) ([]Login, error) {
	var out []Login
	err := d.read(ctx, "read logins", func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT at, purpose, uid, username, email, roles, decision FROM login
			ORDER BY at DESC, id DESC LIMIT ?`, page(limit))
		out, err = collect(rows, err, scanLogin)
		return err
	})
	return out, err
}

func scanLogin(s scanner) (l Login, err error) {
	var at int64
	var roles []byte
	if err := s.Scan(&at, &l.Purpose, &l.UID, &l.Username, &l.Email, &roles, &l.Decision); err != nil {
		return l, err
	}
	l.At = moment(at)
	if err := json.Unmarshal(roles, &l.Roles); err != nil {
		return l, fmt.Errorf("read the roles of a login: %w", err)
	}
	return l, nil
}

// PruneLogins removes what is older than LoginMaxAge and, of the rest, the
// oldest until LoginHeadroom more fit below LoginMaxCount. It removes a limited
// number at a time, oldest first; more says that some are left for another
// call.
func (d *DB) PruneLogins(ctx context.Context) (more bool, err error) {
	return d.pruneLogins(ctx, LoginMaxCount-LoginHeadroom, pruneChunk)
}

func (d *DB) pruneLogins(ctx context.Context, keep, chunk int) (more bool, err error) {
	err = d.write(ctx, "prune logins", func(tx *sql.Tx) error {
		// Everything up to this point goes: what is too old, or the newest
		// record that is one too many.
		at, id := d.opts.Now().Add(-LoginMaxAge).UnixNano()-1, int64(math.MaxInt64)
		var tooManyAt, tooManyID int64
		switch err := tx.QueryRowContext(ctx, "SELECT at, id FROM login ORDER BY at DESC, id DESC LIMIT 1 OFFSET ?", keep).
			Scan(&tooManyAt, &tooManyID); {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil:
			return err
		case tooManyAt > at:
			at, id = tooManyAt, tooManyID
		}
		const gone = "(at, id) <= (?, ?)"
		switch err := tx.QueryRowContext(ctx, "SELECT at, id FROM login WHERE "+gone+" ORDER BY at, id LIMIT 1 OFFSET ?", at, id, chunk-1).Scan(&at, &id); {
		case errors.Is(err, sql.ErrNoRows): // fewer than a chunk
		case err != nil:
			return err
		}
		removed, err := changeRows(ctx, tx, "login", "DELETE FROM login WHERE "+gone, []any{at, id}, gone, at, id)
		more = removed == int64(chunk)
		return err
	})
	return more && err == nil, err
}
