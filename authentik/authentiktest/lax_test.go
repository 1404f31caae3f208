package authentiktest_test

import (
	"net/http"
	"testing"

	"github.com/romm-admin/romm-admin/authentik/authentiktest"
)

// TestWithoutValidator: the server of a demo checks nothing against documents.
// It still answers whatever is sent, and ignores no parameter in silence.
func TestWithoutValidator(t *testing.T) {
	t.Parallel()
	seed := family(t, "")
	seed.Native = &authentiktest.Native{}
	s, err := authentiktest.New(seed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	f := &fake{Server: s, t: t, token: authentiktest.DefaultToken}
	if got := f.get("/core/users/?username=eve"); len(rows(got, "username")) != 1 {
		t.Errorf("eve is %v", got)
	}
	f.wants("GET", "/api/v3/core/users/?is_activ=true", "", http.StatusNotImplemented, "is_activ")
	for _, c := range []struct{ method, path, body string }{
		{"PATCH", "/providers/oauth2/1/", `{"property_mappings":7}`},
		{"PATCH", "/providers/oauth2/1/", `{"property_mappings":[7]}`},
		{"PATCH", "/providers/oauth2/1/", `{"redirect_uris":"https://x"}`},
		{"PATCH", "/providers/oauth2/1/", `{"redirect_uris":["https://x"]}`},
		{"POST", "/providers/oauth2/", `[]`},
		{"POST", "/core/applications/", `{"provider":"x"}`},
		{"PATCH", "/core/users/100/", `{"email":7}`},
		{"POST", "/propertymappings/provider/scope/", `{"name":[1]}`},
	} {
		if status, _ := f.do(c.method, "/api/v3"+c.path, c.body); status < 200 || status > 501 || status == 500 {
			t.Errorf("%s %s %s: %d", c.method, c.path, c.body, status)
		}
	}
}
