package db

import (
	"io"
	"os"
	"syscall"

	"github.com/romm-admin/romm-admin/model/plan"
)

// Locks of an open file description (fcntl(2)): they go with the last
// descriptor of it, and two files that one process has open do not share them.
const (
	ofdGetLock = 36
	ofdSetLock = 37
)

// lockAlone locks the byte unless another program has it locked. Two programs
// that come at the same moment both see the other's lock and neither gets it,
// never both: each locks before it looks.
func lockAlone(f *os.File, at int64) (alone bool, err error) {
	if err := lockByte(f, at); err != nil {
		return false, err
	}
	return byteHolder(f, at) != plan.HoldingSomebody, nil
}

func lockByte(f *os.File, at int64) error {
	l := byteLock(syscall.F_RDLCK, at)
	return syscall.FcntlFlock(f.Fd(), ofdSetLock, &l)
}

// unlockByte does not leave it to closing: a program that is just being started
// has a copy of the descriptor for a moment.
func unlockByte(f *os.File, at int64) error {
	l := byteLock(syscall.F_UNLCK, at)
	return syscall.FcntlFlock(f.Fd(), ofdSetLock, &l)
}

func byteHolder(f *os.File, at int64) plan.Holding {
	l := byteLock(syscall.F_WRLCK, at)
	switch err := syscall.FcntlFlock(f.Fd(), ofdGetLock, &l); {
	case err != nil:
		return plan.HoldingUnknown
	case l.Type == syscall.F_UNLCK:
		return plan.HoldingNobody
	}
	return plan.HoldingSomebody
}

func byteLock(kind int16, at int64) syscall.Flock_t {
	return syscall.Flock_t{Type: kind, Whence: io.SeekStart, Start: at, Len: 1}
}
