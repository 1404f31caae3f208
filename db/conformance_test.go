package db_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/db"
	"github.com/romm-admin/romm-admin/db/dbtest"
)

// TestAccountsConform runs the suite that RomM's API has to pass as well.
func TestAccountsConform(t *testing.T) {
	t.Parallel()
	dbtest.Test(t, func(t *testing.T) dbtest.Accounts {
		now := func() time.Time { return time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC) }
		d, err := db.Open(t.Context(), filepath.Join(t.TempDir(), "data", "romm-admin.db"), db.Options{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Close() })
		for _, u := range dbtest.Seed() {
			if _, err := d.Accounts().AddAccount(t.Context(), u); err != nil {
				t.Fatal(err)
			}
		}
		return d.Accounts()
	})
}
