package db

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

func openCache(t *testing.T, d *DB) *RoleCache {
	t.Helper()
	c, err := NewRoleCache(t.Context(), d)
	must(t, err)
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close cache: %v", err)
		}
	})
	return c
}

// current asks the cache for the role of members of the nth group.
func current(t *testing.T, c *RoleCache, n int) model.Role {
	t.Helper()
	s, err := c.Current(t.Context())
	must(t, err)
	return s.Map.Resolve([]model.GroupID{group(n)}).Role
}

func TestCacheSeesTheNextCommit(t *testing.T) {
	t.Parallel()
	a := openNew(t)
	b := openAt(t, a.Path(), Options{})
	c := openCache(t, b)
	if r := current(t, c, 1); r != model.RoleNone {
		t.Fatalf("role %q", r)
	}
	roles := []model.Role{model.RoleUser, model.RoleAdmin, model.RoleViewer, model.RoleEditor}
	before := model.RoleNone
	for i := range 40 {
		after := roles[i%len(roles)]
		setRole(t, []*DB{a, b}[i%2], 1, after, before) // the other handle, then our own
		if r := current(t, c, 1); r != after {
			t.Fatalf("change %d: role %q, want %q", i, r, after)
		}
		before = after
	}
	// Another process.
	if out := runChild(t, "set-role", a.Path(), string(group(2)), "admin", ""); out != "ok" {
		t.Fatal(out)
	}
	if r := current(t, c, 2); r != model.RoleAdmin {
		t.Errorf("role %q after the change of another process", r)
	}
	must(t, a.SetDefaultRole(t.Context(), model.RoleUser, model.RoleNone))
	if r := current(t, c, 99); r != model.RoleUser {
		t.Errorf("role %q after the change of the default", r)
	}
}

func TestCacheReadsOnlyWhenSomethingChanged(t *testing.T) {
	t.Parallel()
	var tick atomic.Int64
	now := func() time.Time { return epoch().Add(time.Duration(tick.Load()) * time.Second) }
	d := openAt(t, newPath(t), Options{Now: now})
	c := openCache(t, d)
	first, err := c.Current(t.Context())
	must(t, err)
	tick.Add(1)
	second, err := c.Current(t.Context())
	must(t, err)
	if !second.ReadAt.Equal(first.ReadAt) || !second.CheckedAt.Equal(now()) || second.Age(now()) != 0 || first.Age(now()) != time.Second {
		t.Errorf("read at %v, checked at %v", second.ReadAt, second.CheckedAt)
	}
	setRole(t, d, 1, model.RoleUser, model.RoleNone)
	third, err := c.Current(t.Context())
	must(t, err)
	if !third.ReadAt.Equal(now()) || third.Map.Generation != 1 || len(second.Map.Rows) != 0 {
		t.Errorf("third %+v, second %+v", third.Map, second.Map)
	}
}

// damage is what can happen to the file under a running companion.
var damage = map[string]struct {
	do   func(t *testing.T, d *DB)
	code model.Code
}{
	"removed": {func(t *testing.T, d *DB) { must(t, os.Rename(d.Path(), d.Path()+".away")) }, model.CodeUnavailable},
	"replaced": {func(t *testing.T, d *DB) {
		must(t, os.Rename(d.Path(), d.Path()+".away"))
		must(t, os.Rename(makeFile(t), d.Path()))
	}, model.CodeUnavailable},
	"replaced by a link": {func(t *testing.T, d *DB) {
		must(t, os.Rename(d.Path(), d.Path()+".away"))
		must(t, os.Symlink(d.Path()+".away", d.Path()))
	}, model.CodeUnavailable},
	"edited by another program": {func(t *testing.T, d *DB) {
		tamper(t, d.Path(), "UPDATE role_map SET role = 'admin'")
	}, model.CodeInternal},
	"emptied by another program": {func(t *testing.T, d *DB) { tamper(t, d.Path(), "DELETE FROM role_map") }, model.CodeInternal},
	"table gone":                 {func(t *testing.T, d *DB) { tamper(t, d.Path(), "DROP TABLE role_map") }, model.CodeInternal},
	"not ours any more":          {func(t *testing.T, d *DB) { tamper(t, d.Path(), "PRAGMA application_id = 1", checkpoint) }, model.CodeInternal},
	"overwritten": {func(t *testing.T, d *DB) {
		tamper(t, d.Path(), checkpoint)
		must(t, os.WriteFile(d.Path(), make([]byte, 40960), 0o600))
	}, model.CodeInternal},
	"cut to nothing": {func(t *testing.T, d *DB) {
		tamper(t, d.Path(), checkpoint)
		must(t, os.Truncate(d.Path(), 0))
	}, model.CodeInternal},
}

const checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)"

func TestCacheKeepsTheLastGoodCopy(t *testing.T) {
	t.Parallel()
	// proves S27
	for name, tt := range damage {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var tick atomic.Int64
			now := func() time.Time { return epoch().Add(time.Duration(tick.Load()) * time.Second) }
			path := newPath(t)
			d, err := Open(t.Context(), path, Options{Now: now})
			must(t, err)
			defer func() { _ = d.Close() }() // what becomes of a damaged file at the end is not the question here
			setRole(t, d, 1, model.RoleUser, model.RoleNone)
			c := openCache(t, d)
			if r := current(t, c, 1); r != model.RoleUser {
				t.Fatalf("role %q", r)
			}
			tt.do(t, d)
			tick.Add(60)
			for range 3 {
				s, err := c.Current(t.Context())
				wantCode(t, err, tt.code, "read role map")
				if model.HintOf(err) == "" && name != "table gone" && name != "cut to nothing" {
					t.Error("no hint")
				}
				r := s.Map.Resolve([]model.GroupID{group(1)}).Role
				if r != model.RoleUser || s.Map.Generation != 1 || s.Age(now()) != time.Minute {
					t.Errorf("last good copy: %q, %+v, age %v", r, s.Map, s.Age(now()))
				}
			}
		})
	}
}

func TestCacheRecovers(t *testing.T) {
	t.Parallel()
	d := openNew(t)
	setRole(t, d, 1, model.RoleUser, model.RoleNone)
	c := openCache(t, d)
	must(t, os.Rename(d.Path(), d.Path()+".away"))
	if _, err := c.Current(t.Context()); err == nil {
		t.Fatal("the file is gone and nobody noticed")
	}
	must(t, os.Rename(d.Path()+".away", d.Path()))
	setRole(t, d, 1, model.RoleEditor, model.RoleUser)
	if r := current(t, c, 1); r != model.RoleEditor {
		t.Errorf("role %q", r)
	}
}

func TestCacheRefusesAnOlderMap(t *testing.T) {
	t.Parallel()
	// proves S27: roll back the data
	d := openNew(t)
	setRole(t, d, 1, model.RoleAdmin, model.RoleNone)
	tamper(t, d.Path(), checkpoint)
	old := readFile(t, d.Path())
	setRole(t, d, 1, model.RoleNone, model.RoleAdmin)
	c := openCache(t, d)
	if r := current(t, c, 1); r != model.RoleNone {
		t.Fatalf("role %q", r)
	}
	tamper(t, d.Path(), checkpoint)
	must(t, os.WriteFile(d.Path(), old, 0o600)) // an old copy, restored while both programs run
	must(t, os.Chtimes(d.Path(), epoch(), epoch()))
	must(t, os.Remove(MarkFile(d.Path())))
	s, err := c.Current(t.Context())
	wantCode(t, err, model.CodeConflict, "went back to change 1, 2 was in force")
	_, _ = c.Current(t.Context()) // by then the first has remembered it for those who start later
	wantDoubt(t, doubt(t, d), "the role map is change 1, 2 was in force already")
	if r := s.Map.Resolve([]model.GroupID{group(1)}).Role; r != model.RoleNone {
		t.Errorf("role %q", r)
	}
}

func TestForward(t *testing.T) {
	t.Parallel()
	m := func(gen int64, role model.Role) model.RoleMap {
		return model.RoleMap{Generation: gen, Rows: []model.RoleRow{{Group: group(1), Role: role}}}
	}
	last := &Snapshot{Map: m(5, model.RoleUser), ReadAt: epoch(), CheckedAt: epoch()}
	for _, tt := range []struct {
		m  model.RoleMap
		ok bool
	}{{m(6, model.RoleAdmin), true}, {m(5, model.RoleUser), true}, {m(5, model.RoleAdmin), false}, {m(4, model.RoleUser), false}} {
		if err := forward(last, tt.m); (err == nil) != tt.ok {
			t.Errorf("%+v: %v", tt.m, err)
		}
	}
	must(t, forward(&Snapshot{}, m(0, model.RoleUser)))
}

func TestCacheBesideAWriter(t *testing.T) {
	t.Parallel()
	// proves R4
	path := makeFile(t)
	d := openAt(t, path, Options{BusyTimeout: 20 * time.Millisecond})
	setRole(t, d, 1, model.RoleUser, model.RoleNone)
	c := openCache(t, d)
	release := holdLock(t, "hold", path)
	if r := current(t, c, 1); r != model.RoleUser {
		t.Errorf("role %q", r)
	}
	release()
}

// TestCacheIsNeverBehind has many askers and a writer that waits until each
// change is in force: a question asked after a commit must see it.
func TestCacheIsNeverBehind(t *testing.T) {
	t.Parallel()
	a := openNew(t)
	c := openCache(t, openAt(t, a.Path(), Options{}))
	var committed atomic.Int64
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				floor := committed.Load()
				s, err := c.Current(t.Context())
				if err != nil || s.Map.Generation < floor {
					t.Errorf("generation %d after %d was committed, %v", s.Map.Generation, floor, err)
					return
				}
			}
		})
	}
	roles := []model.Role{model.RoleUser, model.RoleAdmin}
	before := model.RoleNone
	for i := range 100 {
		setRole(t, a, 1, roles[i%2], before)
		before = roles[i%2]
		committed.Add(1)
	}
	close(stop)
	wg.Wait()
}

func TestCacheSharesChecks(t *testing.T) {
	t.Parallel()
	c := &RoleCache{running: &flight{}}
	first, err := c.join()
	must(t, err)
	second, err := c.join()
	must(t, err)
	if first == c.running || first != second || first != c.next {
		t.Error("those who arrive during a check must share the next one")
	}
}

func TestCacheEnds(t *testing.T) {
	t.Parallel()
	d := openNew(t)
	setRole(t, d, 1, model.RoleUser, model.RoleNone)
	c, err := NewRoleCache(t.Context(), d)
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if s, err := c.Current(ctx); err != nil {
		wantCode(t, err, model.CodeUnavailable, "did not answer in time")
		if len(s.Map.Rows) != 1 {
			t.Errorf("snapshot %+v", s.Map)
		}
	}
	must(t, c.Close())
	s, err := c.Current(t.Context())
	wantCode(t, err, model.CodeUnavailable, "closed")
	if len(s.Map.Rows) != 1 {
		t.Errorf("snapshot %+v", s.Map)
	}
	must(t, c.Close())
}

func TestCacheOfAFileThatIsGone(t *testing.T) {
	t.Parallel()
	d := openNew(t)
	must(t, os.Rename(d.Path(), filepath.Join(filepath.Dir(d.Path()), "x")))
	_, err := NewRoleCache(t.Context(), d)
	wantCode(t, err, model.CodeUnavailable, "replaced or removed")
}

// bigMap has 200 groups; the person is in five of them.
func bigMap() (m model.RoleMap, groups []model.GroupID) {
	for i := range 200 {
		m.Rows = append(m.Rows, model.RoleRow{Group: group(i), Role: model.RoleUser})
	}
	m.Rows[150].Role = model.RoleAdmin
	return m, []model.GroupID{group(3), group(70), group(150), group(199), group(1000)}
}

// BenchmarkRoleCurrent is one login: check, then look up.
func BenchmarkRoleCurrent(b *testing.B) {
	d, groups := benchDB(b)
	c, err := NewRoleCache(b.Context(), d)
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	b.ReportAllocs()
	for b.Loop() {
		s, err := c.Current(b.Context())
		if err != nil {
			b.Fatal(err)
		}
		s.Map.Resolve(groups)
	}
}

// BenchmarkRolePreparedSQL is the same answer from a prepared statement: what
// the others are measured against.
func BenchmarkRolePreparedSQL(b *testing.B) {
	d, groups := benchDB(b)
	stmt, err := d.reader.PrepareContext(b.Context(), "SELECT role FROM role_map WHERE group_id IN (?, ?, ?, ?, ?)")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = stmt.Close() }()
	args := make([]any, len(groups))
	for i, g := range groups {
		args[i] = string(g)
	}
	b.ReportAllocs()
	for b.Loop() {
		rows, err := stmt.QueryContext(b.Context(), args...)
		roles, err := collect(rows, err, func(s scanner) (r model.Role, err error) {
			err = s.Scan(&r)
			return r, err
		})
		if err != nil || len(roles) != 4 {
			b.Fatal(roles, err)
		}
	}
}

func benchDB(b *testing.B) (*DB, []model.GroupID) {
	b.Helper()
	d, err := Open(b.Context(), filepath.Join(b.TempDir(), "data", "x.db"), Options{Now: epoch})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = d.Close() })
	m, groups := bigMap()
	for i, r := range m.Rows {
		r.Name = model.Untrusted(fmt.Sprint("group ", i))
		if err := d.SetRoleRow(b.Context(), r, model.RoleNone); err != nil {
			b.Fatal(err)
		}
	}
	return d, groups
}
