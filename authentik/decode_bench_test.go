package authentik

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	api "goauthentik.io/api/v3"
)

const benchUUID = "aaaaaaaa-0000-4000-8000-000000000001"

// benchPage is a page of 100 users with avatars as large as Authentik's usual
// ones (an SVG in base64): 1.6 kB a user.
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

// TestDecodeAllocates holds what makes the difference and is the same on every
// machine, however busy: the allocations of both, side by side.
func TestDecodeAllocates(t *testing.T) {
	body := benchPage()
	count := func(decode func([]byte) error) float64 {
		return testing.AllocsPerRun(3, func() {
			if err := decode(body); err != nil {
				t.Fatal(err)
			}
		})
	}
	ours, generated := count(decodeOurs), count(decodeGenerated)
	t.Logf("allocations for 100 users: ours %.0f, generated %.0f, ratio %.1f", ours, generated, generated/ours)
	if generated < 8*ours {
		t.Errorf("ours allocates only %.1f times less often than the generated model, want 8", generated/ours)
	}
}

// TestDecodeIsFast holds the ratio of the times: the least of interleaved
// rounds in one process, which is what is left without the others' load. It
// runs with `make bench`.
func TestDecodeIsFast(t *testing.T) {
	if os.Getenv("ROMM_ADMIN_LIMITS") == "" {
		t.Skip("it depends on the machine: make bench, or ROMM_ADMIN_LIMITS=1")
	}
	body := benchPage()
	least := func(decode func([]byte) error, sofar time.Duration) time.Duration {
		begun := time.Now()
		if err := decode(body); err != nil {
			t.Fatal(err)
		}
		return min(sofar, time.Since(begun))
	}
	ours, generated := time.Hour, time.Hour
	for range 60 {
		ours, generated = least(decodeOurs, ours), least(decodeGenerated, generated)
	}
	ratio := float64(generated) / float64(ours)
	t.Logf("decoding 100 users: ours %v, generated %v, ratio %.1f", ours, generated, ratio)
	if ratio < 8 {
		t.Errorf("ours is only %.1f times faster than the generated model, want 8", ratio)
	}
}
