package db

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

const accountsAsCSV = "\ufeffUsername,email,role,enabled\nalice,Alice@Example.org,admin,true\n\"o'neil, \"\"bob\"\"\",,,\n'=cmd,c@example.org,user,FALSE\n"

const accountsAsJSON = ` [{"username":"alice","email":"Alice@Example.org","role":"admin","enabled":true},
	{"username":"o'neil, \"bob\"","email":null},{"username":"=cmd","email":"c@example.org","role":"user","enabled":false}]`

func TestImportAccounts(t *testing.T) {
	t.Parallel()
	// proves S39
	a, err := ParseAccounts([]byte(accountsAsCSV))
	must(t, err)
	b, err := ParseAccounts([]byte(accountsAsJSON))
	must(t, err)
	want := []model.LocalUser{
		{Username: "alice", Email: "alice@example.org", Role: model.RoleAdmin, Enabled: true},
		{Username: `o'neil, "bob"`, Role: model.RoleUser, Enabled: true},
		{Username: "=cmd", Email: "c@example.org", Role: model.RoleUser},
	}
	if len(a) != 3 || len(b) != 3 {
		t.Fatalf("%+v\n%+v", a, b)
	}
	for i := range want {
		if a[i] != want[i] || b[i] != want[i] {
			t.Errorf("CSV  %+v\nJSON %+v\nwant %+v", a[i], b[i], want[i])
		}
	}
}

func TestParseAccountsIsStrict(t *testing.T) {
	t.Parallel()
	for file, says := range map[string]string{
		"":                                                     "no heading",
		"email\na@example.org\n":                               "no column username",
		"username,password\na,b\n":                             "not known",
		"username,username\na,b\n":                             "there twice",
		"username,email\na\n":                                  "wrong number of fields",
		"username\n\"\"\n":                                     "cannot be empty",
		"username,enabled\na,maybe\n":                          "not true or false",
		"username,role\na,viewer\n":                            "no role",
		"username\na\nA\n":                                     "there twice",
		"username,email\na,o'neil@x.io\n":                      "Invalid email",
		`{"username":"a"}`:                                     "not a list",
		`[{"username":"a","x":1}]`:                             "unknown field",
		`[{"username":"a","username":"b"}]`:                    "duplicate member",
		`[{"username":"a"}] x`:                                 "not a list of accounts",
		`[{"username":"a"}],"more":[]`:                         "not a list of accounts",
		`[{"username":"a","Role":"admin"}]`:                    "unknown field",
		`[{"username":"a","email":"a@x.io","EMAIL":"b@x.io"}]`: "only in case",
		`[{"username":"\ud800"}]`:                              "half of a surrogate",
		`[{"username":"a","email":"a@x.io"},{"username":"b","email":"A@x.io"}]`: "there twice",
		strings.Repeat(" ", MaxAccountsFile+1):                                  "larger than",
		"username\n" + strings.Repeat("x", 256) + "\n":                          "255",
	} {
		_, err := ParseAccounts([]byte(file))
		if model.CodeOf(err) != model.CodeInvalid || !strings.Contains(err.Error(), says) || model.HintOf(err) == "" {
			t.Errorf("%.60q: %v, want %q", file, err, says)
		}
	}
}

// FuzzParseAccounts feeds hostile files: no panic, and what is accepted can be
// stored, or written and read again.
func FuzzParseAccounts(f *testing.F) {
	f.Add([]byte(accountsAsCSV))
	f.Add([]byte(accountsAsJSON))
	f.Fuzz(func(t *testing.T, data []byte) {
		users, err := ParseAccounts(data)
		if err != nil {
			if model.CodeOf(err) != model.CodeInvalid {
				t.Errorf("code %s", model.CodeOf(err))
			}
			return
		}
		for _, u := range users {
			if _, err := newEmail(u); err != nil {
				t.Errorf("%+v: %v", u, err)
			}
		}
		if _, err := json.Marshal(users); err != nil {
			t.Error(err)
		}
	})
}
