package db

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/romm-admin/romm-admin/model"
)

// minSQLite is the oldest SQLite that two connections may safely share a WAL
// file with: older ones can reset the log under a reader (R2).
const minSQLite = "3.51.3"

// parseSQLite reads a version such as 3.51.3.
func parseSQLite(s string) (v [3]int, err error) {
	_, err = fmt.Sscanf(s, "%d.%d.%d", &v[0], &v[1], &v[2])
	return v, err
}

// checkSQLite refuses a SQLite that is too old.
func checkSQLite(version string) error {
	have, err := parseSQLite(version)
	if err != nil {
		return &model.Error{
			Code: model.CodeInternal, Op: "open database",
			Msg: fmt.Sprintf("SQLite reports the version %q", version), Hint: "use a released build", Err: err,
		}
	}
	want, err := parseSQLite(minSQLite)
	if err != nil {
		return err
	}
	for i := range have {
		if have[i] > want[i] {
			return nil
		}
		if have[i] < want[i] {
			return &model.Error{
				Code: model.CodeInvalid, Op: "open database",
				Msg:  fmt.Sprintf("this build contains SQLite %s, which can damage a file that two programs share", version),
				Hint: "use a build with SQLite " + minSQLite + " or newer for both programs",
			}
		}
	}
	return nil
}

// sqliteVersion asks the library itself.
func sqliteVersion(ctx context.Context, q *sql.DB) (string, error) {
	var v string
	err := q.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&v)
	return v, err
}
