// Package rommsql reads RomM's own database: MariaDB, MySQL or PostgreSQL. It
// alone knows who an account is linked to, and how addresses compare; RomM's API
// tells neither (docs/romm.md 7 Links).
//
// Everything is read in transactions that can write nothing. The one thing that
// is ever written is the link of one account, if the configuration allows it,
// and only while it still is what it was (S35). The least rights are in
// docs/permissions.md.
package rommsql
