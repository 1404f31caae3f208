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
