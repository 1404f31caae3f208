package db

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// unreadTables are the tables that no program reads: what stands there does nothing.
var unreadTables = []string{"setting", "trusted_email"}

// filledEverywhere is a file with rows in every table.
func filledEverywhere(t *testing.T) string {
	t.Helper()
	d := filled(t)
	must(t, d.SetPendingRole(t.Context(), model.PendingRole{Name: "later", Role: model.RoleUser, ChangedBy: "ann"}, model.RoleNone))
	must(t, d.RecordLogins(t.Context(), []Login{{Purpose: "login", UID: "u1", Username: "alice", Roles: []string{"romm-admin"}, Decision: "because"}}))
	changes := []plan.Change{
		{Kind: plan.ChangeLocalEmail, Side: plan.SideRomM, Object: "1", Label: "leo", Before: "a@x.org", After: "b@x.org"},
		{Kind: plan.ChangeLocalRole, Side: plan.SideRomM, Object: "2", Label: "kenji", Before: "user", After: "admin"},
	}
	must(t, d.OpenPlan(t.Context(), plan.Interruption{PlanID: "cut", Title: "two", Actor: "ann", Changes: changes}, "s"))
	seq, err := d.OpenEntry(t.Context(), plan.JournalEntry{PlanID: "cut", Plan: "two", Actor: "ann", Change: changes[0]})
	must(t, err)
	must(t, d.CloseEntry(t.Context(), seq, plan.OutcomeDone, ""))
	must(t, d.Close())
	return d.Path()
}

// TestTamperMatrix proves S37 for every column of every table that is read: an
// edit of it is noticed at open, when the role map is read, or by Verify. So is a
// row that is gone, and one that was copied.
func TestTamperMatrix(t *testing.T) {
	t.Parallel()
	path := filledEverywhere(t)
	q := writerOf(t, path)
	type column struct{ table, name string }
	var all []column
	rows, err := q.QueryContext(t.Context(), `SELECT m.name, c.name FROM sqlite_schema m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\' AND m.name <> 'goose_db_version' ORDER BY 1, 2`)
	all, err = collect(rows, err, func(s scanner) (c column, err error) { return c, s.Scan(&c.table, &c.name) })
	must(t, err)
	must(t, q.Close())
	noticed, skipped, tables := 0, 0, map[string]bool{}
	attempt := func(what string, statements ...string) {
		t.Helper()
		copied := copyOf(t, path)
		w := writerOf(t, copied)
		var changed int64
		for _, s := range statements {
			res, err := w.ExecContext(t.Context(), s)
			if err != nil { // SQLite itself does not let this in
				skipped++
				must(t, w.Close())
				return
			}
			changed, err = res.RowsAffected()
			must(t, err)
		}
		must(t, w.Close())
		if changed == 0 {
			t.Errorf("%s: there is nothing to edit", what)
			return
		}
		if why := notices(t, copied); why == "" {
			t.Errorf("%s: nobody notices", what)
			return
		}
		noticed++
	}
	for _, c := range all {
		if slices.Contains(unreadTables, c.table) || c == (column{"meta", "id"}) { // the key of the one row
			continue
		}
		unlock := []string{"PRAGMA foreign_keys = OFF", "PRAGMA ignore_check_constraints = ON"}
		lock := func(edit string) []string {
			out := append([]string{}, unlock...)
			if c.table == "journal" {
				out = append(out, "DROP TRIGGER journal_no_update", "DROP TRIGGER journal_no_delete", "DROP TRIGGER journal_in_order")
			}
			return append(out, edit)
		}
		attempt(c.table+"."+c.name, lock(fmt.Sprintf(`UPDATE %[1]s SET %[2]s = CASE typeof(%[2]s) WHEN 'integer' THEN %[2]s + 1
			WHEN 'blob' THEN zeroblob(32) WHEN 'null' THEN 7 ELSE %[2]s || 'x' END`, c.table, c.name))...)
		if !tables[c.table] {
			tables[c.table] = true
			attempt(c.table+" without a row", lock(fmt.Sprintf("DELETE FROM %[1]s WHERE %[2]s = (SELECT %[2]s FROM %[1]s LIMIT 1)", c.table, c.name))...)
		}
	}
	if noticed < 60 || len(tables) < 9 {
		t.Errorf("only %d edits of %d tables", noticed, len(tables))
	}
	t.Logf("%d edits of %d columns in %d tables, all noticed; %d that SQLite refuses", noticed, len(all), len(tables), skipped)
}

// notices is the first thing that tells that the file was edited.
func notices(t *testing.T, path string) string {
	t.Helper()
	d, err := Open(t.Context(), path, Options{Now: epoch})
	if err != nil {
		return err.Error()
	}
	defer func() { _ = d.Close() }()
	if _, err := d.RoleMap(t.Context()); err != nil {
		return err.Error()
	}
	if err := d.Verify(t.Context()); err != nil {
		return err.Error()
	}
	return ""
}

// TestAlteredPlanIsNotFinished proves S37: of a stored plan that was edited,
// nothing is believed, and Verify says so.
func TestAlteredPlanIsNotFinished(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]string{
		"who":     "UPDATE plan SET changes = replace(changes, 'kenji', 'leo')",
		"object":  `UPDATE plan SET changes = replace(changes, '"object":"2"', '"object":"3"')`,
		"purpose": "UPDATE plan SET purpose = 'set-up'",
		"gone":    "DELETE FROM plan",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filledEverywhere(t)
			d := openAt(t, path, Options{})
			all, err := d.Interrupted(t.Context())
			must(t, err)
			if len(all) != 1 || all[0].Altered || len(all[0].Changes) != 2 {
				t.Fatalf("before: %+v", all)
			}
			must(t, d.Verify(t.Context()))
			tamper(t, path, edit)
			all, err = d.Interrupted(t.Context())
			must(t, err)
			if name != "gone" && (len(all) != 1 || !all[0].Altered || all[0].Changes != nil) {
				t.Fatalf("after: %+v", all)
			}
			if name != "gone" {
				_, err = plan.Resume(&model.Review{}, all[0])
				wantCode(t, err, model.CodeConflict, "is not the one that was begun")
			}
			if err := d.Verify(t.Context()); !Altered(err) {
				t.Errorf("verify: %v", err)
			}
		})
	}
}

// TestTamperingIsNotForgotten: what was edited stays noticed, however much the
// programs write to the same table afterwards.
func TestTamperingIsNotForgotten(t *testing.T) {
	t.Parallel()
	d := filled(t)
	tamper(t, d.Path(), "UPDATE link SET local_id = 99 WHERE uid = (SELECT min(uid) FROM link)")
	must(t, d.Pin(t.Context(), model.Pin{UID: "another", LocalID: 77, PinnedBy: "ann"}))
	must(t, d.Unpin(t.Context(), "another"))
	if err := d.Verify(t.Context()); !Altered(err) || !strings.Contains(err.Error(), "the table link") {
		t.Errorf("verify: %v", err)
	}
}
