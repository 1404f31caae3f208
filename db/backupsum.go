package db

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// SumFile is where the checksum of a backup stands: beside it, as sha256sum
// writes it.
func SumFile(backup string) string { return backup + ".sha256" }

// BackupWithSum is Backup with a checksum in [SumFile], by which damage is told
// that leaves a whole database, such as in pages that are free. Both files are
// written, or neither.
func (d *DB) BackupWithSum(ctx context.Context, path string) error {
	const op = "make backup"
	abs, err := filepath.Abs(path)
	if err != nil {
		return translate(op, path, err)
	}
	for _, file := range []string{abs, SumFile(abs)} {
		if _, err := os.Lstat(file); err == nil {
			return exists(op, file)
		}
	}
	if err := d.Backup(ctx, abs); err != nil {
		return err
	}
	if err := writeSum(abs); err != nil {
		return translate(op, abs, errors.Join(err, os.Remove(abs))) // what we have just made
	}
	return syncDir(filepath.Dir(abs))
}

func writeSum(path string) (err error) {
	sum, err := sumOf(path)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(SumFile(path), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(sumLine(sum, filepath.Base(path)))
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		err = errors.Join(err, os.Remove(SumFile(path)))
	}
	return err
}

// sumLine is a line of sha256sum, which escapes what would break the line.
func sumLine(sum, name string) string {
	escaped := strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`).Replace(name)
	if escaped != name {
		sum = `\` + sum
	}
	return sum + "  " + escaped + "\n"
}

// sumForm is one line of sha256sum. Its name is not compared: a backup and its
// checksum may be renamed together.
var sumForm = regexp.MustCompile(`^\\?([0-9a-fA-F]{64})( [ *][^\n]+)?\r?\n?$`)

// maxSum bounds the file of a checksum: a line with the name of one file.
const maxSum = 4 << 10

// checkSum compares the SHA-256 of a backup with the checksum beside it; there
// may be none, which is no error.
func (b *Backup) checkSum(path string) error {
	text, err := ReadRegular(SumFile(path), maxSum)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	hint := fmt.Sprintf("take another backup; if %s does not belong to this file, move that away", model.Clean(SumFile(path)))
	if err != nil {
		return refuse(model.CodeInvalid, SumFile(path), "the checksum of the backup cannot be read", hint, err)
	}
	stated := sumForm.FindSubmatch(text)
	switch {
	case stated == nil:
		return refuse(model.CodeInvalid, SumFile(path), "is not a checksum as sha256sum writes it", hint, nil)
	case !strings.EqualFold(string(stated[1]), b.Sum):
		return refuse(model.CodeInvalid, path, "does not match its checksum: it is damaged, or another file", hint, nil)
	}
	b.Checked = true
	return nil
}
