package rommsql

import "github.com/romm-admin/romm-admin/model/reconcile"

var _ reconcile.LinkStore = (*DB)(nil)
