package model

import (
	"fmt"
	"strings"
)

// LinksReading is what RomM's own database says.
type LinksReading struct {
	DatabaseInfo
	Accounts []LocalUser // with Link, where RomM keeps links
	// Linking is whether this RomM keeps links: releases before 5.4 have no
	// columns for them.
	Linking bool
}

// DatabaseInfo is what a database says of itself.
type DatabaseInfo struct {
	Kind    Database
	Product string // MariaDB, MySQL or PostgreSQL
	Version string
	// Email and Username are the collations of the two columns.
	Email, Username string
}

// DatabaseAccess is what the account in RomM's database may do (S34).
type DatabaseAccess struct {
	DatabaseInfo
	Account   Untrusted
	Server    string // where it is, as configured
	Encrypted bool
	Local     bool // the connection does not leave this machine
	Linking   bool
	// Write is whether the configuration allows changes of links.
	Write bool
	// Missing and MissingWrite are the rights that are not there, in words, for
	// reading and for changing links; Grant are the statements that give all.
	Missing, MissingWrite []string
	Grant                 []string
}

// Folded is what a database makes of a text. Two texts have the same Exact if a
// unique index takes them for equal. RomM finds a stored text by one that it has
// lower-cased itself if the Lower of the one is the Exact of the other.
type Folded struct {
	Exact, Lower string
}

// LinkSQL is the statement that changes a link, for people who run it
// themselves. It changes one row, or none if the link is no longer before.
func LinkSQL(kind Database, id int64, before, after OIDCLink) string {
	set := func(column string, t NullText) string { return column + " = " + quoteSQL(kind, t) }
	where := func(column string, t NullText) string {
		if !t.Valid {
			return column + " IS NULL"
		}
		return set(column, t)
	}
	return fmt.Sprintf("UPDATE users SET %s, %s WHERE id = %d AND %s AND %s;",
		set("oidc_issuer", after.Issuer), set("oidc_sub", after.Subject), id,
		where("oidc_issuer", before.Issuer), where("oidc_sub", before.Subject))
}

// quoteSQL writes a text so that it is read alike whatever the server is set to:
// backslashes mean something to one and nothing to the other, and what cannot
// be printed must not reach a terminal (S30), so both are written as bytes.
func quoteSQL(kind Database, t NullText) string {
	s := string(t.Text)
	odd := strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' || r == '\\' })
	switch {
	case !t.Valid:
		return "NULL"
	case !odd:
		return "'" + strings.ReplaceAll(s, "'", "''") + "'"
	case kind == DatabasePostgreSQL:
		return fmt.Sprintf("convert_from(decode('%x', 'hex'), 'UTF8')", s)
	}
	return fmt.Sprintf("CONVERT(X'%x' USING utf8mb4)", s)
}
