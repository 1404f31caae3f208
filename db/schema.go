package db

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/romm-admin/romm-admin/model"
)

// schemas are the checksums of the schema that each version has after its
// migration, see schemaSum.
var schemas = map[int64]string{
	1: "0d9f94a314aff90bad32000a596cda3b0ed74a61c1e582fff179e087152fc352",
	2: "63d18d4ba59c635bdb2cad58ba28026de36ae5754315e6f85fdc202da1e19951",
	3: "208e0373c22404c3e434dc5ae142329fea38603ddf50deb223c3664143231ff0",
	// The step from 3 changes rows only.
	4: "208e0373c22404c3e434dc5ae142329fea38603ddf50deb223c3664143231ff0",
}

// schemaSum is the checksum over the texts of all tables, indexes, triggers and
// views. Not in it are SQLite's own, and the table that the migrations keep
// themselves, whose text is their library's.
func schemaSum(ctx context.Context, q *sql.DB) (sum string, err error) {
	rows, err := q.QueryContext(ctx, `SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema
		WHERE name NOT LIKE 'sqlite\_%' ESCAPE '\' AND NOT (type = 'table' AND name = 'goose_db_version') ORDER BY type, name`)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	h := newDigest("romm-admin schema 1")
	for rows.Next() {
		var texts [4]string
		if err := rows.Scan(&texts[0], &texts[1], &texts[2], &texts[3]); err != nil {
			return "", err
		}
		for _, text := range texts {
			h.text(text)
		}
	}
	if err := rows.Err(); err != nil {
		return "", err
	}
	out := h.sum()
	return hex.EncodeToString(out[:]), nil
}

// checkSchema refuses a file that has other tables, indexes, triggers or views
// than its version: a trigger could write what no change says (S37). Of a version
// that this build does not know it cannot tell; that one is opened read-only.
func checkSchema(ctx context.Context, q *sql.DB, path string, version int64) error {
	want, known := schemas[version]
	if !known {
		return nil
	}
	sum, err := schemaSum(ctx, q)
	if err != nil || sum == want {
		return err
	}
	return refuse(model.CodeInternal, path,
		fmt.Sprintf("has tables, indexes, triggers or views that are not those of schema %d: something other than romm-admin added or changed them", version),
		"keep a copy of it, find out who could write it, and put a backup in its place (romm-admin backup restore)", errDamaged{})
}
