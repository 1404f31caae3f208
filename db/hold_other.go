//go:build !linux

package db

import (
	"os"

	"github.com/romm-admin/romm-admin/model/plan"
)

// Folders cannot be locked by a byte here.

func lockByte(*os.File, int64) error { return nil }

func unlockByte(*os.File, int64) error { return nil }

func byteHolder(*os.File, int64) plan.Holding { return plan.HoldingUnknown }
