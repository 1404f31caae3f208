//go:build !linux

package db

import (
	"os"

	"github.com/romm-admin/romm-admin/model"
)

// Folders cannot be locked here, or not by a byte.

func lockByte(*os.File, int64) error { return nil }

func unlockByte(*os.File, int64) error { return nil }

func byteHolder(*os.File, int64) model.Holding { return model.HoldingUnknown }
