package db

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// cacheBusy is how long a check of the cache waits for a locked file. The
// person who logs in waits as long, and Authentik for 1.5 s at most.
const cacheBusy = 500 * time.Millisecond

// Snapshot is one state of the role map. It never changes and may be kept. The
// zero value knows no group and has no default.
type Snapshot struct {
	Map model.RoleMap
	// ReadAt is when the rows were read, CheckedAt when they were last known
	// to be what the file holds.
	ReadAt, CheckedAt time.Time
	// Doubt is why the file is not believed, although it can be read: it was
	// rolled back, or others may write it. No admin is granted from it (S27,
	// S38). Nil when it is believed.
	Doubt error
	// Forgetful is why the map could not be remembered, see [MarkFile].
	Forgetful error
}

// Age is the time since the snapshot was last known to be what the file holds.
func (s Snapshot) Age(now time.Time) time.Duration { return now.Sub(s.CheckedAt) }

// RoleCache answers from memory which role a person has, and yet sees every
// change that was committed before it was asked, by any program. Make it
// with [NewRoleCache]; it is safe for concurrent use.
//
// Each question makes one check: is it still the same file, and has another
// connection committed (PRAGMA data_version, on one connection that is never
// given back, because the number means something there only)? Questions that
// arrive during a check share the next one: it starts after all of them, so no
// commit that they could know of is missed. The cheaper file control of the
// same name is of no use here: it does not see a foreign commit until its
// connection reads.
//
// If the file on disk is touched other than through its log, which is a
// checkpoint or damage, it is opened and read anew: the pages that a connection
// keeps would hide damage. A map older than one that this cache had in force is
// refused (S27); one that is older than [MarkFile] says is given with a doubt. So
// is everything while the file or its folder is open to others (S38).
type RoleCache struct {
	path string
	who  caller
	keep bool        // remember new maps in MarkFile
	info os.FileInfo // of the file that the database was opened with
	mode connMode
	busy time.Duration
	now  func() time.Time
	ctx  context.Context // ends at Close
	stop context.CancelFunc
	wg   sync.WaitGroup
	last atomic.Pointer[Snapshot] // the last good one

	mu            sync.Mutex
	running, next *flight
	closed        bool

	// What follows belongs to the one check that is running.
	pool    *sql.DB
	conn    *sql.Conn
	version *sql.Stmt
	seen    int64       // data_version that last belongs to
	stat    os.FileInfo // of the file when conn was opened
	doubt   error       // of the last map, see Snapshot.Doubt
	newest  *mark       // the newest map that was ever in force
	stored  *mark       // what MarkFile said when the map was read

	forgetful error
	retryAt   time.Time // after forgetful
}

// retryMark is how long after a failure it is tried again to remember a map.
const retryMark = time.Minute

// flight is one check and those who wait for it.
type flight struct {
	done chan struct{}
	snap Snapshot
	err  error
}

// NewRoleCache reads the role map once and fails if it cannot. It has a
// connection of its own; close it before the database.
func NewRoleCache(ctx context.Context, d *DB) (*RoleCache, error) {
	who, err := whoami()
	if err != nil {
		return nil, err
	}
	c := &RoleCache{
		path: d.path, who: who, keep: !d.opts.ReadOnly, info: d.info, mode: d.readMode(),
		busy: min(d.opts.busy(), cacheBusy), now: d.opts.Now,
	}
	c.last.Store(&Snapshot{})
	// The life of the cache is not that of the call that made it.
	c.ctx, c.stop = context.WithCancel(context.WithoutCancel(ctx))
	if _, err := c.Current(ctx); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// Current returns the role map as it is in the file now. If it cannot be read
// the error says why, and the snapshot is the last good copy, to be used up to
// an age that the caller states and never to grant admin (S27).
func (c *RoleCache) Current(ctx context.Context) (Snapshot, error) {
	f, err := c.join()
	if err != nil {
		return *c.last.Load(), err
	}
	select {
	case <-f.done:
		return f.snap, f.err
	case <-ctx.Done():
		return *c.last.Load(), &model.Error{
			Code: model.CodeUnavailable, Op: "read role map",
			Msg: fmt.Sprintf("%s did not answer in time", c.path), Hint: "see what keeps the disk or the file busy", Err: ctx.Err(),
		}
	}
}

// join returns a check that has not started yet, or starts one.
func (c *RoleCache) join() (*flight, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
		return nil, &model.Error{Code: model.CodeUnavailable, Op: "read role map", Msg: "the role map is closed"}
	case c.running == nil:
		c.running = &flight{done: make(chan struct{})}
		c.wg.Add(1)
		go c.run(c.running)
		return c.running, nil
	case c.next == nil:
		c.next = &flight{done: make(chan struct{})}
	}
	return c.next, nil
}

// run makes checks for as long as somebody waits for one.
func (c *RoleCache) run(f *flight) {
	defer c.wg.Done()
	for f != nil {
		f.err = translate("read role map", c.path, c.check(c.ctx))
		f.snap = *c.last.Load()
		close(f.done)
		c.remember() // nobody waits for it who did not ask after it began
		c.mu.Lock()
		c.running, c.next = c.next, nil
		f = c.running
		c.mu.Unlock()
	}
}

// check brings last up to date. After an error the connection is given up, so
// that the next check starts from nothing.
func (c *RoleCache) check(ctx context.Context) error {
	fi, err := os.Lstat(c.path)
	if err != nil || !os.SameFile(fi, c.info) {
		return replaced(c.path, err)
	}
	exposed := c.exposed(fi)
	touched := c.stat == nil || fi.Size() != c.stat.Size() || !fi.ModTime().Equal(c.stat.ModTime())
	if c.conn == nil || touched {
		if err := c.reconnect(ctx, fi); err != nil {
			return errors.Join(err, c.disconnect())
		}
	}
	var version int64
	if err := c.version.QueryRowContext(ctx).Scan(&version); err != nil {
		return errors.Join(fmt.Errorf("ask for changes: %w", err), c.disconnect())
	}
	now, last := c.now(), c.last.Load()
	if version == c.seen && c.doubt == nil { // what is in doubt may be put right outside the file
		confirmed := *last
		confirmed.CheckedAt, confirmed.Doubt, confirmed.Forgetful = now, exposed, c.forgetful
		c.last.Store(&confirmed)
		return nil
	}
	m, err := c.load(ctx)
	if err == nil {
		err = forward(last, m)
	}
	if err != nil {
		return errors.Join(err, c.disconnect())
	}
	c.seen = version
	if c.doubt == nil {
		k := markOf(m)
		c.newest = &k
	}
	c.last.Store(&Snapshot{Map: m, ReadAt: now, CheckedAt: now, Doubt: cmp.Or(exposed, c.doubt), Forgetful: c.forgetful})
	return nil
}

// exposed says who else may use the file or its folder; nil if nobody may.
func (c *RoleCache) exposed(fi os.FileInfo) error {
	dir, err := os.Stat(filepath.Dir(c.path))
	if err != nil {
		return refusePath(c.path, err)
	}
	if err := c.who.trust(filepath.Dir(c.path), dir, nil); err != nil {
		return err
	}
	return c.who.trust(c.path, fi, dir)
}

// remember writes the mark of a map that is in force, once for each map.
func (c *RoleCache) remember() {
	if !c.keep || c.newest == nil || c.stored != nil && c.stored.generation >= c.newest.generation || c.now().Before(c.retryAt) {
		return
	}
	if c.forgetful = raiseMark(c.path, c.who, *c.newest); c.forgetful != nil {
		c.retryAt = c.now().Add(retryMark)
		return
	}
	c.stored = c.newest
}

// forward refuses a map that is older than one that was in force, or another
// one of the same age: the file was rolled back.
func forward(last *Snapshot, m model.RoleMap) error {
	if last.ReadAt.IsZero() || markOf(last.Map).allows(m) {
		return nil
	}
	return &model.Error{
		Code: model.CodeConflict,
		Msg: fmt.Sprintf("the role map went back to change %d, %d was in force already",
			m.Generation, last.Map.Generation),
		Hint: "an old copy of the file seems to be back: restore the newest backup; or, if this one is wanted, confirm it: " + TrustCommand,
	}
}

// reconnect opens the pinned connection and makes sure that the file is still
// ours.
func (c *RoleCache) reconnect(ctx context.Context, fi os.FileInfo) (err error) {
	if err := c.disconnect(); err != nil {
		return err
	}
	if c.pool, err = connect(c.path, c.mode, c.busy); err != nil {
		return err
	}
	if c.conn, err = c.pool.Conn(ctx); err != nil {
		return err
	}
	var id int64
	if err := c.conn.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return err
	}
	if id != applicationID {
		return &model.Error{
			Code: model.CodeInternal, Msg: fmt.Sprintf("%s is not the database of romm-admin any more", c.path),
			Hint: "stop both programs and put a backup in its place",
		}
	}
	if c.version, err = c.conn.PrepareContext(ctx, "PRAGMA data_version"); err != nil {
		return err
	}
	c.stat, c.seen = fi, -1
	return nil
}

// disconnect gives the connection up; there may be none.
func (c *RoleCache) disconnect() error {
	var errs []error
	if c.version != nil {
		errs = append(errs, c.version.Close())
	}
	if c.conn != nil {
		errs = append(errs, c.conn.Close())
	}
	if c.pool != nil {
		errs = append(errs, c.pool.Close())
	}
	c.version, c.conn, c.pool, c.stat = nil, nil, nil, nil
	return errors.Join(errs...)
}

// load reads and verifies the map, and compares it with the newest one that was
// in force.
func (c *RoleCache) load(ctx context.Context) (m model.RoleMap, err error) {
	// The mark first: a change between the two readings is then no mismatch.
	c.stored, c.doubt = readMark(c.path, c.who)
	if c.stored != nil && (c.newest == nil || c.stored.generation > c.newest.generation) {
		c.newest = c.stored
	}
	err = inTx(ctx, c.conn, func(tx *sql.Tx) error {
		m, err = loadRoleMap(ctx, tx, c.path)
		return err
	})
	if err == nil && c.doubt == nil && c.newest != nil {
		c.doubt = c.newest.doubt(m)
	}
	return m, err
}

// Close ends the cache; a check that is running is broken off.
func (c *RoleCache) Close() error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.stop()
	c.wg.Wait()
	return translate("close role map", c.path, c.disconnect())
}
