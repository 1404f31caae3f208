package companion

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/romm-admin/romm-admin/db"
)

// TestLoginsAreRecorded: each answer is in the record once the server has
// stopped, none is lost.
func TestLoginsAreRecorded(t *testing.T) {
	f := serve(t)
	for range 30 {
		if status, _ := f.ask(f.request(users)); status != 200 {
			t.Fatal(status)
		}
	}
	if err := f.stop(); err != nil {
		t.Fatal(err)
	}
	logins, err := f.store.Logins(t.Context(), 100)
	if err != nil || len(logins) != 30 {
		t.Fatalf("%d records, %v", len(logins), err)
	}
	if l := logins[0]; l.Username != "bob" || l.UID != "uid-1" || len(l.Roles) != 1 || l.Roles[0] != "viewer" {
		t.Errorf("%+v", l)
	}
}

// watched is the record in the file, watched by the test: what PruneLogins
// said, and how many records there were after each write.
type watched struct {
	t *testing.T
	*db.DB
	pruned chan bool
	held   chan int
	now    int // records, of which the companion is the only writer
}

func watch(t *testing.T, d *db.DB) *watched {
	return &watched{t: t, DB: d, pruned: make(chan bool, 10_000), held: make(chan int, 10_000)}
}

func (w *watched) PruneLogins(ctx context.Context) (bool, error) {
	more, err := w.DB.PruneLogins(ctx)
	if err != nil {
		w.t.Error(err)
	}
	w.now = count(w.t, w.DB, "")
	w.pruned <- more
	return more, err
}

func (w *watched) RecordLogins(ctx context.Context, logins []db.Login) error {
	err := w.DB.RecordLogins(ctx, logins)
	w.now += len(logins)
	w.held <- w.now
	return err
}

// count is how many records the file holds.
func count(t *testing.T, d *db.DB, where string) (n int) {
	t.Helper()
	q, err := sql.Open("sqlite", "file:"+d.Path())
	if err == nil {
		err = errors.Join(q.QueryRow("SELECT count(*) FROM login "+where).Scan(&n), q.Close())
	}
	if err != nil {
		t.Error(err)
	}
	return n
}

// earlier adds n logins of that age to the record, by one statement: many
// calls of RecordLogins take long under the race detector.
func earlier(t *testing.T, d *db.DB, purpose string, n int, age time.Duration) {
	t.Helper()
	q, err := sql.Open("sqlite", "file:"+d.Path())
	if err == nil {
		_, err = q.Exec(`INSERT INTO login (at, purpose, uid, username, email, roles, decision)
			WITH RECURSIVE k(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM k WHERE i < ?)
			SELECT ? + i, ?, 'uid', 'ann', '', '[]', '' FROM k`, n, start.Add(-age).UnixNano(), purpose)
		err = errors.Join(err, q.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestRecordIsBounded runs the companion on a file that was never pruned: it
// brings the record within its limits at the start, never exceeds them, and
// keeps the newest logins and no preview.
func TestRecordIsBounded(t *testing.T) {
	var w *watched
	f := serveRecording(t, func(store *db.DB) Recorder {
		earlier(t, store, "too old", 12_000, db.LoginMaxAge+time.Hour)
		earlier(t, store, "earlier", db.LoginMaxCount+300, time.Hour)
		w = watch(t, store)
		return w
	})
	for <-w.pruned { // at the start, in several transactions
	}
	if n := count(t, f.store, ""); n != db.LoginMaxCount-db.LoginHeadroom {
		t.Errorf("%d records after the start", n)
	}
	if n := count(t, f.store, "WHERE purpose = 'too old'"); n != 0 {
		t.Errorf("%d records that are too old", n)
	}
	const logins = db.LoginHeadroom + 100
	for i := range logins {
		for _, purpose := range []string{"login", "preview"} {
			if purpose == "preview" && i%10 != 0 {
				continue
			}
			q := f.request(users)
			q.Purpose, q.UID = purpose, fmt.Sprint(purpose, i)
			if status, a := f.ask(q); status != 200 || len(a.Roles) != 1 {
				t.Fatalf("%s: %d %+v", purpose, status, a)
			}
		}
	}
	if err := f.stop(); err != nil {
		t.Fatal(err)
	}
	close(w.held)
	most := 0
	for n := range w.held {
		most = max(most, n)
	}
	if most > db.LoginMaxCount || most <= db.LoginMaxCount-db.LoginHeadroom {
		t.Errorf("the record held up to %d logins, the limit is %d", most, db.LoginMaxCount)
	}
	if n := count(t, f.store, "WHERE purpose = 'login'"); n != logins {
		t.Errorf("%d of %d new logins are in the record", n, logins)
	}
	if n := count(t, f.store, "WHERE purpose = 'preview'"); n != 0 {
		t.Errorf("%d previews are in the record", n)
	}
	if lost := f.srv.queue.lost.Load(); lost != 0 {
		t.Errorf("%d logins lost", lost)
	}
}

// TestRecordIsPrunedAsTimePasses: a login whose age reaches the limit while the
// companion runs goes with the first one after a day.
func TestRecordIsPrunedAsTimePasses(t *testing.T) {
	var w *watched
	f := serveRecording(t, func(store *db.DB) Recorder {
		earlier(t, store, "earlier", 1, db.LoginMaxAge-time.Hour)
		w = watch(t, store)
		return w
	})
	for i, step := range []struct {
		after time.Duration
		want  int // of the earlier ones
	}{{0, 1}, {db.LoginPruneEvery - 1, 1}, {1, 0}} {
		f.later(step.after)
		if status, _ := f.ask(f.request(users)); status != 200 {
			t.Fatal(status)
		}
		if held := <-w.held; held != step.want+i+1 {
			t.Errorf("login %d: %d records, want %d earlier ones and those since", i, held, step.want)
		}
		if n := count(t, f.store, "WHERE purpose = 'earlier'"); n != step.want {
			t.Errorf("login %d: %d earlier ones, want %d", i, n, step.want)
		}
	}
	if err := f.stop(); err != nil {
		t.Fatal(err)
	}
	if len(w.pruned) != 2 {
		t.Errorf("pruned %d times", len(w.pruned))
	}
}

// recorder is a record in memory.
type recorder struct {
	prunings, records atomic.Int64
	more, fail        atomic.Bool // what PruneLogins says
}

func (r *recorder) RecordLogins(_ context.Context, logins []db.Login) error {
	r.records.Add(int64(len(logins)))
	return nil
}

func (r *recorder) PruneLogins(context.Context) (bool, error) {
	r.prunings.Add(1)
	if r.fail.Load() {
		return false, errors.New("the disk is full")
	}
	return r.more.Load(), nil
}

// did holds the recorder to how often it was asked to prune, and what it holds.
func (r *recorder) did(t *testing.T, when string, prunings, records int64) {
	t.Helper()
	if r.prunings.Load() != prunings || r.records.Load() != records {
		t.Errorf("%s: pruned %d times, want %d; %d records, want %d", when, r.prunings.Load(), prunings, r.records.Load(), records)
	}
}

// queueOf runs a queue on the clock of the test's bubble until stop.
func queueOf(r Recorder, log *slog.Logger) (q *queue, stop func()) {
	q = newQueue(r, log, time.Now)
	done := make(chan struct{})
	go func() {
		defer close(done)
		q.run()
	}()
	return q, func() { q.close(); <-done }
}

// TestIdleRecordIsPruned: records grow old also while nobody signs in.
func TestIdleRecordIsPruned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{}
		_, stop := queueOf(r, slog.New(slog.DiscardHandler))
		for day := range 4 {
			synctest.Wait()
			r.did(t, fmt.Sprint("day ", day), int64(1+day), 0)
			time.Sleep(db.LoginPruneEvery) // in the bubble: takes no time
		}
		stop()
	})
}

// TestFailedPruningIsTriedAgain: it is logged, costs no login, and is tried
// again with the next login and the next look.
func TestFailedPruningIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		r := &recorder{}
		r.fail.Store(true)
		q, stop := queueOf(r, slog.New(slog.NewJSONHandler(&log, nil)))
		synctest.Wait()
		q.put(db.Login{})
		synctest.Wait()
		r.did(t, "while it fails", 2, 1)
		if q.lost.Load() != 0 || strings.Count(log.String(), "the disk is full") != 2 {
			t.Errorf("%d lost, log %s", q.lost.Load(), &log)
		}
		r.fail.Store(false)
		time.Sleep(pruneLook)
		synctest.Wait()
		q.put(db.Login{}) // is not due any more
		synctest.Wait()
		r.did(t, "once it works again", 3, 2)
		stop()
	})
}

// TestStopDoesNotWaitForTheWholePruning: a large record is pruned in many
// transactions, and close waits for one of them; the logins are written.
func TestStopDoesNotWaitForTheWholePruning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{}
		r.more.Store(true)
		q := newQueue(r, slog.New(slog.DiscardHandler), time.Now)
		q.put(db.Login{})
		q.close()
		q.run()
		r.did(t, "closed", 2, 1) // at the start, and before the login
	})
}
