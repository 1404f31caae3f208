package admin

import (
	"github.com/romm-admin/romm-admin/model/reconcile"
	"github.com/romm-admin/romm-admin/tui"
)

// The service is all that the console can use.
var _ tui.Console = (*reconcile.Service)(nil)
