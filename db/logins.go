package db

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// The bounds of the login record, kept by [DB.PruneLogins].
const (
	LoginMaxAge   = 180 * 24 * time.Hour
	LoginMaxCount = 100_000
)

// Login is one login that the companion was asked about. It never holds a
// token.
type Login struct {
	At       time.Time // zero becomes now
	Purpose  string    // what asked: the claims hook, the relying party, a test
	UID      string    // of the Authentik user
	Username model.Untrusted
	Email    model.Untrusted
	Roles    []string // as sent in the claim, never nil when read
	Decision string   // why, in words
}

// RecordLogin adds one login to the record.
func (d *DB) RecordLogin(ctx context.Context, l Login) error {
	return d.RecordLogins(ctx, []Login{l})
}

// RecordLogins adds many in one transaction, which costs hardly more than one:
// all or none are recorded.
func (d *DB) RecordLogins(ctx context.Context, logins []Login) error {
	if len(logins) == 0 {
		return nil
	}
	return d.write(ctx, "record login", func(tx *sql.Tx) error {
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
	})
}

// Logins returns the newest logins first, at most limit (1 to 1000).
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
// oldest beyond LoginMaxCount. It returns how many it removed.
func (d *DB) PruneLogins(ctx context.Context) (removed int64, err error) {
	return d.pruneLogins(ctx, LoginMaxCount)
}

func (d *DB) pruneLogins(ctx context.Context, keep int) (removed int64, err error) {
	err = d.write(ctx, "prune logins", func(tx *sql.Tx) error {
		for _, step := range []struct {
			query string
			arg   int64
		}{
			{"DELETE FROM login WHERE at < ?", d.opts.Now().Add(-LoginMaxAge).UnixNano()},
			{"DELETE FROM login WHERE id IN (SELECT id FROM login ORDER BY at DESC, id DESC LIMIT -1 OFFSET ?)", int64(keep)},
		} {
			res, err := tx.ExecContext(ctx, step.query, step.arg)
			if err != nil {
				return err
			}
			n, err := res.RowsAffected()
			if err != nil {
				return err
			}
			removed += n
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return removed, nil
}
