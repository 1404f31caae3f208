package db

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
)

// exported makes an export of a database with something of everything.
func exported(t testing.TB, d *DB) []byte {
	t.Helper()
	e, err := d.Export(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestExportImportExport writes an export into an empty file and exports it
// again: the same bytes.
func TestExportImportExport(t *testing.T) {
	t.Parallel()
	// proves S39, R8
	d := filled(t)
	must(t, d.SetRoleRow(t.Context(), model.RoleRow{Group: group(7), Name: "odd \u202e\x1b[2J \"name\"", Role: model.RoleEditor}, ""))
	first := exported(t, d)
	if strings.ContainsAny(string(first), "\x1b\u202e") {
		t.Error("the export holds what must not reach a terminal")
	}
	e, err := ParseExport(first)
	must(t, err)
	other := openNew(t)
	s := e.Store()
	for _, r := range s.Roles.Rows {
		must(t, other.SetRoleRow(t.Context(), r, ""))
	}
	must(t, other.SetDefaultRole(t.Context(), s.Roles.Default, ""))
	for _, l := range s.Pins {
		must(t, other.Pin(t.Context(), l))
	}
	must(t, other.SetAssertions(t.Context(), s.Assertions, nil, "me"))
	if again := exported(t, other); string(again) != string(first) {
		t.Errorf("first:\n%s\nagain:\n%s", first, again)
	}
}

func TestParseExportIsStrict(t *testing.T) {
	t.Parallel()
	// proves S39
	const good = `{"format":"romm-admin roles","version":1,"default_role":"","roles":[%s],"pins":[%s],"assertions":[%s]}`
	row := `{"group":"00000000-0000-0000-0000-000000000001","name":"n","role":"admin"}`
	pin := `{"authentik_uid":"u","romm_id":1}`
	file := func(rows, pins, lines string) string { return fmt.Sprintf(good, rows, pins, lines) }
	if _, err := ParseExport([]byte(file(row, pin, `"user:a is admin"`))); err != nil {
		t.Fatal(err)
	}
	withPending := func(rows string) string {
		return strings.TrimSuffix(file("", "", ""), "}") + `,"pending":[` + rows + "]}"
	}
	if e, err := ParseExport([]byte(withPending(`{"name":"x","role":"user"}`))); err != nil || len(e.Store().Pending) != 1 {
		t.Fatalf("%+v, %v", e, err)
	}
	for _, tt := range []struct{ file, says string }{
		{"", "not an export"},
		{"[]", "not an export"},
		{"null", "not an export"},
		{file("", "", "") + "x", "not an export"},
		{strings.Replace(file("", "", ""), `"version":1`, `"version":2`, 1), "version is 2"},
		{strings.Replace(file("", "", ""), `"version":1`, `"version":"1"`, 1), "not an export"},
		{strings.Replace(file("", "", ""), "romm-admin roles", "other", 1), "format is"},
		{strings.Replace(file("", "", ""), `"pins":[]`, `"pins":null`, 1), "must all be there"},
		{strings.Replace(file("", "", ""), `"default_role":""`, `"default_role":"root"`, 1), "no role is called"},
		{strings.Replace(file("", "", ""), `"default_role":""`, `"default_role":"","default_role":"admin"`, 1), "duplicate member"},
		{strings.Replace(file("", "", ""), `"roles"`, `"rules"`, 1), "unknown field"},
		{strings.Replace(file("", "", ""), `"default_role"`, `"Default_Role"`, 1), "unknown field"},
		{strings.Replace(file("", "", ""), `"default_role":""`, `"default_role":"","DEFAULT_ROLE":"admin"`, 1), "only in case"},
		{file("", "", "") + file("", "", ""), "text after"},
		{file(row+","+row, "", ""), "there twice"},
		{file(strings.Replace(row, `"admin"`, `"Admin"`, 1), "", ""), "no role is called"},
		{file(strings.Replace(row, `"admin"`, `""`, 1), "", ""), "no role is called"},
		{file(strings.Replace(row, "0001", "000G", 1), "", ""), "not the id of a group"},
		{file(strings.Replace(row, `"n"`, `"`+strings.Repeat("n", 1025)+`"`, 1), "", ""), "longer than"},
		{file(strings.Replace(row, `"name"`, `"name":"a","name"`, 1), "", ""), "duplicate member"},
		{file("", pin+","+pin, ""), "pinned twice"},
		{file("", strings.Replace(pin, "1}", "0}", 1), ""), "not the id of an account"},
		{file("", strings.Replace(pin, `"u"`, `""`, 1), ""), "not the uid"},
		{file("", strings.Replace(pin, `"u"`, `"\u001b"`, 1), ""), "not the uid"},
		{file("", "", `"nonsense"`), "not an assertion"},
		{file("", "", `"user:a is admin","user:a is admin"`), "there twice"},
		{withPending(`{"name":"","role":"user"}`), "missing or too long"},
		{withPending(`{"name":"x","role":""}`), "no role is called"},
		{withPending(`{"name":"x","role":"user"},{"name":"x","role":"admin"}`), "there twice"},
		{withPending(`{"name":"x","role":"user","note":"n"}`), "unknown field"},
		{strings.Repeat(" ", MaxExport+1), "larger than"},
		{strings.Repeat("[", 5000), "not an export"},
	} {
		_, err := ParseExport([]byte(tt.file))
		if model.CodeOf(err) != model.CodeInvalid || !strings.Contains(err.Error(), tt.says) || model.HintOf(err) == "" {
			t.Errorf("%.80s: %v, want %q", tt.file, err, tt.says)
		}
	}
	many := strings.TrimSuffix(strings.Repeat(pin+",", maxExportRows+1), ",")
	_, err := ParseExport([]byte(file("", many, "")))
	wantCode(t, err, model.CodeInvalid, "more than")
}

// FuzzParseExport feeds hostile files: no panic, and what is accepted comes
// back as the same export and within its bounds.
func FuzzParseExport(f *testing.F) {
	f.Add([]byte(`{"format":"romm-admin roles","version":1,"default_role":"user","roles":[{"group":"00000000-0000-0000-0000-000000000001","name":"n","role":"admin"}],"pins":[{"authentik_uid":"u","romm_id":1}],"assertions":["user:a is admin"]}`))
	f.Add([]byte(`{"format":"romm-admin roles","version":1,"default_role":"","roles":[],"pins":[],"assertions":[],"x":{"a":[1,{"b":null}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e, err := ParseExport(data)
		if err != nil {
			if model.CodeOf(err) != model.CodeInvalid {
				t.Errorf("code %s", model.CodeOf(err))
			}
			return
		}
		out, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		again, err := ParseExport(out)
		if err != nil {
			t.Fatalf("not read again: %v", err)
		}
		if back, _ := json.Marshal(again); string(back) != string(out) {
			t.Errorf("%s\n%s", out, back)
		}
	})
}
