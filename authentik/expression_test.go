package authentik_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/authentik"
	"github.com/romm-admin/romm-admin/model"
)

const (
	groupA = "aaaaaaaa-0000-4000-8000-000000000001"
	groupB = "bbbbbbbb-0000-4000-8000-000000000002"
)

func params() authentik.RolesParams {
	return authentik.RolesParams{
		CompanionURL: "http://companion:8080",
		Table:        []authentik.RoleTableRow{{Group: groupA, Token: "admin"}, {Group: groupB, Token: "viewer"}},
		Rank:         []string{"admin", "editor", "viewer"},
	}
}

func TestRenderedRolesAreReadBack(t *testing.T) {
	t.Parallel()
	for name, p := range map[string]authentik.RolesParams{
		"empty":     {},
		"full":      params(),
		"table":     {Table: params().Table, Rank: params().Rank, Default: "viewer"},
		"odd words": {Rank: []string{`a"b\c`, "ünï", "'", "%s", "{}", "</script>", "é🙂"}, Default: `a"b\c`},
	} {
		text := rolesText(t, p)
		if text != strings.TrimSpace(text) {
			t.Errorf("%s: Authentik would trim the text", name)
		}
		for _, form := range []string{text, "\n" + text + "\n\n", strings.ReplaceAll(text, "\n", "\r\n")} {
			got, err := authentik.ParseRoles(form)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if again := rolesText(t, got); again != text {
				t.Errorf("%s: read back as %+v", name, got)
			}
		}
		if name == "odd words" && !strings.Contains(text, "</script>") {
			t.Error("the text is harder to read than it must be")
		}
		if known, ok := authentik.Recognise(text); !ok || known.Kind != authentik.KindRoles {
			t.Errorf("%s: not recognised", name)
		}
	}
	// The order of rows does not matter.
	p := params()
	slices.Reverse(p.Table)
	if rolesText(t, p) != rolesText(t, params()) {
		t.Error("the order of rows changes the text")
	}
}

func TestParseRolesRefuses(t *testing.T) {
	t.Parallel()
	good := rolesText(t, params())
	for name, text := range map[string]string{
		"empty":        "",
		"other":        stockTrue,
		"added":        good + "\nreturn {}",
		"code changed": strings.Replace(good, "RANK.index(token) <", "RANK.index(token) >", 1),
		"constant":     strings.Replace(good, `DEFAULT = ""`, `DEFAULT = open("x")`, 1),
		"twice":        strings.Replace(good, `DEFAULT = ""`, "DEFAULT = \"\"\nDEFAULT = \"admin\"", 1),
		"spaced":       strings.Replace(good, `DEFAULT = ""`, `DEFAULT =  ""`, 1),
		"indented":     strings.Replace(good, "best = DEFAULT", " best = DEFAULT", 1),
	} {
		if _, err := authentik.ParseRoles(text); err == nil {
			t.Errorf("%s is taken for ours", name)
		}
	}
}

// proves S11: whatever is not a UUID, an address or a token is refused.
func TestRenderRolesRefuses(t *testing.T) {
	t.Parallel()
	row := func(group, token string) func(*authentik.RolesParams) {
		return func(p *authentik.RolesParams) {
			p.Table = []authentik.RoleTableRow{{Group: model.GroupID(group), Token: token}}
		}
	}
	url := func(u string) func(*authentik.RolesParams) {
		return func(p *authentik.RolesParams) { p.CompanionURL = u }
	}
	rank := func(tokens ...string) func(*authentik.RolesParams) {
		return func(p *authentik.RolesParams) { p.Rank = append(p.Rank, tokens...) }
	}
	for name, change := range map[string]func(*authentik.RolesParams){
		"no uuid":         row("family", "admin"),
		"upper uuid":      row(strings.ToUpper(groupA), "admin"),
		"uuid with line":  row(groupA+"\n", "admin"),
		"unranked":        row(groupA, "root"),
		"empty token":     row(groupA, ""),
		"group twice":     func(p *authentik.RolesParams) { p.Table = append(p.Table, p.Table[0]) },
		"ranked twice":    rank("admin"),
		"empty rank":      rank(""),
		"control":         rank("a\x1bb"),
		"line":            rank("a\nb"),
		"separator":       rank("a\u2028b"),
		"bidi":            rank("a\u202eb"),
		"invalid utf-8":   rank("a\xff"),
		"long":            rank(strings.Repeat("x", 151)),
		"default":         func(p *authentik.RolesParams) { p.Default = "root" },
		"url scheme":      url("ftp://companion"),
		"url no host":     url("http://"),
		"url user":        url("http://a:b@companion"),
		"url query":       url("http://companion?x"),
		"url empty query": url("http://companion?"),
		"url fragment":    url("http://companion#"),
		"url slash":       url("http://companion/"),
		"url quote":       url(`http://companion/"+x+"`),
		"url line":        url("http://companion\n"),
		"url non-ascii":   url("http://cömpanion"),
		"url relative":    url("companion:8080"),
		"table too large": func(p *authentik.RolesParams) {
			p.Table = nil
			for i := range 2000 {
				id := "00000000-0000-4000-8000-" + strings.Repeat("0", 8) + string([]byte{"0123456789abcdef"[i>>12&15], "0123456789abcdef"[i>>8&15], "0123456789abcdef"[i>>4&15], "0123456789abcdef"[i&15]})
				p.Table = append(p.Table, authentik.RoleTableRow{Group: model.GroupID(id), Token: "admin"})
			}
		},
	} {
		p := params()
		change(&p)
		if text, err := authentik.RenderRoles(p); model.CodeOf(err) != model.CodeInvalid {
			t.Errorf("%s: %v\n%s", name, err, text)
		}
	}
}

func FuzzRenderRoles(f *testing.F) {
	f.Add("http://companion:8080", groupA, "admin", "viewer")
	f.Add("", groupB, `"`, `\`)
	f.Fuzz(func(t *testing.T, url, group, token, other string) {
		p := authentik.RolesParams{
			CompanionURL: url, Rank: []string{token, other}, Default: other,
			Table: []authentik.RoleTableRow{{Group: model.GroupID(group), Token: token}},
		}
		text, err := authentik.RenderRoles(p)
		if err != nil {
			return
		}
		// Only the four lines of constants differ from the template.
		template := strings.Split(strings.ReplaceAll(authentik.RolesTemplate, "%%", "%"), "\n")
		for i, line := range strings.Split(text, "\n") {
			if i >= len(template) || line != template[i] && !strings.HasSuffix(template[i], " = %s") {
				t.Fatalf("line %d is %q", i+1, line)
			}
		}
		if _, err := authentik.ParseRoles(text); err != nil {
			t.Fatal(err)
		}
	})
}

func TestResolve(t *testing.T) {
	t.Parallel()
	p := params()
	for name, c := range map[string]struct {
		groups []model.GroupID
		def    string
		want   []string
	}{
		"none":           {nil, "", nil},
		"default":        {nil, "viewer", []string{"viewer"}},
		"one":            {[]model.GroupID{groupB}, "", []string{"viewer"}},
		"highest":        {[]model.GroupID{groupB, groupA}, "", []string{"admin"}},
		"default higher": {[]model.GroupID{groupB}, "editor", []string{"editor"}},
		"other group":    {[]model.GroupID{"x"}, "", nil},
	} {
		p.Default = c.def
		if got := p.Resolve(c.groups); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// harness runs expressions as Authentik does, as the body of a function, with
// stand-ins for what they may use. It knows nothing of the templates.
const harness = `
import ast, hashlib, hmac, json, sys, textwrap
class Thing:
    def __init__(self, **kw): self.__dict__.update(kw)
def body(text):
    return "def mapping(user, request, provider, requests, ak_logger):\n" + textwrap.indent(text, "    ")
def run(case):
    log, calls = [], []
    class Log:
        def warning(self, *a, **kw): log.append([str(a), str(kw)])
    def groups():
        if case.get("groups_raise"): raise RuntimeError("database is gone")
        return [Thing(pk=Thing2(g), name="name of " + g) for g in case.get("groups", [])]
    class Thing2(str): pass
    class Relation(list):
        def all(self): return [Thing(name=n) for n in self]
    class Requests:
        def post(self, url, **kw):
            calls.append({"url": url, "timeout": kw.get("timeout"), "headers": kw.get("headers"),
                          "redirects": kw.get("allow_redirects"), "body": kw.get("data").decode()})
            answer = case.get("answer")
            if answer is None: raise ConnectionError("refused")
            def js():
                if "json" not in answer: raise ValueError("no json")
                return answer["json"]
            return Thing(status_code=answer["status"], json=js)
    person = None
    if "user" in case:
        person = Thing(**case["user"])
        person.all_groups = groups
        direct = case.get("direct") or []
        person.ak_groups = Relation(direct)
        # Before 2026.2 this is an unused, empty relation.
        person.groups = Relation([] if case.get("old") else direct)
    request = Thing(user=person)
    if "path" in case: request.http_request = Thing(path=case["path"])
    provider = Thing(client_secret=case.get("secret", "s3cret"))
    space = {}
    try:
        exec(compile(body(case["text"]), "mapping", "exec"), space)
        result = space["mapping"](person, request, provider, Requests(), Log())
    except BaseException as exc:
        return {"raised": repr(exc)}
    for c in calls:
        want = hmac.new(b"s3cret", c["body"].encode(), hashlib.sha256).hexdigest()
        c["signed"] = c["headers"].get("X-Romm-Admin-Signature") == "v1=" + want
        c["body"] = json.loads(c["body"])
    return {"result": result, "calls": calls, "log": log}
def shape(text):
    tree = ast.parse(body(text))
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper():
            found[node.targets[0].id] = ast.literal_eval(node.value)
            node.value = ast.Constant(value=None)
    return [ast.dump(tree), found]
asked = json.load(sys.stdin)
json.dump({"runs": [run(c) for c in asked.get("runs") or []], "shapes": [shape(s) for s in asked.get("shapes") or []]}, sys.stdout)
`

type runCase struct {
	Text        string         `json:"text"`
	User        map[string]any `json:"user,omitempty"`
	Groups      []string       `json:"groups,omitempty"`
	GroupsRaise bool           `json:"groups_raise,omitempty"`
	Direct      []string       `json:"direct,omitempty"`
	Old         bool           `json:"old,omitempty"`
	Path        string         `json:"path,omitempty"`
	Secret      *string        `json:"secret,omitempty"`
	Answer      map[string]any `json:"answer,omitempty"`
}

type runResult struct {
	Raised string         `json:"raised"`
	Result map[string]any `json:"result"`
	Calls  []struct {
		URL       string            `json:"url"`
		Timeout   []float64         `json:"timeout"`
		Headers   map[string]string `json:"headers"`
		Redirects *bool             `json:"redirects"`
		Body      map[string]any    `json:"body"`
		Signed    bool              `json:"signed"`
	} `json:"calls"`
	Log [][]string `json:"log"`
}

// python runs the harness; the test is skipped where there is no python3.
func python(t *testing.T, runs []runCase, shapes []string) (results []runResult, dumps [][2]json.RawMessage) {
	t.Helper()
	bin, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed: the expressions cannot be run here")
	}
	in, err := json.Marshal(map[string]any{"runs": runs, "shapes": shapes})
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), bin, "-c", harness)
	cmd.Stdin = strings.NewReader(string(in))
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("python3: %v\n%s", err, stderr.String())
	}
	var got struct {
		Runs   []runResult          `json:"runs"`
		Shapes [][2]json.RawMessage `json:"shapes"`
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	return got.Runs, got.Shapes
}

// proves S1, S2 and S11: the address mapping is true only for the exact,
// trusted, pure ASCII address, and raises nothing.
func TestEmailAddressRuns(t *testing.T) {
	t.Parallel()
	user := func(email any, attributes any) map[string]any {
		return map[string]any{"username": "u", "email": email, "attributes": attributes}
	}
	trusts := func(v any) map[string]any { return map[string]any{"romm_trusted_email": v} }
	cases := []struct {
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
	}
	var runs []runCase
	for _, c := range cases {
		runs = append(runs, runCase{Text: authentik.EmailAddress, User: c.user})
	}
	results, _ := python(t, runs, nil)
	for i, c := range cases {
		got := results[i]
		if got.Raised != "" || got.Result["email"] != c.email || got.Result["email_verified"] != c.verified || len(got.Result) != 2 {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

// proves S6, S7 and S11: the roles mapping always answers with a list of exact
// tokens, whatever the companion does, and raises nothing.
func TestRolesRun(t *testing.T) {
	t.Parallel()
	alice := map[string]any{"username": "alice", "uid": "abc", "email": "alice@example.org"}
	anonymous := map[string]any{"username": "AnonymousUser", "uid": "", "email": ""}
	answers := func(status int, body any) map[string]any { return map[string]any{"status": status, "json": body} }
	roles := func(list any) map[string]any { return map[string]any{"roles": list, "decision": "map"} }
	withCompanion, table, def := rolesText(t, params()), params(), params()
	table.CompanionURL = ""
	def.Default = "editor"
	none := ""
	cases := []struct {
		name  string
		run   runCase
		want  []string
		asked bool
		warns bool
	}{
		{"companion answers", runCase{User: alice, Groups: []string{groupB}, Answer: answers(200, roles([]string{"editor"}))}, []string{"editor"}, true, false},
		{"companion refuses", runCase{User: alice, Groups: []string{groupA}, Answer: answers(200, roles([]string{}))}, nil, true, false},
		{"companion down", runCase{User: alice, Groups: []string{groupB, groupA}}, []string{"admin"}, true, true},
		{"down, no group", runCase{User: alice}, nil, true, true},
		{"down, other group", runCase{User: alice, Groups: []string{"cccccccc-0000-4000-8000-000000000003"}}, nil, true, true},
		{"status 500", runCase{User: alice, Groups: []string{groupB}, Answer: answers(500, roles([]string{"admin"}))}, []string{"viewer"}, true, true},
		{"status 302", runCase{User: alice, Groups: []string{groupB}, Answer: answers(302, roles([]string{"admin"}))}, []string{"viewer"}, true, true},
		{"roles a text", runCase{User: alice, Groups: []string{groupB}, Answer: answers(200, roles("admin"))}, []string{"viewer"}, true, true},
		{"roles mixed", runCase{User: alice, Groups: []string{groupB}, Answer: answers(200, roles([]any{"admin", 1}))}, []string{"viewer"}, true, true},
		{"no roles", runCase{User: alice, Groups: []string{groupB}, Answer: answers(200, map[string]any{})}, []string{"viewer"}, true, true},
		{"a list", runCase{User: alice, Groups: []string{groupB}, Answer: answers(200, []string{"admin"})}, []string{"viewer"}, true, true},
		{"not json", runCase{User: alice, Groups: []string{groupB}, Answer: map[string]any{"status": 200}}, []string{"viewer"}, true, true},
		{"no client secret", runCase{User: alice, Groups: []string{groupB}, Secret: &none}, []string{"viewer"}, false, true},
		{"groups raise", runCase{User: alice, GroupsRaise: true, Answer: answers(200, roles([]string{"admin"}))}, nil, false, true},
		{"anonymous", runCase{User: anonymous, Groups: []string{groupA}, Answer: answers(200, roles([]string{"admin"}))}, nil, false, false},
		{"no user", runCase{Groups: []string{groupA}}, nil, false, false},
		{"table only", runCase{Text: rolesText(t, table), User: alice, Groups: []string{groupB, groupA}, Answer: answers(200, roles([]string{"editor"}))}, []string{"admin"}, false, false},
		{"default", runCase{Text: rolesText(t, def), User: alice}, []string{"editor"}, true, true},
		{"default is higher", runCase{Text: rolesText(t, def), User: alice, Groups: []string{groupB}}, []string{"editor"}, true, true},
	}
	var runs []runCase
	for _, c := range cases {
		if c.run.Text == "" {
			c.run.Text = withCompanion
		}
		runs = append(runs, c.run)
	}
	results, _ := python(t, runs, nil)
	for i, c := range cases {
		got := results[i]
		sent, isList := got.Result["romm_roles"].([]any)
		if got.Raised != "" || !isList || !slices.Equal(list(sent), c.want) || len(got.Result) != 1 {
			t.Errorf("%s: %+v, want %q", c.name, got, c.want)
		}
		if len(got.Calls) > 1 || (len(got.Calls) == 1) != c.asked || (len(got.Log) > 0) != c.warns {
			t.Errorf("%s: %d calls, log %q", c.name, len(got.Calls), got.Log)
		}
	}
}

// The companion gets what it needs to decide, signed with the client secret.
func TestRolesRequest(t *testing.T) {
	t.Parallel()
	alice := map[string]any{"username": "alice \"ü\"", "uid": "abc", "email": "alice@example.org"}
	paths := map[string]string{
		"/application/o/token/": "login", "/application/o/userinfo/": "userinfo", "/api/v3/providers/oauth2/1/preview_user/": "preview",
		"/application/o/romm/.well-known/openid-configuration": "discovery", "": "login", "/auth/application/o/token/": "login",
	}
	var runs []runCase
	var purposes []string
	for path, purpose := range paths {
		runs = append(runs, runCase{Text: rolesText(t, params()), User: alice, Groups: []string{groupA}, Path: path})
		purposes = append(purposes, purpose)
	}
	results, _ := python(t, runs, nil)
	nonces := map[any]bool{}
	for i, got := range results {
		if len(got.Calls) != 1 {
			t.Fatalf("%+v", got)
		}
		call := got.Calls[0]
		if call.URL != "http://companion:8080/v1/claims" || !call.Signed || call.Redirects == nil || *call.Redirects ||
			!slices.Equal(call.Timeout, []float64{0.5, 1}) || call.Headers["Content-Type"] != "application/json" {
			t.Errorf("call %+v", call)
		}
		b := call.Body
		group, _ := b["groups"].([]any)[0].(map[string]any)
		nonce, _ := b["nonce"].(string)
		at, _ := b["at"].(float64)
		if b["version"] != 1.0 || b["purpose"] != purposes[i] || b["uid"] != "abc" || b["username"] != alice["username"] ||
			b["email"] != "alice@example.org" || len(b) != 8 || group["pk"] != groupA || group["name"] != "name of "+groupA ||
			len(nonce) != 32 || at < 1.7e9 {
			t.Errorf("body %+v, want purpose %s", b, purposes[i])
		}
		if nonces[nonce] {
			t.Error("a nonce came twice")
		}
		nonces[nonce] = true
	}
}

// proves S11: an independent parser sees the same program, and the constants
// as the values that were given.
func TestOnlyLiteralsVary(t *testing.T) {
	t.Parallel()
	given := []authentik.RolesParams{
		{},
		params(),
		{Rank: []string{`"`, `\`, "'", `"""`, "\\n", "%s", "{x}", "é", "🙂", "#", "</a>&", `\u0022`, "a\u0301"}, Default: "🙂"},
		{CompanionURL: "https://[::1]:8443/base", Rank: []string{"x"}, Table: []authentik.RoleTableRow{{Group: groupA, Token: "x"}}},
	}
	var texts []string
	for _, p := range given {
		texts = append(texts, rolesText(t, p))
	}
	_, shapes := python(t, nil, texts)
	for i, p := range given {
		if string(shapes[i][0]) != string(shapes[0][0]) {
			t.Errorf("%+v changes the program", p)
		}
		var found struct {
			Companion string            `json:"COMPANION"`
			Table     map[string]string `json:"TABLE"`
			Rank      []string          `json:"RANK"`
			Default   string            `json:"DEFAULT"`
		}
		if err := json.Unmarshal(shapes[i][1], &found); err != nil {
			t.Fatal(err)
		}
		if found.Companion != p.CompanionURL || found.Default != p.Default || !slices.Equal(found.Rank, p.Rank) || len(found.Table) != len(p.Table) {
			t.Errorf("constants %+v, given %+v", found, p)
		}
		for _, row := range p.Table {
			if found.Table[string(row.Group)] != row.Token {
				t.Errorf("table %v", found.Table)
			}
		}
	}
}
