package authentik_test

import (
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/authentik/authentiktest/strict"
	"github.com/romm-admin/romm-admin/model"
)

// FuzzListDecoding sends any page of users. Whatever it holds, the reading
// ends, errors carry a code, and a list without a reason to doubt it has as
// many different people as it announced (S9).
func FuzzListDecoding(f *testing.F) {
	f.Add(`{"pagination":{"count":1,"total_pages":1},"results":[{"pk":1,"username":"a","email":null,"groups":[],"attributes":{}}]}`)
	f.Add(`{"pagination":{"count":2,"total_pages":2},"results":[{"pk":1},{"pk":1}]}`)
	f.Add(`{"pagination":{"count":1e3,"total_pages":-1},"results":{}}`)
	f.Add(`{"pagination":{"count":0,"total_pages":0},"results":[{"pk":1,"attributes":{"romm_trusted_email":["x"]}}]}`)
	fake, err := strict.New(authentiktest.Seed{Native: &authentiktest.Native{}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body string) {
		// Pages after the first are gone, so that a page that announces a
		// million of them costs eight calls.
		gone := onPath("/api/v3/core/users/", "page=", answer(http.StatusNotFound, "application/json", `{"detail":"Invalid page."}`))
		first := onPath("/api/v3/core/users/", "&page=1&", answer(http.StatusOK, "application/json", body))
		client, err := authentik.New(authentik.Config{
			URL: "https://auth.example.org", Token: authentiktest.DefaultToken,
			HTTP: &http.Client{Transport: authentiktest.Transport(first(gone(fake.Handler())))},
		})
		if err != nil {
			t.Fatal(err)
		}
		record(client)
		got, err := client.ReadDirectory(t.Context(), model.ReadOptions{})
		if err != nil {
			if model.CodeOf(err) == model.CodeInternal {
				t.Errorf("an error without a code: %v", err)
			}
			return
		}
		seen := map[int64]bool{}
		for _, id := range got.Directory.Identities {
			if id.PK < 1 || seen[id.PK] {
				t.Errorf("identity %+v is without key or twice", id)
			}
			seen[id.PK] = true
		}
	})
}

// FuzzErrorBody sends any refusal. It must become one printable line with a
// code, and never repeat the token (S30, S32).
func FuzzErrorBody(f *testing.F) {
	f.Add(400, `{"email":["Enter a valid email address."]}`)
	f.Add(403, `{"detail":"Token invalid/expired"}`)
	f.Add(400, `[["\u001b]0;x\u0007"]]`)
	f.Add(502, `<html>`)
	f.Add(418, `{"redirect_uris":[{"url":["bad"]}],"detail":5}`)
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 400 || status > 599 {
			t.Skip("no refusal")
		}
		client, _ := connect(t, answer(status, "application/json", body), nil)
		_, err := client.ClientSecret(t.Context(), "x")
		text := err.Error()
		if model.CodeOf(err) == model.CodeInternal || text != model.Clean(text) || !utf8.ValidString(text) || strings.Contains(text, "\n") {
			t.Errorf("error %q with code %q", text, model.CodeOf(err))
		}
		if strings.Contains(text, authentiktest.DefaultToken) && !strings.Contains(body, authentiktest.DefaultToken) {
			t.Errorf("the token is in the error %q", text)
		}
	})
}

// FuzzRenderRoles renders drawn constants. proves S11: what is not refused is,
// to Python's own parser, the same program with the very constants that were
// given.
func FuzzRenderRoles(f *testing.F) {
	f.Add("http://companion:8080", groupA, "admin", "viewer")
	f.Add("", groupB, `"`, `\`)
	f.Add("https://[::1]/x", groupA, `"""`, `\N{DASH}`)
	f.Add("", groupA, "{x}%s", "#🙂")
	f.Add("", groupA, "'''", `\u0022`)
	p := python(f)
	empty, err := authentik.RenderRoles(model.RoleTable{})
	if err != nil {
		f.Fatal(err)
	}
	want, err := p.Parse(f.Context(), empty)
	if err != nil || want.Syntax != "" {
		f.Fatal(want.Syntax, err)
	}
	f.Fuzz(func(t *testing.T, url, group, token, other string) {
		sameProgram(t, p, want.Tree, model.RoleTable{
			Companion: url, Rank: []string{token, other}, Default: other,
			Rows: []model.RoleTableRow{{Group: model.GroupID(group), Token: token}},
		})
	})
}

// sameProgram renders the constants, unless they are refused, and compares what
// Python's parser makes of the text.
func sameProgram(t *testing.T, p *authentiktest.Python, want string, given model.RoleTable) (rendered bool) {
	t.Helper()
	text, err := authentik.RenderRoles(given)
	if model.CodeOf(err) == model.CodeInvalid {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.Parse(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	if got.Syntax != "" || got.Tree != want {
		t.Fatalf("the program changes: %s\n%s", got.Syntax, text)
	}
	sameConstants(t, got, given)
	if _, err := authentik.ParseRoles(text); err != nil {
		t.Fatal(err)
	}
	return true
}

// proves S11: for hundreds of drawn parameters, an independent parser sees the
// same program with other literals.
func TestDrawnLiteralsVaryAlone(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	pieces := []string{`"`, `\`, "'", `"""`, "'''", `\n`, "%s", "{x}", "é", "🙂", "#", "return", "</a>&", `\u0022`, "\\x00", "a", " ", "\\N{DASH}", ";", "import os"}
	draw := func() string {
		var b strings.Builder
		for range 1 + r.IntN(6) {
			b.WriteString(pieces[r.IntN(len(pieces))])
		}
		return b.String()
	}
	p := python(t)
	want, err := p.Parse(t.Context(), rolesText(t, params()))
	if err != nil {
		t.Fatal(err)
	}
	for rendered := 0; rendered < 400; {
		given := model.RoleTable{Rank: []string{draw(), draw()}, Companion: []string{"", "http://companion:8080", "https://[::1]/x"}[r.IntN(3)]}
		given.Default = given.Rank[r.IntN(2)]
		given.Rows = []model.RoleTableRow{{Group: groupA, Token: given.Rank[0]}, {Group: groupB, Token: given.Rank[1]}}
		if sameProgram(t, p, want.Tree, given) {
			rendered++
		}
	}
}
