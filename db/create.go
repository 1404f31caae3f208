package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/romm-admin/romm-admin/model"
)

// create makes a new database at p.path: complete or not at all. It is built
// under another name in the same folder and then linked into place, so that
// neither a crash nor another program that starts at the same moment can leave
// or see half of it. A file that is there by then is left alone.
func create(ctx context.Context, p place, opts Options) error {
	if p.dirInfo == nil {
		if err := os.MkdirAll(p.dir, 0o700); err != nil {
			return refuse(model.CodeForbidden, p.dir, "the folder cannot be made",
				"make it yourself, mode 0700, or give another path", err)
		}
		fi, err := os.Stat(p.dir)
		if err != nil {
			return refusePath(p.dir, err)
		}
		p.dirInfo = fi
	}
	tmp, err := os.CreateTemp(p.dir, "."+filepath.Base(p.path)+".new-*")
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return refuse(model.CodeForbidden, p.dir, "this user may not write in the folder (write permission, w)",
				"give this user write and search permission (wx) on the folder", err)
		}
		return refuse(model.CodeUnavailable, p.dir, "nothing can be written in the folder",
			"see that the disk is neither full nor mounted read-only", err)
	}
	name := tmp.Name()
	defer func() {
		for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
			_ = os.Remove(name + suffix) // our own temporary file; nothing to do if it stays
		}
	}()
	// Closed before SQLite opens it, see the rule in the package comment.
	if err := tmp.Close(); err != nil {
		return translate("create database", p.path, err)
	}
	if err := build(ctx, name, opts); err != nil {
		return translate("create database", p.path, err)
	}
	if err := share(name, p.dirInfo); err != nil {
		return translate("create database", p.path, err)
	}
	switch err := os.Link(name, p.path); {
	case errors.Is(err, fs.ErrExist):
		return nil // somebody was faster; theirs is opened
	case err != nil:
		return refuse(model.CodeUnavailable, p.path, "the new file cannot be put in place",
			"keep the database on a local disk whose file system has hard links", err)
	}
	return syncDir(p.dir)
}

// build fills the empty file. The application id and the schema are written
// before the switch to WAL, so that they stand in the file itself and can be
// checked without its log.
func build(ctx context.Context, name string, opts Options) (err error) {
	w, err := connect(name, modeWrite, opts.busy())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	v, err := sqliteVersion(ctx, w)
	if err != nil {
		return err
	}
	if err := checkSQLite(v); err != nil {
		return err
	}
	if _, err := w.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
		return err
	}
	steps, err := migrations()
	if err != nil {
		return err
	}
	if err := migrate(ctx, w, steps); err != nil {
		return err
	}
	if err := seed(ctx, w); err != nil {
		return err
	}
	return setWAL(ctx, w)
}

// share gives the new file to the group of its folder, with the access that
// the group has there: 0600 in a folder of mode 0700, 0640 in 0750, 0660 in
// 0770. If the group cannot be set the file stays private, and the other
// program will say what it lacks.
func share(name string, dir os.FileInfo) error {
	mode := dir.Mode().Perm() & 0o060
	_, dirGroup, ok := owner(dir)
	if mode == 0 || !ok {
		return nil
	}
	if err := os.Chown(name, -1, int(dirGroup)); err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return nil
		}
		return err
	}
	return os.Chmod(name, 0o600|mode)
}

// syncDir makes the new name survive a power cut.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return translate("create database", dir, err)
	}
	return translate("create database", dir, errors.Join(f.Sync(), f.Close()))
}
