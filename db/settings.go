package db

import (
	"context"
	"database/sql"
	"errors"

	"github.com/romm-admin/romm-admin/model"
)

// Setting returns a stored setting; false if it was never set. Settings are
// not secret and never hold a secret (security.md S32).
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

// SetSetting stores a setting. It must not be a secret.
func (d *DB) SetSetting(ctx context.Context, key, value string) error {
	if key == "" {
		return &model.Error{Code: model.CodeInvalid, Op: "save setting", Msg: "a setting needs a name"}
	}
	return d.write(ctx, "save setting", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO setting (key, value, changed_at) VALUES (?, ?, ?)
			ON CONFLICT (key) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at`,
			key, value, d.opts.Now().UnixNano())
		return err
	})
}
