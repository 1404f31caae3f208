package db

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"github.com/romm-admin/romm-admin/model"
)

// OpenRegular opens a file that somebody named, to read it. Anything else than
// a regular file of at most limit bytes is refused: a folder, a socket, a
// device such as /dev/zero, which never ends, and a pipe, which may never
// begin. What was opened is what was looked at, and the file ends at limit+1
// bytes even if it grows. Errors are of the type [fs.PathError].
func OpenRegular(path string, limit int64) (_ *Bounded, err error) {
	fi, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if err := readable(path, fi, limit); err != nil {
		return nil, err // not opened: a device may do something then
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // it may be a pipe by now
	if err != nil {
		return nil, err
	}
	if fi, err = f.Stat(); err == nil {
		err = readable(path, fi, limit)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &Bounded{Reader: io.LimitReader(f, limit+1), f: f}, nil
}

// Bounded is an open file that ends early. Close it.
type Bounded struct {
	io.Reader
	f *os.File
}

// Close closes the file.
func (b *Bounded) Close() error { return b.f.Close() }

// ReadRegular reads a whole file that somebody named, see [OpenRegular].
func ReadRegular(path string, limit int64) (data []byte, err error) {
	in, err := OpenRegular(path, limit)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	return ReadBounded(in, path, limit)
}

// ReadBounded reads all of in, which is called path, and refuses what is longer
// than limit bytes.
func ReadBounded(in io.Reader, path string, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(in, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = tooLarge(path, limit)
	}
	if err != nil {
		return nil, err
	}
	return data, nil
}

// readable says why a file is not read; nil if it is.
func readable(path string, fi fs.FileInfo, limit int64) error {
	what := ""
	switch mode := fi.Mode(); {
	case mode.IsRegular() && fi.Size() <= limit:
		return nil
	case mode.IsRegular():
		return tooLarge(path, limit)
	case mode.IsDir():
		what = "a folder"
	case mode&fs.ModeNamedPipe != 0:
		what = "a pipe"
	case mode&fs.ModeSocket != 0:
		what = "a socket"
	case mode&fs.ModeDevice != 0:
		what = "a device"
	default:
		what = "something else"
	}
	return unread(path, "it is "+what+", not a regular file", "give the path of a regular file, or - for standard input where that can be read")
}

func tooLarge(path string, limit int64) error {
	size := fmt.Sprintf("%d bytes", limit)
	if limit >= 1<<20 {
		size = fmt.Sprintf("%d MiB", limit>>20)
	}
	return unread(path, "it is larger than "+size, "check that it is the right file")
}

func unread(path, msg, hint string) error {
	return &fs.PathError{Op: "read", Path: path, Err: &model.Error{Code: model.CodeInvalid, Msg: msg, Hint: hint}}
}
