package companion

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/romm-admin/romm-admin/db"
)

// queue carries login records out of the answer's path: an answer never waits
// for the disk. It is bounded; what does not fit is counted as lost.
type queue struct {
	c    chan db.Login
	stop chan struct{}
	lost atomic.Int64
}

const (
	queueSize   = 1024
	queueBatch  = 256
	recordLimit = 10 * time.Second
)

func newQueue() *queue {
	return &queue{c: make(chan db.Login, queueSize), stop: make(chan struct{})}
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
func (q *queue) run(rec Recorder, log *slog.Logger) {
	for {
		select {
		case l := <-q.c:
			q.write(rec, log, q.batch(l))
			continue
		case <-q.stop:
		}
		for {
			select {
			case l := <-q.c:
				q.write(rec, log, q.batch(l))
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

func (q *queue) write(rec Recorder, log *slog.Logger, batch []db.Login) {
	ctx, cancel := context.WithTimeout(context.Background(), recordLimit)
	defer cancel()
	if err := rec.RecordLogins(ctx, batch); err != nil {
		q.lost.Add(int64(len(batch)))
		log.Error("login records lost", "count", len(batch), "error", err.Error())
	}
}
