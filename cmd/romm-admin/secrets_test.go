package main

import (
	"bytes"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/authentik/authentiktest/strict"
	"github.com/romm-admin/romm-admin/cmd/internal/config"
	"github.com/romm-admin/romm-admin/cmd/internal/demo"
)

// TestNoSecretLeaves runs every kind of command, those that fail for their
// secrets too, and searches all that they printed and all that they wrote for
// the secrets of the environment.
func TestNoSecretLeaves(t *testing.T) {
	t.Parallel()
	// proves S32
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	w, err := demo.Start(t.Context(), demo.Options{DB: filepath.Join(dir, "romm-admin.db"), Now: time.Now, Authentik: strict.New})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	env := w.Env()
	secrets := []string{"CANARY-7c1f2e9b0d", "CANARY-5e8a3b6d1f", "rmm_CANARY4b7d0e2a", "CANARY-2d9c7e5b1a"}
	for _, name := range []string{"AUTHENTIK_TOKEN", "ROMM_TOKEN", "OIDC_CLIENT_SECRET"} {
		v, ok := config.FromEnv(env)(name)
		if !ok || len(v) < 8 {
			t.Fatalf("the demo world has no %s", name)
		}
		secrets = append(secrets, v)
	}
	bin := filepath.Join(programs(t), "romm-admin")
	var printed bytes.Buffer
	run := func(extra []string, line string) {
		cmd := command(t, append(append([]string{}, env...), extra...), bin, strings.Fields(line)...)
		cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &printed, &printed
		_ = cmd.Run() // whether it works is the business of the scripts
		if cmd.ProcessState.ExitCode() < 0 {
			t.Errorf("%s: did not end by itself", line)
		}
	}
	for _, line := range []string{
		"users list", "users list --json", "roles list --json", "users set-email bob bob@example.org --yes",
		"roles set staff user --yes --json", "history", "history --json", "history show 1", "history undo 1 --yes", "history verify", "history head",
		"history interrupted", "roles export", "backup create kept.db", "backup verify kept.db --json", "backup restore kept.db --yes",
		"--snapshot 120x40", "nonsense", "users list --token x",
	} {
		run(nil, line)
	}
	for _, extra := range [][]string{
		{"AUTHENTIK_TOKEN=CANARY-5e8a3b6d1f"},
		{"ROMM_TOKEN=rmm_CANARY4b7d0e2a"},
		{"ROMM_TOKEN=", "ROMM_USERNAME=admin", "ROMM_PASSWORD=CANARY-7c1f2e9b0d"},
		{"AUTHENTIK_URL=http://127.0.0.1:1"},
		{"ROMM_BASE_URL=http://127.0.0.1:1"},
		{"OIDC_SERVER_APPLICATION_URL=nonsense"},
	} {
		run(extra, "users list")
		run(extra, "roles set staff user --yes")
	}
	for _, extra := range [][]string{ // RomM's own database
		{"DB_USER=romm", "DB_PASSWD=CANARY-2d9c7e5b1a", "DB_PORT=1"},
		{"DB_USER=romm", "DB_PASSWD=CANARY-2d9c7e5b1a", "DB_PORT=x", `DB_QUERY_JSON={"password":"CANARY-2d9c7e5b1a"`},
		{"ROMM_DB_DSN=postgresql://romm:CANARY-2d9c7e5b1a@127.0.0.1:1/romm?password=CANARY-2d9c7e5b1a"},
		{"ROMM_DB_DSN=postgresql://romm:CANARY-2d9c7e5b1a/@127.0.0.1:1/romm"},
		{"ROMM_DB_DSN_FILE=postgresql://romm:CANARY-2d9c7e5b1a@127.0.0.1:1/romm"},
	} {
		run(extra, "setup check")
		run(extra, "check --json")
	}
	searched := 0
	for _, s := range secrets {
		if hit(printed.Bytes(), s) {
			t.Errorf("%q was printed", s)
		}
	}
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		data, err := os.ReadFile(path) // in a process that has none of them open
		if err != nil {
			return err
		}
		searched++
		for _, s := range secrets {
			if hit(data, s) {
				t.Errorf("%q is in %s", s, filepath.Base(path))
			}
		}
		return nil
	})
	if err != nil || searched < 3 || printed.Len() < 10_000 {
		t.Errorf("%d files, %d bytes printed, %v", searched, printed.Len(), err)
	}
	t.Logf("%d secrets, searched in %d bytes of output and %d files", len(secrets), printed.Len(), searched)
}

// hit looks for a secret, also without its beginning, which a mask may have
// left over.
func hit(data []byte, secret string) bool {
	return bytes.Contains(data, []byte(secret)) || bytes.Contains(data, []byte(secret[len(secret)/2:]))
}

// TestNoUserOfAnAddressLeaves gives addresses with a user part to everything
// that takes one, readable and not, also to proxies that cannot be reached, and
// searches all that was printed.
func TestNoUserOfAnAddressLeaves(t *testing.T) {
	t.Parallel()
	// proves S32
	const canary = "CANARY3b9d"
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	moves := httptest.NewServer(http.RedirectHandler("https://bob:"+canary+"@elsewhere.invalid/", http.StatusFound))
	t.Cleanup(moves.Close)
	file := filepath.Join(dir, "users.toml")
	if err := os.WriteFile(file, []byte("[romm]\nurl = \"https://bob:"+canary+"@romm.invalid\"\n[authentik]\nurl = \"https://bob:"+canary+"@auth.invalid\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	urls := []string{"AUTHENTIK_URL=https://auth.invalid", "ROMM_BASE_URL=https://romm.invalid"}
	base := []string{
		"AUTHENTIK_TOKEN=t", "ROMM_TOKEN=rmm_x",
		"ROMM_ADMIN_DB=" + filepath.Join(dir, "world.db"), "HTTP_PROXY=http://127.0.0.1:1", "HTTPS_PROXY=http://127.0.0.1:1",
	}
	bin := filepath.Join(programs(t), "romm-admin")
	n := 0
	run := func(extra []string, says string, args ...string) {
		t.Helper()
		n++
		cmd := command(t, append(append([]string{}, base...), extra...), bin, args...)
		cmd.Dir = dir
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code < 1 || !bytes.Contains(out, []byte(says)) || bytes.Contains(out, []byte(canary)) {
			t.Errorf("%v %v: exit %d, want %q and no user:\n%s", extra, args, code, says, out)
		}
	}
	for _, name := range []string{"AUTHENTIK_URL", "ROMM_BASE_URL", "OIDC_SERVER_APPLICATION_URL", "OIDC_REDIRECT_URI"} {
		for _, address := range []string{
			"https://bob:" + canary + "@host.invalid", "https://" + canary + "@host.invalid/application/o/romm", "ftp://bob:" + canary + "@host.invalid",
			"bob:" + canary + "@host.invalid", "https://bob:" + canary + "@ho st", "https://bob:" + canary + "/x@host.invalid", "https://bob:\"" + canary + "@host.invalid",
		} {
			for _, line := range []string{"users list --json", "setup plan"} {
				run(append(urls, name+"="+address), name, strings.Fields(line)...)
			}
		}
	}
	for _, line := range []string{"users list", "setup env", "check --json"} {
		run(nil, "users.toml:2: romm.url", append([]string{"--config", file}, strings.Fields(line)...)...)
	}
	run(urls, "--companion", "setup", "plan", "--companion", "http://bob:"+canary+"@companion:8093")
	run(urls, "--companion", "setup", "plan", "--companion", "ftp://bob:"+canary+"/x@companion:8093")
	for _, proxy := range []string{"http://bob:" + canary + "@127.0.0.1:1", "bob:" + canary + "@127.0.0.1:1", "http://bob:\"" + canary + "@127.0.0.1:1", "http://bob:" + canary + "@[::1"} {
		run(append(urls, "HTTPS_PROXY="+proxy), "what to do:", "users", "list")
	}
	run(append(urls, "AUTHENTIK_URL="+moves.URL, "ROMM_BASE_URL="+moves.URL), "elsewhere.invalid", "users", "list")
	t.Logf("%d commands", n)
}
