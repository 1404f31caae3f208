package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/romm-admin/romm-admin/model"
)

// extended returns SQLite's result code in err's chain with the reason in its
// upper bits, 0 if there is none.
func extended(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

// primary returns the code without the reason.
func primary(err error) int { return extended(err) & 0xff }

// translate turns an error of the driver into one for people. Errors that are
// already made for people only get the operation in front.
func translate(op, path string, err error) error {
	if err == nil {
		return nil
	}
	var me *model.Error
	if errors.As(err, &me) {
		if me.Op == op {
			return err
		}
		return &model.Error{Code: me.Code, Op: op, Hint: me.Hint, Err: err}
	}
	out := &model.Error{Op: op, Err: err}
	switch extended(err) {
	case sqlite3.SQLITE_READONLY_DIRECTORY, sqlite3.SQLITE_READONLY_CANTINIT:
		// Even a reader has to keep the -wal and -shm files beside it (R3).
		out.Code = model.CodeForbidden
		out.Msg = fmt.Sprintf("this user may not write in the folder of %s, where SQLite keeps the -wal and -shm files", path)
		out.Hint = "give this user write permission on the folder (w), or start the other program first: its files are then there to read"
		return out
	}
	switch primary(err) {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		out.Code = model.CodeUnavailable
		out.Msg = fmt.Sprintf("another program is writing to %s", path)
		out.Hint = "try again in a moment; if it stays like this, see which program has the file open: fuser -v " + path
		out.Err = nil // "database is locked" helps nobody (R4)
	case sqlite3.SQLITE_READONLY:
		out.Code = model.CodeForbidden
		out.Msg = fmt.Sprintf("%s cannot be written", path)
		out.Hint = "give this user write permission on the file and on its folder, and see that the disk is not mounted read-only"
	case sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_AUTH:
		out.Code = model.CodeForbidden
		out.Msg = fmt.Sprintf("%s cannot be opened", path)
		out.Hint = "this user needs read permission on the file and write permission on its folder, where SQLite keeps the -wal and -shm files"
	case sqlite3.SQLITE_INTERRUPT:
		out.Code = model.CodeUnavailable
		out.Msg = "stopped before it was done; nothing was changed"
	case sqlite3.SQLITE_FULL:
		out.Code = model.CodeUnavailable
		out.Msg = fmt.Sprintf("the disk that holds %s is full", path)
		out.Hint = "free some space and try again; nothing was half-written"
	case sqlite3.SQLITE_IOERR:
		out.Code = model.CodeUnavailable
		out.Msg = fmt.Sprintf("the disk that holds %s does not answer properly", path)
		out.Hint = "look at the system log for disk errors, then try again"
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		out.Code = model.CodeInternal
		out.Msg = fmt.Sprintf("%s is damaged", path)
		out.Hint = putBackup
	default:
		out.Code = model.CodeInternal
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			out.Code = model.CodeUnavailable
		}
	}
	return out
}

const putBackup = "stop both programs and put a backup in its place: romm-admin backup restore"

// errDamaged marks the errors that [Damaged] knows and SQLite has no code for.
type errDamaged struct{}

func (errDamaged) Error() string { return "not usable" }

// Damaged reports whether err says that the file is ours but broken, so that
// only a backup helps.
func Damaged(err error) bool {
	return errors.As(err, new(errDamaged)) || primary(err) == sqlite3.SQLITE_CORRUPT
}

// refuse makes the error for a file that we will not open.
func refuse(code model.Code, path, msg, hint string, err error) error {
	return &model.Error{Code: code, Op: "open database", Msg: path + ": " + msg, Hint: hint, Err: err}
}

// refusePath is refuse for what the operating system said about a path.
func refusePath(path string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return refuse(model.CodeNotFound, path, "there is no such file",
			"check the path, or start without it being required and it is created", nil)
	case errors.Is(err, fs.ErrPermission):
		return refuse(model.CodeForbidden, path, "this user may not look into the folder",
			"give this user read, write and search permission (rwx) on the folder", err)
	}
	return refuse(model.CodeUnavailable, path, "cannot be looked at", "check the path and the disk", err)
}
