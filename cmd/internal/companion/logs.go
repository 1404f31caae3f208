package companion

import (
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// logQueue carries log lines out of the answer's path, as queue does with
// records: stderr may be a pipe that nobody reads, and an answer waits for
// nobody. It is bounded; lines that do not fit are counted, and the next one
// that does is preceded by one that says how many.
type logQueue struct {
	out   io.Writer
	lines chan logLine
	stop  chan struct{}
	done  chan struct{}
	lost  atomic.Int64 // since the start

	mu     sync.Mutex
	untold int64 // lost since the last line that fit
}

// logLine is a line, and how many before it were lost.
type logLine struct {
	text []byte
	lost int64
}

const (
	logLines  = 512
	logsDrain = 2 * time.Second // how long the end waits for somebody to read
)

// newLogQueue starts to write to out. Close it.
func newLogQueue(out io.Writer) *logQueue {
	q := &logQueue{out: out, lines: make(chan logLine, logLines), stop: make(chan struct{}), done: make(chan struct{})}
	go q.run()
	return q
}

// Write takes one line, or counts it as lost. It never waits and never fails.
func (q *logQueue) Write(line []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	select {
	case q.lines <- logLine{append([]byte(nil), line...), q.untold}:
		q.untold = 0
	default:
		q.untold++
		q.lost.Add(1)
	}
	return len(line), nil
}

func (q *logQueue) run() {
	defer close(q.done)
	for {
		select {
		case l := <-q.lines:
			q.write(l)
			continue
		case <-q.stop:
		}
		for {
			select {
			case l := <-q.lines:
				q.write(l)
			default:
				q.mu.Lock()
				defer q.mu.Unlock()
				q.tell(q.untold)
				return
			}
		}
	}
}

func (q *logQueue) write(l logLine) {
	q.tell(l.lost)
	if _, err := q.out.Write(l.text); err != nil {
		q.lost.Add(1)
	}
}

func (q *logQueue) tell(lost int64) {
	if lost > 0 {
		slog.New(slog.NewJSONHandler(q.out, nil)).Warn("log lines lost", "count", lost)
	}
}

// close writes what is waiting, unless nobody reads it.
func (q *logQueue) close() {
	close(q.stop)
	select {
	case <-q.done:
	case <-time.After(logsDrain):
	}
}
