package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/romm-admin/romm-admin/model"
)

// Accounts is the embedded directory: the local users that are used when no
// RomM is configured. It follows the rules of RomM 5.2: two roles, addresses
// unique whatever their letter case, and the address rule of its API
// (docs/romm.md 2).
type Accounts struct{ db *DB }

// Accounts returns the embedded directory of this file.
func (d *DB) Accounts() *Accounts { return &Accounts{db: d} }

// embeddedVersion is the release whose rules the embedded directory follows.
func embeddedVersion() model.Version { return model.Version{Major: 5, Minor: 2} }

const userColumns = "id, username, email, role, enabled, last_login, last_active"

func scanUser(s scanner) (u model.LocalUser, err error) {
	var email sql.NullString
	var login, active sql.NullInt64
	err = s.Scan(&u.ID, &u.Username, &email, &u.Role, &u.Enabled, &login, &active)
	u.Email = model.Untrusted(email.String)
	u.EmptyEmail = email.Valid && email.String == ""
	u.LastLogin, u.LastActive = fromOptional(login), fromOptional(active)
	return u, err
}

// ReadAccounts returns all accounts in the order in which they were made.
func (a *Accounts) ReadAccounts(ctx context.Context) (model.AccountsReading, error) {
	out := model.AccountsReading{
		System:  model.System{Name: "local directory", Embedded: true},
		Version: embeddedVersion(),
	}
	err := a.db.read(ctx, "read local accounts", func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT "+userColumns+" FROM local_user ORDER BY id")
		out.Users, err = collect(rows, err, scanUser)
		return err
	})
	if err != nil {
		return model.AccountsReading{}, err
	}
	return out, nil
}

// SetEmail replaces the address of an account; after == "" clears it. It
// refuses with CodeConflict unless the address is still before (S35), or if
// another account has the new one; CodeInvalid for an address that RomM's API
// refuses. It returns the account as it is afterwards.
func (a *Accounts) SetEmail(ctx context.Context, id int64, before, after string) (model.LocalUser, error) {
	if after != "" {
		var err error
		if after, err = model.CheckAddress(after); err != nil {
			return model.LocalUser{}, translate("set e-mail", a.db.path, err)
		}
	}
	var user model.LocalUser
	err := a.db.write(ctx, "set e-mail", func(tx *sql.Tx) (err error) {
		if user, err = getUser(ctx, tx, id); err != nil {
			return err
		}
		if user.Email.Raw() != before {
			return &model.Error{
				Code: model.CodeConflict,
				Msg: fmt.Sprintf("the address of %s is %q now, not %q as it was when the change was planned",
					user.Username, user.Email.String(), model.Clean(before)),
				Hint: "reload, check the change, and make it again",
			}
		}
		if user.Email.Raw() == after && !user.EmptyEmail {
			return nil
		}
		if after != "" {
			if err := free(ctx, tx, "email", after, id); err != nil {
				return err
			}
		}
		_, err = changeRows(ctx, tx, "local_user", "UPDATE local_user SET email = nullif(?, ''), updated_at = ? WHERE id = ?",
			[]any{after, a.db.opts.Now().UnixNano(), id}, "id = ?", id)
		if err != nil {
			return err
		}
		user, err = getUser(ctx, tx, id)
		return err
	})
	if err != nil {
		return model.LocalUser{}, err
	}
	return user, nil
}

// AddAccount makes an account and returns it as it is; u.ID is ignored.
// Usernames are kept as they are, as RomM does at a login over OIDC; they are
// unique whatever their letter case. An address must be one that RomM's API
// accepts; EmptyEmail stores the empty one, which at most one account can have.
func (a *Accounts) AddAccount(ctx context.Context, u model.LocalUser) (model.LocalUser, error) {
	email, err := newEmail(u)
	if err != nil {
		return model.LocalUser{}, translate("add account", a.db.path, err)
	}
	var made model.LocalUser
	err = a.db.write(ctx, "add account", func(tx *sql.Tx) error {
		if err := free(ctx, tx, "username", u.Username.Raw(), 0); err != nil {
			return err
		}
		if email.Valid {
			if err := free(ctx, tx, "email", email.String, 0); err != nil {
				return err
			}
		}
		id, err := a.insert(ctx, tx, u)
		if err != nil {
			return err
		}
		made, err = getUser(ctx, tx, id)
		return err
	})
	if err != nil {
		return model.LocalUser{}, err
	}
	return made, nil
}

// RemoveAccount removes the account of that name. It refuses with CodeConflict
// unless address, role and switch are still as before (S35), or when somebody is
// pinned to it, and with CodeRefused to remove the last enabled admin (S5).
func (a *Accounts) RemoveAccount(ctx context.Context, before model.LocalUser) error {
	return a.db.write(ctx, "remove account", func(tx *sql.Tx) error {
		now, err := scanUser(tx.QueryRowContext(ctx, "SELECT "+userColumns+" FROM local_user WHERE username = ?", before.Username.Raw()))
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return &model.Error{
				Code: model.CodeConflict, Msg: fmt.Sprintf("there is no local account %s any more", before.Username),
				Hint: "reload: somebody has removed it",
			}
		case err != nil:
			return err
		case now.Username != before.Username || now.Email != before.Email || now.EmptyEmail != before.EmptyEmail ||
			now.Role != before.Role || now.Enabled != before.Enabled:
			return &model.Error{
				Code: model.CodeConflict, Msg: fmt.Sprintf("the account %s is not as it was when the change was planned", now.Username),
				Hint: "reload, check the change, and make it again",
			}
		}
		var pins int64
		if err := tx.QueryRowContext(ctx, "SELECT count(*) FROM link WHERE local_id = ?", now.ID).Scan(&pins); err != nil {
			return err
		}
		if pins > 0 {
			return &model.Error{
				Code: model.CodeConflict, Msg: fmt.Sprintf("the account %s is pinned to an Authentik user", now.Username),
				Hint: "take the pin away first: romm-admin users unpin",
			}
		}
		if usable(now) {
			if err := notLastAdmin(ctx, tx, now); err != nil {
				return err
			}
		}
		_, err = changeRows(ctx, tx, "local_user", "DELETE FROM local_user WHERE id = ?", []any{now.ID}, "id = ?", now.ID)
		return err
	})
}

// insert makes a row of an account that was checked.
func (a *Accounts) insert(ctx context.Context, tx *sql.Tx, u model.LocalUser) (int64, error) {
	email, err := newEmail(u)
	if err != nil {
		return 0, err
	}
	now := a.db.opts.Now().UnixNano()
	_, err = changeRows(ctx, tx, "local_user", `INSERT INTO local_user
		(username, email, role, enabled, last_login, last_active, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		[]any{u.Username.Raw(), email, string(u.Role), u.Enabled, optional(u.LastLogin), optional(u.LastActive), now, now},
		"username = ?", u.Username.Raw())
	if err != nil {
		return 0, err
	}
	var id int64
	err = tx.QueryRowContext(ctx, "SELECT id FROM local_user WHERE username = ?", u.Username.Raw()).Scan(&id)
	return id, err
}

// maxUsername is the length of RomM's column.
const maxUsername = 255

// newEmail checks a new account and returns its address as it is stored.
func newEmail(u model.LocalUser) (sql.NullString, error) {
	var none sql.NullString
	switch n := len(u.Username); {
	case n == 0:
		return none, &model.Error{Code: model.CodeInvalid, Msg: "Username cannot be empty", Hint: "give the account a name"}
	case n > maxUsername:
		return none, &model.Error{
			Code: model.CodeInvalid, Msg: fmt.Sprintf("Username must be no more than %d characters long", maxUsername),
			Hint: "give the account a shorter name",
		}
	}
	if err := checkLocalRole(u.Role); err != nil {
		return none, err
	}
	if u.Email == "" {
		return sql.NullString{Valid: u.EmptyEmail}, nil
	}
	email, err := model.CheckAddress(u.Email.Raw())
	return sql.NullString{String: email, Valid: true}, err
}

// getUser reads one account; CodeNotFound if there is none.
func getUser(ctx context.Context, tx *sql.Tx, id int64) (model.LocalUser, error) {
	u, err := scanUser(tx.QueryRowContext(ctx, "SELECT "+userColumns+" FROM local_user WHERE id = ?", id))
	if errors.Is(err, sql.ErrNoRows) {
		return u, &model.Error{
			Code: model.CodeNotFound, Msg: fmt.Sprintf("there is no local account %d", id),
			Hint: "reload: somebody may have removed it",
		}
	}
	return u, err
}

// free refuses a name or an address that another account has, in RomM's words.
func free(ctx context.Context, tx *sql.Tx, column, value string, except int64) error {
	var other string
	// column is one of our own two words, never input.
	err := tx.QueryRowContext(ctx,
		"SELECT username FROM local_user WHERE "+column+" = ? COLLATE NOCASE AND id <> ?", value, except).Scan(&other)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	what := "User with email " + model.Clean(value)
	if column == "username" {
		what = "Username " + model.Clean(value)
	}
	return &model.Error{
		Code: model.CodeConflict, Msg: what + " already exists",
		Hint: fmt.Sprintf("the account %s has it", model.Clean(other)),
	}
}
