package authentik

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	api "goauthentik.io/api/v3"
)

// BenchmarkDecode compares our small structs with the generated models on a
// page of 100 users, the reason for having our own.
func BenchmarkDecode(b *testing.B) {
	var rows []string
	for i := range 100 {
		rows = append(rows, fmt.Sprintf(`{"pk":%d,"username":"user%d","name":"User %d","email":"user%d@example.org","is_active":true,`+
			`"is_superuser":false,"last_login":"2026-05-04T03:02:01Z","date_joined":"2026-01-01T00:00:00Z","groups":["%s","%s","%s"],`+
			`"groups_obj":null,"roles":[],"roles_obj":null,"avatar":"data:image/svg+xml;base64,%s","attributes":{"romm_trusted_email":"user%d@example.org"},`+
			`"uid":"%064d","path":"users","type":"internal","uuid":"%s","password_change_date":"2026-01-01T00:00:00Z","last_updated":"2026-01-01T00:00:00Z"}`,
			i+1, i, i, i, benchUUID, benchUUID, benchUUID, strings.Repeat("A", 800), i, i, benchUUID))
	}
	body := []byte(`{"pagination":{"next":0,"previous":0,"count":100,"current":1,"total_pages":1,"start_index":1,"end_index":100},` +
		`"autocomplete":{},"results":[` + strings.Join(rows, ",") + `]}`)
	b.Run("ours", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			var p page[wireUser]
			if err := json.Unmarshal(body, &p); err != nil || len(*p.Results) != 100 {
				b.Fatal(err)
			}
		}
	})
	b.Run("generated", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		b.ReportAllocs()
		for b.Loop() {
			var p api.PaginatedUserList
			if err := json.Unmarshal(body, &p); err != nil || len(p.Results) != 100 {
				b.Fatal(err)
			}
		}
	})
}

const benchUUID = "aaaaaaaa-0000-4000-8000-000000000001"
