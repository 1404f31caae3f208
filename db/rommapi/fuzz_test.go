package rommapi

import (
	"bytes"
	"io"
	"net/http"
	"testing"
	"unicode"

	"github.com/romm-admin/romm-admin/model"
)

// canned answers every request with one JSON body.
type canned []byte

func (c canned) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(bytes.NewReader(c)),
	}, nil
}

// FuzzUsers: whatever a list of users is, it is read as accounts that have
// distinct ids and known roles, or refused in words fit for a terminal (R13,
// S30).
func FuzzUsers(f *testing.F) {
	for _, seed := range []string{
		`[]`, `null`, `{}`, `[[]]`, `[null]`, `[{}]`, `7`, ``,
		`[{"id":1,"username":"a","email":"a@x.io","enabled":true,"role":"admin","last_login":"2026-01-02T03:04:05+00:00","permission_group_id":2}]`,
		`[{"id":2,"username":"\u001b[2J\u202e","email":null,"enabled":false,"role":"wizard\u0007"},{"id":1,"username":"","email":"","enabled":true,"role":"USER "}]`,
		`[{"id":1,"username":"a","enabled":true,"role":"user"},{"id":1,"username":"b","enabled":true,"role":"user"}]`,
		`[{"id":1e99,"username":"a","enabled":true,"role":"user"}]`, `[{"id":1,"username":"a","enabled":"yes","role":"user"}]`,
		`[{"id":9223372036854775807,"username":"a","enabled":true,"role":"editor","last_active":"2026-01-02 03:04:05"}] x`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		c, err := New(Config{URL: "https://romm.example.org", Token: "rmm_x", HTTP: &http.Client{Transport: canned(body)}})
		if err != nil {
			t.Fatal(err)
		}
		users, warnings, err := c.list(t.Context())
		texts := warnings
		if err != nil {
			if users != nil || model.CodeOf(err) != model.CodeUnavailable || model.HintOf(err) == "" {
				t.Errorf("%d users with %v", len(users), err)
			}
			texts = append(texts, err.Error(), model.HintOf(err))
		}
		odd := 0
		for i, u := range users {
			if i > 0 && u.ID <= users[i-1].ID {
				t.Errorf("id %d after %d", u.ID, users[i-1].ID)
			}
			if u.EmptyEmail && u.HasEmail() {
				t.Errorf("user %d has an empty and another address", u.ID)
			}
			if r, err := model.ParseRole(string(u.Role)); err != nil {
				odd++
			} else if r != u.Role {
				t.Errorf("user %d has the role %q", u.ID, string(u.Role))
			}
		}
		if odd != len(warnings) {
			t.Errorf("%d unknown roles, %d warnings", odd, len(warnings))
		}
		for _, text := range texts {
			for _, r := range text {
				if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
					t.Errorf("%q reaches the terminal", text)
				}
			}
		}
	})
}
