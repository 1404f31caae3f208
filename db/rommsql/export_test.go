package rommsql

import (
	"context"
	"database/sql"
)

// Reading runs a statement where everything is read.
func Reading(d *DB, ctx context.Context, statement string) error {
	return d.reading(ctx, "try", func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, statement)
		return err
	})
}

// Columns are all that are read.
func Columns() []string { return append(append([]string{}, accountColumns...), linkColumns...) }
