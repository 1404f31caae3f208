package admin

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
)

func TestParseSize(t *testing.T) {
	t.Parallel()
	if w, h, err := parseSize("120x40"); w != 120 || h != 40 || err != nil {
		t.Errorf("%d %d %v", w, h, err)
	}
	for _, in := range []string{"x", "120", "120x", "0x10", "-1x5", "120x40x2", "9999x10", "a b"} {
		if _, _, err := parseSize(in); cli.ExitCode(err) != cli.ExitUsage {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func TestShowsUnicode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		term, all, lang string
		want            bool
	}{
		{"xterm", "", "", true},
		{"xterm", "C", "en_US.UTF-8", false},
		{"tmux-256color", "", "de_DE.utf8", true},
		{"screen", "", "POSIX", false},
		{"linux", "", "en_US.UTF-8", false},
	} {
		s := Streams{Env: []string{"TERM=" + c.term, "LC_ALL=" + c.all, "LC_CTYPE=", "LANG=" + c.lang}}
		if s.showsUnicode() != c.want {
			t.Errorf("%+v", c)
		}
	}
}

// TestEnvironment: a session's own variables count and no others, and of
// several values the last.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	s := Streams{Env: []string{"A=1", "A=2", "AB=3"}}.withDefaults()
	if got := s.getenv("A"); got != "2" {
		t.Errorf("A is %q", got)
	}
	if v, ok := s.lookup("PATH"); ok {
		t.Errorf("PATH is the process's: %q", v)
	}
	if v, ok := (Streams{}).withDefaults().lookup("PATH"); !ok || v != os.Getenv("PATH") {
		t.Errorf("left out, PATH is %q, %v", v, ok)
	}
}

// TestVersionIsLinkedIn: the Makefile sets the variable that is printed.
func TestVersionIsLinkedIn(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	if want := "-X " + reflect.TypeFor[Streams]().PkgPath() + ".version=$(VERSION)"; !strings.Contains(string(text), want) {
		t.Errorf("the Makefile has no %q", want)
	}
	_ = version // the name that it sets
}
