package db

import (
	"io/fs"
	"os"
	"path/filepath"

	"github.com/romm-admin/romm-admin/model"
)

// Exposed returns the folder of a database that Open refuses because everybody on
// this machine may use it, where this user may make it private without taking
// anything from others: it is the user's own, holds nothing but the user's own
// files, and is no folder for everybody's, as /tmp is (S38).
func Exposed(path string) (dir string, ok bool) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", false
	}
	dir = filepath.Dir(abs)
	who, err := whoami()
	if err != nil {
		return "", false
	}
	fi, err := os.Lstat(dir)
	if err != nil || !fi.IsDir() || fi.Mode().Perm()&0o007 == 0 || fi.Mode()&fs.ModeSticky != 0 || !who.owns(fi) {
		return "", false
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", false
	}
	for _, e := range entries {
		if fi, err := e.Info(); err != nil || !fi.Mode().IsRegular() || !who.owns(fi) {
			return "", false
		}
	}
	return dir, true
}

func (c caller) owns(fi os.FileInfo) bool {
	uid, _, ok := owner(fi)
	return ok && uid == c.uid
}

// MakePrivate gives a folder that is Exposed to its owner alone.
func MakePrivate(path string) error {
	dir, ok := Exposed(path)
	if !ok {
		return refuse(model.CodeConflict, filepath.Dir(path), "is not as it was seen", "look at its mode and its owner: ls -ld", nil)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return refusePath(dir, err)
	}
	return nil
}
