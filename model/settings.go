package model

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/romm-admin/romm-admin/model/collate"
)

// Version is a RomM release. The zero value means that it is not known.
type Version struct {
	Major, Minor, Patch int
	// Dev is true for a build from source, which reports "development"
	// (docs/romm.md 4). It is read as the newest rules we know.
	Dev bool
	// Columns is whether RomM's database has columns for links, which counts
	// before the release; zero where the database was not read. Of a development
	// build an audit log tells it, too.
	Columns Columns
}

// Columns is what is known of the columns for links in RomM's database.
type Columns int8

// The states of the columns; zero is not known.
const (
	LinkColumns   Columns = iota + 1 // they exist
	NoLinkColumns                    // they do not
)

// ParseVersion reads what RomM reports: "5.2.0", "5.1.0-beta.1",
// "development". A leading v is accepted.
func ParseVersion(s string) (Version, error) {
	t := strings.TrimPrefix(strings.TrimSpace(s), "v")
	if t == "development" {
		return Version{Dev: true}, nil
	}
	t, _, _ = strings.Cut(t, "-")
	t, _, _ = strings.Cut(t, "+")
	var v Version
	parts := strings.Split(t, ".")
	if len(parts) < 2 || len(parts) > 3 {
		return Version{}, fmt.Errorf("version %q is not like 5.2.0", Clean(s))
	}
	for i, dst := range []*int{&v.Major, &v.Minor, &v.Patch}[:len(parts)] {
		n, err := strconv.Atoi(parts[i])
		if err != nil || n < 0 {
			return Version{}, fmt.Errorf("version %q is not like 5.2.0", Clean(s))
		}
		*dst = n
	}
	return v, nil
}

// Known reports whether the version is known at all.
func (v Version) Known() bool { return v != Version{Columns: v.Columns} }

// String returns "5.2.0", "development", or "unknown".
func (v Version) String() string {
	switch {
	case v.Dev:
		return "development"
	case !v.Known():
		return "unknown"
	}
	return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch)
}

// AtLeast reports whether v is that release or a later one. Development
// builds and unknown versions count as the newest.
func (v Version) AtLeast(major, minor, patch int) bool {
	if v.Dev || !v.Known() {
		return true
	}
	a := [3]int{v.Major, v.Minor, v.Patch}
	b := [3]int{major, minor, patch}
	for i := range a {
		if a[i] != b[i] {
			return a[i] > b[i]
		}
	}
	return true
}

// Roles lists the roles that this version knows, highest first.
func (v Version) Roles() []Role {
	if v.family().threeRoles {
		return []Role{RoleAdmin, RoleEditor, RoleViewer}
	}
	return []Role{RoleAdmin, RoleUser}
}

// Database is the kind of database behind RomM. It decides how RomM compares
// addresses and usernames (docs/romm.md 2 Uniqueness).
type Database string

// The kinds. DatabaseUnknown assumes the worst of the others. A MariaDB compares
// by its collation; the plain name stands for the default one of new servers. Of a
// MySQL the plain name assumes the worst of its collations.
const (
	DatabaseUnknown        Database = "unknown"
	DatabaseMariaDB        Database = "mariadb"
	DatabaseMariaDBGeneral Database = "mariadb:utf8mb4_general_ci"
	DatabaseMariaDBUnicode Database = "mariadb:utf8mb4_unicode_ci"
	DatabasePostgreSQL     Database = "postgresql"
	DatabaseMySQL          Database = "mysql"
	DatabaseMySQL0900      Database = "mysql:utf8mb4_0900_ai_ci"
)

// databases are those that an unknown one may be, and mysqls those that a MySQL
// may be.
var (
	databases = [...]Database{DatabaseMariaDB, DatabaseMariaDBGeneral, DatabaseMariaDBUnicode, DatabasePostgreSQL}
	mysqls    = [...]Database{DatabaseMySQL0900, DatabaseMariaDBGeneral, DatabaseMariaDBUnicode}
)

// ParseDatabase reads RomM's ROMM_DB_DRIVER, with the collation after a colon
// where it is known; "" is unknown. MySQL's collations that MariaDB has too are
// those of MariaDB.
func ParseDatabase(s string) (Database, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	driver, collation, named := strings.Cut(s, ":")
	switch {
	case s == string(DatabaseMySQL), s == string(DatabaseMySQL0900):
		return Database(s), nil
	case s == "mariadb:utf8mb4_0900_ai_ci": // of newer ones this is a name of the same without padding
		return DatabaseMySQL0900, nil
	case driver == string(DatabaseMySQL):
		driver = string(DatabaseMariaDB)
	}
	if driver == string(DatabaseMariaDB) && collation == "utf8mb4_uca1400_ai_ci" {
		return DatabaseMariaDB, nil
	}
	db := Database(driver)
	if named {
		db += Database(":" + collation)
	}
	switch {
	case s == "" || db == DatabaseUnknown:
		return DatabaseUnknown, nil
	case slices.Contains(databases[:], db):
		return db, nil
	case named && driver == string(DatabaseMariaDB):
		return "", fmt.Errorf("collation %q is none of utf8mb4_uca1400_ai_ci, utf8mb4_general_ci, utf8mb4_unicode_ci, utf8mb4_0900_ai_ci", Clean(collation))
	}
	return "", fmt.Errorf("database %q is none of mariadb, mysql, postgresql, unknown", Clean(s))
}

// Rule is how the database compares text.
func (d Database) Rule() collate.Rule {
	switch d {
	case DatabasePostgreSQL:
		return collate.PostgreSQL
	case DatabaseMariaDBGeneral:
		return collate.General
	case DatabaseMariaDBUnicode:
		return collate.Unicode
	case DatabaseMySQL, DatabaseMySQL0900:
		return collate.MySQL
	case DatabaseMariaDB, DatabaseUnknown:
	}
	return collate.UCA1400
}

// Settings are RomM's version and its OIDC settings, which RomM exposes
// nowhere: they come from the same environment that RomM is started with
// (docs/romm.md 3 Environment). Each role value is one literal, from 5.5 on a comma
// list.
type Settings struct {
	Version           Version
	Database          Database
	Disabled          bool   // OIDC_ENABLED is false
	ClaimRoles        string // OIDC_CLAIM_ROLES; "" = no role decision
	RoleAdmin         string // OIDC_ROLE_ADMIN
	RoleEditor        string // OIDC_ROLE_EDITOR
	RoleViewer        string // OIDC_ROLE_VIEWER
	AllowRegistration bool   // OIDC_ALLOW_REGISTRATION; always on before 5.0
	UsernameAttribute string // OIDC_USERNAME_ATTRIBUTE; "" = preferred_username, but blanks are a claim without a name
	RedirectURI       string // OIDC_REDIRECT_URI; "" = not known
	ClientID          string // OIDC_CLIENT_ID; "" = not known
	BaseURL           string // ROMM_BASE_URL; "" = not known
	// ApplicationURL and MetadataURL are OIDC_SERVER_APPLICATION_URL and
	// OIDC_SERVER_METADATA_URL; "" = not known. See Discovery.
	ApplicationURL string
	MetadataURL    string
	// ClaimsSupported is the list in the provider's discovery document; nil
	// when it has none.
	ClaimsSupported []string
	// Assumed is set when no OIDC_* variable was given and the values are
	// our guess.
	Assumed bool
}

// Token returns what has to stand in the role claim for RomM to give the
// role: the value of its OIDC_ROLE_* variable. RomM 5 gives "user" to viewers.
// A viewer value of "*" accepts anything, so the plain word is sent.
func (s Settings) Token(r Role) string {
	sets := s.Version.family().roleSets
	pick := func(configured, word string) string {
		if sets {
			for v := range values(configured) {
				if v != "*" {
					return v
				}
			}
			return word
		}
		if configured == "" || configured == "*" {
			return word
		}
		return configured
	}
	switch r {
	case RoleAdmin:
		return pick(s.RoleAdmin, "admin")
	case RoleEditor:
		return pick(s.RoleEditor, "editor")
	case RoleUser, RoleViewer:
		return pick(s.RoleViewer, "viewer")
	case RoleNone:
	}
	return ""
}

// usernameAttribute is the claim that names a new account.
func (s Settings) usernameAttribute() string {
	if s.UsernameAttribute == "" || s.Version.family().nameOptional {
		return "preferred_username"
	}
	return strings.TrimSpace(s.UsernameAttribute)
}
