package db

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

func TestUnsafePlaces(t *testing.T) {
	t.Parallel()
	// proves S38
	tests := map[string]struct {
		prepare func(t *testing.T, path string)
		code    model.Code
		says    string
	}{
		"file for all to read":      {mode(0o644, 0o700), model.CodeInvalid, "everybody on this machine may use this file (mode 0644)"},
		"file for all to write":     {mode(0o602, 0o700), model.CodeInvalid, "mode 0602"},
		"folder for all to read":    {mode(0o600, 0o755), model.CodeInvalid, "everybody on this machine may use this folder (mode 0755)"},
		"folder for all to write":   {mode(0o600, 0o703), model.CodeInvalid, "mode 0703"},
		"symbolic link":             {link(""), model.CodeInvalid, "is a symbolic link"},
		"log is a symbolic link":    {link("-wal"), model.CodeInvalid, "romm-admin.db-wal: is a symbolic link"},
		"index is a symbolic link":  {link("-shm"), model.CodeInvalid, "romm-admin.db-shm: is a symbolic link"},
		"dangling symbolic link":    {dangling, model.CodeInvalid, "is a symbolic link"},
		"folder instead of a file":  {folder, model.CodeInvalid, "is a folder"},
		"fifo instead of a file":    {fifo, model.CodeInvalid, "is not a regular file"},
		"file instead of a folder":  {fileAsFolder, model.CodeInvalid, "is not a folder"},
		"another user owns it":      {chown(12345, 54321, 0, 0), model.CodeInvalid, "belongs to another user (uid 12345, group 54321)"},
		"another user has replaced": {chown(12345, 54321, 12346, 54321), model.CodeInvalid, "belongs to another user (uid 12345"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := makeFile(t)
			tt.prepare(t, path)
			for _, readOnly := range []bool{false, true} {
				_, err := Open(t.Context(), path, Options{Now: epoch, ReadOnly: readOnly})
				wantCode(t, err, tt.code, tt.says, filepath.Dir(path))
				if model.HintOf(err) == "" {
					t.Error("no hint")
				}
			}
		})
	}
}

func mode(file, dir os.FileMode) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		must(t, os.Chmod(path, file))
		must(t, os.Chmod(filepath.Dir(path), dir))
	}
}

func link(suffix string) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		target := filepath.Join(t.TempDir(), "target")
		if suffix == "" {
			must(t, os.Rename(path, target))
		} else {
			must(t, os.WriteFile(target, nil, 0o600))
		}
		must(t, os.Symlink(target, path+suffix))
	}
}

func dangling(t *testing.T, path string) {
	must(t, os.Remove(path))
	must(t, os.Symlink(filepath.Join(t.TempDir(), "nowhere"), path))
}

func folder(t *testing.T, path string) {
	must(t, os.Remove(path))
	must(t, os.Mkdir(path, 0o700))
}

func fifo(t *testing.T, path string) {
	must(t, os.Remove(path))
	must(t, syscall.Mkfifo(path, 0o600))
}

func fileAsFolder(t *testing.T, path string) {
	must(t, os.RemoveAll(filepath.Dir(path)))
	must(t, os.WriteFile(filepath.Dir(path), []byte("x"), 0o600))
}

func chown(uid, gid, dirUID, dirGID int) func(*testing.T, string) {
	return func(t *testing.T, path string) {
		needRoot(t)
		must(t, os.Chown(path, uid, gid))
		must(t, os.Chown(filepath.Dir(path), dirUID, dirGID))
	}
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can act as several users")
	}
}

func TestRootOpensTheFileOfAService(t *testing.T) {
	t.Parallel()
	needRoot(t)
	path := makeFile(t)
	chown(12345, 54321, 12345, 54321)(t, path)
	d := openAt(t, path, Options{})
	must(t, d.SetSetting(t.Context(), "a", "b"))
	for _, suffix := range []string{"", "-wal", "-shm"} {
		fi, err := os.Stat(path + suffix)
		must(t, err)
		if uid, gid, _ := owner(fi); uid != 12345 || gid != 54321 {
			t.Errorf("%q belongs to %d:%d, the service could not use it", suffix, uid, gid)
		}
	}
}

func TestLinkedFolderIsJudgedByItsTarget(t *testing.T) {
	t.Parallel()
	path := makeFile(t)
	dir := filepath.Join(t.TempDir(), "link")
	must(t, os.Symlink(filepath.Dir(path), dir))
	openAt(t, filepath.Join(dir, filepath.Base(path)), Options{})
	must(t, os.Chmod(filepath.Dir(path), 0o777))
	_, err := Open(t.Context(), filepath.Join(dir, filepath.Base(path)), Options{Now: epoch})
	wantCode(t, err, model.CodeInvalid, "mode 0777")
}

func TestNewFileFollowsItsFolder(t *testing.T) {
	t.Parallel()
	// proves S38, R3
	for dir, want := range map[os.FileMode]os.FileMode{0o700: 0o600, 0o750: 0o640, 0o770: 0o660} {
		path := newPath(t)
		must(t, os.Mkdir(filepath.Dir(path), dir))
		must(t, os.Chmod(filepath.Dir(path), dir))
		gid := os.Getegid()
		if os.Geteuid() == 0 {
			gid = 54321
			must(t, os.Chown(filepath.Dir(path), -1, gid))
		}
		openAt(t, path, Options{})
		fi, err := os.Stat(path)
		must(t, err)
		if _, got, _ := owner(fi); fi.Mode().Perm() != want || want != 0o600 && int(got) != gid {
			t.Errorf("in a folder of mode %04o: mode %04o group %d, want %04o and %d", dir, fi.Mode().Perm(), got, want, gid)
		}
	}
}

// Two made-up users of one group, and a stranger.
const (
	console, companion, stranger = "41001", "41002", "41003"
	shared, own                  = "42000", "42003"
)

// sharedFile makes a database that console owns and the group may use.
func sharedFile(t *testing.T, file, dir os.FileMode) string {
	t.Helper()
	needRoot(t)
	path := makeFile(t)
	uid, _ := strconv.Atoi(console)
	gid, _ := strconv.Atoi(shared)
	chown(uid, gid, uid, gid)(t, path)
	mode(file, dir)(t, path)
	// The folders above must let other users pass.
	for up := filepath.Dir(filepath.Dir(path)); strings.HasPrefix(up, os.TempDir()) && up != os.TempDir(); up = filepath.Dir(up) {
		must(t, os.Chmod(up, 0o711))
	}
	return path
}

func TestTwoUsersOfOneGroup(t *testing.T) {
	t.Parallel()
	// proves R3
	path := sharedFile(t, 0o660, 0o770)
	for _, user := range []string{console, companion, console} {
		if out := runChild(t, "open-as", path, user, shared, "rw"); out != "ok" {
			t.Fatalf("user %s: %s", user, out)
		}
	}
	if out := runChild(t, "open-as", path, stranger, own, "rw"); !strings.Contains(out, "forbidden") && !strings.Contains(out, "invalid") {
		t.Errorf("a stranger: %s", out)
	}
}

func TestAnotherGroupIsNotTrusted(t *testing.T) {
	t.Parallel()
	// proves S38: the folder is shared with the stranger, the file is not
	path := sharedFile(t, 0o660, 0o770)
	gid, _ := strconv.Atoi(own)
	must(t, os.Chown(filepath.Dir(path), -1, gid))
	if out := runChild(t, "open-as", path, stranger, own, "rw"); !strings.Contains(out, "invalid") || !strings.Contains(out, "belongs to another user (uid 41001, group 42000)") {
		t.Error(out)
	}
}

func TestMissingPermissionIsNamed(t *testing.T) {
	t.Parallel()
	// proves R3, R5
	tests := map[string]struct {
		file, dir os.FileMode
		mode      string
		want      string
	}{
		"file not readable":        {0o600, 0o770, "rw", "belongs to another user"},
		"file not writable":        {0o640, 0o770, "rw", "may not write the file (write permission, w)"},
		"folder not writable":      {0o660, 0o750, "rw", "may not write in the folder (write permission, w)"},
		"folder not searchable":    {0o660, 0o760, "rw", "search"},
		"read-only and nobody on":  {0o640, 0o750, "ro", "may not write in the folder"},
		"read-only in a full room": {0o640, 0o770, "ro", "ok"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := sharedFile(t, tt.file, tt.dir)
			out := runChild(t, "open-as", path, companion, shared, tt.mode)
			if !strings.Contains(out, tt.want) || tt.want != "ok" && !strings.Contains(out, path[:len(path)-3]) && !strings.Contains(out, filepath.Dir(path)) {
				t.Errorf("said %q, want %q and the path", out, tt.want)
			}
		})
	}
	t.Run("read-only beside a writer", func(t *testing.T) {
		t.Parallel()
		path := sharedFile(t, 0o640, 0o750)
		d := openAt(t, path, Options{})
		must(t, d.SetSetting(t.Context(), "a", "b"))
		if out := runChild(t, "open-as", path, companion, shared, "ro"); out != "ok" {
			t.Error(out)
		}
	})
}

func TestFolderThatCannotBeMade(t *testing.T) {
	t.Parallel()
	path := makeFile(t)
	_, err := Open(t.Context(), filepath.Join(path, "sub", "x.db"), Options{Now: epoch})
	if err == nil {
		t.Fatal("opened below a file")
	}
	if code := model.CodeOf(err); code == model.CodeInternal || model.HintOf(err) == "" {
		t.Errorf("%s: %v", code, err)
	}
}
