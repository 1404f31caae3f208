package db

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/romm-admin/romm-admin/model"
)

// caller is the user that this process acts as.
type caller struct {
	uid    uint32
	groups []uint32
}

// whoami asks the operating system.
func whoami() (caller, error) {
	c := caller{uid: uint32(os.Geteuid()), groups: []uint32{uint32(os.Getegid())}}
	more, err := os.Getgroups()
	if err != nil {
		return c, fmt.Errorf("list the groups of this user: %w", err)
	}
	for _, g := range more {
		c.groups = append(c.groups, uint32(g))
	}
	return c, nil
}

// owner returns the user and group that own fi.
func owner(fi os.FileInfo) (uid, gid uint32, ok bool) {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return st.Uid, st.Gid, true
}

// place is a path that may hold the database, looked at but not opened.
type place struct {
	path string
	dir  string
	// dirInfo is nil while the folder does not exist, file while there is no
	// database yet.
	dirInfo, file os.FileInfo
}

// inspect looks at the file and its folder and refuses what is unsafe (S38).
// It changes nothing and opens nothing.
//
// Who may own them: this user, root, or somebody who shares a group with this
// user and has given that group access; that is how two users of one group run
// the two programs (R3). Root can open everything, so for root the question is
// another one: the file must belong to root or to the owner of its folder, so
// that nobody else's file is taken for the database.
func inspect(path string) (place, error) {
	p := place{path: path, dir: filepath.Dir(path)}
	who, err := whoami()
	if err != nil {
		return p, refuse(model.CodeInternal, path, "cannot be looked at", "", err)
	}
	// The folder may be reached through a link, its target is what counts.
	p.dirInfo, err = os.Stat(p.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err != nil {
		return p, refusePath(path, err)
	}
	if !p.dirInfo.IsDir() {
		return p, refuse(model.CodeInvalid, p.dir, "is not a folder", "give the path of a file in a folder", nil)
	}
	if err := who.trust(p.dir, p.dirInfo, nil); err != nil {
		return p, err
	}
	for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
		fi, err := os.Lstat(path + suffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return p, refusePath(path+suffix, err)
		}
		if err := regular(path+suffix, fi); err != nil {
			return p, err
		}
		if err := who.trust(path+suffix, fi, p.dirInfo); err != nil {
			return p, err
		}
		if suffix == "" {
			p.file = fi
		}
	}
	return p, nil
}

// regular refuses everything but a plain file.
func regular(path string, fi os.FileInfo) error {
	switch {
	case fi.Mode().IsRegular():
		return nil
	case fi.Mode()&fs.ModeSymlink != 0:
		return refuse(model.CodeInvalid, path, "is a symbolic link",
			"give the path of the file that it points to", nil)
	case fi.IsDir():
		return refuse(model.CodeInvalid, path, "is a folder",
			"give the path of a file, such as "+filepath.Join(path, "romm-admin.db"), nil)
	}
	return refuse(model.CodeInvalid, path, "is not a regular file", "give the path of a regular file", nil)
}

// trust refuses a file or folder that others may touch. dir is the folder of a
// file, nil for the folder itself.
func (c caller) trust(path string, fi, dir os.FileInfo) error {
	perm := fi.Mode().Perm()
	if perm&0o007 != 0 {
		want, text := "0600 (0640 or 0660 to share it with a group)", "file"
		if dir == nil {
			want, text = "0700 (0750 or 0770 to share it with a group)", "folder"
		}
		return refuse(model.CodeInvalid, path,
			fmt.Sprintf("everybody on this machine may use this %s (mode %04o)", text, perm),
			"chmod o-rwx "+path+"; the mode should be "+want, nil)
	}
	uid, gid, ok := owner(fi)
	if !ok {
		return refuse(model.CodeInternal, path, "the system does not say who owns it", "use a local Unix file system", nil)
	}
	switch {
	case uid == 0, uid == c.uid:
		return nil
	case c.uid == 0 && dir == nil:
		return nil
	case c.uid == 0:
		if du, _, ok := owner(dir); ok && du == uid {
			return nil
		}
	case perm&0o070 != 0 && slices.Contains(c.groups, gid):
		return nil
	}
	return refuse(model.CodeInvalid, path,
		fmt.Sprintf("belongs to another user (uid %d, group %d)", uid, gid),
		"run as its owner, chown it, or give both users a common group that owns the folder (mode 0770) and the file (mode 0660)", nil)
}

// Bits of access(2).
const (
	mayRead   = 4
	mayWrite  = 2
	maySearch = 1
)

// reach says in words which permission is missing to open the file, before
// SQLite says it in its own (R3).
func (p place) reach(readOnly bool) error {
	checks := []struct {
		path string
		bit  uint32
		msg  string
		skip bool
	}{
		{p.dir, maySearch, "this user may not enter the folder (search permission, x)", false},
		{p.path, mayRead, "this user may not read the file (read permission, r)", false},
		{p.path, mayWrite, "this user may not write the file (write permission, w)", readOnly},
		{p.dir, mayWrite, "this user may not write in the folder (write permission, w), where SQLite keeps the -wal and -shm files", readOnly},
	}
	for _, c := range checks {
		if c.skip {
			continue
		}
		err := syscall.Access(c.path, c.bit)
		if err == nil {
			continue
		}
		if errors.Is(err, syscall.EROFS) {
			return refuse(model.CodeForbidden, c.path, "is on a disk that is mounted read-only",
				"mount it writable, or move the database to a disk that is", err)
		}
		return refuse(model.CodeForbidden, c.path, c.msg,
			"let both programs run as one user, or as two users of the group that owns the folder (mode 0770) and the file (mode 0660)", err)
	}
	return nil
}
