package model

import "github.com/romm-admin/romm-admin/model/collate"

// What a verdict may depend on.
const (
	dependsOnMariaDB    = "this is so when RomM runs on MariaDB; set ROMM_DB_DRIVER to know"
	dependsOnGeneral    = "this is so when RomM runs on a MariaDB that compares by utf8mb4_general_ci; set ROMM_DB_DRIVER and ROMM_DB_COLLATION to know"
	dependsOnUnicode    = "this is so when RomM runs on a MariaDB that compares by utf8mb4_unicode_ci; set ROMM_DB_DRIVER and ROMM_DB_COLLATION to know"
	dependsOnPostgreSQL = "this is so when RomM runs on PostgreSQL; set ROMM_DB_DRIVER to know"
	dependsOnOrder      = "another account has this address, too, and RomM opens the one that comes first in its database, which every change there can move"
	dependsOnNewName    = "this RomM makes a username of its own of one that it does not accept; whether that one is free is not known"
)

// gravest is the verdict while the database is not known: that of the database
// on which the login does most harm. It says so where the others differ.
func (l *login) gravest() Verdict {
	var all [len(databases)]Verdict
	plain, differ := l.plain(), false
	for i, db := range databases {
		if plain && i > 0 && db != DatabasePostgreSQL {
			all[i] = all[0] // MariaDB's collations are alike
			continue
		}
		all[i] = l.account(db)
		differ = differ || all[i] != all[0]
	}
	if !differ {
		return all[0]
	}
	found, grave := 0, -1
	for i := range all {
		if g := l.gravity(&all[i]); g > grave {
			found, grave = i, g
		}
	}
	worst := all[found]
	why := dependsOnMariaDB
	switch databases[found] {
	case DatabaseMariaDBGeneral:
		why = dependsOnGeneral
	case DatabaseMariaDBUnicode:
		why = dependsOnUnicode
	case DatabasePostgreSQL:
		why = dependsOnPostgreSQL
	case DatabaseMariaDB, DatabaseUnknown:
	}
	if worst.Depends != "" {
		why = worst.Depends + "; " + why
	}
	worst.Depends = why
	return worst
}

// plain reports whether nothing that is compared leaves printable ASCII.
func (l *login) plain() bool {
	name, _ := l.claims[l.set.usernameAttribute()].(string)
	return l.acc.plain && collate.Plain(l.email) && collate.Plain(name)
}

// either is the verdict where RomM may find one or the other account by the
// address: the graver one, or that of the lower id.
func (l *login) either(one, other Verdict) Verdict {
	if l.gravity(&other) > l.gravity(&one) {
		one, other = other, one
	}
	one.OtherID, one.Depends = other.UserID, dependsOnOrder
	return one
}
