package authentik

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	api "goauthentik.io/api/v3"
)

const benchUUID = "aaaaaaaa-0000-4000-8000-000000000001"

// benchPage is a page of 100 users with avatars as large as real ones, 1.6 kB
// each (reference/performance.md 1).
func benchPage() []byte {
	var rows []string
	for i := range 100 {
		rows = append(rows, fmt.Sprintf(`{"pk":%d,"username":"user%d","name":"User %d","email":"user%d@example.org","is_active":true,`+
			`"is_superuser":false,"last_login":"2026-05-04T03:02:01Z","date_joined":"2026-01-01T00:00:00Z","groups":["%s","%s","%s"],`+
			`"groups_obj":null,"roles":[],"roles_obj":null,"avatar":"data:image/svg+xml;base64,%s","attributes":{"romm_trusted_email":"user%d@example.org"},`+
			`"uid":"%064d","path":"users","type":"internal","uuid":"%s","password_change_date":"2026-01-01T00:00:00Z","last_updated":"2026-01-01T00:00:00Z"}`,
			i+1, i, i, i, benchUUID, benchUUID, benchUUID, strings.Repeat("A", 800), i, i, benchUUID))
	}
	return []byte(`{"pagination":{"next":0,"previous":0,"count":100,"current":1,"total_pages":1,"start_index":1,"end_index":100},` +
		`"autocomplete":{},"results":[` + strings.Join(rows, ",") + `]}`)
}

func decodeOurs(body []byte) error {
	var p page[wireUser]
	if err := json.Unmarshal(body, &p); err != nil {
		return err
	}
	if len(*p.Results) != 100 {
		return fmt.Errorf("%d rows", len(*p.Results))
	}
	return nil
}

func decodeGenerated(body []byte) error {
	var p api.PaginatedUserList
	if err := json.Unmarshal(body, &p); err != nil {
		return err
	}
	if len(p.Results) != 100 {
		return fmt.Errorf("%d rows", len(p.Results))
	}
	return nil
}

// scan only finds out whether the page is JSON: the floor of any decoder of
// the standard library.
func scan(body []byte) error {
	if !json.Valid(body) {
		return fmt.Errorf("not valid")
	}
	return nil
}

// BenchmarkDecode compares our small structs with the generated models on a
// page of 100 users, the reason for having our own.
func BenchmarkDecode(b *testing.B) {
	body := benchPage()
	for _, c := range []struct {
		name   string
		decode func([]byte) error
	}{{"ours", decodeOurs}, {"generated", decodeGenerated}, {"scan", scan}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if err := c.decode(body); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/user")
		})
	}
}

// TestDecodeIsFast holds the ratio, which is the same on a slow machine and on
// a fast one: medians of interleaved rounds in one process.
func TestDecodeIsFast(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector slows the two down differently")
	}
	body := benchPage()
	const rounds = 11
	var ours, generated [rounds]time.Duration
	for i := range rounds {
		for decode, took := range map[*[rounds]time.Duration]func([]byte) error{&ours: decodeOurs, &generated: decodeGenerated} {
			start := time.Now()
			if err := took(body); err != nil {
				t.Fatal(err)
			}
			decode[i] = time.Since(start)
		}
	}
	slices.Sort(ours[:])
	slices.Sort(generated[:])
	ratio := float64(generated[rounds/2]) / float64(ours[rounds/2])
	t.Logf("decoding 100 users: ours %v, generated %v, ratio %.1f", ours[rounds/2], generated[rounds/2], ratio)
	if ratio < 8 {
		t.Errorf("ours is only %.1f times faster than the generated model, want 8", ratio)
	}
}
