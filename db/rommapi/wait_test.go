package rommapi

import (
	"net/http"
	"testing"
	"time"
)

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"7":                             7 * time.Second,
		" 0 ":                           0,
		"Fri, 02 Jan 2026 15:04:25 GMT": 20 * time.Second,
		"Fri, 02 Jan 2026 15:00:00 GMT": 0,
		"":                              -1,
		"soon":                          -1,
		"-5":                            -1,
		"99999999999999":                -1,
	} {
		got, given := retryAfter(http.Header{"Retry-After": {header}}, now)
		if given != (want >= 0) || given && got != want {
			t.Errorf("%q: %v, %v", header, got, given)
		}
	}
}
