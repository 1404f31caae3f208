package authentik_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/authentik/authentiktest/strict"
	"github.com/romm-admin/romm-admin/model"
)

// What is fetched: 10,000 people in pages of 100 from a server that takes 20 ms
// for a page. Eight requests at a time cannot get below the floor, which is the
// first page and then the others by eights; the limit is 1.5 times that.
const (
	fetchPeople = 10_000
	fetchPages  = fetchPeople / 100
	fetchPause  = 20 * time.Millisecond
	fetchFloor  = (1 + (fetchPages-1+7)/8) * fetchPause
	fetchLimit  = 1.5
)

// slowPages serves the people; everything else is answered at once.
func slowPages(tb testing.TB) http.Handler {
	tb.Helper()
	var bodies [fetchPages]string
	for p := range fetchPages {
		var rows []string
		for i := range 100 {
			k := p*100 + i
			rows = append(rows, fmt.Sprintf(`{"pk":%d,"uid":"%064d","username":"user%d","name":"User","email":"user%d@example.org","is_active":true,"is_superuser":false,`+
				`"type":"internal","path":"users","groups":["%s"],"groups_obj":null,"attributes":{},"last_login":null,"avatar":"%s"}`, k+1, k, k, k, groupA, strings.Repeat("A", 1000)))
		}
		bodies[p] = fmt.Sprintf(`{"pagination":{"count":%d,"total_pages":%d},"results":[%s]}`, fetchPeople, fetchPages, strings.Join(rows, ","))
	}
	fake, err := strict.New(authentiktest.Seed{Native: &authentiktest.Native{}})
	if err != nil {
		tb.Fatal(err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v3/core/users/" {
			fake.Handler().ServeHTTP(w, r)
			return
		}
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		time.Sleep(fetchPause) // what is measured against
		_, _ = w.Write([]byte(bodies[page-1]))
	})
}

// fetch reads everybody, who must come whole.
func fetch(ctx context.Context, tb testing.TB, client *authentik.Client) time.Duration {
	tb.Helper()
	begun := time.Now()
	r, err := client.ReadDirectory(ctx, model.ReadOptions{})
	if err != nil || len(r.Directory.Identities) != fetchPeople || r.Directory.Incomplete != "" {
		tb.Fatal(len(r.Directory.Identities), r.Directory.Incomplete, err)
	}
	return time.Since(begun)
}

func overHTTP(tb testing.TB) *authentik.Client {
	tb.Helper()
	srv := httptest.NewServer(slowPages(tb))
	tb.Cleanup(srv.Close)
	client, err := authentik.New(authentik.Config{URL: srv.URL, Token: authentiktest.DefaultToken})
	if err != nil {
		tb.Fatal(err)
	}
	return client
}

// BenchmarkFetch reports the ratio to the floor, over real HTTP.
func BenchmarkFetch(b *testing.B) {
	client := overHTTP(b)
	b.ReportAllocs()
	for b.Loop() {
		fetch(b.Context(), b, client)
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(fetchFloor), "x-floor")
}

// TestFetchIsFast holds the limit over real HTTP, the best of a few. It runs
// with `make bench`.
func TestFetchIsFast(t *testing.T) {
	if os.Getenv("ROMM_ADMIN_LIMITS") == "" {
		t.Skip("it depends on the machine: make bench, or ROMM_ADMIN_LIMITS=1")
	}
	client, best := overHTTP(t), time.Hour
	for range 7 {
		best = min(best, fetch(t.Context(), t, client))
	}
	ratio := float64(best) / float64(fetchFloor)
	t.Logf("fetching %d people: %v, %.2f times the floor of %v", fetchPeople, best, ratio, fetchFloor)
	if ratio > fetchLimit {
		t.Errorf("fetching takes %.2f times the floor, the limit is %.1f", ratio, fetchLimit)
	}
}

// Where computing takes no time, fetching takes the floor exactly: no page
// waits for another without need, whatever the machine.
func TestFetchWaitsForNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, err := authentik.New(authentik.Config{
			URL: "https://auth.example.org", Token: authentiktest.DefaultToken, HTTP: &http.Client{Transport: authentiktest.Transport(slowPages(t))},
		})
		if err != nil {
			t.Fatal(err)
		}
		// The other lists share the eight slots, so they may cost a page.
		if took := fetch(t.Context(), t, client); took < fetchFloor || took > fetchFloor+fetchPause {
			t.Errorf("took %v, the floor is %v", took, fetchFloor)
		}
	})
}
