package db

import (
	"bytes"
	"database/sql"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// sqliteFile makes a database of another program.
func sqliteFile(t *testing.T, statements ...string) string {
	t.Helper()
	path := newPath(t)
	must(t, os.Mkdir(filepath.Dir(path), 0o700))
	q, err := sql.Open("sqlite", path)
	must(t, err)
	for _, s := range append(statements, "CREATE TABLE roms (id INTEGER)", "INSERT INTO roms VALUES (1)") {
		if _, err := q.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	must(t, q.Close())
	must(t, os.Chmod(path, 0o600))
	return path
}

func plainFile(t *testing.T, content []byte) string {
	t.Helper()
	path := newPath(t)
	must(t, os.Mkdir(filepath.Dir(path), 0o700))
	must(t, os.WriteFile(path, content, 0o600))
	return path
}

func TestRefusedFileStaysAsItIs(t *testing.T) {
	t.Parallel()
	// proves R6: never overwrite
	ours := readFile(t, makeFile(t))
	edit := func(at int, b byte) []byte {
		c := bytes.Clone(ours)
		for i := range 64 {
			c[at+i] = b
		}
		return c
	}
	tests := map[string]struct {
		path func(*testing.T) string
		code model.Code
		says string
	}{
		"text":           {func(t *testing.T) string { return plainFile(t, bytes.Repeat([]byte("not a database\n"), 1000)) }, model.CodeInvalid, "not a SQLite database"},
		"short text":     {func(t *testing.T) string { return plainFile(t, []byte("x")) }, model.CodeInvalid, "not a SQLite database"},
		"empty":          {func(t *testing.T) string { return plainFile(t, nil) }, model.CodeInvalid, "is empty"},
		"other program":  {func(t *testing.T) string { return sqliteFile(t) }, model.CodeInvalid, "another program"},
		"other id":       {func(t *testing.T) string { return sqliteFile(t, "PRAGMA application_id = 77") }, model.CodeInvalid, "0x4d"},
		"other in WAL":   {func(t *testing.T) string { return sqliteFile(t, "PRAGMA journal_mode = WAL") }, model.CodeInvalid, "another program"},
		"damaged header": {func(t *testing.T) string { return plainFile(t, edit(0, 0xff)) }, model.CodeInvalid, "not a SQLite database"},
		"damaged schema": {func(t *testing.T) string { return plainFile(t, edit(100, 0xff)) }, model.CodeInternal, "damaged"},
		"damaged page":   {func(t *testing.T) string { return plainFile(t, edit(2*4096, 0xff)) }, model.CodeInternal, "damaged"},
		"cut":            {func(t *testing.T) string { return plainFile(t, ours[:len(ours)/2]) }, model.CodeInternal, "damaged"},
		"ours, no schema": {func(t *testing.T) string {
			return sqliteFile(t, "PRAGMA application_id = 1383026017")
		}, model.CodeInternal, "which schema"},
		"ours, schema lost": {func(t *testing.T) string {
			path := makeFile(t)
			tamper(t, path, "DELETE FROM goose_db_version")
			return path
		}, model.CodeInternal, "which schema"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := tt.path(t)
			before, beside := readFile(t, path), names(t, path)
			for _, readOnly := range []bool{false, true} {
				d, err := Open(t.Context(), path, Options{Now: epoch, ReadOnly: readOnly})
				if err == nil {
					_ = d.Close()
					t.Fatal("it was opened")
				}
				wantCode(t, err, tt.code, path, tt.says)
				if model.HintOf(err) == "" {
					t.Error("no hint")
				}
			}
			if !bytes.Equal(before, readFile(t, path)) {
				t.Error("the file was changed")
			}
			// A foreign file gets no company either; in a damaged one of ours
			// SQLite has looked for its log.
			if now := names(t, path); tt.code == model.CodeInvalid && now != beside {
				t.Errorf("the folder held %s, now %s", beside, now)
			}
		})
	}
}

// names lists the folder of path.
func names(t *testing.T, path string) string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
	must(t, err)
	return strings.Join(all, " ")
}

func TestNewerSchemaIsReadOnly(t *testing.T) {
	t.Parallel()
	// proves R7
	path := makeFile(t)
	tamper(t, path, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)", "CREATE TABLE future (x)")
	before := readFile(t, path)
	d := openAt(t, path, Options{})
	if d.schema != 99 || d.ReadOnlyReason() == "" {
		t.Fatalf("schema %d, reason %q", d.schema, d.ReadOnlyReason())
	}
	_, err := d.RoleMap(t.Context())
	must(t, err)
	wantCode(t, d.SetSetting(t.Context(), "a", "b"), model.CodeRefused, "newer romm-admin")
	must(t, d.Close())
	if !bytes.Equal(before, readFile(t, path)) {
		t.Error("the file was changed")
	}
}

// TestRandomDamage flips bytes all over the file: a database that still opens
// must give the true map or an error, never another map and never a panic.
func TestRandomDamage(t *testing.T) {
	t.Parallel()
	// proves R6, S27
	path := newPath(t)
	d := openAt(t, path, Options{})
	for i, role := range []model.Role{model.RoleAdmin, model.RoleUser, model.RoleViewer, model.RoleEditor} {
		must(t, d.SetRoleRow(t.Context(), model.RoleRow{Group: group(i), Name: "group", Role: role}, model.RoleNone))
	}
	must(t, d.Close())
	good := readFile(t, path)
	seed := uint64(1)
	rnd := rand.New(rand.NewPCG(seed, 2))
	rounds := 500
	if testing.Short() {
		rounds = 50
	}
	refused, same := 0, 0
	for round := range rounds {
		bad := bytes.Clone(good)
		for range 1 + rnd.IntN(40) {
			bad[rnd.IntN(len(bad))] = byte(rnd.IntN(256))
		}
		must(t, os.WriteFile(path, bad, 0o600))
		switch m, err := readOnce(t, path); {
		case err != nil:
			refused++
		case roleMapSum(m) != roleMapSum(goodMap()):
			t.Fatalf("seed %d round %d: wrong map accepted: %+v", seed, round, m)
		default:
			same++
		}
	}
	t.Logf("%d refused, %d unharmed", refused, same)
	if refused == 0 || same == 0 {
		t.Error("the damage does not cover both outcomes")
	}
}

func readOnce(t *testing.T, path string) (model.RoleMap, error) {
	t.Helper()
	d, err := Open(t.Context(), path, Options{Now: epoch})
	if err != nil {
		return model.RoleMap{}, err
	}
	m, err := d.RoleMap(t.Context())
	_ = d.Close()
	return m, err
}

// goodMap is the map that TestRandomDamage has stored.
func goodMap() model.RoleMap {
	m := model.RoleMap{Generation: 4}
	for i, role := range []model.Role{model.RoleAdmin, model.RoleUser, model.RoleViewer, model.RoleEditor} {
		m.Rows = append(m.Rows, model.RoleRow{Group: group(i), Name: "group", Role: role, ChangedAt: epoch()})
	}
	return m
}
