//go:build !unix

package db

import "os"

// lockAlone lets everybody in: there is no lock here that goes with the process.
func lockAlone(*os.File, int64) (alone bool, err error) { return true, nil }
