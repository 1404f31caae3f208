package db_test

import (
	"github.com/romm-admin/romm-admin/db"
	"github.com/romm-admin/romm-admin/model/reconcile"
)

var (
	_ reconcile.RoleStore       = (*db.DB)(nil)
	_ reconcile.Journal         = (*db.DB)(nil)
	_ reconcile.Accounts        = (*db.Accounts)(nil)
	_ reconcile.AccountSwitches = (*db.Accounts)(nil)
	_ reconcile.AccountMaker    = (*db.Accounts)(nil)
)
