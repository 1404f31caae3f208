package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// The world keeps quiet at the named writes alone, and the others go on: it
// counts the writes to both sides together, and reads of neither.
func TestHang(t *testing.T) {
	t.Parallel()
	told := make(chan string, 4)
	h := &Hang{Before: []int{2}, After: []int{3}, Told: func(n int, request string, made bool) { told <- fmt.Sprint(n, " ", request, " ", made) }}
	var made atomic.Int32
	side := h.wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if body, _ := io.ReadAll(r.Body); string(body) == "write" {
			made.Add(1)
		}
	}))
	one, other := httptest.NewServer(side), httptest.NewServer(side)
	defer one.Close()
	defer other.Close()
	send := func(ctx context.Context, url, method, body string) error {
		req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
		if err != nil {
			return err
		}
		resp, err := http.DefaultClient.Do(req)
		if err == nil {
			err = resp.Body.Close()
		}
		return err
	}
	for _, step := range []struct {
		url, method, told string
		made              int32
	}{
		{one.URL, "GET", "", 0},
		{one.URL, "PUT", "", 1},
		{other.URL, "PATCH", "2 PATCH / false", 1},
		{one.URL, "GET", "", 1},
		{one.URL, "PUT", "3 PUT / true", 2},
		{other.URL, "POST", "", 3},
	} {
		body := "write"
		if step.method == "GET" {
			body = ""
		}
		ctx, cancel := context.WithCancel(t.Context())
		answered := make(chan error, 1)
		go func() { answered <- send(ctx, step.url, step.method, body) }()
		if step.told != "" {
			select {
			case got := <-told:
				if got != step.told {
					t.Errorf("told %q, want %q", got, step.told)
				}
			case err := <-answered:
				t.Fatalf("%s: answered, %v", step.told, err)
			}
			cancel()
			if err := <-answered; !errors.Is(err, context.Canceled) {
				t.Errorf("%s: answered, %v", step.told, err)
			}
		} else if err := <-answered; err != nil {
			t.Error(err)
		}
		cancel()
		if got := made.Load(); got != step.made {
			t.Errorf("after %s %s: %d writes made, want %d", step.method, step.told, got, step.made)
		}
	}
}
