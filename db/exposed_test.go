package db

import (
	"os"
	"path/filepath"
	"testing"
)

// TestExposed proves S38: a folder is offered to be made private where it is the
// user's own and holds nothing of others; Open takes it afterwards.
func TestExposed(t *testing.T) {
	t.Parallel()
	mine := uint32(os.Geteuid())
	for name, c := range map[string]struct {
		prepare func(t *testing.T, dir string)
		offered bool
	}{
		"made by mkdir":       {func(*testing.T, string) {}, true},
		"for all to write":    {func(t *testing.T, dir string) { must(t, os.Chmod(dir, 0o777)) }, true},
		"with files":          {func(t *testing.T, dir string) { must(t, os.WriteFile(filepath.Join(dir, "token"), nil, 0o600)) }, true},
		"private already":     {func(t *testing.T, dir string) { must(t, os.Chmod(dir, 0o700)) }, false},
		"shared with a group": {func(t *testing.T, dir string) { must(t, os.Chmod(dir, 0o770)) }, false},
		"as /tmp is":          {func(t *testing.T, dir string) { must(t, os.Chmod(dir, 0o777|os.ModeSticky)) }, false},
		"with a folder":       {func(t *testing.T, dir string) { must(t, os.Mkdir(filepath.Join(dir, "x"), 0o755)) }, false},
		"with a link":         {func(t *testing.T, dir string) { must(t, os.Symlink("/etc/passwd", filepath.Join(dir, "x"))) }, false},
		"gone":                {func(t *testing.T, dir string) { must(t, os.Remove(dir)) }, false},
		"a link": {func(t *testing.T, dir string) {
			must(t, os.Rename(dir, dir+"2"))
			must(t, os.Symlink(dir+"2", dir))
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "data")
			must(t, os.Mkdir(dir, 0o755))
			must(t, os.Chmod(dir, 0o755)) // whatever the umask is
			c.prepare(t, dir)
			path := filepath.Join(dir, "romm-admin.db")
			got, ok := Exposed(path)
			if ok != c.offered || ok && got != dir {
				t.Fatalf("%q, %v", got, ok)
			}
			if err := MakePrivate(path); (err == nil) != c.offered {
				t.Fatal(err)
			}
			if !c.offered {
				return
			}
			d, err := Open(t.Context(), path, Options{Now: epoch})
			must(t, err)
			must(t, d.Close())
		})
	}
	t.Run("another's", func(t *testing.T) {
		t.Parallel()
		if mine != 0 {
			t.Skip("only root can give folders away")
		}
		dir := filepath.Join(t.TempDir(), "data")
		must(t, os.Mkdir(dir, 0o755))
		must(t, os.Chown(dir, 12345, 54321))
		if _, ok := Exposed(filepath.Join(dir, "x.db")); ok {
			t.Error("offered")
		}
		must(t, os.Chown(dir, 0, 0))
		must(t, os.WriteFile(filepath.Join(dir, "x"), nil, 0o600))
		must(t, os.Chown(filepath.Join(dir, "x"), 12345, 54321))
		if _, ok := Exposed(filepath.Join(dir, "x.db")); ok {
			t.Error("offered although another's file is in it")
		}
	})
}
