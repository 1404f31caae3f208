package rommtest

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// cell is a column as JSON has it.
func cell(c model.NullText) any {
	if !c.Valid {
		return nil
	}
	return c.Text.Raw()
}

// linkedLogin is a line of the recordings of a RomM that links accounts.
type linkedLogin struct {
	recordedLogin
	UserInfo    *userinfo
	AccessToken *bool `json:"access_token"`
}

// eachLogin calls f with each line of a recording of the decision engine's tests.
func eachLogin(t *testing.T, name string, f func(line []byte)) {
	t.Helper()
	file, err := os.Open("../../model/testdata/" + name + ".jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }() // only read
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		f(lines.Bytes())
	}
	if lines.Err() != nil {
		t.Fatal(lines.Err())
	}
}

// TestLinkedReplay logs in as recorded with the login code of RomM 5.4 and 5.5, and
// compares answer, session and all users after it, with their links.
func TestLinkedReplay(t *testing.T) {
	t.Parallel()
	p := newIDP(t)
	p.bringsAll = true
	n := 0
	for tree, version := range map[string]string{"5.4": "5.4.0", "5.5": "5.5.0"} {
		eachLogin(t, "romm-"+tree+"-like-oidc", func(line []byte) {
			var x linkedLogin
			if err := json.Unmarshal(line, &x); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(strings.TrimPrefix(x.Name, "pg-"), "id-token-") { // TestOIDCReplay has them
				return
			}
			n++
			t.Run(tree+" "+x.Name, func(t *testing.T) {
				p.supported, p.claims, p.quirk, p.userinfo, p.noAccess = x.ClaimsSupported, x.Claims, "", x.UserInfo, x.AccessToken != nil
				issuer, _ := x.Claims["iss"].(string)
				p.issuer = &issuer
				seed := x.seed(p)
				seed.Version = version
				s := mustNew(t, seed)
				x.check(t, s, logIn(s, p))
			})
		})
	}
	if n != 1180 {
		t.Errorf("%d logins", n)
	}
}

// randomLogin is a line of the random recordings of RomM 5.2.0.
type randomLogin struct {
	recordedLogin
	Session int `json:"session_status"`
	Account *int64
	Stored  *struct{ Username, Email string }
	Class   string
}

// twoHave reports whether two accounts have the address, so that RomM opens the one whose row comes first: the fake
// has them by id.
func (x randomLogin) twoHave() bool {
	n, email := 0, fmt.Sprint(x.Claims["email"])
	for _, u := range x.Existing {
		if have, _ := u["email"].(string); have != "" && strings.EqualFold(have, email) {
			n++
		}
	}
	return n > 1
}

// TestRandomReplay logs in as in the random recordings: answer, account, what a sign-up stored, roles, and whether the
// session is usable. Half of a surrogate pair cannot be sent from here.
func TestRandomReplay(t *testing.T) {
	t.Parallel()
	p := newIDP(t)
	n, left := 0, 0
	eachLogin(t, "romm-5.2.0-random", func(line []byte) {
		var x randomLogin
		if err := json.Unmarshal(line, &x); err != nil {
			t.Fatal(err)
		}
		if x.Claims == nil || bytes.Contains(line, []byte(`\ud8`)) || x.twoHave() {
			left++
			return
		}
		n++
		row, err := model.ParseAsRomM(line) // whose numbers are as they were written
		if err != nil {
			t.Fatal(err)
		}
		p.supported, p.claims = x.ClaimsSupported, row["claims"].(map[string]any)
		s := mustNew(t, x.seed(p))
		w := logIn(s, p)
		me := visit(s, "/api/users/me", w.Result().Cookies())
		if w.Code != x.Response.Status || me.Code != x.Session {
			t.Errorf("%s: %d then %d, recorded %d then %d (%s)", x.Name, w.Code, me.Code, x.Response.Status, x.Session, x.Class)
			return
		}
		after := s.Users()
		for i, u := range x.After {
			if float64(after[i].ID) != u["id"] || string(after[i].Role) != u["role"] {
				t.Errorf("%s: %d is %s, recorded %v", x.Name, after[i].ID, after[i].Role, u)
			}
		}
		if x.Stored == nil {
			return
		}
		_, isObject := p.claims[cmp.Or(x.Env["OIDC_USERNAME_ATTRIBUTE"], "preferred_username")].(map[string]any) // whose order is not kept
		if made := after[len(after)-1]; made.Username != x.Stored.Username && !isObject || *made.Email != x.Stored.Email {
			t.Errorf("%s: stored %q, recorded %q", x.Name, made.Username, x.Stored.Username)
		}
	})
	t.Logf("%d logins replayed, %d left out", n, left)
	if n != 899 || left != 51 {
		t.Errorf("%d logins, %d left out", n, left)
	}
}

// userinfo is what the UserInfo endpoint answers.
type userinfo struct {
	Status int
	Claims any
	Body   *string
}

// closed reads OIDC_ALLOW_REGISTRATION (docs/romm.md 3 Environment).
func closed(v string) bool {
	return v != "" && !slices.Contains([]string{"1", "true", "yes", "on"}, strings.ToLower(strings.TrimSpace(v)))
}

// columnIn reads a text of a recorded row.
func columnIn(row map[string]any, name string) model.NullText {
	text, valid := row[name].(string)
	return model.NullText{Text: model.Untrusted(text), Valid: valid}
}
