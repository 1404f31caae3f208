package authentik_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
)

// BenchmarkFetch reads 10,000 people in pages of 100 from a server that takes
// 20 ms for a page, and reports the ratio to the floor
// (1 + ceil((pages-1)/8)) x 20 ms, below which eight requests at a time cannot
// get (reference/performance.md 2). The goal is 1.5.
func BenchmarkFetch(b *testing.B) {
	const n, size, pause = 10_000, 100, 20 * time.Millisecond
	const pages = n / size
	const floor = (1 + (pages-1+7)/8) * pause
	var bodies [pages]string
	for p := range pages {
		var rows []string
		for i := range size {
			k := p*size + i
			rows = append(rows, fmt.Sprintf(`{"pk":%d,"uid":"%064d","username":"user%d","name":"User","email":"user%d@example.org","is_active":true,"is_superuser":false,`+
				`"type":"internal","path":"users","groups":["%s"],"groups_obj":null,"attributes":{},"last_login":null,"avatar":"%s"}`, k+1, k, k, k, groupA, strings.Repeat("A", 1000)))
		}
		bodies[p] = fmt.Sprintf(`{"pagination":{"count":%d,"total_pages":%d},"results":[%s]}`, n, pages, strings.Join(rows, ","))
	}
	fake, err := authentiktest.New(authentiktest.Seed{Native: &authentiktest.Native{}})
	if err != nil {
		b.Fatal(err)
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/api/v3/core/users/" {
			fake.Handler().ServeHTTP(w, r)
			return
		}
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		time.Sleep(pause) // what is measured against
		_, _ = w.Write([]byte(bodies[page-1]))
	}))
	defer srv.Close()
	client, err := authentik.New(authentik.Config{URL: srv.URL, Token: authentiktest.DefaultToken})
	if err != nil {
		b.Fatal(err)
	}
	defer client.Close()
	b.ReportAllocs()
	for b.Loop() {
		r, err := client.ReadDirectory(b.Context(), model.ReadOptions{})
		if err != nil || len(r.Directory.Identities) != n || r.Directory.Incomplete != "" {
			b.Fatal(len(r.Directory.Identities), r.Directory.Incomplete, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(floor), "x-floor")
}
