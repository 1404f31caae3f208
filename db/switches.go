package db

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/romm-admin/romm-admin/model"
)

// SetEnabled enables or disables an account. It refuses with CodeConflict
// unless the account is still as before (S35), and with CodeRefused to disable
// the last enabled admin (S5).
func (a *Accounts) SetEnabled(ctx context.Context, id int64, before, after bool) (model.LocalUser, error) {
	return a.set(ctx, "set enabled", id, func(u *model.LocalUser) (now string, ok bool) {
		now, ok = word(u.Enabled), u.Enabled == before
		u.Enabled = after
		return now, ok
	}, word(before))
}

func word(enabled bool) string {
	if enabled {
		return "enabled"
	}
	return "disabled"
}

// SetRole gives an account the role admin or user. It refuses with
// CodeConflict unless the role is still before (S35), and with CodeRefused to
// take the role from the last enabled admin (S5).
func (a *Accounts) SetRole(ctx context.Context, id int64, before, after model.Role) (model.LocalUser, error) {
	if err := checkLocalRole(after); err != nil {
		return model.LocalUser{}, translate("set role", a.db.path, err)
	}
	return a.set(ctx, "set role", id, func(u *model.LocalUser) (now string, ok bool) {
		now, ok = string(u.Role), u.Role == before
		u.Role = after
		return now, ok
	}, string(before))
}

// set reads the account, lets change compare and alter the copy, and stores
// role and enabled.
func (a *Accounts) set(ctx context.Context, op string, id int64, change func(*model.LocalUser) (now string, ok bool), before string) (model.LocalUser, error) {
	var user model.LocalUser
	err := a.db.write(ctx, op, func(tx *sql.Tx) error {
		old, err := getUser(ctx, tx, id)
		if err != nil {
			return err
		}
		user = old
		if now, ok := change(&user); !ok {
			return &model.Error{
				Code: model.CodeConflict,
				Msg: fmt.Sprintf("%s is %s now, not %s as it was when the change was planned",
					old.Username, now, model.Clean(before)),
				Hint: "reload, check the change, and make it again",
			}
		}
		if user == old {
			return nil
		}
		if usable(old) && !usable(user) {
			if err := notLastAdmin(ctx, tx, old); err != nil {
				return err
			}
		}
		_, err = changeRows(ctx, tx, "local_user", "UPDATE local_user SET role = ?, enabled = ?, updated_at = ? WHERE id = ?",
			[]any{string(user.Role), user.Enabled, a.db.opts.Now().UnixNano(), id}, "id = ?", id)
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

func usable(u model.LocalUser) bool { return u.Enabled && u.Role == model.RoleAdmin }

// notLastAdmin refuses when u is the only enabled admin.
func notLastAdmin(ctx context.Context, tx *sql.Tx, u model.LocalUser) error {
	var others int64
	err := tx.QueryRowContext(ctx,
		"SELECT count(*) FROM local_user WHERE role = 'admin' AND enabled = 1 AND id <> ?", u.ID).Scan(&others)
	if err != nil || others > 0 {
		return err
	}
	return &model.Error{
		Code: model.CodeRefused, Msg: fmt.Sprintf("%s is the last enabled admin", u.Username),
		Hint: "make somebody else admin first",
	}
}

// checkLocalRole wants a role of RomM 5.
func checkLocalRole(r model.Role) error {
	if r == model.RoleAdmin || r == model.RoleUser {
		return nil
	}
	return &model.Error{
		Code: model.CodeInvalid, Msg: fmt.Sprintf("the local directory has no role %q", model.Clean(string(r))),
		Hint: "its roles are admin and user, as in RomM 5",
	}
}
