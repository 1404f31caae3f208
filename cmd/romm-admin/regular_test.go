package main

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestOnlyRegularFilesAreRead gives a pipe that nobody writes to, a device that
// never ends, a folder, a socket and a file without end to everything that
// takes the name of a file. Each is refused in words, at once: nothing hangs.
func TestOnlyRegularFilesAreRead(t *testing.T) {
	t.Parallel()
	// proves S24, S39
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]string{"device": "/dev/zero"}
	for _, kind := range []string{"pipe", "folder", "socket", "large"} {
		kinds[kind] = filepath.Join(dir, kind)
	}
	listener, err := net.Listen("unix", kinds["socket"])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	for _, err := range []error{
		syscall.Mkfifo(kinds["pipe"], 0o600), os.Mkdir(kinds["folder"], 0o700),
		os.WriteFile(kinds["large"], nil, 0o600), os.Truncate(kinds["large"], 5<<30), // it takes no space
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	base := []string{
		"AUTHENTIK_URL=http://127.0.0.1:1", "AUTHENTIK_TOKEN=t", "ROMM_BASE_URL=http://127.0.0.1:1", "ROMM_TOKEN=rmm_x",
		"OIDC_CLIENT_SECRET=s", "ROMM_ADMIN_DB=" + filepath.Join(dir, "world.db"),
	}
	bins := programs(t)
	refused := regexp.MustCompile(`not a regular file|is a folder|it is larger than|is larger than`)
	n := 0
	for kind, path := range kinds {
		credentials := t.TempDir()
		if err := os.Symlink(path, filepath.Join(credentials, "AUTHENTIK_TOKEN")); err != nil {
			t.Fatal(err)
		}
		for _, line := range []string{
			"romm-admin --config FILE users list", "AUTHENTIK_TOKEN_FILE=FILE romm-admin users list", "ROMM_TOKEN_FILE=FILE romm-admin check",
			"ROMM_PASSWORD_FILE=FILE romm-admin check", "OIDC_CLIENT_SECRET_FILE=FILE romm-admin users list --json",
			"CREDENTIALS_DIRECTORY=" + credentials + " romm-admin users list", "OIDC_TLS_CACERTFILE=FILE romm-admin users list",
			"romm-admin roles import FILE --yes", "romm-admin users import FILE --yes", "romm-admin decide FILE",
			"romm-admin history verify --head FILE", "romm-admin backup verify FILE", "romm-admin backup restore FILE --yes",
			"romm-companion serve --config FILE", "OIDC_CLIENT_SECRET_FILE=FILE romm-companion serve",
		} {
			n++
			words := strings.Fields(strings.ReplaceAll(line+" ", "FILE ", path+" "))
			env := base
			if strings.Contains(words[0], "=") {
				env, words = append(append([]string{}, base...), words[0]), words[1:]
			}
			cmd := command(t, env, filepath.Join(bins, words[0]), words[1:]...)
			hung := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
			out, _ := cmd.CombinedOutput()
			hung.Stop()
			if code := cmd.ProcessState.ExitCode(); code < 1 || code > 2 || !refused.Match(out) || !strings.Contains(string(out), "what to do: ") {
				t.Errorf("%s: %s: exit %d:\n%s", kind, line, code, out)
			}
		}
	}
	t.Logf("%d refusals", n)
}
