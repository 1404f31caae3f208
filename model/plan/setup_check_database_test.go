package plan

import (
	"errors"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// TestCheckDatabase: what of RomM's own database is a fault, and what it says.
func TestCheckDatabase(t *testing.T) {
	t.Parallel()
	good := model.DatabaseAccess{
		DatabaseInfo: model.DatabaseInfo{Kind: model.DatabaseMariaDB, Product: "MariaDB", Version: "11.8.2", Email: "utf8mb4_uca1400_ai_ci", Username: "utf8mb4_uca1400_ai_ci"},
		Account:      "romm_admin@%\x1b[31m", Server: "db:3306", Linking: true, Write: true, Grant: []string{"GRANT x;", "GRANT y;"},
	}
	change := func(fn func(*model.DatabaseAccess)) model.DatabaseAccess {
		a := good
		fn(&a)
		return a
	}
	for name, c := range map[string]struct {
		access model.DatabaseAccess
		err    error
		state  CheckState
		says   string
		repair string
	}{
		"good":       {good, nil, CheckOK, "MariaDB 11.8.2 at db:3306 (not encrypted); users.email and users.username compare by utf8mb4_uca1400_ai_ci; the account romm_admin@%", ""},
		"encrypted":  {change(func(a *model.DatabaseAccess) { a.Encrypted = true }), nil, CheckOK, "at db:3306; ", ""},
		"here":       {change(func(a *model.DatabaseAccess) { a.Local = true }), nil, CheckOK, "at db:3306; ", ""},
		"two":        {change(func(a *model.DatabaseAccess) { a.Username = "utf8mb4_bin" }), nil, CheckOK, "users.email compares by utf8mb4_uca1400_ai_ci, users.username by utf8mb4_bin", ""},
		"only read":  {change(func(a *model.DatabaseAccess) { a.Write, a.MissingWrite = false, []string{"UPDATE on users.oidc_sub"} }), nil, CheckOK, "they are only read (ROMM_DB_WRITE)", ""},
		"old":        {change(func(a *model.DatabaseAccess) { a.Linking = false }), nil, CheckOK, "older than 5.4", ""},
		"no write":   {change(func(a *model.DatabaseAccess) { a.MissingWrite = []string{"UPDATE on users.oidc_sub"} }), nil, CheckMissing, "lacks UPDATE on users.oidc_sub", "GRANT x; GRANT y;"},
		"no read":    {change(func(a *model.DatabaseAccess) { a.Missing = []string{"SELECT on users.id"} }), nil, CheckMissing, "lacks SELECT on users.id", "GRANT x; GRANT y;"},
		"no answer":  {model.DatabaseAccess{}, &model.Error{Code: model.CodeUnavailable, Msg: "nothing listens", Hint: "start it"}, CheckMissing, "RomM's database cannot be read: nothing listens", "start it"},
		"bare error": {model.DatabaseAccess{}, errors.New("x"), CheckMissing, "cannot be read: x", ""},
	} {
		got := CheckDatabase(c.access, c.err)
		if got.ID != "database" || got.State != c.state || !strings.Contains(got.Evidence, c.says) || !strings.Contains(got.Repair, c.repair) || (c.repair == "") != (got.Repair == "") {
			t.Errorf("%s: %+v", name, got)
		}
		if model.Clean(got.Evidence) != got.Evidence || got.Fails() != (c.state == CheckMissing) {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
