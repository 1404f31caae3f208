package model

import "github.com/romm-admin/romm-admin/model/collate"

// What a verdict may depend on where the database counts.
const (
	dependsOnMariaDB    = "this is so when RomM runs on MariaDB; set ROMM_DB_DRIVER to know"
	dependsOnGeneral    = "this is so when RomM runs on a MariaDB or MySQL that compares by utf8mb4_general_ci; set ROMM_DB_DRIVER and ROMM_DB_COLLATION to know"
	dependsOnUnicode    = "this is so when RomM runs on a MariaDB or MySQL that compares by utf8mb4_unicode_ci; set ROMM_DB_DRIVER and ROMM_DB_COLLATION to know"
	dependsOn0900       = "this is so when RomM's MySQL compares by utf8mb4_0900_ai_ci, to which blanks at the end count; set ROMM_DB_COLLATION to know"
	dependsOnPostgreSQL = "this is so when RomM runs on PostgreSQL; set ROMM_DB_DRIVER to know"
	dependsOnOrder      = "another account has this address, too, and RomM opens the one that comes first in its database, which every change there can move"
)

// gravest is the verdict while the database may be any of these: that of the one
// on which the login does most harm. It says so where the others differ.
func (l *login) gravest(candidates []Database) Verdict {
	var room [len(databases)]Verdict
	all := room[:len(candidates)]
	plain, differ := l.plain(), false
	for i, db := range candidates {
		if plain && i > 0 && db != DatabasePostgreSQL {
			all[i] = all[0] // the collations are alike
			continue
		}
		all[i] = l.on(db)
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
	switch candidates[found] {
	case DatabaseMySQL0900:
		why = dependsOn0900
	case DatabaseMariaDBGeneral:
		why = dependsOnGeneral
	case DatabaseMariaDBUnicode:
		why = dependsOnUnicode
	case DatabasePostgreSQL:
		why = dependsOnPostgreSQL
	case DatabaseMariaDB, DatabaseUnknown, DatabaseMySQL:
	}
	worst.dependsOn(why)
	return worst
}

// plain reports whether nothing that is compared leaves printable ASCII.
func (l *login) plain() bool {
	name, isText := l.name.(string)
	return l.acc.plain && collate.Plain(l.email) && (isText && collate.Plain(name) || l.name == nil)
}

// on is the verdict on one database. Several accounts may have the address there,
// and RomM may find any of them: the verdict is that of the first, as RomM was
// mostly seen to answer, and names the next one that changes it.
func (l *login) on(db Database) Verdict {
	v := l.account(db)
	if !l.emailIsText || !askable(l.email, db) {
		return v
	}
	for l.nth = 1; v.OtherID == 0; l.nth++ {
		u := l.acc.byEmail(l.email, l.nth, db)
		if u == nil {
			break
		}
		if other := l.account(db); other.UserID != v.UserID || other.Rule != v.Rule { // else it does not go by the address
			v.OtherID = u.ID
			v.dependsOn(dependsOnOrder)
		}
	}
	l.nth = 0
	return v
}
