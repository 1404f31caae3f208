package authentiktest_test

import (
	"testing"

	"github.com/romm-admin/romm-admin/authentik/authentiktest"
)

// Definitions of attributes are of 2026.8: they are listed there, and hold every
// write that sends attributes, old values included.
func TestDefinitions(t *testing.T) {
	t.Parallel()
	seed := family(t, "2026.8.1")
	seed.Users[0].Attributes = map[string]any{"department": "none", "size": 5.0}
	seed.Users[1].Attributes = map[string]any{"badge": map[string]any{"id": "7"}}
	seed.Definitions = []authentiktest.Definition{
		{Key: "department", Regex: "[A-Z]+"},
		{Key: "badge.id", Unique: true},
		{Key: "off", Required: true, Disabled: true},
		{Key: "size", Type: "number"},
		{Key: "team", Model: "group", Required: true},
	}
	f := start(t, seed)
	const user = "/api/v3/core/users/100/"
	for body, words := range map[string]string{
		`{"attributes": {"department": "none"}}`:             "department:[Value does not match",
		`{"attributes": {"size": "big"}}`:                    "size:[Value must be a number",
		`{"attributes": {"badge": {"id": "7"}}}`:             "badge.id:[This value is already used",
		`{"attributes": {"department": true, "x": [1, {}]}}`: "department:[Value must be a text",
	} {
		f.wants("PATCH", user, body, 400, words)
	}
	f.wants("PATCH", user, `{"email": "new@example.org"}`, 200, "new@example.org") // not sent, not checked
	f.wants("PATCH", user, `{"attributes": {"department": "IT", "size": 7}}`, 200, "IT")
	if got := rows(f.get("/core/object_attributes/?object_type__model=user&enabled=true"), "key"); len(got) != 3 || got[0] != "department" {
		t.Errorf("listed: %q", got)
	}
	seed.Version = "2026.5.3"
	before := start(t, seed)
	before.wants("PATCH", user, `{"attributes": {"department": "none"}}`, 200, "none")
	if got := ask(before.Server, "GET", "/api/v3/core/object_attributes/", "Bearer "+before.token, "", "", ""); got.status != 404 {
		t.Errorf("2026.5: %d", got.status)
	}
}
