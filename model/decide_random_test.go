package model

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// randomLogin is one line of testdata/romm-5.2.0-random.jsonl.gz: a random or
// directed login that a running RomM 5.2.0 answered.
type randomLogin struct {
	recordedLogin
	Account       *int64 `json:"account"`        // that RomM found or made
	SessionStatus int    `json:"session_status"` // of a request with the cookie that was given
	Stored        *struct {
		Username string `json:"username"`
		Email    string `json:"email"`
	} `json:"stored"`
	Rewritten []int64 `json:"rewritten_rows"` // which moves them to the end in PostgreSQL
	Class     string  `json:"class"`
}

// eachLine calls f with each line of a compressed recording.
func eachLine(t *testing.T, name string, f func(line []byte)) {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }() // only read
	z, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	sc := bufio.NewScanner(z)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		f(sc.Bytes())
	}
	if sc.Err() != nil {
		t.Fatal(sc.Err())
	}
}

// TestDecideRandom holds the engine to what a running RomM 5.2.0 did with
// random logins: status, words, account, what a sign-up stored, whether the
// session was usable and whose it was, and all roles afterwards.
func TestDecideRandom(t *testing.T) {
	t.Parallel()
	decided, either := 0, 0
	eachLine(t, "testdata/romm-5.2.0-random.jsonl.gz", func(line []byte) {
		var x randomLogin
		if err := json.Unmarshal(line, &x); err != nil {
			t.Fatal(err)
		}
		c := x.loginCase(t, line)
		if c.claims == nil {
			return
		}
		decided++
		why := x.differences(c)
		if v := c.decide(); len(why) > 0 && v.OtherID != 0 && v.Depends != "" && x.Account != nil && c.mayFind(*x.Account) {
			either++ // several have the address, and another one came first
			return
		}
		if len(why) > 0 {
			t.Errorf("%s (%s): %s", x.Name, x.Class, strings.Join(why, "; "))
		}
	})
	t.Logf("%d logins decided, of which %d opened the other account with the address", decided, either)
	if decided != 946 || either != 3 { // whose rows had moved, and the line does not say so
		t.Errorf("%d logins, %d by the other account", decided, either)
	}
}

// loginCase is the login as the engine takes it. The claims are read anew: they
// may hold half of a surrogate pair, which encoding/json replaces.
func (x randomLogin) loginCase(t *testing.T, line []byte) loginCase {
	t.Helper()
	c := loginCase{version: "5.2.0", settings: x.settings()}
	obj, err := ParseAsRomM(line)
	if err != nil {
		t.Fatalf("%s: %v", x.Name, err)
	}
	if claims, ok := obj["claims"].(map[string]any); ok {
		c.claims = claims
	}
	for _, u := range x.Existing {
		c.users = append(c.users, u.local())
	}
	slices.SortStableFunc(c.users, func(a, b LocalUser) int {
		return cmp.Compare(slices.Index(x.Rewritten, a.ID), slices.Index(x.Rewritten, b.ID))
	})
	return c
}

// differences says what the engine answers otherwise.
func (x randomLogin) differences(c loginCase) (out []string) {
	v := c.decide()
	check := func(what string, same bool) {
		if !same {
			out = append(out, what)
		}
	}
	check("status", v.Status == x.Response.Status)
	if x.Response.Status != 500 { // whose text is the server's own
		check("detail", v.Detail == recordedDetail(x.Response.Body))
	}
	check("usable session", x.sessionFits(v))
	existing := func(id int64) bool {
		return slices.ContainsFunc(x.Existing, func(u recordedUser) bool { return u.ID == id })
	}
	made := v.Status == 307 && v.UserID == 0
	if x.Account != nil {
		check("account", v.UserID == *x.Account || made && !existing(*x.Account))
	}
	check("made", made == (x.Stored != nil))
	if x.Stored != nil {
		_, isObject := c.claims[c.settings.usernameAttribute()].(map[string]any) // whose order is not kept
		check("stored address", v.EmailAfter == NullText{Untrusted(x.Stored.Email), true})
		check("stored username", isObject || v.Username == Untrusted(x.Stored.Username))
	}
	for _, u := range x.After {
		want := v.RoleAfter
		for _, before := range x.Existing {
			if before.ID == u.ID && u.ID != v.UserID {
				want = Role(before.Role)
			}
		}
		check("role", Role(u.Role) == want)
	}
	return out
}

// mayFind reports whether the account is one of those that have the address.
func (c loginCase) mayFind(id int64) bool {
	acc, email := NewAccounts(c.users), c.claims["email"].(string)
	for nth := 0; ; nth++ {
		switch u := acc.byEmail(email, nth, c.settings.Database); {
		case u == nil:
			return false
		case u.ID == id:
			return true
		}
	}
}

// sessionFits: where two usernames differ in letter case only, whichever row comes
// first has the session, so either is right.
func (x randomLogin) sessionFits(v Verdict) bool {
	usable := x.Response.Status == 307 && x.SessionStatus == 200
	switch {
	case v.SessionID != 0 && v.UserID != 0 && usable:
		return x.LoggedInAs.ID == v.SessionID || x.LoggedInAs.ID == v.UserID
	case v.SessionID != 0 && usable:
		return x.LoggedInAs.ID == v.SessionID || x.LoggedInAs.ID == *x.Account
	case v.Outcome == NoSession:
		return x.SessionStatus == v.SessionStatus
	case usable:
		return v.OK() && x.LoggedInAs.ID == *x.Account
	}
	return !v.OK()
}
