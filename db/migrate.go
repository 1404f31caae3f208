package db

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

// sumsVersion is the one step that is no SQL: it takes all tables as they are
// under their checksums, and the unfinished plans into the journal.
const sumsVersion = 4

//go:embed migrations/*.sql
var migrationFiles embed.FS

// migrations returns the embedded steps.
func migrations() (fs.FS, error) { return fs.Sub(migrationFiles, "migrations") }

// schemaVersion reads the version that the file has; a file that goose has
// never touched is an error.
func schemaVersion(ctx context.Context, q *sql.DB) (int64, error) {
	var v int64
	err := q.QueryRowContext(ctx,
		"SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&v)
	if err != nil {
		return 0, fmt.Errorf("read the schema version: %w", err)
	}
	return v, nil
}

// latest returns the newest version among the steps.
func latest(steps fs.FS) (int64, error) {
	names, err := fs.Glob(steps, "*.sql")
	if err != nil {
		return 0, err
	}
	var newest int64
	for _, name := range names {
		v, err := goose.NumericComponent(name)
		if err != nil {
			return 0, fmt.Errorf("name of migration %s: %w", name, err)
		}
		newest = max(newest, v)
	}
	if newest == sumsVersion-1 {
		newest = sumsVersion
	}
	return newest, nil
}

// summing is the step with the number sumsVersion.
func summing(ctx context.Context, tx *sql.Tx) error {
	if err := recordPlans(ctx, tx); err != nil {
		return err
	}
	return sumAll(ctx, tx)
}

// migrate brings the file up to the newest step, one transaction each. The
// other program may have started at the same moment and be doing the same: a
// step that fails because it is done already is no failure.
func migrate(ctx context.Context, w *sql.DB, steps fs.FS) error {
	want, err := latest(steps)
	if err != nil {
		return err
	}
	opts := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger())}
	if want >= sumsVersion {
		opts = append(opts, goose.WithGoMigrations(goose.NewGoMigration(sumsVersion, &goose.GoFunc{RunTx: summing}, nil)))
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, w, steps, opts...)
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	done := int64(0)
	if v, err := schemaVersion(ctx, w); err == nil { // a new file has none
		done = v
	}
	for {
		_, upErr := p.Up(ctx)
		if upErr == nil {
			return nil
		}
		now, err := schemaVersion(ctx, w)
		if err != nil || now <= done {
			return fmt.Errorf("migrate: %w", upErr)
		}
		done = now
	}
}
