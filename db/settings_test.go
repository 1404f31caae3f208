package db

import (
	"context"
	"database/sql"
	"errors"
)

// The table of settings has no reader or writer in the programs yet. Tests use
// it for the plainest write and read that there are.

func (d *DB) Setting(ctx context.Context, key string) (value string, ok bool, err error) {
	err = d.read(ctx, "read setting", func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, "SELECT value FROM setting WHERE key = ?", key).Scan(&value)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		ok = err == nil
		return err
	})
	return value, ok, err
}

func (d *DB) SetSetting(ctx context.Context, key, value string) error {
	return d.write(ctx, "save setting", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO setting (key, value, changed_at) VALUES (?, ?, ?)
			ON CONFLICT (key) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at`,
			key, value, d.opts.Now().UnixNano())
		return err
	})
}
