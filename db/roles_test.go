package db

import (
	"fmt"
	"testing"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// group returns the id of the nth made-up group.
func group(n int) model.GroupID {
	return model.GroupID(fmt.Sprintf("00000000-0000-4000-8000-%012x", n))
}

func setRole(t *testing.T, d *DB, n int, role, before model.Role) {
	t.Helper()
	must(t, d.SetRoleRow(t.Context(), model.RoleRow{Group: group(n), Name: model.Untrusted(fmt.Sprintf("group %d", n)), Role: role}, before))
}

func roleMap(t *testing.T, d *DB) model.RoleMap {
	t.Helper()
	m, err := d.RoleMap(t.Context())
	must(t, err)
	return m
}

func TestRoleRows(t *testing.T) {
	t.Parallel()
	d := openNew(t)
	if m := roleMap(t, d); len(m.Rows) != 0 || m.Generation != 0 || m.Default != model.RoleNone {
		t.Fatalf("a new map is %+v", m)
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 6, time.UTC)
	row := model.RoleRow{
		Group: group(1), Name: "Zoë\x1b[31m\x00", Role: model.RoleAdmin,
		Note: "n\u202e", ChangedBy: "alice", ChangedAt: at,
	}
	must(t, d.SetRoleRow(t.Context(), row, model.RoleNone))
	setRole(t, d, 2, model.RoleUser, model.RoleNone)
	setRole(t, d, 3, model.RoleEditor, model.RoleNone)
	m := roleMap(t, d)
	if len(m.Rows) != 3 || m.Rows[0] != row || m.Rows[1].Group != group(3) || m.Generation != 3 {
		t.Fatalf("map %+v", m)
	}
	if got := m.Rows[2].ChangedAt; !got.Equal(epoch()) {
		t.Errorf("a zero time became %v", got)
	}

	// The same again changes nothing.
	must(t, d.SetRoleRow(t.Context(), row, model.RoleAdmin))
	must(t, d.SetRoleRow(t.Context(), model.RoleRow{Group: group(9)}, model.RoleNone))
	if g := roleMap(t, d).Generation; g != 3 {
		t.Errorf("generation %d after no change", g)
	}
	// A new name alone is a change.
	row.Name = "Zoe"
	must(t, d.SetRoleRow(t.Context(), row, model.RoleAdmin))
	setRole(t, d, 2, model.RoleNone, model.RoleUser)
	m = roleMap(t, d)
	if _, there := m.Row(group(2)); there || m.Generation != 5 || m.Rows[0].Name != "Zoe" {
		t.Errorf("map %+v", m)
	}
}

func TestRoleConflicts(t *testing.T) {
	t.Parallel()
	// proves S35
	d := openNew(t)
	setRole(t, d, 1, model.RoleUser, model.RoleNone)
	for _, before := range []model.Role{model.RoleNone, model.RoleAdmin, model.RoleViewer} {
		err := d.SetRoleRow(t.Context(), model.RoleRow{Group: group(1), Role: model.RoleAdmin}, before)
		wantCode(t, err, model.CodeConflict, "is user now")
	}
	err := d.SetRoleRow(t.Context(), model.RoleRow{Group: group(2), Role: model.RoleAdmin}, model.RoleUser)
	wantCode(t, err, model.CodeConflict, "without a role now")
	wantCode(t, d.SetDefaultRole(t.Context(), model.RoleUser, model.RoleAdmin), model.CodeConflict, "the default role")
	m := roleMap(t, d)
	if m.Generation != 1 || m.Rows[0].Role != model.RoleUser || m.Default != model.RoleNone {
		t.Errorf("map %+v", m)
	}
	must(t, d.SetDefaultRole(t.Context(), model.RoleUser, model.RoleNone))
	must(t, d.SetDefaultRole(t.Context(), model.RoleUser, model.RoleUser))
	if m := roleMap(t, d); m.Default != model.RoleUser || m.Generation != 2 {
		t.Errorf("map %+v", m)
	}
}

func TestRoleRowsRefused(t *testing.T) {
	t.Parallel()
	d := openNew(t)
	for _, id := range []model.GroupID{
		"", "admins", "00000000-0000-4000-8000-00000000000G", "00000000-0000-4000-8000-00000000000A",
		"00000000x0000-4000-8000-000000000000", "00000000-0000-4000-8000-0000000000000",
	} {
		err := d.SetRoleRow(t.Context(), model.RoleRow{Group: id, Role: model.RoleUser}, model.RoleNone)
		wantCode(t, err, model.CodeInvalid)
	}
	for _, role := range []model.Role{"root", "Admin", " user"} {
		err := d.SetRoleRow(t.Context(), model.RoleRow{Group: group(1), Role: role}, model.RoleNone)
		wantCode(t, err, model.CodeInvalid)
		wantCode(t, d.SetDefaultRole(t.Context(), role, model.RoleNone), model.CodeInvalid)
	}
	// The table itself says no as well.
	for _, s := range []string{
		"INSERT INTO role_map VALUES ('00000000-0000-4000-8000-000000000001', 'n', 'root', '', '', 0)",
		"INSERT INTO role_map VALUES ('admins', 'n', 'admin', '', '', 0)",
		"UPDATE meta SET default_role = 'root'",
		"INSERT INTO meta SELECT 2, 0, '', role_map_sum, 0, journal_head FROM meta",
	} {
		if _, err := d.writer.ExecContext(t.Context(), s); err == nil {
			t.Errorf("accepted: %s", s)
		}
	}
}

func TestEditedRoleMapIsRefused(t *testing.T) {
	t.Parallel()
	// proves S27: a map that we did not write grants nothing
	for _, edit := range []string{
		"UPDATE role_map SET role = 'admin'",
		"INSERT INTO role_map VALUES ('00000000-0000-4000-8000-000000000009', 'n', 'admin', '', '', 0)",
		"DELETE FROM role_map",
		"UPDATE meta SET default_role = 'admin'",
		"UPDATE meta SET generation = 77",
		"UPDATE meta SET role_map_sum = zeroblob(32)",
	} {
		d := openNew(t)
		setRole(t, d, 1, model.RoleUser, model.RoleNone)
		tamper(t, d.Path(), edit)
		_, err := d.RoleMap(t.Context())
		wantCode(t, err, model.CodeInternal, "checksum")
		err = d.SetRoleRow(t.Context(), model.RoleRow{Group: group(2), Role: model.RoleUser}, model.RoleNone)
		wantCode(t, err, model.CodeInternal, "checksum")
	}
}

func TestChecksumCoversEverything(t *testing.T) {
	t.Parallel()
	// proves S27
	base := func() model.RoleMap {
		return model.RoleMap{Default: model.RoleUser, Generation: 3, Rows: []model.RoleRow{
			{Group: group(1), Name: "ab", Role: model.RoleAdmin, Note: "n", ChangedBy: "alice", ChangedAt: epoch()},
			{Group: group(2), Name: "c", Role: model.RoleUser, ChangedAt: epoch()},
		}}
	}
	seen := map[[32]byte]string{roleMapSum(base()): "nothing"}
	for name, edit := range map[string]func(m *model.RoleMap){
		"default":    func(m *model.RoleMap) { m.Default = model.RoleAdmin },
		"generation": func(m *model.RoleMap) { m.Generation++ },
		"group":      func(m *model.RoleMap) { m.Rows[0].Group = group(3) },
		"name":       func(m *model.RoleMap) { m.Rows[0].Name = "a" },
		"role":       func(m *model.RoleMap) { m.Rows[0].Role = model.RoleEditor },
		"note":       func(m *model.RoleMap) { m.Rows[0].Note = "" },
		"by":         func(m *model.RoleMap) { m.Rows[0].ChangedBy = "bob" },
		"at":         func(m *model.RoleMap) { m.Rows[0].ChangedAt = epoch().Add(1) },
		"fewer rows": func(m *model.RoleMap) { m.Rows = m.Rows[:1] },
		"text moved": func(m *model.RoleMap) { m.Rows[0].Note, m.Rows[0].ChangedBy = "na", "lice" },
	} {
		m := base()
		edit(&m)
		if other, dup := seen[roleMapSum(m)]; dup {
			t.Errorf("a change of %s has the checksum of a change of %s", name, other)
		}
		seen[roleMapSum(m)] = name
	}
	m := base()
	m.Rows[0], m.Rows[1] = m.Rows[1], m.Rows[0]
	if roleMapSum(m) != roleMapSum(base()) {
		t.Error("the order of the rows counts")
	}
}

func TestTwoHandlesDoNotOverwrite(t *testing.T) {
	t.Parallel()
	a := openNew(t)
	b := openAt(t, a.Path(), Options{})
	setRole(t, a, 1, model.RoleUser, model.RoleNone)
	setRole(t, b, 1, model.RoleAdmin, model.RoleUser)
	err := a.SetRoleRow(t.Context(), model.RoleRow{Group: group(1), Role: model.RoleEditor}, model.RoleUser)
	wantCode(t, err, model.CodeConflict)
	if out := runChild(t, "set-role", a.Path(), string(group(1)), "viewer", "admin"); out != "ok" {
		t.Fatal(out)
	}
	if m := roleMap(t, a); m.Rows[0].Role != model.RoleViewer || m.Generation != 3 {
		t.Errorf("map %+v", m)
	}
}

func TestPins(t *testing.T) {
	t.Parallel()
	d := openNew(t)
	pin := model.Pin{UID: "u1", LocalID: 7, Email: "Bob@Example.org", PinnedBy: "alice", PinnedAt: epoch().Add(time.Nanosecond)}
	must(t, d.Pin(t.Context(), pin))
	must(t, d.Pin(t.Context(), model.Pin{UID: "u0", LocalID: 8}))
	links, err := d.Pins(t.Context())
	must(t, err)
	if len(links) != 2 || links[1] != pin || !links[0].PinnedAt.Equal(epoch()) {
		t.Fatalf("links %+v", links)
	}
	wantCode(t, d.Pin(t.Context(), model.Pin{UID: "u1", LocalID: 9}), model.CodeConflict, "u1", "7")
	wantCode(t, d.Pin(t.Context(), model.Pin{UID: "u2", LocalID: 7}), model.CodeConflict, "u1", "7")
	wantCode(t, d.Pin(t.Context(), model.Pin{UID: "", LocalID: 7}), model.CodeInvalid)
	wantCode(t, d.Pin(t.Context(), model.Pin{UID: "u3"}), model.CodeInvalid)
	pin.Email = "new@example.org"
	must(t, d.Pin(t.Context(), pin))
	must(t, d.Unpin(t.Context(), "u0"))
	wantCode(t, d.Unpin(t.Context(), "u0"), model.CodeNotFound)
	links, err = d.Pins(t.Context())
	must(t, err)
	if len(links) != 1 || links[0] != pin {
		t.Errorf("links %+v", links)
	}
	if g := roleMap(t, d).Generation; g != 0 {
		t.Errorf("pins raised the generation to %d", g)
	}
}
