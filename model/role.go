package model

import (
	"fmt"
	"strings"
	"time"
)

// Role is a RomM role. RomM 4.x knows viewer, editor and admin; 5.x knows user
// and admin (docs/romm.md 2 Roles).
type Role string

// The roles of all RomM versions. RoleNone is "no role".
const (
	RoleNone   Role = ""
	RoleViewer Role = "viewer"
	RoleUser   Role = "user"
	RoleEditor Role = "editor"
	RoleAdmin  Role = "admin"
)

// ParseRole reads a role name, ignoring case and surrounding blanks.
func ParseRole(s string) (Role, error) {
	r := Role(strings.ToLower(strings.TrimSpace(s)))
	if r.rank() == 0 {
		return RoleNone, &Error{
			Code: CodeInvalid, Msg: fmt.Sprintf("no role is called %q", Clean(s)),
			Hint: "roles are admin and user (RomM 5), or admin, editor and viewer (RomM 4)",
		}
	}
	return r, nil
}

// rank orders roles by power; 0 for none or unknown. User and viewer are the
// same rung: RomM 5 turned viewers into users.
func (r Role) rank() int {
	switch r {
	case RoleAdmin:
		return 3
	case RoleEditor:
		return 2
	case RoleUser, RoleViewer:
		return 1
	case RoleNone:
	}
	return 0
}

// Outranks reports whether r is a higher role than other.
func (r Role) Outranks(other Role) bool { return r.rank() > other.rank() }

// RoleRow is one line of the role map: members of Group, direct or inherited,
// get Role.
type RoleRow struct {
	Group GroupID
	// Name is the group's name when it was last seen: a label, never used to
	// match (S8).
	Name      Untrusted
	Role      Role
	Note      Untrusted
	ChangedBy Untrusted
	ChangedAt time.Time
}

// PendingRole is a role for a group that does not exist yet, by name. It grants
// nothing: names may repeat and change hands, so somebody has to bind it to a
// group, by its UUID, once there is one (S8).
type PendingRole struct {
	Name      Untrusted
	Role      Role
	ChangedBy Untrusted
	ChangedAt time.Time
}

// RoleMap is the group to role table kept in SQLite and read by the companion
// at each login. Default is the role of people in none of its groups;
// RoleNone means that RomM refuses them. Generation counts its changes.
type RoleMap struct {
	Rows       []RoleRow
	Default    Role
	Generation int64
	// Sum is its checksum as the database has it, in hexadecimal; "" for a map
	// that is in none.
	Sum string
}

// Row returns the row of that group.
func (m RoleMap) Row(id GroupID) (RoleRow, bool) {
	for _, r := range m.Rows {
		if r.Group == id {
			return r, true
		}
	}
	return RoleRow{}, false
}

// Same reports whether the two give the same roles; names, notes and times
// aside.
func (m RoleMap) Same(o RoleMap) bool {
	if m.Default != o.Default || len(m.Rows) != len(o.Rows) {
		return false
	}
	for _, r := range m.Rows {
		if other, ok := o.Row(r.Group); !ok || other.Role != r.Role {
			return false
		}
	}
	return true
}

// With returns a copy in which the group has the role; RoleNone removes its
// row.
func (m RoleMap) With(row RoleRow) RoleMap {
	out := m
	out.Rows = make([]RoleRow, 0, len(m.Rows)+1)
	found := false
	for _, r := range m.Rows {
		if r.Group != row.Group {
			out.Rows = append(out.Rows, r)
			continue
		}
		found = true
		if row.Role != RoleNone {
			out.Rows = append(out.Rows, row)
		}
	}
	if !found && row.Role != RoleNone {
		out.Rows = append(out.Rows, row)
	}
	return out
}

// Resolution is the answer of the role map for one person, with its reasons.
type Resolution struct {
	Role   Role
	Winner *RoleRow  // nil when the default or nothing applied
	Losers []RoleRow // rows that matched too, lower or later
}

// Source is the group whose row decided; nil when the default role did, or
// nothing.
func (r Resolution) Source() *RoleRow {
	if r.Winner == nil || r.Winner.Role != r.Role {
		return nil
	}
	return r.Winner
}

// Resolve returns the highest role that any of the groups has. The caller
// passes direct and inherited groups alike. Of rows with equal roles the first
// one in the map is named as the winner.
func (m RoleMap) Resolve(groups []GroupID) Resolution {
	if len(m.Rows) == 0 || len(groups) == 0 {
		return Resolution{Role: m.Default}
	}
	member := make(map[GroupID]bool, len(groups))
	for _, g := range groups {
		member[g] = true
	}
	var res Resolution
	for i := range m.Rows {
		row := &m.Rows[i]
		switch {
		case !member[row.Group]:
		case res.Winner == nil:
			res.Winner = row
		case row.Role.Outranks(res.Winner.Role):
			res.Losers = append(res.Losers, *res.Winner)
			res.Winner = row
		default:
			res.Losers = append(res.Losers, *row)
		}
	}
	if res.Winner == nil || m.Default.Outranks(res.Winner.Role) {
		res.Role = m.Default
		return res
	}
	res.Role = res.Winner.Role
	return res
}
