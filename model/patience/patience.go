// Package patience says how often, and how patiently, a call to another system
// is tried again (R9). It knows no HTTP and sends nothing: each client has a
// loop of its own around it, because what may be tried again, and what an
// answer means, differ between Authentik and RomM.
package patience

import (
	"context"
	"time"
)

const (
	// Tries is how often a call that may be repeated is sent at most.
	Tries = 3
	// Longest is the longest wait that a server may ask for; when it asks for
	// more, the call fails at once.
	Longest = 30 * time.Second

	first = 300 * time.Millisecond
)

// Pause is how long to wait after the try of that number, from 1 on: twice as
// long each time, and with a jitter in [0, 1) half to one and a half of it, so
// that many consoles do not retry together.
func Pause(try int, jitter float64) time.Duration {
	return time.Duration(float64(first<<(try-1)) * (0.5 + jitter))
}

// Busy reports whether an HTTP status means that the server, or the proxy in
// front of it, is overloaded: the call may be tried again.
func Busy(status int) bool { return status == 429 || status >= 502 && status <= 504 }

// Wait waits, or returns the context's error as soon as there is one.
func Wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
