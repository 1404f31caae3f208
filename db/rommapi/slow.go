package rommapi

import (
	"context"
	"errors"
	"io"
	"time"
)

const (
	// firstByte bounds how long RomM may work at the list of all accounts before
	// it begins to answer: it asks its database about each of them, which took
	// 46 s for 8,028 on a busy machine (docs/romm.md 2).
	firstByte = 4 * time.Minute
	// slowest is how many bytes a second must come from then on. One that drips
	// is given up after about [deadline], however long it goes on.
	slowest = 16 << 10
)

// slowly is a deadline that grows with what comes: first the one for the first
// byte, then [deadline] and a second more for each [slowest] bytes. A nil one
// does nothing.
type slowly struct {
	timer *time.Timer
	now   func() time.Time
	due   time.Time
}

// bound gives the call its deadline.
func (c *Client) bound(ctx context.Context, k call) (context.Context, *slowly, context.CancelFunc) {
	if !k.slow {
		ctx, cancel := context.WithTimeout(ctx, deadline)
		return ctx, nil, cancel
	}
	ctx, cancel := context.WithCancelCause(ctx)
	s := &slowly{now: c.now, timer: time.AfterFunc(firstByte, func() { cancel(context.DeadlineExceeded) })}
	return ctx, s, func() { s.timer.Stop(); cancel(nil) }
}

// watch returns a reader of the body that moves the deadline.
func (s *slowly) watch(body io.Reader) io.Reader {
	if s == nil {
		return body
	}
	s.due = s.now().Add(deadline)
	s.timer.Reset(deadline)
	return progress{s, body}
}

type progress struct {
	*slowly
	body io.Reader
}

func (p progress) Read(b []byte) (int, error) {
	n, err := p.body.Read(b)
	p.due = p.due.Add(time.Duration(n) * time.Second / slowest)
	p.timer.Reset(p.due.Sub(p.now()))
	return n, err
}

// late is the error of a call whose deadline has passed, or else err: net/http
// does not always say why a context ended.
func (s *slowly) late(ctx context.Context, err error) error {
	if s != nil && errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		return context.DeadlineExceeded
	}
	return err
}
