package admin

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/tui"
)

// TestJSONHidesUsersOfAddresses proves S32: what Authentik or an old plan says
// may have a password in it, and JSON is pasted as well.
func TestJSONHidesUsersOfAddresses(t *testing.T) {
	in := []changeJSON{
		{Before: "https://host", After: `{"redirect_uris":["https://bob:CANARY@x.org/a"]}`, Label: "a@b"},
		{Before: "http://host", After: "a@b"},
	}
	var b strings.Builder
	if err := writeJSON(&b, in); err != nil {
		t.Fatal(err)
	}
	var out []changeJSON
	if err := json.Unmarshal([]byte(b.String()), &out); err != nil {
		t.Fatal(err)
	}
	in[0].After = `{"redirect_uris":["https://***@x.org/a"]}`
	for i := range in {
		if out[i] != in[i] {
			t.Errorf("%+v, want %+v", out[i], in[i])
		}
	}
}

// TestCrashReportHidesUsersOfAddresses proves S32 for what a panic says.
func TestCrashReportHidesUsersOfAddresses(t *testing.T) {
	dir := t.TempDir()
	id := reportCrash(filepath.Join(dir, "x.db"), "me", tui.Crash{Value: "dial http://bob:CANARY@x.org", Stack: "f(\"http://bob:CANARY@x.org\")"})
	found, _ := filepath.Glob(filepath.Join(dir, "incident-*"))
	if len(found) != 1 {
		t.Fatalf("%s: %v", id, found)
	}
	text, err := os.ReadFile(found[0])
	if err != nil || strings.Contains(string(text), "CANARY") || strings.Count(string(text), "http://***@x.org") != 2 {
		t.Errorf("%s, %v", model.Clean(string(text)), err)
	}
}
