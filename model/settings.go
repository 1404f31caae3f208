package model

import (
	"fmt"
	"strconv"
	"strings"
)

// Version is a RomM release. The zero value means that it is not known.
type Version struct {
	Major, Minor, Patch int
	// Dev is true for a build from source, which reports "development"
	// (docs/romm.md 4). It is read as the newest rules we know.
	Dev bool
}

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
func (v Version) Known() bool { return v != Version{} }

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

// Next reports whether the code merged after 5.2.0 applies: usernames are
// sanitised and a collision answers 409 (docs/romm.md 0 Next). A development
// build may have it or not; it is read as released code, whose answer is the
// graver one.
func (v Version) Next() bool { return !v.Dev && v.Known() && v.AtLeast(5, 2, 1) }

// Roles lists the roles that this version knows, highest first.
func (v Version) Roles() []Role {
	if v.AtLeast(5, 0, 0) {
		return []Role{RoleAdmin, RoleUser}
	}
	return []Role{RoleAdmin, RoleEditor, RoleViewer}
}

// Database is the kind of database behind RomM. It decides how RomM compares
// addresses and usernames (docs/romm.md 2 Uniqueness).
type Database string

// The kinds. DatabaseUnknown assumes the worse of the two.
const (
	DatabaseUnknown    Database = "unknown"
	DatabaseMariaDB    Database = "mariadb"
	DatabasePostgreSQL Database = "postgresql"
)

// ParseDatabase reads RomM's ROMM_DB_DRIVER; mysql is read as mariadb, whose
// collations behave alike here, and "" as unknown.
func ParseDatabase(s string) (Database, error) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "":
		return DatabaseUnknown, nil
	case "unknown", "mariadb", "postgresql":
		return Database(strings.ToLower(strings.TrimSpace(s))), nil
	case "mysql":
		return DatabaseMariaDB, nil
	}
	return "", fmt.Errorf("database %q is none of mariadb, mysql, postgresql, unknown", Clean(s))
}

// Settings are RomM's version and its OIDC settings, which RomM exposes
// nowhere: they come from the same environment that RomM is started with
// (docs/romm.md 3 Environment). Each role value is one literal.
type Settings struct {
	Version           Version
	Database          Database
	Disabled          bool   // OIDC_ENABLED is false
	ClaimRoles        string // OIDC_CLAIM_ROLES; "" = no role decision
	RoleAdmin         string // OIDC_ROLE_ADMIN
	RoleEditor        string // OIDC_ROLE_EDITOR
	RoleViewer        string // OIDC_ROLE_VIEWER
	AllowRegistration bool   // OIDC_ALLOW_REGISTRATION; always on before 5.0
	UsernameAttribute string // OIDC_USERNAME_ATTRIBUTE; "" = preferred_username
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
	pick := func(configured, word string) string {
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
	if s.UsernameAttribute == "" || !s.Version.AtLeast(4, 5, 0) {
		return "preferred_username"
	}
	return s.UsernameAttribute
}
