//go:build unix && !linux

package db

import (
	"errors"
	"os"
	"syscall"
)

// lockAlone locks the folder as a whole until f is closed: plans of other files
// in it wait too.
func lockAlone(f *os.File, _ int64) (alone bool, err error) {
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}
