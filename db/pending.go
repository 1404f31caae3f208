package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/romm-admin/romm-admin/model"
)

// maxGroupName bounds the name of a pending row, in bytes.
const maxGroupName = 1024

// PendingRoles returns the roles of groups that do not exist yet, by name.
// They are no part of the role map and grant nothing.
func (d *DB) PendingRoles(ctx context.Context) ([]model.PendingRole, error) {
	var out []model.PendingRole
	err := d.read(ctx, "read pending roles", func(tx *sql.Tx) (err error) {
		rows, err := tx.QueryContext(ctx, "SELECT name, role, changed_by, changed_at FROM pending_role ORDER BY name")
		out, err = collect(rows, err, func(s scanner) (p model.PendingRole, err error) {
			var at int64
			err = s.Scan(&p.Name, &p.Role, &p.ChangedBy, &at)
			p.ChangedAt = moment(at)
			return p, err
		})
		return err
	})
	return out, err
}

// SetPendingRole stores the row; RoleNone removes it. It refuses with
// CodeConflict unless the name's role is still before.
func (d *DB) SetPendingRole(ctx context.Context, p model.PendingRole, before model.Role) error {
	switch {
	case p.Name == "" || len(p.Name) > maxGroupName:
		return &model.Error{Code: model.CodeInvalid, Op: "save pending role", Msg: "the name of the group is missing or too long"}
	case p.Role != model.RoleNone && !knownRole(p.Role):
		return badRole(p.Role)
	}
	return d.write(ctx, "save pending role", func(tx *sql.Tx) error {
		var now model.Role
		err := tx.QueryRowContext(ctx, "SELECT role FROM pending_role WHERE name = ?", p.Name.Raw()).Scan(&now)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if now != before {
			return roleConflict(fmt.Sprintf("pending group %s", p.Name), now, before)
		}
		if p.Role == model.RoleNone {
			_, err = changeRows(ctx, tx, "pending_role", "DELETE FROM pending_role WHERE name = ?", []any{p.Name.Raw()}, "name = ?", p.Name.Raw())
			return err
		}
		_, err = changeRows(ctx, tx, "pending_role", `INSERT INTO pending_role (name, role, changed_by, changed_at) VALUES (?, ?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET role = excluded.role, changed_by = excluded.changed_by, changed_at = excluded.changed_at`,
			[]any{p.Name.Raw(), string(p.Role), p.ChangedBy.Raw(), d.stamp(p.ChangedAt)}, "name = ?", p.Name.Raw())
		return err
	})
}
