package admin

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// inBubble carries requests to the two systems without a network, so that whole
// commands run on the virtual clock of a bubble of testing/synctest. As over a
// network, a client that goes away cancels the request.
type inBubble struct{ romm, authentik http.Handler }

func (b inBubble) RoundTrip(r *http.Request) (*http.Response, error) {
	to := b.authentik
	if r.URL.Host == "localhost:8080" {
		to = b.romm
	}
	done := make(chan *http.Response, 1)
	go func() {
		rec := httptest.NewRecorder()
		to.ServeHTTP(rec, r)
		done <- rec.Result()
	}()
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case res := <-done:
		return res, nil
	}
}

// env points programs at them. Of values that are given twice the last counts.
func (b inBubble) env(more ...string) []string {
	return append(more, "ROMM_BASE_URL=http://localhost:8080", "AUTHENTIK_URL=http://localhost:9000")
}

// globals are those of a program that works with these systems.
func (b inBubble) globals(t *testing.T, env []string, out, errs io.Writer) *globals {
	return &globals{transport: &http.Client{Transport: b}, Streams: Streams{
		In: bytes.NewReader(nil), Out: out, Err: errs, Env: append([]string{"HOME=" + t.TempDir()}, env...), Actor: "ann",
	}}
}

// command runs one command line with these systems.
func (b inBubble) command(t *testing.T, env []string, args ...string) (out, said string, code int) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = run(t.Context(), args, b.globals(t, env, &stdout, &stderr))
	return stdout.String(), stderr.String(), code
}

// works stands for a system at work on the clock of the test.
func works(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
