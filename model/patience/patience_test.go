package patience_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/romm-admin/romm-admin/model/patience"
)

// proves R9: the waits grow, spread around their middle, and stay short.
func TestPause(t *testing.T) {
	t.Parallel()
	for try, middle := range map[int]time.Duration{1: 300 * time.Millisecond, 2: 600 * time.Millisecond, 3: 1200 * time.Millisecond} {
		if got := patience.Pause(try, 0.5); got != middle {
			t.Errorf("try %d: %v, want %v", try, got, middle)
		}
		if low, high := patience.Pause(try, 0), patience.Pause(try, 0.999); low != middle/2 || high >= middle*3/2 || high < middle*7/5 {
			t.Errorf("try %d: %v to %v", try, low, high)
		}
	}
}

func TestBusy(t *testing.T) {
	t.Parallel()
	for status, busy := range map[int]bool{
		200: false, 307: false, 400: false, 403: false, 404: false, 408: false, 428: false, 429: true, 430: false,
		500: false, 501: false, 502: true, 503: true, 504: true, 505: false,
	} {
		if patience.Busy(status) != busy {
			t.Errorf("%d: %v", status, !busy)
		}
	}
}

// TestWait: it takes its time, and ends at once when nobody waits for it.
func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from := time.Now()
		if err := patience.Wait(t.Context(), time.Minute); err != nil || time.Since(from) != time.Minute {
			t.Errorf("%v after %v", err, time.Since(from))
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		from = time.Now()
		if err := patience.Wait(ctx, time.Hour); !errors.Is(err, context.Canceled) || time.Since(from) != time.Second {
			t.Errorf("%v after %v", err, time.Since(from))
		}
	})
}
