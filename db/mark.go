package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// MarkFile is where the newest role map that was in force is remembered: beside
// the database, so that an old copy of the database does not bring its own
// memory with it (S27). Who may write in the folder can remove both; the file
// tells a backup that was put back by mistake, or by somebody who may write the
// database only.
func MarkFile(path string) string { return path + ".seen" }

// mark names a role map: its generation, and its checksum because a copy that
// went another way may have the same one.
type mark struct {
	generation int64
	sum        [sha256.Size]byte
}

func markOf(m model.RoleMap) mark { return mark{m.Generation, roleMapSum(m)} }

var markForm = regexp.MustCompile(`^romm-admin seen 1 (0|[1-9][0-9]{0,17}) ([0-9a-f]{64})\n$`)

// maxMark bounds the file of a mark: one line.
const maxMark = 4 << 10

// TrustCommand confirms a role map that was rolled back.
const TrustCommand = "romm-admin roles trust"

// allows reports whether a map is this one, or a newer one.
func (k mark) allows(m model.RoleMap) bool { return m.Generation > k.generation || markOf(m) == k }

// doubt says why a map is not believed beside this mark; nil if it is.
func (k mark) doubt(m model.RoleMap) error {
	if k.allows(m) {
		return nil
	}
	msg := fmt.Sprintf("the role map is change %d, %d was in force already", m.Generation, k.generation)
	if m.Generation == k.generation {
		msg = fmt.Sprintf("the role map is another change %d than the one that was in force", m.Generation)
	}
	return &model.Error{
		Code: model.CodeConflict, Msg: msg,
		Hint: "an old copy of the file seems to be back: restore the newest backup; or, if this one is wanted, confirm it: " + TrustCommand,
	}
}

// readMark returns the mark of the database at path, nil if there is none. One
// that others may have written is refused, as the database would be (S38).
func readMark(path string, who caller) (*mark, error) {
	path = MarkFile(path)
	dir, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return nil, refusePath(path, err)
	}
	fi, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, refusePath(path, err)
	}
	if err := regular(path, fi); err != nil {
		return nil, err
	}
	if err := who.trust(path, fi, dir); err != nil {
		return nil, err
	}
	text, err := ReadRegular(path, maxMark)
	if err != nil {
		return nil, refusePath(path, err)
	}
	parts := markForm.FindSubmatch(text)
	if parts == nil {
		return nil, refuse(model.CodeInvalid, path, "does not say which role map was in force last",
			"look at the role map (romm-admin roles list), then confirm it: "+TrustCommand, nil)
	}
	k := &mark{}
	k.generation, err = strconv.ParseInt(string(parts[1]), 10, 64)
	if err == nil {
		_, err = hex.Decode(k.sum[:], parts[2])
	}
	return k, err
}

// raiseMark remembers a map, unless the same or a newer one is remembered. Two
// programs that do so at once may leave the older of the two, which the next
// reading makes good: a mark is never of a map that was not committed.
func raiseMark(path string, who caller, k mark) error {
	stored, err := readMark(path, who)
	if err != nil || stored != nil && stored.generation >= k.generation {
		return err
	}
	return writeMark(path, k)
}

// writeMark puts a mark beside the database at path, whole or not at all, for
// those who may use the database. A power cut may bring back the one before,
// which the next reading makes good; so the folder is not synced.
func writeMark(path string, k mark) (err error) {
	database, err := os.Lstat(path)
	if err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(MarkFile(path))+".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(tmp.Name()) // our own temporary file; nothing to do if it stays
		}
	}()
	_, err = fmt.Fprintf(tmp, "romm-admin seen 1 %d %x\n", k.generation, k.sum)
	if err := errors.Join(err, shareLike(tmp, database), tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), MarkFile(path))
}

// shareLike gives a file to the owner and the group of the database, as SQLite
// does with its log: root may run the console, and another user the companion.
func shareLike(f *os.File, database os.FileInfo) error {
	uid, gid, ok := owner(database)
	if !ok {
		return nil
	}
	if err := f.Chown(int(uid), int(gid)); errors.Is(err, fs.ErrPermission) {
		err = f.Chown(-1, int(gid))
		if errors.Is(err, fs.ErrPermission) {
			return nil // it stays private, as a new database would
		} else if err != nil {
			return err
		}
	} else if err != nil {
		return err
	}
	return f.Chmod(0o600 | database.Mode().Perm()&0o060)
}

// RoleMapDoubt compares the role map with the newest one that was in force, and
// remembers it if it is newer. doubt says why it is not believed, forgotten why
// it cannot be remembered.
func (d *DB) RoleMapDoubt(ctx context.Context) (doubt, forgotten error) {
	who, err := whoami()
	if err != nil {
		return err, nil
	}
	// The mark first: a change between the two readings is then no mismatch.
	stored, err := readMark(d.path, who)
	if err != nil {
		return err, nil
	}
	m, err := d.RoleMap(ctx)
	if err != nil {
		return err, nil
	}
	if stored != nil {
		if err := stored.doubt(m); err != nil || *stored == markOf(m) {
			return err, nil
		}
	}
	if d.opts.ReadOnly {
		return nil, nil
	}
	if err := raiseMark(d.path, who, markOf(m)); err != nil {
		return nil, &model.Error{
			Code: model.CodeUnavailable, Msg: "the role map cannot be remembered in " + MarkFile(d.path),
			Hint: "see that this user may write in the folder and that there is space; until then an old copy may not be noticed", Err: err,
		}
	}
	return nil, nil
}

// changeRoles changes the role map and seals it. A map that is not believed is
// not changed: with enough changes it would be newer than the one it lags
// behind, and nobody would have confirmed it.
func (d *DB) changeRoles(ctx context.Context, op string, fn func(*sql.Tx, model.RoleMap) (changed bool, err error)) error {
	err := d.write(ctx, op, func(tx *sql.Tx) error {
		m, err := loadRoleMap(ctx, tx, d.path)
		if err != nil {
			return err
		}
		who, err := whoami()
		if err != nil {
			return err
		}
		stored, err := readMark(d.path, who)
		if err == nil && stored != nil {
			err = stored.doubt(m)
		}
		if err != nil {
			return err
		}
		changed, err := fn(tx, m)
		if err != nil || !changed {
			return err
		}
		return seal(ctx, tx)
	})
	if err == nil {
		_, _ = d.RoleMapDoubt(ctx) // the change is made; what is not remembered now is at the next reading
	}
	return err
}

// TrustRoleMap confirms the role map that was shown: it becomes a change newer
// than any that is remembered, so that programs that run take it. The entry of
// the journal that says so is written with it.
func (d *DB) TrustRoleMap(ctx context.Context, shown model.RoleMap, e plan.JournalEntry) error {
	err := d.write(ctx, "trust role map", func(tx *sql.Tx) error {
		m, err := loadRoleMap(ctx, tx, d.path)
		if err != nil {
			return err
		}
		if markOf(m) != markOf(shown) {
			return &model.Error{Code: model.CodeConflict, Msg: "the role map was changed since it was shown", Hint: "look at it again"}
		}
		return d.recorded(ctx, tx, e, func() error { return d.outrun(ctx, tx, d.path) })
	})
	if err != nil {
		return err
	}
	return d.confirmMark(ctx)
}

// outrun makes the role map a change newer than the one that is remembered
// beside the database at path, and seals it. A mark that cannot be read is no
// hindrance: a person has confirmed what is here.
func (d *DB) outrun(ctx context.Context, tx *sql.Tx, path string) error {
	who, err := whoami()
	if err != nil {
		return err
	}
	var floor int64
	if stored, err := readMark(path, who); err == nil && stored != nil {
		floor = stored.generation
	}
	if _, err := tx.ExecContext(ctx, "UPDATE main.meta SET generation = max(generation, ?) + 1", floor); err != nil {
		return err
	}
	return seal(ctx, tx)
}

// confirmMark remembers the role map as it is, whatever was remembered.
func (d *DB) confirmMark(ctx context.Context) error {
	m, err := d.RoleMap(context.WithoutCancel(ctx))
	if err != nil {
		return err
	}
	return translate("remember role map", d.path, writeMark(d.path, markOf(m)))
}
