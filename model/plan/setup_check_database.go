package plan

import (
	"fmt"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// CheckDatabase judges the way into RomM's own database, which is configured:
// whether it can be read, of what kind it is, how it compares, and which rights
// are there (S34).
func CheckDatabase(a model.DatabaseAccess, err error) SetupCheck {
	c := SetupCheck{ID: "database", State: CheckOK}
	if err != nil {
		return SetupCheck{c.ID, CheckMissing, "RomM's database cannot be read: " + model.Clean(err.Error()), model.HintOf(err)}
	}
	compares := "users.email and users.username compare by " + a.Email
	if a.Email != a.Username {
		compares = fmt.Sprintf("users.email compares by %s, users.username by %s", a.Email, a.Username)
	}
	said := []string{fmt.Sprintf("%s %s at %s%s", a.Product, a.Version, a.Server, overNetwork(a)), compares, fmt.Sprintf("the account %s %s", a.Account, may(a))}
	if !a.Linking {
		said = append(said, "RomM is older than 5.4 and keeps no links")
	}
	c.Evidence = model.Clean(strings.Join(said, "; "))
	if len(a.Missing) > 0 || a.Write && len(a.MissingWrite) > 0 {
		c.State, c.Repair = CheckMissing, model.Clean("let an administrator of the database run: "+strings.Join(a.Grant, " "))
	}
	return c
}

func overNetwork(a model.DatabaseAccess) string {
	if a.Encrypted || a.Local {
		return ""
	}
	return " (not encrypted)"
}

// may says what the account may do, or what it may not.
func may(a model.DatabaseAccess) string {
	switch {
	case len(a.Missing) > 0:
		return "lacks " + strings.Join(a.Missing, ", ")
	case !a.Linking:
		return "may read the accounts"
	case !a.Write:
		return "may read accounts and links; they are only read (ROMM_DB_WRITE)"
	case len(a.MissingWrite) > 0:
		return "may read accounts and links, and lacks " + strings.Join(a.MissingWrite, ", ")
	}
	return "may read accounts and links, and change links"
}
