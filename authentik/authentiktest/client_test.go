package authentiktest_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	"github.com/romm-admin/romm-admin/authentik/authentiktest"
)

// late is a context that is looked at only once the server has answered.
type late struct{ context.Context }

func (l late) Done() <-chan struct{} {
	synctest.Wait()
	return l.Context.Done()
}

// Who gives up before the answer is there does not get it, although both may
// be seen at the same moment.
func TestTransportGivenUpHasNoAnswer(t *testing.T) {
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			req, err := http.NewRequestWithContext(late{ctx}, http.MethodGet, "https://auth.example.org/", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := authentiktest.Transport(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { cancel() })).RoundTrip(req)
			if answer != nil {
				_ = answer.Body.Close()
			}
			if !errors.Is(err, context.Canceled) {
				t.Fatalf("given up before the answer: %v, want context.Canceled", err)
			}
		})
	}
}

// What was given up before it is sent never reaches the server.
func TestTransportSendsNothingThatWasGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	synctest.Test(t, func(t *testing.T) {
		asked := false
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://auth.example.org/", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := authentiktest.Transport(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true })).RoundTrip(req)
		if answer != nil {
			_ = answer.Body.Close()
		}
		synctest.Wait()
		if !errors.Is(err, context.Canceled) || asked {
			t.Fatalf("%v, and the server was asked: %v; want context.Canceled", err, asked)
		}
	})
}
