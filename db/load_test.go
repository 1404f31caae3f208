package db

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// load writes and reads and prints how long each write took, in microseconds:
// path, name, number of writes, or a time such as 60s.
func load(ctx context.Context, args []string) error {
	d, err := Open(ctx, args[0], Options{Now: epoch, MustExist: true})
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	more := func(n int) bool { limit, _ := strconv.Atoi(args[2]); return n < limit }
	if span, err := time.ParseDuration(args[2]); err == nil {
		end := time.Now().Add(span)
		more = func(int) bool { return time.Now().Before(end) }
	}
	timed := func(write func() error) error {
		began := time.Now()
		err := write()
		fmt.Println("us", time.Since(began).Microseconds())
		return err
	}
	for n := 0; more(n); n++ {
		var seq int64
		err := timed(func() (err error) { seq, err = d.OpenEntry(ctx, entry(n)); return err })
		if err != nil {
			return err
		}
		if err := timed(func() error { return d.SetSetting(ctx, args[1], strconv.Itoa(n)) }); err != nil {
			return err
		}
		if err := timed(func() error { return d.CloseEntry(ctx, seq, plan.OutcomeDone, "") }); err != nil {
			return err
		}
		if _, err := d.RoleMap(ctx); err != nil {
			return err
		}
		if _, err := d.Entries(ctx, 10, 0); err != nil {
			return err
		}
	}
	fmt.Println("done")
	return nil
}

// TestTwoProcesses lets two programs write and read at once: nobody is told
// that the database is locked.
func TestTwoProcesses(t *testing.T) {
	t.Parallel()
	// proves R4
	span := "150"
	if _, long := chaos(t, 0); long {
		span = "60s"
	}
	path := makeFile(t)
	a, b := startChild(t, "load", path, "a", span), startChild(t, "load", path, "b", span)
	said := make(chan []string)
	go func() { said <- a.rest() }()
	lines := b.rest()
	lines = append(lines, <-said...)
	var took []int
	done := 0
	for _, line := range lines {
		if us, ok := strings.CutPrefix(line, "us "); ok {
			n, _ := strconv.Atoi(us)
			took = append(took, n)
		} else if line == "done" {
			done++
		} else {
			t.Errorf("a person would read: %s", line)
		}
	}
	if done != 2 || len(took) < 300 {
		t.Fatalf("%d of 2 ended, %d writes", done, len(took))
	}
	slices.Sort(took)
	at := func(p float64) time.Duration {
		return time.Duration(took[int(p*float64(len(took)-1))]) * time.Microsecond
	}
	t.Logf("two processes, %d writes, 0 surfaced, p50 %v, p99 %v, longest %v", len(took), at(0.5), at(0.99), at(1))
	d := openAt(t, path, Options{})
	must(t, d.Verify(t.Context()))
}

// TestFullDisk fills a tiny disk: words, nothing half-written, and the retry
// works once there is space.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	// proves R5
	dir := filepath.Join(t.TempDir(), "disk")
	must(t, os.Mkdir(dir, 0o700))
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=2m,mode=0700"); err != nil {
		t.Skipf("no disk can be mounted here (%v); TestFileLimit stands in", err)
	}
	// A program that another test is just starting has a copy of every
	// descriptor for a moment, and the disk would be busy.
	t.Cleanup(func() { must(t, syscall.Unmount(dir, syscall.MNT_DETACH)) })
	path := filepath.Join(dir, "romm-admin.db")
	d, err := Open(t.Context(), path, Options{Now: epoch})
	must(t, err)
	setRole(t, d, 1, model.RoleAdmin, model.RoleNone)
	head, err := d.JournalHead(t.Context())
	must(t, err)

	filler := filepath.Join(dir, "filler")
	f, err := os.Create(filler)
	must(t, err)
	block := make([]byte, 4096)
	for err == nil {
		_, err = f.Write(block)
	}
	must(t, f.Close())
	big := strings.Repeat("x", 200_000)
	wantCode(t, d.SetSetting(t.Context(), "big", big), model.CodeUnavailable, "disk", path, "full")
	_, err = d.OpenEntry(t.Context(), plan.JournalEntry{Plan: big})
	wantCode(t, err, model.CodeUnavailable, "full")
	if model.HintOf(err) == "" {
		t.Error("no hint")
	}
	if m := roleMap(t, d); m.Rows[0].Role != model.RoleAdmin {
		t.Errorf("map %+v", m)
	}
	must(t, d.Verify(t.Context()))
	if now, err := d.JournalHead(t.Context()); err != nil || now != head {
		t.Errorf("head %v, %v", now, err)
	}
	if err := d.Backup(t.Context(), filepath.Join(dir, "backup.db")); model.CodeOf(err) != model.CodeUnavailable {
		t.Errorf("backup: %v", err)
	}
	if got := names(t, path); strings.Contains(got, "backup") {
		t.Errorf("half a backup is left: %s", got)
	}

	must(t, os.Remove(filler))
	must(t, d.SetSetting(t.Context(), "big", big))
	_, err = d.OpenEntry(t.Context(), entry(1))
	must(t, err)
	must(t, d.Verify(t.Context()))
	must(t, d.Close())
}

// limited makes a file and then may not make files any longer than now: path.
func limited(ctx context.Context, args []string) error {
	d, err := Open(ctx, args[0], Options{Now: epoch})
	if err != nil {
		return err
	}
	defer func() { _ = d.Close() }()
	if err := d.SetSetting(ctx, "a", "kept"); err != nil {
		return err
	}
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		return err
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 600_000, Max: was.Max}); err != nil {
		return err
	}
	big := strings.Repeat("x", 900_000)
	if err := d.SetSetting(ctx, "big", big); err == nil {
		return fmt.Errorf("the write beyond the limit was accepted")
	} else {
		fmt.Println("refused", model.CodeOf(err), model.HintOf(err) != "")
	}
	if v, _, err := d.Setting(ctx, "a"); err != nil || v != "kept" {
		return fmt.Errorf("read %q, %w", v, err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		return err
	}
	if err := d.SetSetting(ctx, "big", big); err != nil {
		return err
	}
	fmt.Println("retried")
	return d.Verify(ctx)
}

// TestFileLimit is TestFullDisk where nothing can be mounted: a file that may
// not grow.
func TestFileLimit(t *testing.T) {
	t.Parallel()
	// proves R5
	if out := runChild(t, "limited", newPath(t)); out != "refused unavailable true\nretried" {
		t.Error(out)
	}
}
