package db

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// TestDamagedBackups damages a backup in 60 ways, most of them by one bit, also
// where a database stays whole by its own checks, and gives it the checksum of
// another one. None is called whole.
func TestDamagedBackups(t *testing.T) {
	t.Parallel()
	// proves R6, R8
	d := filled(t)
	for i := range 60 {
		begin(t, d, fmt.Sprint("plan ", i, strings.Repeat("x", 2000)), 2, plan.OutcomeDone)
	}
	path := filepath.Join(t.TempDir(), "backup.db")
	must(t, d.Backup(t.Context(), path))
	leaveFreePages(t, path)
	must(t, writeSum(path))
	whole := readFile(t, path)
	if b := openBackup(t, path); !b.Checked {
		t.Fatal("the checksum was not looked at")
	}
	const page = 4096
	free := int(whole[36])<<24 | int(whole[37])<<16 | int(whole[38])<<8 | int(whole[39])
	trunk := (int(whole[32])<<24 | int(whole[33])<<16 | int(whole[34])<<8 | int(whole[35]) - 1) * page
	if free < 3 || len(whole) < 20*page {
		t.Fatalf("%d free pages in %d bytes", free, len(whole))
	}
	journal := bytes.Index(whole, []byte("plan 30xxxx"))
	r := rand.New(rand.NewPCG(1, 2))
	flip := func(from, to int) []byte {
		out := bytes.Clone(whole)
		out[from+r.IntN(to-from)] ^= 1 << r.IntN(8)
		return out
	}
	type damage struct {
		where string
		data  []byte
	}
	var all []damage
	add := func(where string, data []byte) { all = append(all, damage{where, data}) }
	for range 10 {
		add("header", flip(0, 100))
		add("page", flip(100, len(whole)))
		add("journal", flip(journal, journal+2000))
		add("list of free pages", flip(trunk, trunk+8+4*min(free-1, 100)))
		add("free page", flip(trunk+page/2, trunk+page))
	}
	for _, n := range []int{0, 50, 100, page, len(whole) / 2, len(whole) - page, len(whole) - 1} {
		add("cut", whole[:n])
	}
	add("more", append(bytes.Clone(whole), make([]byte, page)...))
	add("swapped pages", slicesOf(whole[:2*page], whole[3*page:4*page], whole[2*page:3*page], whole[4*page:]))
	other := filepath.Join(t.TempDir(), "other.db")
	must(t, filled(t).Backup(t.Context(), other))
	add("another database", readFile(t, other))
	if len(all) != 60 {
		t.Fatalf("%d damages", len(all))
	}
	called, without := 0, 0
	for i, x := range all {
		must(t, os.WriteFile(path, x.data, 0o600))
		b, err := OpenBackup(t.Context(), path, Options{Now: epoch})
		if err == nil {
			called++
			must(t, b.Close())
			t.Errorf("%d, %s: called whole", i, x.where)
		} else if model.CodeOf(err) != model.CodeInvalid || !strings.Contains(err.Error(), "does not match its checksum") || model.HintOf(err) == "" {
			t.Errorf("%d, %s: %v", i, x.where, err)
		}
		// The same bytes where no checksum is: what passes then is not said to
		// have been compared.
		bare := filepath.Join(t.TempDir(), "bare.db")
		must(t, os.WriteFile(bare, x.data, 0o600))
		if b, err := OpenBackup(t.Context(), bare, Options{Now: epoch}); err == nil {
			without++
			if b.Checked {
				t.Errorf("%d, %s: checked against nothing", i, x.where)
			}
			must(t, b.Close())
		}
	}
	t.Logf("%d of %d damaged backups are called whole; without their checksum %d would be", called, len(all), without)
}

func slicesOf(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// leaveFreePages takes rows out of a copy, as a backup by other means would have
// it: their pages are free and keep what stood there.
func leaveFreePages(t *testing.T, path string) {
	t.Helper()
	q, err := connect(path, modeWrite, 0)
	must(t, err)
	_, err = q.ExecContext(t.Context(), "CREATE TABLE gone AS SELECT zeroblob(20000) x UNION ALL SELECT zeroblob(20001)")
	must(t, err)
	_, err = q.ExecContext(t.Context(), "DROP TABLE gone")
	must(t, err)
	must(t, q.Close())
}

func TestSums(t *testing.T) {
	t.Parallel()
	// proves R8
	d := filled(t)
	path := filepath.Join(t.TempDir(), "a\nb.db")
	must(t, d.BackupWithSum(t.Context(), path))
	text := string(readFile(t, SumFile(path)))
	b := openBackup(t, path)
	if !b.Checked || text != `\`+b.Sum+`  a\nb.db`+"\n" {
		t.Errorf("%q, %+v", text, b.Checked)
	}
	for sum, ok := range map[string]bool{
		b.Sum: true, strings.ToUpper(b.Sum) + " *x.db\r\n": true, "": false, b.Sum[1:]: false, b.Sum + "0": false, text + text: false,
		strings.Repeat("0", 64) + "  a.db\n": false, strings.Repeat("x", maxSum+1): false,
	} {
		must(t, os.WriteFile(SumFile(path), []byte(sum), 0o600))
		b, err := OpenBackup(t.Context(), path, Options{Now: epoch})
		if (err == nil) != ok || err != nil && model.HintOf(err) == "" {
			t.Errorf("%.80q: %v", sum, err)
		}
		if err == nil {
			must(t, b.Close())
		}
	}
	// Nothing is overwritten, and nothing is left when the sum cannot be written.
	next := filepath.Join(t.TempDir(), "next.db")
	must(t, os.Symlink("nowhere", SumFile(next)))
	wantCode(t, d.BackupWithSum(t.Context(), next), model.CodeConflict, "never overwritten")
	if _, err := os.Lstat(next); err == nil {
		t.Error("a backup without its checksum")
	}
}
