package companion

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/romm-admin/romm-admin/db"
)

// queue carries login records out of the answer's path: an answer never waits
// for the disk. It is bounded; what does not fit is counted as lost. It also
// keeps the record within its limits, see [db.DB.PruneLogins].
type queue struct {
	rec  Recorder
	log  *slog.Logger
	now  func() time.Time
	c    chan db.Login
	stop chan struct{}
	lost atomic.Int64

	// What follows belongs to run.
	pruned time.Time // the last time that nothing was left to prune
	added  int       // records written since
}

const (
	queueSize   = 1024
	queueBatch  = 256
	recordLimit = 10 * time.Second // for one transaction
	// pruneLook is how often the queue looks whether it is time to prune while
	// nobody signs in.
	pruneLook = time.Hour
)

func newQueue(rec Recorder, log *slog.Logger, now func() time.Time) *queue {
	return &queue{rec: rec, log: log, now: now, c: make(chan db.Login, queueSize), stop: make(chan struct{})}
}

func (q *queue) put(l db.Login) {
	select {
	case q.c <- l:
	default:
		q.lost.Add(1)
	}
}

// close ends run once everything that was put is written.
func (q *queue) close() { close(q.stop) }

// run writes records, as many at a time as have come in, until close.
func (q *queue) run() {
	q.prune()
	look := time.NewTicker(pruneLook)
	defer look.Stop()
	for {
		select {
		case l := <-q.c:
			q.write(q.batch(l))
			continue
		case <-look.C:
			q.pruneIfDue(0)
			continue
		case <-q.stop:
		}
		for {
			select {
			case l := <-q.c:
				q.write(q.batch(l))
			default:
				return
			}
		}
	}
}

// batch takes what is waiting already.
func (q *queue) batch(first db.Login) []db.Login {
	out := []db.Login{first}
	for len(out) < queueBatch {
		select {
		case l := <-q.c:
			out = append(out, l)
		default:
			return out
		}
	}
	return out
}

func (q *queue) write(batch []db.Login) {
	q.pruneIfDue(len(batch))
	ctx, cancel := context.WithTimeout(context.Background(), recordLimit)
	defer cancel()
	if err := q.rec.RecordLogins(ctx, batch); err != nil {
		q.lost.Add(int64(len(batch)))
		q.log.Error("login records lost", "count", len(batch), "error", err.Error())
		return
	}
	q.added += len(batch)
}

// pruneIfDue prunes before the next records, of that number, could exceed the
// limit, and when it was last done long ago.
func (q *queue) pruneIfDue(next int) {
	if q.added+next > db.LoginHeadroom || q.now().Sub(q.pruned) >= db.LoginPruneEvery {
		q.prune()
	}
}

// prune brings the record within its limits. What fails is tried again with
// the next records or at the next look; so is what close interrupts.
func (q *queue) prune() {
	for more := true; more; {
		ctx, cancel := context.WithTimeout(context.Background(), recordLimit)
		var err error
		more, err = q.rec.PruneLogins(ctx)
		cancel()
		if err != nil {
			q.log.Error("login record not pruned", "error", err.Error())
			return
		}
		select {
		case <-q.stop:
			return
		default:
		}
	}
	q.pruned, q.added = q.now(), 0
}
