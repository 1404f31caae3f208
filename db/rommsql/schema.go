package rommsql

import (
	"fmt"
	"slices"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// The columns of users that are read. The last two came with RomM 5.4
// (docs/romm.md 7 Links).
var (
	accountColumns = []string{"id", "username", "email", "role", "enabled"}
	linkColumns    = []string{"oidc_issuer", "oidc_sub"}
)

// schema is the table of users as an account of the database sees it.
type schema struct {
	info    model.DatabaseInfo
	account string // as the server names it
	// table is the table's quoted name, and grantee the account's, for GRANT;
	// usage is the statement that lets the account see the schema at all.
	table, grantee, usage string
	columns               map[string]column // those that exist
}

// column is one that exists.
type column struct {
	read, write bool
	collation   string
	named       bool // it has another collation than the database
	// unfit says why the equality of texts cannot be asked; "" if it can.
	unfit string
}

// linking reports whether this RomM keeps links.
func (s schema) linking() bool {
	return !slices.ContainsFunc(linkColumns, func(c string) bool { _, ok := s.columns[c]; return !ok })
}

// wanted are the columns that are read.
func (s schema) wanted() []string {
	if s.linking() {
		return slices.Concat(accountColumns, linkColumns)
	}
	return accountColumns
}

// foreign says why this is not RomM's table; "" if it is.
func (s schema) foreign() string {
	var lacks []string
	for _, c := range accountColumns {
		if _, ok := s.columns[c]; !ok {
			lacks = append(lacks, c)
		}
	}
	switch {
	case len(lacks) == len(accountColumns):
		return "it has no table users"
	case len(lacks) > 0:
		return "its table users has no " + strings.Join(lacks, ", ")
	}
	return ""
}

// missing are the rights that reading and changing links need and that are not
// there, in words.
func (s schema) missing() (read, write []string) {
	if s.usage != "" {
		read = append(read, "USAGE on the schema of users")
	}
	for _, c := range s.wanted() {
		if !s.columns[c].read {
			read = append(read, fmt.Sprintf("SELECT on users.%s", c))
		}
	}
	for _, c := range linkColumns {
		if s.linking() && !s.columns[c].write {
			write = append(write, fmt.Sprintf("UPDATE on users.%s", c))
		}
	}
	return read, write
}

// check refuses a table that is not RomM's or that may not be read.
func (s schema) check(d *DB) error {
	if why := s.foreign(); why != "" && s.usage == "" {
		return d.wrongSchema(why)
	}
	if read, _ := s.missing(); len(read) > 0 {
		return d.tooFew(s, read)
	}
	return nil
}

// wrongSchema is the error of a database that is not RomM's.
func (d *DB) wrongSchema(why string) *model.Error {
	return &model.Error{
		Code: model.CodeInvalid, Msg: fmt.Sprintf("the database %s at %s is not RomM's: %s", model.Clean(d.cfg.Name), model.Clean(d.server()), why),
		Hint: "set DB_NAME and the other DB_ variables as RomM itself has them; RomM makes its tables when it is first started",
	}
}

// tooFew is the error of an account with too few rights.
func (d *DB) tooFew(s schema, rights []string) *model.Error {
	return &model.Error{
		Code: model.CodeForbidden, Msg: fmt.Sprintf("the database's account %s lacks %s", model.Clean(s.account), strings.Join(rights, ", ")),
		Hint: "let an administrator of the database run: " + model.Clean(strings.Join(d.d.grants(s), " ")),
	}
}

// grantColumns are the rights on the table, as GRANT takes them.
func (s schema) grantColumns() string {
	if !s.linking() {
		return fmt.Sprintf("SELECT (%s)", strings.Join(accountColumns, ", "))
	}
	return fmt.Sprintf("SELECT (%s), UPDATE (%s)", strings.Join(s.wanted(), ", "), strings.Join(linkColumns, ", "))
}
