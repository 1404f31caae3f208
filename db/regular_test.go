package db

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// TestReadRegular: what is no regular file, and what is too large, is refused
// with what to do; a link is followed; a file may be exactly as large as the
// limit.
func TestReadRegular(t *testing.T) {
	t.Parallel()
	// proves S24
	dir := t.TempDir()
	file, link, pipe := filepath.Join(dir, "file"), filepath.Join(dir, "link"), filepath.Join(dir, "pipe")
	must(t, os.WriteFile(file, []byte("0123456789"), 0o600))
	must(t, os.Symlink("file", link))
	must(t, syscall.Mkfifo(pipe, 0o600))
	for _, path := range []string{file, link} {
		if data, err := ReadRegular(path, 10); err != nil || string(data) != "0123456789" {
			t.Errorf("%s: %q, %v", path, data, err)
		}
	}
	for path, says := range map[string]string{pipe: "a pipe", dir: "a folder", "/dev/zero": "a device", file: "larger than 9 bytes"} {
		_, err := ReadRegular(path, 9)
		if model.CodeOf(err) != model.CodeInvalid || !errors.As(err, new(*fs.PathError)) || !strings.Contains(err.Error(), says) || model.HintOf(err) == "" {
			t.Errorf("%s: %v, want %q", path, err, says)
		}
	}
	if _, err := ReadRegular(filepath.Join(dir, "none"), 9); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	// A file that grows after it was looked at ends all the same.
	in, err := OpenRegular(file, 10)
	must(t, err)
	must(t, os.WriteFile(file, []byte(strings.Repeat("x", 100)), 0o600))
	if data, err := io.ReadAll(in); err != nil || len(data) != 11 {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	must(t, in.Close())
	if _, err := ReadBounded(strings.NewReader("0123456789x"), "standard input", 10); model.CodeOf(err) != model.CodeInvalid {
		t.Errorf("%v", err)
	}
}
