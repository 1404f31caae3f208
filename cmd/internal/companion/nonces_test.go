package companion

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// TestReplayIsRefused: a captured request is answered once, wherever its
// sender's clock stands, at every second at which it is still valid, whatever
// else is asked in between. Later it is refused for its age.
func TestReplayIsRefused(t *testing.T) {
	f := serve(t)
	for _, off := range []time.Duration{-window, 0, window} {
		q := f.request(users)
		q.At += int64(off / time.Second)
		if status, _ := f.ask(q); status != http.StatusOK {
			t.Fatalf("clock %s off: %d", off, status)
		}
		valid := window + off
		for age := time.Duration(0); age <= valid; age += time.Second {
			if status, e := f.refused(q); status != 401 || e != "this request was answered already" {
				t.Fatalf("clock %s off, %s later: %d %s", off, age, status, e)
			}
			f.later(time.Second)
			if status, _ := f.ask(f.request(users)); status != http.StatusOK {
				t.Fatal(status)
			}
		}
		if status, e := f.refused(q); status != 401 || !strings.HasPrefix(e, "the request is ") {
			t.Errorf("clock %s off, expired: %d %s", off, status, e)
		}
	}
}

// refused sends a request and returns the refusal.
func (f *fixture) refused(q Request) (int, string) {
	f.t.Helper()
	body, err := json.Marshal(q)
	if err != nil {
		f.t.Fatal(err)
	}
	status, data := f.post(body, Sign(key, body))
	var problem struct{ Error string }
	if err := json.Unmarshal(data, &problem); err != nil {
		f.t.Fatal(err)
	}
	return status, problem.Error
}

// TestNonceIsRememberedOverTheSwap uses a nonce at any point of a generation
// and again at any point of its life, with and without others in between that
// make the generations change.
func TestNonceIsRememberedOverTheSwap(t *testing.T) {
	const step, valid = 5 * time.Second, 2 * window // a clock may be ahead by one, then behind by another
	for used := time.Duration(0); used <= valid+step; used += step {
		for age := time.Duration(0); age <= valid; age += step {
			for _, others := range []bool{false, true} {
				var n nonces
				use := func(text string, at time.Duration) error { return n.use(text, start.Add(at)) }
				if err := use("first", 0); err != nil {
					t.Fatal(err)
				}
				for at := time.Duration(0); others && at < used; at += step {
					if err := use(fmt.Sprint("before ", at), at); err != nil {
						t.Fatal(err)
					}
				}
				if err := use("n", used); err != nil {
					t.Fatalf("used at %s: %v", used, err)
				}
				for at := used; others && at <= used+age; at += step {
					if err := use(fmt.Sprint("after ", at), at); err != nil {
						t.Fatal(err)
					}
				}
				if err := use("n", used+age); model.CodeOf(err) != model.CodeUnauthorized {
					t.Fatalf("used at %s, again %s later, others %v: %v", used, age, others, err)
				}
			}
		}
	}
}

// TestNoncesAreForgotten: what has expired leaves no trace once the generations
// have changed, so that the memory does not grow.
func TestNoncesAreForgotten(t *testing.T) {
	var n nonces
	most := 0
	for i := range 10_000 { // one a second
		if err := n.use(fmt.Sprint(i), start.Add(time.Duration(i)*time.Second)); err != nil {
			t.Fatal(err)
		}
		most = max(most, len(n.newer)+len(n.old))
	}
	if limit := 2 * (int(nonceLife/time.Second) + 1); most > limit {
		t.Errorf("%d nonces were remembered, want at most %d", most, limit)
	}
	if err := n.use("late", start.Add(20_000*time.Second)); err != nil || len(n.newer) != 1 || len(n.old) != 0 {
		t.Errorf("after a long pause: %v, %d and %d", err, len(n.newer), len(n.old))
	}
}

// TestFullNonces: when no more nonces can be remembered nothing is answered, in
// words that say so; a repeated request is still told as one; after the life of
// a request it goes on.
func TestFullNonces(t *testing.T) {
	f := serve(t)
	first := f.request(users)
	if status, _ := f.ask(first); status != http.StatusOK {
		t.Fatal(status)
	}
	for i := range maxNonces - 1 {
		if err := f.srv.nonces.use(fmt.Sprint("other ", i), f.now()); err != nil {
			t.Fatal(i, err)
		}
	}
	one := f.request(admins)
	for range 2 { // it was not remembered, so the second time is no repetition
		if status, e := f.refused(one); status != http.StatusServiceUnavailable || !strings.Contains(e, "131072 requests within 2m0s") {
			t.Errorf("full: %d %s", status, e)
		}
	}
	if status, e := f.refused(first); status != 401 || e != "this request was answered already" {
		t.Errorf("repeated while full: %d %s", status, e)
	}
	f.srv.nonces.mu.Lock()
	remembered := len(f.srv.nonces.newer) + len(f.srv.nonces.old)
	f.srv.nonces.mu.Unlock()
	if remembered != maxNonces {
		t.Errorf("%d are remembered, the limit is %d", remembered, maxNonces)
	}
	f.later(nonceLife + 1)
	if status, _ := f.ask(f.request(users)); status != http.StatusOK {
		t.Errorf("after the life of a request: %d", status)
	}
	if err := f.stop(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(f.log.String(), "131072 requests within 2m0s") {
		t.Error("the log does not say that too many were asked")
	}
}
