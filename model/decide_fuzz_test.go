package model

import (
	"encoding/json"
	"maps"
	"testing"
)

// FuzzParseClaims: whatever is accepted is one object without duplicates, and
// means the same when it is written and read again. It proves S3.
func FuzzParseClaims(f *testing.F) {
	for _, seed := range []string{
		`{"email":"a@x.org","email_verified":true,"groups":["a",{"b":null}]}`, `{"a":1,"a":2}`, `{"a":{"b":1,"b":2}}`,
		`{"n":1e400,"z":-0.0}`, `{"\ud800":1}`, `{} {}`, `[]`, `null`, `{"a":` + "\"\xff\"}", `{"a":[[[[]]]]}`, `{"A":1,"a":2}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		claims, err := ParseClaims(data)
		if err != nil {
			if claims != nil {
				t.Error("claims beside an error")
			}
			return
		}
		var loose map[string]json.RawMessage
		if err := json.Unmarshal(data, &loose); err != nil || len(loose) != len(claims) {
			t.Fatalf("accepted, but the loose decoder says %d members, %v; we say %d", len(loose), err, len(claims))
		}
		written, err := json.Marshal(claims)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseClaims(written)
		if err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		if rewritten, err := json.Marshal(again); err != nil || string(rewritten) != string(written) {
			t.Errorf("%s became %s, %v", written, rewritten, err)
		}
	})
}

// FuzzDecide: no claims make the engine panic, and the verdict is whole: one
// of the five outcomes with a status that goes with it (R11).
func FuzzDecide(f *testing.F) {
	for i, seed := range []string{
		`{"email":"bob@x.org","email_verified":true,"preferred_username":"bob","groups":["admin"]}`,
		`{"email":"BÖB@x.org ","email_verified":1,"preferred_username":"ADMIN","groups":"not-admin"}`,
		`{"email":5,"email_verified":null,"preferred_username":{},"groups":1e400}`,
		`{"email":"","preferred_username":"","groups":{"admin":null}}`,
		`{"email":"\u212aim@x.org","preferred_username":"a.b","groups":null}`,
	} {
		f.Add([]byte(seed), uint64(i))
	}
	f.Fuzz(func(t *testing.T, data []byte, world uint64) {
		claims, err := ParseClaims(data)
		if err != nil {
			return
		}
		c := generate(2, world)
		before := maps.Clone(claims)
		v := Decide(claims, NewAccounts(c.users), c.settings)
		checkVerdict(t, v, c.users)
		if Decide(claims, NewAccounts(c.users), c.settings) != v || len(before) != len(claims) {
			t.Error("the second answer is another one")
		}
	})
}

// checkVerdict holds what every verdict must hold.
func checkVerdict(t *testing.T, v Verdict, users []LocalUser) {
	t.Helper()
	fits := map[Outcome]bool{
		SignsIn: v.Status == 307, Registers: v.Status == 307,
		NoSession: v.Status == 307 && (v.SessionStatus == 401 || v.SessionStatus == 500),
		Refused:   v.Status == 400 || v.Status == 401 || v.Status == 403 || v.Status == 409, ServerError: v.Status == 500,
	}
	known := v.UserID == 0
	session := v.SessionID == 0
	for _, u := range users {
		known = known || u.ID == v.UserID && u.Role == v.RoleBefore
		session = session || u.ID == v.SessionID && v.Status == 307 && u.Enabled == v.OK() && v.SessionID != v.UserID
	}
	switch {
	case !fits[v.Outcome], v.Rule == "", (v.Status == 307) != (v.Detail == ""),
		(v.Status == 307) && v.RoleAfter == RoleNone, (v.Outcome == NoSession) != (v.SessionStatus != 0):
		t.Errorf("outcome, status, rule and detail do not go together: %+v", v)
	case !v.OK() && v.Remedy == "":
		t.Errorf("no remedy: %+v", v)
	case !known, !session, v.Outcome == SignsIn && v.UserID == 0, v.Outcome == Registers && v.UserID != 0:
		t.Errorf("accounts that are not there: %+v", v)
	}
}

// TestDecideWhole runs the checks of FuzzDecide over random cases in any test
// run.
func TestDecideWhole(t *testing.T) {
	for i := range uint64(20_000) {
		c := generate(3, i)
		checkVerdict(t, c.decide(), c.users)
	}
}
