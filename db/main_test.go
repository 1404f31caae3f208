package db

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// childEnv names what a second process of the test binary has to do.
const childEnv = "ROMM_ADMIN_DB_TEST_CHILD"

func TestMain(m *testing.M) {
	if verb := os.Getenv(childEnv); verb != "" {
		if err := child(verb, os.Args[1:]); err != nil {
			fmt.Printf("error %s %s | hint: %s\n", model.CodeOf(err), err, model.HintOf(err))
		}
		return
	}
	os.Exit(m.Run())
}

// child is the second process.
func child(verb string, args []string) error {
	ctx := context.Background()
	opts := Options{Now: epoch, MustExist: true, BusyTimeout: 50 * time.Millisecond}
	switch verb {
	case "set-role":
		d, err := Open(ctx, args[0], opts)
		if err != nil {
			return err
		}
		defer func() { _ = d.Close() }()
		row := model.RoleRow{Group: model.GroupID(args[1]), Name: "g", Role: model.Role(args[2])}
		if err := d.SetRoleRow(ctx, row, model.Role(args[3])); err != nil {
			return err
		}
		fmt.Println("ok")
	case "hold", "hold-all": // takes the write lock, or every lock, until its input ends
		w, err := connect(args[0], modeWrite, time.Second)
		if err != nil {
			return err
		}
		if verb == "hold-all" {
			if _, err := w.ExecContext(ctx, "PRAGMA locking_mode = EXCLUSIVE"); err != nil {
				return err
			}
		}
		tx, err := w.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		fmt.Println("held")
		if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
			return err
		}
		return tx.Rollback()
	case "open-as": // opens as another user: path, uid, gid, ro or rw
		uid, _ := strconv.Atoi(args[1])
		gid, _ := strconv.Atoi(args[2])
		if err := becomeUser(uid, gid); err != nil {
			return err
		}
		opts.ReadOnly = args[3] == "ro"
		d, err := Open(ctx, args[0], opts)
		if err != nil {
			return err
		}
		defer func() { _ = d.Close() }()
		if !opts.ReadOnly {
			if err := d.SetSetting(ctx, "who", args[1]); err != nil {
				return err
			}
		}
		if _, err := d.RoleMap(ctx); err != nil {
			return err
		}
		fmt.Println("ok")
	default:
		do, ok := chaosChildren()[verb]
		if !ok {
			return fmt.Errorf("no child is called %q", verb)
		}
		return do(ctx, args)
	}
	return nil
}

func becomeUser(uid, gid int) error {
	if err := syscall.Setgroups([]int{gid}); err != nil {
		return err
	}
	if err := syscall.Setgid(gid); err != nil {
		return err
	}
	return syscall.Setuid(uid)
}

// runChild runs a second process to its end and returns what it said.
func runChild(t *testing.T, verb string, args ...string) string {
	t.Helper()
	cmd := exec.Command(os.Args[0], args...)
	cmd.Env = append(os.Environ(), childEnv+"="+verb)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("child %s: %v\n%s", verb, err, out)
	}
	return strings.TrimSpace(string(out))
}

// holdLock starts a process that holds the lock that verb names; the result
// lets it go.
func holdLock(t *testing.T, verb, path string) (release func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0], path)
	cmd.Env = append(os.Environ(), childEnv+"="+verb)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "held\n" {
		t.Fatalf("child said %q, %v", line, err)
	}
	done := false
	release = func() {
		if done {
			return
		}
		done = true
		_ = in.Close()
		_ = cmd.Wait()
	}
	t.Cleanup(release)
	return release
}

// epoch is the time in all tests.
func epoch() time.Time { return time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC) }

// newPath returns a path in a private folder that does not exist yet.
func newPath(t *testing.T) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "data", "romm-admin.db")
}

// openAt opens the file for the time of the test.
func openAt(t *testing.T, path string, opts Options) *DB {
	t.Helper()
	if opts.Now == nil {
		opts.Now = epoch
	}
	d, err := Open(t.Context(), path, opts)
	if err != nil {
		t.Fatalf("open: %v\nhint: %s", err, model.HintOf(err))
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return d
}

// openNew makes a database.
func openNew(t *testing.T) *DB {
	t.Helper()
	return openAt(t, newPath(t), Options{})
}

// makeFile makes a database and closes it.
func makeFile(t *testing.T) string {
	t.Helper()
	path := newPath(t)
	d, err := Open(t.Context(), path, Options{Now: epoch})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// wantCode fails unless err is for people and has that code.
func wantCode(t *testing.T, err error, code model.Code, words ...string) {
	t.Helper()
	if got := model.CodeOf(err); got != code {
		t.Fatalf("code %q, want %q; error: %v", got, code, err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("error %q does not say %q", err, w)
		}
	}
}

// must stops the test on an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v\nhint: %s", err, model.HintOf(err))
	}
}

// tamper runs statements on the file as another program would.
func tamper(t *testing.T, path string, statements ...string) {
	t.Helper()
	w, err := connect(path, modeWrite, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	for _, s := range statements {
		if _, err := w.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}
