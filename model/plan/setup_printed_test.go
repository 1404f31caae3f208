package plan

import (
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// TestGuardPrinted proves S5 and docs/romm.md row 16: what set-up prints for
// RomM is not printed while it would take the role from the last admins,
// however RomM reads roles until then.
func TestGuardPrinted(t *testing.T) {
	t.Parallel()
	admin, user := model.RoleTableRow{Group: gAdmins, Token: "admin"}, model.RoleTableRow{Group: gUsers, Token: "viewer"}
	for name, c := range map[string]struct {
		rows    []model.RoleTableRow
		others  string
		refused bool
		warns   bool
	}{
		"an admin stays":   {[]model.RoleTableRow{admin, user}, "", false, false},
		"everybody a user": {[]model.RoleTableRow{user}, "viewer", true, false},
		"no role at all":   {nil, "", false, true},
	} {
		for reads, change := range map[string]func(*model.Settings){
			"nothing":        func(s *model.Settings) { s.ClaimRoles = "" },
			"groups":         func(s *model.Settings) { s.ClaimRoles = "groups" },
			"no words":       func(s *model.Settings) { s.ClaimRoles, s.RoleAdmin, s.RoleEditor, s.RoleViewer = "", "", "", "" },
			"off":            func(s *model.Settings) { s.Disabled = true },
			"another client": func(s *model.Settings) { s.ClientID = "another" },
		} {
			w := standing()
			table := model.RoleTable{Rank: []string{"admin", "viewer"}, Rows: c.rows, Default: c.others}
			w.Provider.Table, w.Provider.Compiled, w.Setup.Mappings[0].Roles = &table, &table, &table
			change(&w.Settings)
			warning, err := GuardPrinted(model.Judge(w))
			if (model.CodeOf(err) == model.CodeRefused) != c.refused || (warning != "") != c.warns {
				t.Errorf("%s, RomM reads %s: %q, %v", name, reads, warning, err)
			}
			local(&w, "admin", "admin@nowhere.org", model.RoleAdmin) // whom the password lets in
			if warning, err := GuardPrinted(model.Judge(w)); err != nil || c.refused && !strings.Contains(warning, "takes the role admin from root") {
				t.Errorf("%s, with another admin: %q, %v", name, warning, err)
			}
			if c.refused && !strings.Contains(err.Error(), "take the role admin from root") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
