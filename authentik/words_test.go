package authentik_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/db/rommtest"
	"github.com/romm-admin/romm-admin/model"
)

func TestAnswersInWords(t *testing.T) {
	t.Parallel()
	const js = "application/json"
	version := func(h http.HandlerFunc) func(http.Handler) http.Handler {
		return onPath("/api/v3/admin/version/", "", h)
	}
	for name, c := range map[string]struct {
		wrap  func(http.Handler) http.Handler
		token model.Secret
		code  model.Code
		words []string
	}{
		"bad token": {nil, "wrong", model.CodeUnauthorized, []string{"Authentik refused the token", "AUTHENTIK_TOKEN", "intent API", "replaced at expiry"}},
		"403 otherwise": {
			version(answer(403, js, `{"detail":"You do not have permission to perform this action."}`)), "",
			model.CodeForbidden,
			[]string{"answers 403 Forbidden to what any token may ask", "permission to perform", "no proxy in front of it refuses"},
		},
		"401":           {version(answer(401, js, `{}`)), "", model.CodeUnauthorized, []string{"answers 401 Unauthorized, as Authentik itself does not", "a login of its own", "AUTHENTIK_TOKEN"}},
		"wrong url":     {version(answer(404, js, `{"detail":"Not found."}`)), "", model.CodeUnavailable, []string{"there is no Authentik at http://127.0.0.1", "/api/v3/admin/version/ answers 404 Not Found", "AUTHENTIK_URL"}},
		"html 200":      {version(answer(200, "text/html; charset=utf-8", `<html>log in</html>`)), "", model.CodeUnavailable, []string{"/api/v3/admin/version/ answers 200 with a web page,", "proxy"}},
		"html 404":      {version(answer(404, "text/plain", " <!doctype html>")), "", model.CodeUnavailable, []string{"answers 404 with a web page"}},
		"not json":      {version(answer(200, js, `hello`)), "", model.CodeUnavailable, []string{"with text that is not JSON, “hello”"}},
		"other json":    {version(answer(200, js, `{"version":"1"}`)), "", model.CodeUnavailable, []string{`with JSON of another program, “{"version":"1"}”`}},
		"fields":        {version(answer(400, js, `{"b":["one","two"],"a":"plain","redirect_uris":[{"url":["bad"]}],"non_field_errors":["all"]}`)), "", model.CodeInvalid, []string{"a: plain; b: one; b: two; all; redirect_uris: url: bad"}},
		"list":          {version(answer(400, js, `["Value must be a dictionary"]`)), "", model.CodeInvalid, []string{"Value must be a dictionary"}},
		"hostile words": {version(answer(400, js, `{"detail":"\u001b[31mred\u202e"}`)), "", model.CodeInvalid, []string{`\x1b[31mred\u202e`}},
		"huge":          {version(answer(200, js, `"`+strings.Repeat("x", 1<<20)+`"`)), "", model.CodeUnavailable, []string{"larger than 1 MiB"}},
		"500":           {version(answer(500, js, `{}`)), "", model.CodeUnavailable, []string{"answers 500 Internal Server Error", "log of its server"}},
		"plain text":    {version(answer(500, "text/plain", "upstream\n  is down")), "", model.CodeUnavailable, []string{"upstream is down"}},
		"teapot":        {version(answer(418, js, `{}`)), "", model.CodeUnavailable, []string{"answers 418 I'm a teapot", "AUTHENTIK_URL"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t, authentiktest.Seed{}, c.wrap, func(cfg *authentik.Config) {
				if c.token != "" {
					cfg.Token = c.token
				}
			})
			_, err := f.client.ReadDirectory(t.Context(), model.ReadOptions{})
			if model.CodeOf(err) != c.code {
				t.Errorf("code %q, want %q", model.CodeOf(err), c.code)
			}
			contains(t, "error and hint", err.Error()+" | "+model.HintOf(err), c.words...)
		})
	}
}

// Whatever else stands at AUTHENTIK_URL, the address that was asked is named,
// and what answered there.
func TestStrangersAreNamed(t *testing.T) {
	t.Parallel()
	romm, err := rommtest.New(rommtest.Seed{})
	if err != nil {
		t.Fatal(err)
	}
	page := func(status int, title string) http.HandlerFunc {
		return answer(status, "text/html", "<!doctype html><html><head><title>"+title+"</title></head><body>…</body></html>")
	}
	const at = "/api/v3/admin/version/ answers "
	for name, c := range map[string]struct {
		server http.Handler
		words  []string
	}{
		"RomM's API":    {romm, []string{at + "500 Internal Server Error", "check that AUTHENTIK_URL is the address of Authentik (RomM's is ROMM_BASE_URL)"}},
		"FastAPI":       {answer(404, "application/json", `{"detail":"Not Found"}`), []string{"there is no Authentik at http://127.0.0.1:", at + "404 Not Found: Not Found", "RomM's is ROMM_BASE_URL"}},
		"RomM's pages":  {page(200, "RomM"), []string{at + "200 with a web page titled “RomM”", "this looks like RomM", "ROMM_BASE_URL"}},
		"a web site":    {page(404, "Not\n found &amp; gone"), []string{at + "404 with a web page titled “Not found & gone”", "check AUTHENTIK_URL"}},
		"a login page":  {page(401, "Sign in"), []string{at + "401 with a web page titled “Sign in”", "let a proxy in front of Authentik pass /api/v3/"}},
		"a proxy":       {page(502, "502 Bad Gateway"), []string{at + "502 with a web page titled “502 Bad Gateway”", "check that Authentik is up behind the proxy"}},
		"hostile title": {page(200, "\x1b]0;x\a\u202e"+strings.Repeat("y", 500)), []string{`titled “\x1b]0;x\x07\u202e`, "…”"}},
		"another API": {answer(200, "application/json", `{"status": "ok",
			"uptime": 5}`), []string{at + `with JSON of another program, “{"status": "ok", "uptime": 5}”`}},
		"a long one":      {answer(200, "application/json", `["`+strings.Repeat("z", 500)+`"]`), []string{`with JSON of another program, “["zzz`, "z…”"}},
		"plain text":      {answer(200, "text/plain", "pong\n"), []string{at + "with text that is not JSON, “pong”"}},
		"nothing":         {answer(200, "application/json", ""), []string{at + "with text that is not JSON, “”"}},
		"a plain refusal": {answer(404, "text/plain", "404 page not found"), []string{at + "404 Not Found", "404 page not found"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, _ := connect(t, c.server, nil)
			_, err := client.ReadDirectory(t.Context(), model.ReadOptions{})
			if model.CodeOf(err) != model.CodeUnavailable {
				t.Errorf("code %q", model.CodeOf(err))
			}
			text := err.Error() + " | " + model.HintOf(err)
			contains(t, "error and hint", text, c.words...)
			if text != model.Clean(text) || len(text) > 700 || strings.Contains(text, authentiktest.DefaultToken) {
				t.Errorf("the words %q", text)
			}
			if _, err := client.CheckAccess(t.Context()); err == nil || err.Error() != strings.Split(text, " | ")[0] {
				t.Errorf("what the token may do: %v", err)
			}
		})
	}
}
