//go:build unix

package sqltest_test

import (
	"database/sql"
	"testing"

	"github.com/romm-admin/romm-admin/db/sqltest"
)

// TestServers asks each server a question that the other would answer
// otherwise: it is the one that its name says.
func TestServers(t *testing.T) {
	for _, c := range []struct {
		name, database, question string
		start                    func(testing.TB) *sqltest.Server
	}{
		{"MariaDB", "", "SELECT CONVERT('ð' USING utf8mb4) COLLATE utf8mb4_uca1400_ai_ci = 'd'", sqltest.MariaDB},
		{"PostgreSQL", "postgres", "SELECT lower('Ð') = 'ð' AND 'ð' <> 'd'", sqltest.PostgreSQL},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			db := c.start(t).Open(t, c.database)
			var yes bool
			if err := db.QueryRowContext(t.Context(), c.question).Scan(&yes); err != nil || !yes {
				t.Errorf("%s: %v, %v", c.question, yes, err)
			}
			if err := db.QueryRowContext(t.Context(), "SELECT 1 FROM nowhere").Scan(&yes); err == nil || err == sql.ErrNoRows {
				t.Errorf("a table that is not there: %v", err)
			}
		})
	}
}
