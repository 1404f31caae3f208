package admin

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFolderMadePrivate: a folder of mode 0755, as mkdir makes it, is made private
// by its owner's yes and by nothing else; a script is told the command.
func TestFolderMadePrivate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		terminal bool
		types    string
		flags    []string
		code     int
		mode     os.FileMode
		says     string
	}{
		"yes":         {true, "yes\n", nil, 0, 0o700, "make it yours alone"},
		"no":          {true, "no\n", nil, 1, 0o755, "chmod o-rwx"},
		"read-only":   {true, "yes\n", []string{"--read-only"}, 1, 0o755, "chmod o-rwx"},
		"a script":    {false, "yes\n", nil, 1, 0o755, "chmod o-rwx"},
		"end of file": {true, "", nil, 1, 0o755, "chmod o-rwx"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, false)
			dir := filepath.Join(t.TempDir(), "data")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(dir, 0o755); err != nil { // whatever the umask is
				t.Fatal(err)
			}
			var out, said bytes.Buffer
			s := Streams{In: strings.NewReader(c.types), Out: &out, Err: &said, Env: append([]string{"HOME=" + t.TempDir()}, w.Env()...), Actor: "ann"}
			if c.terminal {
				s.Terminal = &Terminal{Size: Size{80, 24}}
			}
			code := Main(t.Context(), append([]string{"users", "list", "--db", filepath.Join(dir, "x.db")}, c.flags...), s)
			fi, err := os.Stat(dir)
			if err != nil || code != c.code || fi.Mode().Perm() != c.mode || !strings.Contains(said.String(), c.says) {
				t.Errorf("exit code %d, mode %v, %v: %s", code, fi.Mode(), err, said.String())
			}
			if asked := strings.Contains(said.String(), "type yes"); asked != (c.terminal && c.flags == nil) {
				t.Errorf("asked: %v", asked)
			}
		})
	}
}

// TestConsoleOffersPrivateFolder: the console asks before it takes the terminal.
func TestConsoleOffersPrivateFolder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, false)
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s := connect(t, Size{100, 30}, w.Env(), nil, "--db", filepath.Join(dir, "x.db"))
	s.press("yes\n")
	s.wait("cannot sign in")
	s.press("q")
	if said := s.end(0); !strings.Contains(said, "make it yours alone") {
		t.Errorf("it said %q", said)
	}
	if fi, err := os.Stat(dir); err != nil || fi.Mode().Perm() != 0o700 {
		t.Errorf("%v, %v", fi.Mode(), err)
	}
}
