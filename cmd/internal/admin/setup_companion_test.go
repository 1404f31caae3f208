package admin

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/cmd/internal/config"
	"github.com/romm-admin/romm-admin/model"
)

// TestRepairAsksTheSameCompanion: where a changed text does not tell the companion
// for certain, set-up takes it from the journal.
func TestRepairAsksTheSameCompanion(t *testing.T) {
	t.Parallel()
	w := newWorld(t, true)
	do := func(args ...string) string {
		t.Helper()
		out, said, code := inProcess(t, w.Env(), args...)
		if code != 0 {
			t.Fatalf("%q: %s", args, said)
		}
		return out + said
	}
	do("setup", "apply", "--companion", "https://companion.example.org", "--yes")
	rewriteRoles(t, config.FromEnv(w.Env()), `return {"romm_roles": []}`)
	if said := do("setup", "plan"); !strings.Contains(said, "+ asks the companion at https://companion.example.org\n") || strings.Contains(said, "not known") {
		t.Errorf("the plan: %s", said)
	}
	do("setup", "apply", "--yes")
	if said := do("setup", "check"); !strings.Contains(said, "asks the companion at https://companion.example.org") {
		t.Errorf("the check: %s", said)
	}
	if said := do("setup", "plan", "--companion", "none"); !strings.Contains(said, "careful: the companion at https://companion.example.org is not asked any more") {
		t.Errorf("a plan that loses it: %s", said)
	}
}

// rewriteRoles changes the text of the roles mapping as a person would, in
// Authentik.
func rewriteRoles(t *testing.T, lookup func(string) (string, bool), expression string) {
	t.Helper()
	base, _ := lookup("AUTHENTIK_URL")
	token, _ := lookup("AUTHENTIK_TOKEN")
	call := func(method, path string, body any, into any) {
		t.Helper()
		text, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequestWithContext(t.Context(), method, base+"/api/v3"+path, bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if body == nil {
			r.Body, r.ContentLength = http.NoBody, 0
		}
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		answer, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK || into != nil && json.Unmarshal(answer, into) != nil {
			t.Fatalf("%s %s: %d %s %v", method, path, resp.StatusCode, answer, err)
		}
	}
	var list struct {
		Results []struct{ PK, Managed string }
	}
	call(http.MethodGet, "/propertymappings/provider/scope/?page_size=100", nil, &list)
	for _, m := range list.Results {
		if m.Managed == model.MarkRoles {
			call(http.MethodPatch, "/propertymappings/provider/scope/"+m.PK+"/", map[string]string{"expression": expression}, nil)
			return
		}
	}
	t.Fatal("there is no roles mapping")
}
