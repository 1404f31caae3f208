package admin

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/romm-admin/romm-admin/cmd/internal/config"
	"github.com/romm-admin/romm-admin/model/reconcile"
)

// TestReadmeConfiguration: the file that the README shows is one.
func TestReadmeConfiguration(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "```toml\n")
	text, _, ok := strings.Cut(rest, "```\n")
	dir := t.TempDir()
	path := filepath.Join(dir, "romm-admin.toml")
	for name, data := range map[string]string{path: text, "authentik-token": "a", "romm-token": "rmm_b", "romm-db-passwd": "d", "oidc-client-secret": "c"} {
		if !filepath.IsAbs(name) {
			name = filepath.Join(dir, name)
		}
		if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	src := config.Source{Lookup: config.FromEnv(nil)}
	if src.File, err = config.Open(src, path); err != nil || !ok {
		t.Fatal(err)
	}
	var l look
	if err := l.fill(pflag.NewFlagSet("", pflag.ContinueOnError), src.File); err != nil || l.every != 5*time.Minute || l.noMouse {
		t.Errorf("%+v, %v", l, err)
	}
	if c, err := config.Load(src); err != nil || c.RomMToken.Reveal() != "rmm_b" || len(c.Warnings) > 0 {
		t.Errorf("%+v, %v", c, err)
	}
}

// What is shown is read again by itself, unless somebody does not want that.
func TestReadingAgainByItself(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		args []string
		want time.Duration
	}{{nil, 5 * time.Minute}, {[]string{"--every", "90s"}, 90 * time.Second}, {[]string{"--every", "0"}, 0}} {
		var l look
		flags := pflag.NewFlagSet("", pflag.ContinueOnError)
		l.add(flags)
		if err := flags.Parse(tc.args); err != nil {
			t.Fatal(err)
		}
		if err := l.fill(flags, nil); err != nil {
			t.Fatal(err)
		}
		if got := lookOptions(&session{Service: &reconcile.Service{}}, l).Every; got != tc.want {
			t.Errorf("%v: every %s, want %s", tc.args, got, tc.want)
		}
	}
}

func TestPagesHaveNoSlashTwice(t *testing.T) {
	t.Parallel()
	if l := pages("https://romm.example.org/", "https://auth.example.org/sub//"); l.RomM != "https://romm.example.org" || l.Authentik != "https://auth.example.org/sub" {
		t.Errorf("%+v", l)
	}
}
