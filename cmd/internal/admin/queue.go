package admin

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"time"
)

// queueLimit bounds how long a command waits for another program's plan.
const queueLimit = 2 * time.Minute

// queue waits while another program applies a plan to the same database.
type queue struct {
	err   io.Writer
	since time.Time
}

// wait pauses once; it says so the first time, and gives up after queueLimit.
// Pauses differ, so that of several who wait each gets its turn.
func (q *queue) wait(ctx context.Context) error {
	if q.since.IsZero() {
		q.since = time.Now()
		_, _ = fmt.Fprintln(q.err, "waiting: another program is applying a plan to the same database; ctrl+c gives up")
	}
	if time.Since(q.since) > queueLimit {
		return fmt.Errorf("given up after %v", queueLimit)
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(100*time.Millisecond + rand.N(200*time.Millisecond)):
		return nil
	}
}
