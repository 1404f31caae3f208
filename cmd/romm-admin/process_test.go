package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"

	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/cmd/internal/companion"
	"github.com/romm-admin/romm-admin/cmd/internal/config"
	"github.com/romm-admin/romm-admin/model"
)

// TestThreeProcesses is the product's main promise, with a demo world, a
// companion and a console as separate processes: a role changed in the console
// is what the companion answers at the very next call.
func TestThreeProcesses(t *testing.T) {
	t.Parallel()
	bin := programs(t)
	env := serveWorld(t, bin)
	url := serveCompanion(t, bin, env)
	family := authentiktest.GroupID("family")
	if got := askRoles(t, url, env, family); got != "viewer" {
		t.Fatalf("before: %q", got)
	}

	term := startTerminal(t, 120, 40, env, filepath.Join(bin, "romm-admin"))
	term.wait("cannot sign in")
	term.keys("2")
	term.wait("family")
	for !strings.Contains(term.cursorLine(), "family") {
		term.down()
	}
	term.keys("\r") // change the role
	term.wait("Role for the group family")
	term.keys("k\r")
	term.apply()
	term.wait("family: role is now admin")
	if got := askRoles(t, url, env, family); got != "admin" {
		t.Errorf("after the change in the console: %q", got)
	}

	// The e-mail half: bob, through RomM's API.
	term.keys("1/bob\r")
	term.wait("match “bob”")
	term.keys("e")
	term.wait("RomM e-mail of bob")
	term.keys("\r")
	term.apply()
	term.wait("bob: RomM e-mail is now bob@example.org")
	term.keys("q")
	term.exit(0)
	if term.altScreen() {
		t.Error("the terminal was left in the alternate screen")
	}
	out := output(t, env, filepath.Join(bin, "romm-admin"), "users", "list", "--json")
	if !bytes.Contains(out, []byte(`"email": "bob@example.org"`)) || bytes.Contains(out, []byte("bob@old.example")) {
		t.Error("the address did not reach RomM")
	}
}

// programs puts the test binary under the names of both programs.
func programs(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"romm-admin", "romm-companion"} {
		self, err := os.Executable()
		if err == nil {
			err = os.Symlink(self, filepath.Join(dir, name))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func command(t *testing.T, env []string, name string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TERM=xterm-256color", "LANG=C.UTF-8", "GORACE=" + raceOptions(),
	}, env...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

func output(t *testing.T, env []string, name string, args ...string) []byte {
	t.Helper()
	out, err := command(t, env, name, args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// serveWorld runs `romm-admin demo serve` and returns the environment that it
// prints.
func serveWorld(t *testing.T, bin string, args ...string) []string {
	t.Helper()
	env, told := serveWorldTold(t, bin, args...)
	go func() { _, _ = io.Copy(io.Discard, told) }()
	return env
}

// serveWorldTold returns what it says on stderr as well, to be read to its end.
func serveWorldTold(t *testing.T, bin string, args ...string) (env []string, told io.Reader) {
	t.Helper()
	cmd := command(t, nil, filepath.Join(bin, "romm-admin"), append([]string{"demo", "serve"}, args...)...)
	stdout, err := cmd.StdoutPipe()
	if err == nil {
		told, err = cmd.StderrPipe()
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() })
	for sc := bufio.NewScanner(stdout); sc.Scan(); {
		env = append(env, sc.Text())
		if strings.HasPrefix(sc.Text(), "OIDC_ROLE_VIEWER=") { // the last one
			return env, told
		}
	}
	t.Fatalf("the world did not start: %v", env)
	return nil, nil
}

// serveCompanion runs `romm-companion serve` on a free port and returns its
// address.
func serveCompanion(t *testing.T, bin string, env []string) string {
	t.Helper()
	cmd := command(t, env, filepath.Join(bin, "romm-companion"), "serve", "--listen", "127.0.0.1:0")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() })
	sc := bufio.NewScanner(stderr)
	for sc.Scan() {
		var line struct{ Msg, Address string }
		if json.Unmarshal(sc.Bytes(), &line) == nil && line.Msg == "listening" {
			go func() { _, _ = io.Copy(io.Discard, stderr) }()
			return "http://" + line.Address
		}
	}
	t.Fatal("the companion did not start")
	return ""
}

// askRoles asks as Authentik's mapping does, with the signature.
func askRoles(t *testing.T, url string, env []string, group model.GroupID) string {
	t.Helper()
	secret, _ := config.FromEnv(env)("OIDC_CLIENT_SECRET")
	body, err := json.Marshal(companion.Request{
		Version: 1, Purpose: "login", UID: "u", Username: "kenji", Email: "kenji@example.org",
		Groups: []companion.RequestGroup{{PK: group, Name: "family"}}, At: time.Now().Unix(), Nonce: rand.Text(),
	})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/v1/claims", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set(companion.SignatureHeader, companion.Sign(model.Secret(secret), body))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var a companion.Answer
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil || resp.StatusCode != 200 {
		t.Fatalf("%d %v", resp.StatusCode, err)
	}
	return strings.Join(a.Roles, ",")
}

// terminal is a program in a real pseudo-terminal, with an emulator that
// answers its queries and keeps its screen.
type terminal struct {
	t      *testing.T
	cmd    *exec.Cmd
	pty    *os.File
	screen *vt.SafeEmulator
	output chan struct{} // a token whenever something was drawn
	done   chan struct{}

	mu  sync.Mutex
	raw bytes.Buffer // everything that the program wrote
}

func startTerminal(t *testing.T, width, height int, env []string, name string, args ...string) *terminal {
	t.Helper()
	term := &terminal{
		t: t, cmd: command(t, env, name, args...), screen: vt.NewSafeEmulator(width, height),
		output: make(chan struct{}, 1), done: make(chan struct{}),
	}
	f, err := pty.StartWithSize(term.cmd, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)})
	if err != nil {
		t.Fatal(err)
	}
	term.pty = f
	go func() { _, _ = io.Copy(f, term.screen) }() // answers to queries
	go func() {
		buf := make([]byte, 32<<10)
		for {
			n, err := f.Read(buf)
			term.mu.Lock()
			term.raw.Write(buf[:n])
			term.mu.Unlock()
			_, _ = term.screen.Write(buf[:n])
			select {
			case term.output <- struct{}{}:
			default:
			}
			if err != nil {
				_ = term.cmd.Wait() // exit tells how it ended
				close(term.done)
				return
			}
		}
	}()
	t.Cleanup(func() { _ = f.Close() })
	return term
}

// patience bounds a wait; it is generous because a busy machine is slow, and
// nothing depends on its length when all is well.
const patience = 60 * time.Second

// until waits for the screen to fulfil a condition.
func (term *terminal) until(what string, ok func() bool) {
	term.t.Helper()
	limit := time.After(patience)
	for !ok() {
		select {
		case <-term.output:
		case <-limit:
			term.t.Fatalf("waited for %s; the screen is:\n%s", what, term.text())
		}
	}
}

func (term *terminal) wait(text string) {
	term.t.Helper()
	term.until(fmt.Sprintf("%q", text), func() bool { return strings.Contains(term.text(), text) })
}

// apply goes from Cancel to Apply and presses it, once it is known what the plan
// changes: before that there is nothing to apply.
func (term *terminal) apply() {
	term.t.Helper()
	term.wait("tab moves, enter presses")
	term.keys("\t")
	term.wait("[ Apply ]")
	term.keys("\r")
}

// down moves the list's cursor, and waits until it stands on another line:
// while it is drawn it stands on none.
func (term *terminal) down() {
	term.t.Helper()
	before := term.cursorLine()
	term.keys("j")
	term.until("the cursor to move", func() bool { now := term.cursorLine(); return now != "" && now != before })
}

// keys types, and waits until the program has drawn something.
func (term *terminal) keys(s string) {
	term.t.Helper()
	before := term.text()
	if _, err := term.pty.WriteString(s); err != nil {
		term.t.Fatal(err)
	}
	if s != "q" {
		term.until("a change after "+fmt.Sprintf("%q", s), func() bool { return term.text() != before })
	}
}

func (term *terminal) text() string { return ansi.Strip(term.screen.Render()) }

// cursorLine is the line with the list's cursor bar.
func (term *terminal) cursorLine() string {
	for _, line := range strings.Split(term.text(), "\n") {
		if strings.HasPrefix(line, "▌") {
			return line
		}
	}
	return ""
}

// exit waits for the program to end.
func (term *terminal) exit(code int) {
	term.t.Helper()
	select {
	case <-term.done:
		if got := term.cmd.ProcessState.ExitCode(); got != code {
			term.t.Errorf("exit code %d, want %d", got, code)
		}
	case <-time.After(patience):
		term.t.Fatalf("the program did not end; the screen is:\n%s", term.text())
	}
}

var altScreenSwitch = regexp.MustCompile(`\x1b\[\?1049([hl])`)

// altScreen reports whether the last switch left the alternate screen on.
func (term *terminal) altScreen() bool {
	term.mu.Lock()
	defer term.mu.Unlock()
	all := altScreenSwitch.FindAllSubmatch(term.raw.Bytes(), -1)
	return len(all) > 0 && string(all[len(all)-1][1]) == "h"
}

// TestKeysOfTheFile: in a real terminal, the footer and the help show the keys
// that the file gives, and these keys work, in place of the old ones.
func TestKeysOfTheFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "romm-admin.toml")
	text := "[keys]\nhelp = [\"H\"]\nusers.fix = [\"ctrl+o\"]\nquit = \"Q\"\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	term := startTerminal(t, 120, 40, nil, filepath.Join(programs(t), "romm-admin"), "--demo", "--config", file)
	term.wait("cannot sign in")
	term.wait("ctrl+o fix all safe ones")
	term.wait("H help")
	if _, err := term.pty.WriteString("?qF"); err != nil { // nobody's keys now
		t.Fatal(err)
	}
	term.keys("H")
	term.wait("Keys: Users")
	term.wait("set every RomM address that surely")
	term.keys("\x1b")
	term.until("the help to close", func() bool { return !strings.Contains(term.text(), "Keys: Users") })
	term.keys("\x0f")
	term.wait("[ Cancel ]")
}
