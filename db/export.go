package db

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// The form of an export. A file of another version is refused.
const (
	exportFormat  = "romm-admin roles"
	exportVersion = 1
)

// MaxExport bounds a file that is imported, in bytes; the other bounds are
// those of its lists and of one name.
const (
	MaxExport     = 4 << 20
	maxExportRows = 10_000
	maxExportName = 1024
)

// Export is the role map with its default, the pins, the assertions and the
// roles that are kept for groups which do not exist yet, as a file. Who
// changed them, and when, is in the journal.
type Export struct {
	Format      string       `json:"format"`
	Version     int          `json:"version"`
	DefaultRole model.Role   `json:"default_role"` // "" refuses everybody else
	Roles       []ExportRole `json:"roles"`
	Pins        []ExportPin  `json:"pins"`
	Assertions  []string     `json:"assertions"`
	// Pending is nil in files from before it was exported.
	Pending []ExportPending `json:"pending"`
}

// ExportPending is a role that is kept for a group, by its name.
type ExportPending struct {
	Name model.Untrusted `json:"name"`
	Role model.Role      `json:"role"`
}

// ExportRole is a row of the role map. Name is a label; the group is known by
// its UUID alone (S8).
type ExportRole struct {
	Group model.GroupID   `json:"group"`
	Name  model.Untrusted `json:"name"`
	Role  model.Role      `json:"role"`
}

// ExportPin pins an Authentik user to a RomM account.
type ExportPin struct {
	UID     string `json:"authentik_uid"`
	LocalID int64  `json:"romm_id"`
}

// Export reads all of it, as of one moment. Equal contents give equal exports.
func (d *DB) Export(ctx context.Context) (Export, error) {
	out := Export{Format: exportFormat, Version: exportVersion, Roles: []ExportRole{}, Pins: []ExportPin{}, Assertions: []string{}, Pending: []ExportPending{}}
	err := d.read(ctx, "export", func(tx *sql.Tx) error {
		m, err := loadRoleMap(ctx, tx, d.path)
		if err != nil {
			return err
		}
		out.DefaultRole = m.Default
		for _, r := range m.Rows {
			out.Roles = append(out.Roles, ExportRole{r.Group, r.Name, r.Role})
		}
		slices.SortFunc(out.Roles, func(a, b ExportRole) int { return strings.Compare(string(a.Group), string(b.Group)) })
		rows, err := tx.QueryContext(ctx, "SELECT uid, local_id FROM link ORDER BY uid")
		pins, err := collect(rows, err, func(s scanner) (p ExportPin, err error) { return p, s.Scan(&p.UID, &p.LocalID) })
		if err != nil {
			return err
		}
		out.Pins = append(out.Pins, pins...)
		all, err := assertions(ctx, tx)
		out.Assertions = append(out.Assertions, assertionLines(all)...)
		slices.Sort(out.Assertions)
		if err != nil {
			return err
		}
		rows, err = tx.QueryContext(ctx, "SELECT name, role FROM pending_role ORDER BY name")
		pending, err := collect(rows, err, func(s scanner) (p ExportPending, err error) { return p, s.Scan(&p.Name, &p.Role) })
		out.Pending = append(out.Pending, pending...)
		return err
	})
	return out, err
}

// Store returns what the file says, to plan with. The export must be one that
// [DB.Export] or [ParseExport] returned.
func (e Export) Store() plan.Store {
	s := plan.Store{Roles: model.RoleMap{Default: e.DefaultRole}}
	for _, r := range e.Roles {
		s.Roles.Rows = append(s.Roles.Rows, model.RoleRow{Group: r.Group, Name: r.Name, Role: r.Role})
	}
	for _, p := range e.Pins {
		s.Pins = append(s.Pins, model.Pin{UID: p.UID, LocalID: p.LocalID})
	}
	for _, line := range e.Assertions {
		if a, err := model.ParseAssertion(line); err == nil { // checked when it was read
			s.Assertions = append(s.Assertions, a)
		}
	}
	if e.Pending != nil {
		s.Pending = make([]model.PendingRole, 0, len(e.Pending))
	}
	for _, p := range e.Pending {
		s.Pending = append(s.Pending, model.PendingRole{Name: p.Name, Role: p.Role})
	}
	return s
}

// ParseExport reads an export strictly (S39): this format and version, no
// member that is unknown or there twice, nothing after it, every value as it is
// stored, within the bounds. It changes nothing: what it returns is only ever
// the goal of a plan.
func ParseExport(data []byte) (Export, error) {
	bad := func(format string, args ...any) (Export, error) {
		return Export{}, &model.Error{
			Code: model.CodeInvalid, Op: "read import", Msg: fmt.Sprintf(format, args...),
			Hint: "import a file that `romm-admin roles export` wrote",
		}
	}
	if len(data) > MaxExport {
		return bad("the file is larger than %d MiB", MaxExport>>20)
	}
	var e Export
	if err := model.DecodeStrict(data, &e); err != nil {
		return bad("not an export: %v", err)
	}
	switch {
	case e.Format != exportFormat:
		return bad("the format is %q, not %q", model.Clean(e.Format), exportFormat)
	case e.Version != exportVersion:
		return bad("the version is %d, this romm-admin reads version %d", e.Version, exportVersion)
	case e.Roles == nil || e.Pins == nil || e.Assertions == nil:
		return bad("roles, pins and assertions must all be there; an empty list is []")
	case len(e.Roles) > maxExportRows || len(e.Pins) > maxExportRows || len(e.Pending) > maxExportRows:
		return bad("more than %d rows", maxExportRows)
	case e.DefaultRole != model.RoleNone && !knownRole(e.DefaultRole):
		return bad("no role is called %q", model.Clean(string(e.DefaultRole)))
	}
	if why := e.badRows(); why != "" {
		return bad("%s", why)
	}
	if err := checkAssertions(e.Assertions); err != nil {
		return bad("%v", err)
	}
	return e, nil
}

// badRows says what is wrong with the lists; "" when nothing is.
func (e Export) badRows() string {
	groups := make(map[model.GroupID]bool, len(e.Roles))
	for i, r := range e.Roles {
		switch {
		case !isUUID(string(r.Group)):
			return fmt.Sprintf("role %d: %q is not the id of a group", i+1, model.Clean(string(r.Group)))
		case groups[r.Group]:
			return fmt.Sprintf("role %d: the group %s is there twice", i+1, r.Group)
		case len(r.Name) > maxExportName:
			return fmt.Sprintf("role %d: the name is longer than %d bytes", i+1, maxExportName)
		case !knownRole(r.Role):
			return fmt.Sprintf("role %d: no role is called %q", i+1, model.Clean(string(r.Role)))
		}
		groups[r.Group] = true
	}
	uids, accounts := make(map[string]bool, len(e.Pins)), make(map[int64]bool, len(e.Pins))
	for i, p := range e.Pins {
		switch {
		case p.UID == "" || len(p.UID) > maxExportName || model.Clean(p.UID) != p.UID:
			return fmt.Sprintf("pin %d: %q is not the uid of an Authentik user", i+1, model.Clean(p.UID))
		case p.LocalID <= 0:
			return fmt.Sprintf("pin %d: %d is not the id of an account", i+1, p.LocalID)
		case uids[p.UID] || accounts[p.LocalID]:
			return fmt.Sprintf("pin %d: this user or this account is pinned twice", i+1)
		}
		uids[p.UID], accounts[p.LocalID] = true, true
	}
	return e.badPending()
}

func (e Export) badPending() string {
	names := make(map[model.Untrusted]bool, len(e.Pending))
	for i, p := range e.Pending {
		switch {
		case p.Name == "" || len(p.Name) > maxGroupName:
			return fmt.Sprintf("pending role %d: the name of the group is missing or too long", i+1)
		case names[p.Name]:
			return fmt.Sprintf("pending role %d: the group %s is there twice", i+1, p.Name)
		case !knownRole(p.Role):
			return fmt.Sprintf("pending role %d: no role is called %q", i+1, model.Clean(string(p.Role)))
		}
		names[p.Name] = true
	}
	return ""
}
