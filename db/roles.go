package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/romm-admin/romm-admin/model"
)

// RoleMap reads the role map. A map whose checksum does not fit is an error: it
// is damaged, or something else has written it (S27).
//
// Rows come highest role first, then by name and group.
func (d *DB) RoleMap(ctx context.Context) (model.RoleMap, error) {
	var m model.RoleMap
	err := d.read(ctx, "read role map", func(tx *sql.Tx) (err error) {
		m, err = loadRoleMap(ctx, tx, d.path)
		return err
	})
	if err != nil {
		return model.RoleMap{}, err
	}
	return m, nil
}

// SetRoleRow stores the row; RoleNone removes it. It refuses with CodeConflict
// unless the group's role is still before. A zero ChangedAt becomes now. A row
// that is already there changes nothing, and so does not raise the generation.
func (d *DB) SetRoleRow(ctx context.Context, row model.RoleRow, before model.Role) error {
	if err := checkRow(row); err != nil {
		return err
	}
	return d.changeRoles(ctx, "save role map", func(tx *sql.Tx, m model.RoleMap) (_ bool, err error) {
		old, found := m.Row(row.Group)
		if old.Role != before {
			return false, roleConflict(fmt.Sprintf("group %s", row.Group), old.Role, before)
		}
		switch {
		case row.Role == model.RoleNone && !found:
			return false, nil
		case row.Role == model.RoleNone:
			_, err = tx.ExecContext(ctx, "DELETE FROM role_map WHERE group_id = ?", string(row.Group))
		case found && old.Role == row.Role && old.Name == row.Name && old.Note == row.Note:
			return false, nil
		default:
			_, err = tx.ExecContext(ctx, `INSERT INTO role_map (group_id, name, role, note, changed_by, changed_at)
				VALUES (?, ?, ?, ?, ?, ?)
				ON CONFLICT (group_id) DO UPDATE SET name = excluded.name, role = excluded.role, note = excluded.note,
					changed_by = excluded.changed_by, changed_at = excluded.changed_at`,
				string(row.Group), row.Name.Raw(), string(row.Role), row.Note.Raw(), row.ChangedBy.Raw(), d.stamp(row.ChangedAt))
		}
		return true, err
	})
}

// SetDefaultRole sets the role of people in none of the groups; RoleNone
// refuses them. It refuses with CodeConflict unless the default is still
// before.
func (d *DB) SetDefaultRole(ctx context.Context, role, before model.Role) error {
	if !knownRole(role) && role != model.RoleNone {
		return badRole(role)
	}
	return d.changeRoles(ctx, "save default role", func(tx *sql.Tx, m model.RoleMap) (bool, error) {
		if m.Default != before {
			return false, roleConflict("the default role", m.Default, before)
		}
		if role == before {
			return false, nil
		}
		_, err := tx.ExecContext(ctx, "UPDATE meta SET default_role = ?", string(role))
		return true, err
	})
}

func roleConflict(what string, is, want model.Role) error {
	return &model.Error{
		Code: model.CodeConflict,
		Msg:  fmt.Sprintf("%s is %s now, not %s as it was when the change was planned", what, roleWord(is), roleWord(want)),
		Hint: "reload, check the change, and save it again",
	}
}

func roleWord(r model.Role) string {
	if r == model.RoleNone {
		return "without a role"
	}
	return string(r)
}

func knownRole(r model.Role) bool {
	parsed, err := model.ParseRole(string(r))
	return err == nil && parsed == r
}

func badRole(r model.Role) error {
	_, err := model.ParseRole(string(r))
	if err == nil {
		err = &model.Error{Code: model.CodeInvalid, Msg: fmt.Sprintf("the role %q is not written exactly", model.Clean(string(r)))}
	}
	return err
}

func checkRow(row model.RoleRow) error {
	if !isUUID(string(row.Group)) {
		return &model.Error{
			Code: model.CodeInvalid, Op: "save role map",
			Msg:  fmt.Sprintf("%q is not the id of a group", model.Clean(string(row.Group))),
			Hint: "groups are known by their UUID in lower case; pick the group from the list",
		}
	}
	if row.Role != model.RoleNone && !knownRole(row.Role) {
		return badRole(row.Role)
	}
	return nil
}

// isUUID accepts the lower-case text form of a UUID, as Authentik writes the
// keys of groups (S8, S11).
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if i == 8 || i == 13 || i == 18 || i == 23 {
			if c != '-' {
				return false
			}
		} else if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// loadRoleMap reads the map in the given transaction and checks all of it.
func loadRoleMap(ctx context.Context, tx *sql.Tx, path string) (model.RoleMap, error) {
	m, sum, err := scanRoleMap(ctx, tx)
	if err != nil {
		return model.RoleMap{}, err
	}
	if sum != roleMapSum(m) {
		return model.RoleMap{}, &model.Error{
			Code: model.CodeInternal,
			Msg:  fmt.Sprintf("the role map in %s does not fit its checksum: the file is damaged, or another program has edited the map", path),
			Hint: "put a backup in its place, or undo the edit; the role map is changed with romm-admin only",
		}
	}
	m.Sum = hex.EncodeToString(sum[:])
	return m, nil
}

// scanRoleMap reads the map and its checksum, without comparing them.
func scanRoleMap(ctx context.Context, tx *sql.Tx) (m model.RoleMap, sum [sha256.Size]byte, err error) {
	var stored []byte
	err = tx.QueryRowContext(ctx, "SELECT generation, default_role, role_map_sum FROM meta").
		Scan(&m.Generation, &m.Default, &stored)
	if err != nil {
		return m, sum, fmt.Errorf("read meta: %w", err)
	}
	if copy(sum[:], stored) != len(sum) || len(stored) != len(sum) {
		return m, sum, errors.New("read meta: the checksum has the wrong length")
	}
	rows, err := tx.QueryContext(ctx, "SELECT group_id, name, role, note, changed_by, changed_at FROM role_map ORDER BY group_id")
	m.Rows, err = collect(rows, err, func(s scanner) (r model.RoleRow, err error) {
		var at int64
		err = s.Scan(&r.Group, &r.Name, &r.Role, &r.Note, &r.ChangedBy, &at)
		r.ChangedAt = moment(at)
		return r, err
	})
	if err != nil {
		return m, sum, fmt.Errorf("read rows: %w", err)
	}
	slices.SortStableFunc(m.Rows, func(a, b model.RoleRow) int {
		switch {
		case a.Role.Outranks(b.Role):
			return -1
		case b.Role.Outranks(a.Role):
			return 1
		}
		return strings.Compare(strings.ToLower(a.Name.Raw()), strings.ToLower(b.Name.Raw()))
	})
	return m, sum, nil
}

// roleMapSum is the checksum over the whole map. It guards against damage and
// careless edits, not against somebody who owns the file and knows this
// function.
func roleMapSum(m model.RoleMap) [sha256.Size]byte {
	rows := slices.Clone(m.Rows)
	slices.SortFunc(rows, func(a, b model.RoleRow) int { return strings.Compare(string(a.Group), string(b.Group)) })
	h := newDigest("romm-admin role map 1")
	h.int(m.Generation)
	h.text(string(m.Default))
	h.int(int64(len(rows)))
	for _, r := range rows {
		h.text(string(r.Group))
		h.text(r.Name.Raw())
		h.text(string(r.Role))
		h.text(r.Note.Raw())
		h.text(r.ChangedBy.Raw())
		h.int(r.ChangedAt.UnixNano())
	}
	return h.sum()
}

// seal stores the checksum of the map as it is in this transaction.
func seal(ctx context.Context, tx *sql.Tx) error {
	m, _, err := scanRoleMap(ctx, tx)
	if err != nil {
		return err
	}
	sum := roleMapSum(m)
	_, err = tx.ExecContext(ctx, "UPDATE meta SET role_map_sum = ?", sum[:])
	return err
}

// seed writes the one row of meta into a new file.
func seed(ctx context.Context, w *sql.DB) error {
	return inTx(ctx, w, func(tx *sql.Tx) error {
		var zero [sha256.Size]byte
		_, err := tx.ExecContext(ctx, "INSERT INTO meta (id, role_map_sum, journal_head) VALUES (1, ?, ?)", zero[:], zero[:])
		if err != nil {
			return err
		}
		return seal(ctx, tx)
	})
}

// Pins returns the pins, by Authentik user.
func (d *DB) Pins(ctx context.Context) ([]model.Pin, error) {
	var out []model.Pin
	err := d.read(ctx, "read pins", func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT uid, local_id, email, pinned_by, pinned_at FROM link ORDER BY uid")
		out, err = collect(rows, err, func(s scanner) (l model.Pin, err error) {
			var at int64
			err = s.Scan(&l.UID, &l.LocalID, &l.Email, &l.PinnedBy, &at)
			l.PinnedAt = moment(at)
			return l, err
		})
		return err
	})
	return out, err
}

// Pin stores an explicit pairing. One Authentik user has at most one account
// and the other way round: a pin that would break this is refused with
// CodeConflict. Pinning the same pair again stores its address anew. A zero
// PinnedAt becomes now.
func (d *DB) Pin(ctx context.Context, l model.Pin) error {
	if l.UID == "" || l.LocalID <= 0 {
		return &model.Error{
			Code: model.CodeInvalid, Op: "pin", Msg: "a pin needs an Authentik user and a RomM account",
			Hint: "select a row that has both sides, or choose the other side first",
		}
	}
	return d.write(ctx, "pin", func(tx *sql.Tx) error {
		var uid string
		var id int64
		err := tx.QueryRowContext(ctx, "SELECT uid, local_id FROM link WHERE (uid = ?1) <> (local_id = ?2)", l.UID, l.LocalID).
			Scan(&uid, &id)
		switch {
		case err == nil:
			return &model.Error{
				Code: model.CodeConflict,
				Msg:  fmt.Sprintf("the Authentik user %s is pinned to the RomM account %d", model.Clean(uid), id),
				Hint: "remove that pin first",
			}
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		_, err = changeRows(ctx, tx, "link", `INSERT INTO link (uid, local_id, email, pinned_by, pinned_at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (uid) DO UPDATE SET email = excluded.email, pinned_by = excluded.pinned_by, pinned_at = excluded.pinned_at`,
			[]any{l.UID, l.LocalID, l.Email.Raw(), l.PinnedBy.Raw(), d.stamp(l.PinnedAt)}, "uid = ?", l.UID)
		return err
	})
}

// Unpin removes the pin of that Authentik user; CodeNotFound if there is none.
func (d *DB) Unpin(ctx context.Context, uid string) error {
	return d.write(ctx, "unpin", func(tx *sql.Tx) error {
		n, err := changeRows(ctx, tx, "link", "DELETE FROM link WHERE uid = ?", []any{uid}, "uid = ?", uid)
		if err != nil || n > 0 {
			return err
		}
		return &model.Error{
			Code: model.CodeNotFound, Msg: fmt.Sprintf("the Authentik user %s is not pinned", model.Clean(uid)),
			Hint: "reload: somebody may have removed the pin",
		}
	})
}
