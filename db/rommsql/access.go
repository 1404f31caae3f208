package rommsql

import (
	"context"
	"database/sql"

	"github.com/romm-admin/romm-admin/model"
)

// CheckAccess finds out what this account of the database may do. It writes
// nothing and reads no account: the server is asked about its rights.
func (d *DB) CheckAccess(ctx context.Context) (model.DatabaseAccess, error) {
	a := model.DatabaseAccess{Server: d.server(), Local: d.cfg.local(), Write: d.cfg.Write}
	err := d.reading(ctx, "look at the rights in RomM's database", func(ctx context.Context, tx *sql.Tx) error {
		s, err := d.d.look(ctx, tx)
		if err != nil {
			return err
		}
		if why := s.foreign(); why != "" && s.usage == "" {
			return d.wrongSchema(why)
		}
		a.DatabaseInfo, a.Account, a.Linking = s.info, model.Untrusted(s.account), s.linking()
		a.Missing, a.MissingWrite = s.missing()
		a.Grant = d.d.grants(s)
		a.Encrypted, err = d.d.encrypted(ctx, tx)
		return err
	})
	return a, err
}
