package model

import (
	"strings"
	"testing"
)

// TestGuardPrinted proves S5 and reference/romm.md 3, row 16: what set-up prints
// for RomM is not printed while it would take the role from the last admins,
// however RomM reads roles until then.
func TestGuardPrinted(t *testing.T) {
	t.Parallel()
	admin, user := RoleTableRow{gAdmins, "admin"}, RoleTableRow{gUsers, "viewer"}
	for name, c := range map[string]struct {
		rows    []RoleTableRow
		others  string
		refused bool
		warns   bool
	}{
		"an admin stays":   {[]RoleTableRow{admin, user}, "", false, false},
		"everybody a user": {[]RoleTableRow{user}, "viewer", true, false},
		"no role at all":   {nil, "", false, true},
	} {
		for reads, change := range map[string]func(*Settings){
			"nothing":        func(s *Settings) { s.ClaimRoles = "" },
			"groups":         func(s *Settings) { s.ClaimRoles = "groups" },
			"no words":       func(s *Settings) { s.ClaimRoles, s.RoleAdmin, s.RoleEditor, s.RoleViewer = "", "", "", "" },
			"off":            func(s *Settings) { s.Disabled = true },
			"another client": func(s *Settings) { s.ClientID = "another" },
		} {
			w := standing()
			table := RoleTable{Rank: []string{"admin", "viewer"}, Rows: c.rows, Default: c.others}
			w.Provider.Table, w.Provider.Compiled, w.Setup.Mappings[0].Roles = &table, &table, &table
			change(&w.Settings)
			warning, err := Judge(w).GuardPrinted()
			if (CodeOf(err) == CodeRefused) != c.refused || (warning != "") != c.warns {
				t.Errorf("%s, RomM reads %s: %q, %v", name, reads, warning, err)
			}
			w.local("admin", "admin@nowhere.org", RoleAdmin) // whom the password lets in
			if warning, err := Judge(w).GuardPrinted(); err != nil || c.refused && !strings.Contains(warning, "takes the role admin from root") {
				t.Errorf("%s, with another admin: %q, %v", name, warning, err)
			}
			if c.refused && !strings.Contains(err.Error(), "take the role admin from root") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
