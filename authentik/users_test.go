package authentik_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
)

const bobPK = 100

func bobSeed() authentiktest.Seed {
	return authentiktest.Seed{Users: []authentiktest.User{{
		Username: "bob", Name: "Bob", Email: "bob@old.example",
		Attributes: map[string]any{
			model.AttrTrustedEmail: "bob@old.example", "big": json.Number("12345678901234567890"), "float": json.Number("1.50"),
			"nested": map[string]any{"a": []any{"x", nil, true}, "html": "<a&b>"},
		},
	}}}
}

// watch records the bodies of writes and may do something before one.
func watch(before func(), bodies *[]string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet {
				body, _ := io.ReadAll(r.Body)
				*bodies = append(*bodies, string(body))
				r.Body = io.NopCloser(strings.NewReader(string(body)))
				if before != nil {
					before()
				}
			}
			next.ServeHTTP(w, r)
		})
	}
}

func TestSetEmail(t *testing.T) {
	t.Parallel()
	for _, version := range authentiktest.Versions() {
		t.Run(version, func(t *testing.T) {
			t.Parallel()
			seed := bobSeed()
			seed.Version = version
			var sent []string
			f := start(t, seed, watch(nil, &sent), nil)
			got, err := f.client.SetEmail(t.Context(), bobPK, "bob@old.example", "Bob@example.org")
			if err != nil {
				t.Fatal(err)
			}
			if got.Email != "Bob@example.org" || got.TrustedEmail != "bob@old.example" || got.PK != bobPK {
				t.Errorf("identity %+v", got)
			}
			if want := `{"email":"Bob@example.org"}`; len(sent) != 1 || sent[0] != want {
				t.Errorf("sent %q, want %s alone", sent, want)
			}
			if again := f.read(t).Directory.Identities[0]; again.Email != "Bob@example.org" {
				t.Errorf("the directory says %q", again.Email)
			}
			if _, err := f.client.SetEmail(t.Context(), bobPK, "Bob@example.org", ""); err != nil {
				t.Errorf("clearing: %v", err)
			}
		})
	}
}

// Everything but the trusted address comes back as it was, to the last digit.
func TestSetTrustedEmailKeepsTheRest(t *testing.T) {
	t.Parallel()
	var sent []string
	f := start(t, bobSeed(), watch(nil, &sent), nil)
	for _, c := range []struct{ before, after, want string }{
		{"bob@old.example", "bob@new.example", `"romm_trusted_email":"bob@new.example"`},
		{"bob@new.example", "", ""},
		{"", "bob@old.example", `"romm_trusted_email":"bob@old.example"`},
	} {
		got, err := f.client.SetTrustedEmail(t.Context(), bobPK, c.before, c.after)
		if err != nil {
			t.Fatalf("%q to %q: %v", c.before, c.after, err)
		}
		if got.TrustedEmail.Raw() != c.after || got.Email != "bob@old.example" {
			t.Errorf("identity %+v", got)
		}
		body := sent[len(sent)-1]
		contains(t, "body", body, `"big":12345678901234567890`, `"float":1.50`, c.want)
		if c.want == "" && strings.Contains(body, "romm_trusted_email") {
			t.Errorf("the attribute is not removed: %s", body)
		}
	}
	if len(sent) != 3 {
		t.Errorf("%d writes", len(sent))
	}
	seed := bobSeed()
	attributes, _ := f.fake.Attributes("bob")
	if !reflect.DeepEqual(attributes, seed.Users[0].Attributes) {
		t.Errorf("attributes %v", attributes)
	}
}

// proves S35: what is not as the plan saw it is not written, and what must
// never be written is not even asked about.
func TestUserWritesRefuse(t *testing.T) {
	t.Parallel()
	var sent []string
	f := start(t, bobSeed(), watch(nil, &sent), nil)
	for name, c := range map[string]struct {
		pk            int64
		before, after string
		code          model.Code
	}{
		"stale":          {bobPK, "bob@other.example", "bob@example.org", model.CodeConflict},
		"stale, as case": {bobPK, "BOB@old.example", "bob@example.org", model.CodeConflict},
		"gone":           {999, "bob@old.example", "bob@example.org", model.CodeNotFound},
		"no key":         {0, "bob@old.example", "bob@example.org", model.CodeInvalid},
		"same":           {bobPK, "bob@old.example", "bob@old.example", model.CodeInvalid},
		"not ascii":      {bobPK, "bob@old.example", "bób@example.org", model.CodeInvalid}, // proves S2
		"kelvin sign":    {bobPK, "bob@old.example", "\u212a@example.org", model.CodeInvalid},
		"blank":          {bobPK, "bob@old.example", " bob@example.org", model.CodeInvalid},
		"no address":     {bobPK, "bob@old.example", "bob", model.CodeInvalid},
	} {
		for kind, set := range map[string]func() error{
			"e-mail":  func() error { _, err := f.client.SetEmail(t.Context(), c.pk, c.before, c.after); return err },
			"trusted": func() error { _, err := f.client.SetTrustedEmail(t.Context(), c.pk, c.before, c.after); return err },
		} {
			if err := set(); model.CodeOf(err) != c.code || model.HintOf(err) == "" {
				t.Errorf("%s, %s: code %q, hint %q, want %q: %v", name, kind, model.CodeOf(err), model.HintOf(err), c.code, err)
			}
		}
	}
	if len(sent) != 0 {
		t.Errorf("written: %q", sent)
	}
}

// proves S34: the permission that is missing is named.
func TestUserWriteNeedsPermission(t *testing.T) {
	t.Parallel()
	seed := bobSeed()
	seed.Permissions = []string{"authentik_core.view_user"}
	_, err := start(t, seed, nil, nil).client.SetEmail(t.Context(), bobPK, "bob@old.example", "bob@example.org")
	if model.CodeOf(err) != model.CodeForbidden {
		t.Errorf("error %v", err)
	}
	contains(t, "error", err.Error(), "authentik_core.change_user")
}

// proves S35: between reading and reading back, others write too.
func TestUserWriteRaces(t *testing.T) {
	t.Parallel()
	lie := func(next http.Handler) http.Handler { // says yes and does nothing
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPatch {
				_, _ = io.ReadAll(r.Body)
				r = r.Clone(r.Context())
				r.Method, r.Body, r.ContentLength = http.MethodGet, http.NoBody, 0
			}
			next.ServeHTTP(w, r)
		})
	}
	other := func(body string) func(http.Handler) http.Handler { // writes at once after us
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				next.ServeHTTP(w, r)
				if r.Method == http.MethodPatch {
					again := httptest.NewRequest(http.MethodPatch, r.URL.Path, strings.NewReader(body))
					again.Header = r.Header.Clone()
					next.ServeHTTP(httptest.NewRecorder(), again)
				}
			})
		}
	}
	for name, c := range map[string]struct {
		wrap  func(http.Handler) http.Handler
		trust bool
		code  model.Code
		words string
	}{
		"lie":              {lie, false, model.CodeInternal, "changed nothing"},
		"lie, trusted":     {lie, true, model.CodeInternal, "changed nothing"},
		"other address":    {other(`{"email":"eve@example.org"}`), false, model.CodeConflict, "eve@example.org"},
		"other attributes": {other(`{"attributes":{"romm_trusted_email":"bob@example.org"}}`), true, model.CodeConflict, "other attributes changed"},
		"other trust":      {other(`{"attributes":{"romm_trusted_email":"eve@example.org","big":12345678901234567890,"float":1.50,"nested":{"a":["x",null,true],"html":"<a&b>"}}}`), true, model.CodeConflict, "eve@example.org"},
		"html":             {onPath("/api/v3/core/users/100/", "", answer(200, "text/html", "<html>")), false, model.CodeUnavailable, "answers 200 with a web page, not with"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, bobSeed(), c.wrap, nil)
			var err error
			if c.trust {
				_, err = f.client.SetTrustedEmail(t.Context(), bobPK, "bob@old.example", "bob@example.org")
			} else {
				_, err = f.client.SetEmail(t.Context(), bobPK, "bob@old.example", "bob@example.org")
			}
			if model.CodeOf(err) != c.code {
				t.Errorf("code %q, want %q: %v", model.CodeOf(err), c.code, err)
			}
			contains(t, "error", err.Error(), c.words)
		})
	}
}

// A redirect must not turn a write into a read that looks like success.
func TestWriteIsNotRedirected(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	f := start(t, bobSeed(), func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPatch {
				http.Redirect(w, r, "/api/v3/admin/version/", http.StatusFound)
				return
			}
			if strings.HasSuffix(r.URL.Path, "/version/") {
				asked.Add(1)
			}
			next.ServeHTTP(w, r)
		})
	}, nil)
	_, err := f.client.SetEmail(t.Context(), bobPK, "bob@old.example", "bob@example.org")
	if model.CodeOf(err) != model.CodeUnavailable || asked.Load() != 0 {
		t.Errorf("followed %d times: %v", asked.Load(), err)
	}
}

func TestUserWriteWarning(t *testing.T) {
	t.Parallel()
	for version, warns := range map[string]bool{
		"2024.12.5": true, "2025.10.4": true, "2025.12.0": false, "2026.5.3": false, "": false, "odd": false,
	} {
		if got := authentik.UserWriteWarning(version); (got != "") != warns {
			t.Errorf("%s: %q", version, got)
		}
	}
}
