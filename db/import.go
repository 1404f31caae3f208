package db

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// The bounds of a list of accounts that is imported.
const (
	MaxAccountsFile = 4 << 20 // bytes
	maxAccounts     = 10_000
)

// accountFile is the JSON form of an account; CSV has the same columns.
type accountFile struct {
	Username model.Untrusted  `json:"username"`
	Email    *model.Untrusted `json:"email"` // null or "": none
	Role     model.Role       `json:"role"`
	Enabled  *bool            `json:"enabled"` // absent: yes
}

// ParseAccounts reads accounts for the embedded directory, from a JSON list of
// objects or from CSV with a heading line; the members and columns are
// username, email, role and enabled. It is strict: nothing unknown, nothing
// twice, every value as it can be stored, within the bounds (S39). It changes
// nothing.
func ParseAccounts(data []byte) ([]model.LocalUser, error) {
	if len(data) > MaxAccountsFile {
		return nil, badAccounts("the file is larger than %d MiB", MaxAccountsFile>>20)
	}
	read := accountsCSV
	if text := bytes.TrimLeft(data, " \t\r\n"); len(text) > 0 && (text[0] == '[' || text[0] == '{') {
		read = accountsJSON
	}
	files, err := read(data)
	if err != nil {
		return nil, err
	}
	if len(files) > maxAccounts {
		return nil, badAccounts("more than %d accounts", maxAccounts)
	}
	return accountsOf(files)
}

func badAccounts(format string, args ...any) error {
	return &model.Error{
		Code: model.CodeInvalid, Op: "read accounts", Msg: fmt.Sprintf(format, args...),
		Hint: "give a JSON list, or CSV with the heading username,email,role,enabled",
	}
}

func accountsJSON(data []byte) ([]accountFile, error) {
	var files []accountFile
	if err := model.DecodeStrict(data, &files); err != nil {
		return nil, badAccounts("not a list of accounts: %v", err)
	}
	return files, nil
}

func accountsCSV(data []byte) ([]accountFile, error) {
	r := csv.NewReader(bytes.NewReader(data))
	heading, err := r.Read()
	if err != nil {
		return nil, badAccounts("no heading line: %v", err)
	}
	column := map[string]int{}
	for i, name := range heading {
		name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))
		if _, twice := column[name]; twice || !slices.Contains([]string{"username", "email", "role", "enabled"}, name) {
			return nil, badAccounts("the column %q is not known or there twice", model.Clean(name))
		}
		column[name] = i
	}
	if _, ok := column["username"]; !ok {
		return nil, badAccounts("there is no column username")
	}
	var files []accountFile
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, badAccounts("%v", err)
		}
		f, err := accountRow(row, column)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
		if len(files) > maxAccounts {
			return files, nil // refused by the caller
		}
	}
}

func accountRow(row []string, column map[string]int) (accountFile, error) {
	cell := func(name string) string {
		if i, ok := column[name]; ok {
			return unquoted(row[i])
		}
		return ""
	}
	f := accountFile{Username: model.Untrusted(cell("username")), Role: model.Role(cell("role"))}
	if email := cell("email"); email != "" {
		f.Email = (*model.Untrusted)(&email)
	}
	if text := cell("enabled"); text != "" {
		enabled, err := strconv.ParseBool(strings.ToLower(text))
		if err != nil {
			return f, badAccounts("%s: enabled is %q, not true or false", f.Username, model.Clean(text))
		}
		f.Enabled = &enabled
	}
	return f, nil
}

// unquoted takes away the quote that spreadsheets need before a cell that
// would else be a formula.
func unquoted(cell string) string {
	if len(cell) > 1 && cell[0] == '\'' && strings.IndexByte("=+-@", cell[1]) >= 0 {
		return cell[1:]
	}
	return cell
}

// accountsOf checks every account and that no two collide.
func accountsOf(files []accountFile) ([]model.LocalUser, error) {
	out := make([]model.LocalUser, 0, len(files))
	names, emails := map[string]bool{}, map[string]bool{}
	for i, f := range files {
		u := model.LocalUser{Username: f.Username, Role: f.Role, Enabled: f.Enabled == nil || *f.Enabled}
		if f.Email != nil {
			u.Email = *f.Email
		}
		if u.Role == model.RoleNone {
			u.Role = model.RoleUser
		}
		email, err := newEmail(u)
		if err != nil {
			return nil, badAccounts("account %d (%s): %v", i+1, u.Username, err)
		}
		u.Email = model.Untrusted(email.String)
		name := strings.ToLower(u.Username.Raw())
		if names[name] || email.Valid && emails[email.String] {
			return nil, badAccounts("account %d (%s): the name or the address is there twice", i+1, u.Username)
		}
		names[name], emails[email.String] = true, email.Valid
		out = append(out, u)
	}
	return out, nil
}
