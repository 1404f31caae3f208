package admin

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/romm-admin/romm-admin/cmd/internal/cli"
	"github.com/romm-admin/romm-admin/model"
)

const minimalCase = `{"name":"n","settings":{"version":"5.2.0"},"users":[],"claims":{"email":null}}` + "\n"

func decideText(t *testing.T, in io.Reader) ([]map[string]any, error) {
	t.Helper()
	var out bytes.Buffer
	err := decideAll(t.Context(), in, &out)
	var answers []map[string]any
	for dec := json.NewDecoder(&out); dec.More(); {
		var a map[string]any
		if err := dec.Decode(&a); err != nil {
			t.Fatal(err)
		}
		answers = append(answers, a)
	}
	return answers, err
}

// TestDecideRefuses: what a line may not be. One wrong member is one mistake,
// named by its place.
func TestDecideRefuses(t *testing.T) {
	t.Parallel()
	user := func(members string) string {
		return `{"settings":{"version":"5.2.0"},"users":[{` + members + `}],"claims":{}}`
	}
	settings := func(members string) string {
		return `{"settings":{` + members + `},"users":[],"claims":{}}`
	}
	for line, want := range map[string]string{
		`[]`:                                    "not a JSON object",
		`{}`:                                    "settings: is missing",
		`{"settings":{},`:                       "unexpected EOF",
		strings.TrimSpace(minimalCase) + `{}`:   "text after the value",
		`{"settings":{},"claims":{}}`:           "users: is missing",
		`{"settings":3,"users":[],"claims":{}}`: "settings: is not an object",
		`{"settings":{"version":"5.2.0"},"users":{},"claims":{}}`:                     "users: is not a list",
		`{"settings":{"version":"5.2.0"},"users":[],"claims":[]}`:                     "claims: is not an object",
		`{"settings":{"version":"5.2.0"},"users":[1],"claims":{}}`:                    "users[0] is not an object",
		`{"settings":{"version":"5.2.0"},"users":[],"claims":{"a":[{"b":1,"b":2}]}}`:  `duplicate member "b"`,
		`{"settings":{"version":"5.2.0"},"users":[],"claims":{"a":"` + "\xff" + `"}}`: "not valid UTF-8",
		settings(``):                                                 "settings.version: is missing: say which release, such as 5.2.0",
		settings(`"version":5.2`):                                    "settings.version: is not text",
		settings(`"version":"five"`):                                 `settings.version: version "five" is not like 5.2.0`,
		settings(`"version":"4.3.0"`):                                "settings.version: what RomM before 4.3.1 does is not known here",
		settings(`"version":"5.2.0","version":"5.2.0"`):              `duplicate member "version"`,
		settings(`"version":"5.2.0","database":"oracle"`):            `settings.database: database "oracle" is none of mariadb, mysql, postgresql, unknown`,
		settings(`"version":"5.2.0","allow_registration":"false"`):   "settings.allow_registration: is not true or false",
		settings(`"version":"5.2.0","claims_supported":"email"`):     "settings.claims_supported: is not a list",
		settings(`"version":"5.2.0","claims_supported":["a",1]`):     "settings.claims_supported[1]: is not text",
		settings(`"version":"5.2.0","Role_admin":"a"`):               "settings.Role_admin: unknown member",
		user(`"id":1,"role":"user"`):                                 "users[0].username: is missing",
		user(`"id":1,"username":"a"`):                                `users[0].role: no role is called ""`,
		user(`"id":0,"username":"a","role":"user"`):                  "users[0].id: is not a whole number above 0",
		user(`"id":1.5,"username":"a","role":"user"`):                "users[0].id: is not a whole number above 0",
		user(`"id":"1","username":"a","role":"user"`):                "users[0].id: is not a number",
		user(`"id":1,"username":"a","role":"user","enabled":0`):      "users[0].enabled: is not true or false",
		user(`"id":1,"username":"a","role":"user","mail":"a@x.org"`): "users[0].mail: unknown member",
	} {
		answers, err := decideText(t, strings.NewReader(minimalCase+line+"\n"+minimalCase))
		if cli.ExitCode(err) != cli.ExitError || len(answers) != 3 || answers[0]["rule"] != "4" || answers[2]["rule"] != "4" {
			t.Errorf("%s: %v, answers %v", line, err, answers)
			continue
		}
		if got := answers[1]; got["line"] != 2.0 || got["error"] != want {
			t.Errorf("%s:\n got %v\nwant %s", line, got, want)
		}
	}
}

// TestDecideLongLine: a line over the limit is skipped without being held, and
// the one after it is answered; so is a last line without an end.
func TestDecideLongLine(t *testing.T) {
	t.Parallel()
	fill := func(n int) string {
		return strings.Replace(minimalCase, `null`, `null,"x":"`+strings.Repeat("x", n-len(minimalCase)-7)+`"`, 1)
	}
	in := fill(maxCase) + fill(maxCase+1) + strings.Repeat("y", 5*maxCase) + "\n" + strings.TrimSpace(minimalCase)
	answers, err := decideText(t, iotest.HalfReader(strings.NewReader(in)))
	if cli.ExitCode(err) != cli.ExitError || len(answers) != 4 {
		t.Fatalf("%v, %d answers: %.300v", err, len(answers), answers)
	}
	for i, long := range []bool{false, true, true, false} {
		if got := answers[i]["error"] == "longer than 1048576 bytes"; got != long || long && answers[i]["line"] != float64(i+1) {
			t.Errorf("line %d: %v", i+1, answers[i])
		}
	}
}

// TestDecideAnswersAtOnce: a program that writes one case and waits for the
// answer gets it, which also shows that nothing is collected.
func TestDecideAnswersAtOnce(t *testing.T) {
	t.Parallel()
	inR, inW := io.Pipe()
	outR, outW := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := decideAll(t.Context(), inR, outW)
		done <- errors.Join(err, outW.Close())
	}()
	answers := bufio.NewScanner(outR)
	for range 3 {
		if _, err := io.WriteString(inW, minimalCase); err != nil {
			t.Fatal(err)
		}
		if !answers.Scan() || !strings.Contains(answers.Text(), `"rule":"4"`) {
			t.Fatalf("no answer: %q, %v", answers.Text(), answers.Err())
		}
	}
	if err := inW.Close(); err != nil {
		t.Fatal(err)
	}
	if answers.Scan() {
		t.Errorf("an answer too many: %q", answers.Text())
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestDecideReadAndWriteErrors: neither is taken for the end of the cases.
func TestDecideReadAndWriteErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk on fire")
	answers, err := decideText(t, io.MultiReader(strings.NewReader(minimalCase), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) || cli.ExitCode(err) != cli.ExitError || len(answers) != 1 {
		t.Errorf("reading: %v, %v", err, answers)
	}
	r, w := io.Pipe()
	if err := r.CloseWithError(broken); err != nil {
		t.Fatal(err)
	}
	if err := decideAll(t.Context(), strings.NewReader(minimalCase), w); !errors.Is(err, broken) {
		t.Errorf("writing: %v", err)
	}
}

// TestDecideRecorded sends what a running RomM 5.2.0 was seen to answer
// through the command's own format.
func TestDecideRecorded(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../../model/testdata/romm-5.2.0-oidc.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	type recorded struct {
		Name      string            `json:"name"`
		Database  string            `json:"database"`
		Env       map[string]string `json:"env"`
		Supported []string          `json:"claims_supported"`
		Existing  json.RawMessage   `json:"existing"`
		Claims    json.RawMessage   `json:"claims"`
		Response  struct {
			Status int             `json:"status"`
			Body   json.RawMessage `json:"body"`
		} `json:"response"`
	}
	// These fail before any claim is read.
	protocol := []string{"no-id-token", "provider-error", "token-endpoint-error", "state-mismatch", "callback-without-cookie", "id-token-"}
	var in bytes.Buffer
	var want []recorded
	for line := range bytes.Lines(data) {
		var r recorded
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(protocol, func(prefix string) bool { return strings.HasPrefix(r.Name, prefix) }) {
			continue
		}
		settings := map[string]any{"version": "5.2.0", "database": "mariadb", "claims_supported": r.Supported}
		if strings.HasPrefix(r.Database, "Postgre") {
			settings["database"] = "postgresql"
		}
		for name, value := range r.Env {
			if name = strings.ToLower(strings.TrimPrefix(name, "OIDC_")); name == "enabled" {
				settings["oidc_enabled"] = value != "false"
			} else if name == "allow_registration" {
				settings[name] = value != "false"
			} else {
				settings[name] = value
			}
		}
		c, err := json.Marshal(map[string]any{"name": r.Name, "settings": settings, "users": r.Existing, "claims": r.Claims})
		if err != nil {
			t.Fatal(err)
		}
		in.Write(append(c, '\n'))
		want = append(want, r)
	}
	answers, err := decideText(t, &in)
	if err != nil {
		t.Fatal(err)
	}
	if len(answers) < 130 || len(answers) != len(want) {
		t.Fatalf("%d answers to %d recorded logins", len(answers), len(want))
	}
	for i, a := range answers {
		if a["name"] != want[i].Name {
			t.Fatalf("answer %d is %v, want %s", i, a["name"], want[i].Name)
		}
		if a["status"] != float64(want[i].Response.Status) || !strings.Contains(string(want[i].Response.Body), a["detail"].(string)) {
			t.Errorf("%s: %v %q, RomM answered %d %s", want[i].Name, a["status"], a["detail"], want[i].Response.Status, want[i].Response.Body)
		}
	}
	t.Logf("%d recorded logins", len(answers))
}

// TestDecideOddLines: lines that RomM takes are answered, though other readers
// would not: half of a surrogate pair, members that differ in case only, a variable
// of blanks.
func TestDecideOddLines(t *testing.T) {
	t.Parallel()
	line := func(settings, users, claims string) string {
		return `{"settings":{"version":"5.2.0"` + settings + `},"users":[` + users + `],"claims":{` + claims + `}}` + "\n"
	}
	const bob = `{"id":2,"username":"","email":"bob@x.org","role":"user"}`
	answers, err := decideText(t, strings.NewReader(
		line(``, ``, `"email":"\ud800@x.org","preferred_username":"b"`)+
			line(``, bob, `"email":"bob@x.org","preferred_username":"\ud800"`)+
			line(`,"username_attribute":" "`, ``, `"email":"bob@x.org","preferred_username":"b"`)+
			line(`,"claim_roles":"groups","role_admin":"a"`, ``, `"email":"n@x.org","preferred_username":["n"],"groups":{"A":1,"a":1}`)+
			line(``, `{"id":2,"username":"\ud800","role":"user"}`, ``)))
	if cli.ExitCode(err) != cli.ExitError || len(answers) != 5 {
		t.Fatalf("%v, %v", err, answers)
	}
	for i, want := range []map[string]any{
		{"status": 500.0, "rule": "19"},
		{"status": 307.0, "rule": "20", "outcome": "no-session", "user_id": 2.0, "session_status": 401.0},
		{"status": 400.0, "detail": "'' attribute is missing from token."},
		{"rule": "20", "session_status": 500.0, "role_after": "admin"},
		{"line": 5.0, "error": "users[0].username: holds half of a surrogate pair"},
	} {
		for k, v := range want {
			if answers[i][k] != v {
				t.Errorf("line %d: %s is %v, want %v: %v", i+1, k, answers[i][k], v, answers[i])
			}
		}
	}
}

// TestDecideLinks: links, UserInfo and what they lead to, in the command's format.
func TestDecideLinks(t *testing.T) {
	t.Parallel()
	line := func(version, user, claims, more string) string {
		return `{"settings":{"version":"` + version + `","database":"mariadb"},"users":[{"id":2,"username":"bob","email":"bob@x.org","role":"user"` + user +
			`}],"claims":{"email":"bob@x.org","preferred_username":"bob"` + claims + `}` + more + `}` + "\n"
	}
	const linked, me = `,"oidc_issuer":"https://idp/","oidc_sub":"1"`, `,"iss":"https://idp/","sub":"1"`
	answers, err := decideText(t, strings.NewReader(
		line("5.4.0", `,"oidc_issuer":null,"oidc_sub":null`, me, "")+
			line("5.4.0", linked, `,"iss":"https://idp/","sub":"2"`, "")+
			line("5.4.0", ``, me, "")+
			line("5.6.0", linked, me, "")+
			line("5.4.0", linked, me, `,"userinfo":{"status":200,"claims":{"sub":"1","email":"bob@x.org","email_verified":false}}`)+
			line("5.4.0", linked, me, `,"userinfo":{"status":200,"claims":{"sub":"1","email":"bob@x.org","email_verified":false}},"access_token":false`)+
			line("5.4.0", linked, me, `,"userinfo":{"status":200,"body":"<html>"}`)+
			line("5.2.0", linked, me, "")+
			line("5.4.0", linked, me, `,"userinfo":{"status":"200"}`)+
			line("5.4.0", `,"oidc_sub":5`, me, "")))
	if cli.ExitCode(err) != cli.ExitError || len(answers) != 10 {
		t.Fatalf("%v, %v", err, answers)
	}
	theLink := map[string]any{"oidc_issuer": "https://idp/", "oidc_sub": "1"}
	for i, want := range []map[string]any{
		{"rule": "23", "link_after": theLink, "email_after": "bob@x.org", "depends": nil, "note": nil},
		{"rule": "22", "status": 403.0, "link_after": theLink, "user_id": 2.0},
		{"rule": "23", "status": 307.0, "link_after": theLink, "email_after": "bob@x.org"},
		{"rule": "21", "note": "RomM 5.6.0 is newer than 5.5, the newest release whose rules are known here: it is taken for RomM 5.5."},
		{"rule": "5"},
		{"rule": "21"},
		{"rule": "21"},
		{"rule": "18", "link_after": nil, "email_after": "bob@x.org"},
		{"error": "userinfo.status: is not a number"},
		{"error": "users[0].oidc_sub: is not text"},
	} {
		for k, v := range want {
			if !reflect.DeepEqual(answers[i][k], v) {
				t.Errorf("line %d: %s is %v, want %v: %v", i+1, k, answers[i][k], v, answers[i])
			}
		}
	}
	if on, _ := answers[2]["depends"].(string); !strings.Contains(on, "whom the account is linked to is not known") {
		t.Errorf("%v", answers[2])
	}
}

func TestDecideRoleNames(t *testing.T) {
	t.Parallel()
	for _, role := range []model.Role{model.RoleAdmin, model.RoleUser, model.RoleEditor, model.RoleViewer} {
		c, err := parseCase([]byte(`{"settings":{"version":"4.9.0"},"users":[{"id":1,"username":"","role":"` + string(role) + `"}],"claims":null}`))
		if err != nil || c.users[0].Role != role || !c.users[0].Enabled || c.users[0].EmptyEmail || c.claims != nil {
			t.Errorf("%s: %+v, %v", role, c, err)
		}
	}
}
