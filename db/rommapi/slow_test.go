package rommapi_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/romm-admin/romm-admin/db/rommapi"
	"github.com/romm-admin/romm-admin/db/rommtest"
	"github.com/romm-admin/romm-admin/model"
)

// crowd is a RomM with that many accounts, one of them the admin's.
func crowd(n int) rommtest.Seed {
	seed := people()
	seed.Users = seed.Users[:1]
	seed.Tokens = seed.Tokens[:1]
	for id := int64(2); id <= int64(n); id++ {
		seed.Users = append(seed.Users, rommtest.User{
			ID: id, Username: fmt.Sprintf("user%d", id), Email: ptr(fmt.Sprintf("user%d@old.example", id)), Role: model.RoleUser,
		})
	}
	return seed
}

// memory carries requests to a handler without a network, so that a test can
// run on the virtual clock of its bubble.
type memory struct{ http.Handler }

func (m memory) RoundTrip(r *http.Request) (*http.Response, error) {
	done := make(chan *http.Response, 1)
	go func() {
		rec := httptest.NewRecorder()
		m.ServeHTTP(rec, r)
		done <- rec.Result()
	}()
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err() // not the cause, as http2 does
	case res := <-done:
		return res, nil
	}
}

// waits stands for RomM at work on the clock of the test.
func waits(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// onClock returns a client of a RomM behind that handler.
func onClock(t *testing.T, h http.Handler) *rommapi.Client {
	t.Helper()
	return client(t, rommapi.Config{URL: "http://localhost", Token: adminToken, HTTP: &http.Client{Transport: memory{h}}})
}

// TestEightThousandAccounts proves R9: the list of everybody takes RomM longer
// than any other call may, and is read all the same.
func TestEightThousandAccounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		seed := crowd(8000)
		seed.Work = waits
		fake, err := rommtest.New(seed)
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		got, err := onClock(t, fake).ReadAccounts(t.Context())
		if err != nil || len(got.Users) != 8000 {
			t.Fatalf("%d accounts, %v", len(got.Users), err)
		}
		if took := time.Since(begun); took < 30*time.Second || took > 40*time.Second {
			t.Errorf("the fake took %v", took)
		}
	})
}

// drip is a body that comes a piece at a time.
type drip struct {
	ctx   context.Context
	text  *strings.Reader
	piece int
	pause time.Duration
}

func (d drip) Read(b []byte) (int, error) {
	waits(d.ctx, d.pause)
	if err := d.ctx.Err(); err != nil {
		return 0, err
	}
	return d.text.Read(b[:min(len(b), d.piece)])
}

// slowList answers the list with a body that drips, and everything else as RomM
// does.
type slowList struct {
	memory
	piece int
	pause time.Duration
}

func (s slowList) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := s.memory.RoundTrip(r)
	if err != nil || r.URL.Path != "/api/users" {
		return res, err
	}
	text, err := io.ReadAll(res.Body)
	res.Body = io.NopCloser(drip{r.Context(), strings.NewReader(string(text)), s.piece, s.pause})
	return res, err
}

// TestListDeadline proves R9: the list may go on as long as it makes progress,
// and no longer.
func TestListDeadline(t *testing.T) {
	for name, tc := range map[string]struct {
		work         time.Duration // before the first byte
		piece        int
		pause        time.Duration
		want         string
		atLeast, max time.Duration
	}{
		"large and steady":  {0, 64 << 10, time.Second, "", 20 * time.Second, 2 * time.Minute},
		"drips":             {0, 1, time.Second, "did not answer in time", 14 * time.Second, 17 * time.Second},
		"ends in between":   {0, 300 << 10, 40 * time.Second, "did not answer in time", 14 * time.Second, 40 * time.Second},
		"thinks long":       {2 * time.Minute, 1 << 20, 0, "", 2 * time.Minute, 3 * time.Minute},
		"thinks for ever":   {time.Hour, 1 << 20, 0, "did not answer in time", 4 * time.Minute, 4*time.Minute + time.Second},
		"as fast as others": {0, 1 << 20, 0, "", 0, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				seed := crowd(5000)
				seed.Work = func(ctx context.Context, d time.Duration) {
					if d > time.Second { // the list
						waits(ctx, tc.work)
					}
				}
				fake, err := rommtest.New(seed)
				if err != nil {
					t.Fatal(err)
				}
				c := client(t, rommapi.Config{
					URL: "http://localhost", Token: adminToken,
					HTTP: &http.Client{Transport: slowList{memory{fake}, tc.piece, tc.pause}},
				})
				begun := time.Now()
				_, err = c.ReadAccounts(t.Context())
				took := time.Since(begun)
				if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
					t.Errorf("after %v: %v", took, err)
				}
				if took < tc.atLeast || took > tc.max {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

// TestBulkReadsOnce: fifty repairs among a thousand accounts cost RomM one list,
// which takes it longer than all the rest.
func TestBulkReadsOnce(t *testing.T) {
	t.Parallel()
	var charged atomic.Int64
	seed := crowd(1018)
	seed.Work = func(_ context.Context, d time.Duration) { charged.Add(int64(d)) }
	lists := new(atomic.Int32)
	_, cfg := start(t, seed, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/api/users" {
				lists.Add(1)
			}
			next.ServeHTTP(w, r)
		})
	})
	c := client(t, cfg)
	read, err := c.ReadAccounts(t.Context())
	if err != nil || len(read.Users) != 1018 {
		t.Fatalf("%d accounts, %v", len(read.Users), err)
	}
	for i, u := range read.Users[1:51] {
		switch i % 3 {
		case 0:
			_, err = c.SetEmail(t.Context(), u.ID, u.Email.Raw(), fmt.Sprintf("user%d@example.org", u.ID))
		case 1:
			_, err = c.SetEnabled(t.Context(), u.ID, true, false)
		case 2:
			_, err = c.SetRole(t.Context(), u.ID, model.RoleUser, model.RoleAdmin)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Duration(charged.Load()); lists.Load() != 1 || took > 10*time.Second || took < 4*time.Second {
		t.Errorf("%d lists, %v of work", lists.Load(), took)
	}
}
