package authentik_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/authentik/authentiktest"
	"github.com/romm-admin/romm-admin/model"
)

// python returns what runs expressions as Authentik does; the test is skipped
// where there is no python3.
func python(t testing.TB) *authentiktest.Python {
	t.Helper()
	if err := authentiktest.FindPython(); err != nil {
		t.Skip(err)
	}
	p := &authentiktest.Python{}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

const clientSecret = "s3cret"

// evaluate runs a case on the newest release, for a provider with a secret
// unless the case has its own.
func evaluate(t *testing.T, p *authentiktest.Python, c authentiktest.Case) authentiktest.Outcome {
	t.Helper()
	if c.Version == "" {
		c.Version = authentiktest.DefaultVersion
	}
	if c.Provider == nil {
		c.Provider = map[string]any{"client_secret": clientSecret}
	}
	got, err := p.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// proves S1, S2 and S11: the address mapping is true only for the exact,
// trusted, pure ASCII address, and raises nothing.
func TestEmailAddressRuns(t *testing.T) {
	t.Parallel()
	user := func(email any, attributes any) map[string]any {
		return map[string]any{"username": "u", "email": email, "attributes": attributes}
	}
	trusts := func(v any) map[string]any { return map[string]any{"romm_trusted_email": v} }
	p := python(t)
	for _, c := range []struct {
		name     string
		user     map[string]any
		email    string
		verified bool
	}{
		{"trusted", user("a@example.org", trusts("a@example.org")), "a@example.org", true},
		{"changed", user("b@example.org", trusts("a@example.org")), "b@example.org", false},
		{"case", user("A@example.org", trusts("a@example.org")), "A@example.org", false},
		{"blank", user("a@example.org ", trusts("a@example.org")), "a@example.org ", false},
		{"no attribute", user("a@example.org", map[string]any{}), "a@example.org", false},
		{"null", user("a@example.org", trusts(nil)), "a@example.org", false},
		{"true", user("a@example.org", trusts(true)), "a@example.org", false},
		{"list", user("a@example.org", trusts([]string{"a@example.org"})), "a@example.org", false},
		{"both empty", user("", trusts("")), "", false},
		{"not ascii", user("ä@example.org", trusts("ä@example.org")), "ä@example.org", false},
		{"kelvin sign", user("\u212a@example.org", trusts("\u212a@example.org")), "\u212a@example.org", false},
		{"email null", user(nil, trusts(nil)), "", false},
		{"attributes null", user("a@example.org", nil), "a@example.org", false},
		{"attributes a list", user("a@example.org", []string{"romm_trusted_email"}), "a@example.org", false},
		{"anonymous", user("", map[string]any{}), "", false},
		{"no user", nil, "", false},
	} {
		got := evaluate(t, p, authentiktest.Case{Text: authentik.EmailAddress(), User: c.user})
		if got.Raised != "" || got.Result["email"] != c.email || got.Result["email_verified"] != c.verified || len(got.Result) != 2 {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

// companion answers over HTTP what each case wants, below a path of its own,
// and notes what it was asked.
type companion struct {
	*httptest.Server

	mu      sync.Mutex
	answers []http.HandlerFunc
	asked   map[int][]*http.Request
	body    map[int]string
}

func newCompanion(t *testing.T) *companion {
	t.Helper()
	c := &companion{asked: map[int][]*http.Request{}, body: map[int]string{}}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		number, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		n, err := strconv.Atoi(number)
		body, _ := io.ReadAll(r.Body)
		if err != nil || path != "v1/claims" || r.Method != http.MethodPost {
			t.Errorf("asked %s %s", r.Method, r.URL)
			return
		}
		c.mu.Lock()
		c.asked[n], c.body[n] = append(c.asked[n], r), string(body)
		answer := c.answers[n]
		c.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(c.Close)
	return c
}

// add returns the number and the address of a companion that answers so.
func (c *companion) add(h http.HandlerFunc) (n int, url string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers = append(c.answers, h)
	n = len(c.answers) - 1
	return n, fmt.Sprintf("%s/%d", c.URL, n)
}

// got returns what that companion was asked, and the last body.
func (c *companion) got(n int) ([]*http.Request, string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.asked[n], c.body[n]
}

func answers(status int, body any) http.HandlerFunc {
	text, err := json.Marshal(body)
	if err != nil {
		panic(err) // a mistake in the test
	}
	return answer(status, "application/json", string(text))
}

// proves S6, S7 and S11: the roles mapping always answers with a list of exact
// tokens, whatever the companion does, and raises nothing.
func TestRolesRun(t *testing.T) {
	t.Parallel()
	alice := map[string]any{"username": "alice", "uid": "abc", "email": "alice@example.org"}
	anonymous := map[string]any{"username": "AnonymousUser", "uid": "", "email": ""}
	roles := func(list any) http.HandlerFunc { return answers(200, map[string]any{"roles": list, "decision": "map"}) }
	admin, viewer := []string{"admin"}, []string{"viewer"}
	down := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	p, other := python(t), newCompanion(t)
	for _, c := range []struct {
		name   string
		run    authentiktest.Case
		groups string
		answer http.HandlerFunc // nil: the mapping names no companion
		def    string
		want   []string
		asked  bool
		warns  bool
	}{
		{"companion answers", authentiktest.Case{User: alice}, groupB, roles([]string{"editor"}), "", []string{"editor"}, true, false},
		{"companion refuses", authentiktest.Case{User: alice}, groupA, roles([]string{}), "", nil, true, false},
		{"companion down", authentiktest.Case{User: alice}, groupB + " " + groupA, down, "", admin, true, true},
		{"down, no group", authentiktest.Case{User: alice}, "", down, "", nil, true, true},
		{"down, other group", authentiktest.Case{User: alice}, "cccccccc-0000-4000-8000-000000000003", down, "", nil, true, true},
		{"status 500", authentiktest.Case{User: alice}, groupB, answers(500, map[string]any{"roles": admin}), "", viewer, true, true},
		{"redirect", authentiktest.Case{User: alice}, groupB, http.RedirectHandler("/elsewhere", http.StatusFound).ServeHTTP, "", viewer, true, true},
		{"roles a text", authentiktest.Case{User: alice}, groupB, roles("admin"), "", viewer, true, true},
		{"roles mixed", authentiktest.Case{User: alice}, groupB, roles([]any{"admin", 1}), "", viewer, true, true},
		{"no roles", authentiktest.Case{User: alice}, groupB, answers(200, map[string]any{}), "", viewer, true, true},
		{"a list", authentiktest.Case{User: alice}, groupB, answers(200, admin), "", viewer, true, true},
		{"not json", authentiktest.Case{User: alice}, groupB, answer(200, "text/plain", "ok"), "", viewer, true, true},
		{"no client secret", authentiktest.Case{User: alice, Provider: map[string]any{"client_secret": ""}}, groupB, roles(admin), "", viewer, false, true},
		{"groups raise", authentiktest.Case{User: alice, GroupsFail: true}, "", roles(admin), "", nil, false, true},
		{"anonymous", authentiktest.Case{User: anonymous}, groupA, roles(admin), "", nil, false, false},
		{"no user", authentiktest.Case{}, groupA, roles(admin), "", nil, false, false},
		{"table only", authentiktest.Case{User: alice}, groupB + " " + groupA, nil, "", admin, false, false},
		{"default", authentiktest.Case{User: alice}, "", down, "editor", []string{"editor"}, true, true},
		{"default is higher", authentiktest.Case{User: alice}, groupB, down, "editor", []string{"editor"}, true, true},
	} {
		param, n := params(), -1 // nobody
		param.Companion, param.Default = "", c.def
		if c.answer != nil {
			n, param.Companion = other.add(c.answer)
		}
		c.run.Text = rolesText(t, param)
		for _, g := range strings.Fields(c.groups) {
			c.run.Groups = append(c.run.Groups, authentiktest.CaseGroup{PK: g, Name: "name of " + g})
		}
		got := evaluate(t, p, c.run)
		sent, isList := got.Result["romm_roles"].([]any)
		if got.Raised != "" || !isList || !slices.Equal(list(sent), c.want) || len(got.Result) != 1 {
			t.Errorf("%s: %+v, want %q", c.name, got, c.want)
		}
		requests, _ := other.got(n)
		asked := len(requests)
		if asked > 1 || (asked == 1) != c.asked || len(got.Calls) != asked || (len(got.Log) > 0) != c.warns {
			t.Errorf("%s: asked %d times, log %q", c.name, asked, got.Log)
		}
	}
}

// The companion gets what it needs to decide, signed with the client secret.
func TestRolesRequest(t *testing.T) {
	t.Parallel()
	alice := map[string]any{"username": "alice \"ü\"", "uid": "abc", "email": "alice@example.org"}
	p, other := python(t), newCompanion(t)
	nonces := map[string]bool{}
	for path, purpose := range map[string]string{
		"/application/o/token/": "login", "/application/o/userinfo/": "userinfo", "/api/v3/providers/oauth2/1/preview_user/": "preview",
		"/application/o/romm/.well-known/openid-configuration": "discovery", "": "login", "/auth/application/o/token/": "login",
	} {
		param := params()
		n, url := other.add(answer(200, "application/json", `{"roles":[]}`))
		param.Companion = url
		got := evaluate(t, p, authentiktest.Case{
			Text: rolesText(t, param), User: alice, Path: path, Groups: []authentiktest.CaseGroup{{PK: groupA, Name: `"family" ü`}},
		})
		requests, body := other.got(n)
		if len(got.Calls) != 1 || len(requests) != 1 {
			t.Fatalf("%+v", got)
		}
		call, request := got.Calls[0], requests[0]
		if fmt.Sprint(call.Timeout) != "[0.5 1]" || call.Redirects || request.Header.Get("Content-Type") != "application/json" ||
			request.Header.Get("User-Agent") != "authentik@"+authentiktest.DefaultVersion {
			t.Errorf("call %+v", call)
		}
		mac := hmac.New(sha256.New, []byte(clientSecret))
		mac.Write([]byte(body))
		if want := "v1=" + hex.EncodeToString(mac.Sum(nil)); request.Header.Get("X-Romm-Admin-Signature") != want {
			t.Errorf("signature %q, want %q", request.Header.Get("X-Romm-Admin-Signature"), want)
		}
		var b struct {
			Version                              int
			Purpose, UID, Username, Email, Nonce string
			At                                   int64
			Groups                               []struct{ PK, Name string }
		}
		dec := json.NewDecoder(strings.NewReader(body))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&b); err != nil {
			t.Fatal(err)
		}
		if b.Version != 1 || b.Purpose != purpose || b.UID != "abc" || b.Username != alice["username"] || b.Email != "alice@example.org" ||
			len(b.Groups) != 1 || b.Groups[0].PK != groupA || b.Groups[0].Name != `"family" ü` || len(b.Nonce) != 32 || b.At < 1.7e9 {
			t.Errorf("body %+v, want purpose %s", b, purpose)
		}
		if nonces[b.Nonce] {
			t.Error("a nonce came twice")
		}
		nonces[b.Nonce] = true
	}
}

// proves S11: an independent parser sees the same program, and the constants
// as the values that were given.
func TestOnlyLiteralsVary(t *testing.T) {
	t.Parallel()
	p, want := python(t), ""
	for _, given := range []model.RoleTable{
		{},
		params(),
		{Rank: []string{`"`, `\`, "'", `"""`, "\\n", "%s", "{x}", "é", "🙂", "#", "</a>&", `\u0022`, "a\u0301"}, Default: "🙂"},
		{Generation: 1<<62 + 1, Sum: strings.Repeat("af", 32)},
		{Companion: "https://[::1]:8443/base", Rank: []string{"x"}, Rows: []model.RoleTableRow{{Group: groupA, Token: "x"}}},
	} {
		got, err := p.Parse(t.Context(), rolesText(t, given))
		if err != nil || got.Syntax != "" {
			t.Fatal(got.Syntax, err)
		}
		if want == "" {
			want = got.Tree
		}
		if got.Tree != want {
			t.Errorf("%+v changes the program", given)
		}
		sameConstants(t, got, given)
	}
}

// sameConstants compares what the parser found with what was given.
func sameConstants(t *testing.T, got authentiktest.Program, given model.RoleTable) {
	t.Helper()
	var found struct {
		Companion string            `json:"COMPANION"`
		Table     map[string]string `json:"TABLE"`
		Rank      []string          `json:"RANK"`
		Default   string            `json:"DEFAULT"`

		Generation int64  `json:"GENERATION"`
		Sum        string `json:"SUM"`
	}
	if err := json.Unmarshal(got.Constants, &found); err != nil {
		t.Fatal(err)
	}
	if found.Companion != given.Companion || found.Generation != given.Generation || found.Sum != given.Sum || found.Default != given.Default || !slices.Equal(found.Rank, given.Rank) || len(found.Table) != len(given.Rows) {
		t.Errorf("constants %+v, given %+v", found, given)
	}
	for _, row := range given.Rows {
		if found.Table[string(row.Group)] != row.Token {
			t.Errorf("table %v", found.Table)
		}
	}
}
