package db

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/romm-admin/romm-admin/model/plan"
)

// releasedFile is a copy of a database that release 9ec0bcf wrote, with an
// interrupted plan of every kind of change and an entry of each sentence that
// it kept state in.
func releasedFile(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("testdata/interrupted-9ec0bcf.db")
	must(t, err)
	path := newPath(t)
	must(t, os.Mkdir(filepath.Dir(path), 0o700))
	must(t, os.WriteFile(path, data, 0o600))
	return path
}

// TestOldFile proves R7: what 9ec0bcf told by sentences is read as data once the
// file is migrated, its journal is still whole, and its plans can be ended.
func TestOldFile(t *testing.T) {
	t.Parallel()
	d := openAt(t, releasedFile(t), Options{})
	must(t, d.Verify(t.Context()))
	cut, err := d.Interrupted(t.Context())
	must(t, err)
	byID := map[string]plan.Interruption{}
	for _, i := range cut {
		byID[i.PlanID] = i
	}
	for _, p := range recorded(t) {
		i := byID[p.Name]
		if !slices.Equal(i.Changes, p.Changes) || i.Title != p.Title || len(i.Entries) != 2 ||
			i.Entries[0].Outcome != plan.OutcomeDone || i.Entries[1].Outcome != plan.OutcomeOpen {
			t.Errorf("%s: %+v", p.Name, i)
		}
		if want := map[bool]plan.Purpose{true: plan.PurposeSetUp}[p.Name == "set-up"]; i.Purpose != want || i.Entries[0].Purpose != want {
			t.Errorf("%s is for %q and %q", p.Name, i.Purpose, i.Entries[0].Purpose)
		}
		delete(byID, p.Name)
	}
	if i := byID["stopped"]; len(i.Entries) != 2 || i.Entries[1].Outcome != plan.OutcomeStopped {
		t.Errorf("a plan that was stopped: %+v", i)
	}
	if delete(byID, "stopped"); len(byID) > 0 {
		t.Errorf("cut short are also %v", byID)
	}
	for id, want := range map[string]plan.JournalEntry{
		"finished": {Purpose: plan.PurposeFinishSetUp, Outcome: plan.OutcomeDone},
		"failed":   {Outcome: plan.OutcomeFailed},
		"restored": {Outcome: plan.OutcomeDone, Undo: `romm-admin backup restore romm-admin.db.before-20261101 --db '/srv/it'\''s/romm-admin.db'`},
	} {
		entries, err := d.PlanEntries(t.Context(), id)
		must(t, err)
		if e := entries[len(entries)-1]; e.Purpose != want.Purpose || e.Outcome != want.Outcome || e.Undo != want.Undo {
			t.Errorf("%s: %+v", id, e)
		}
	}
}

// TestOldRowsStayInTheChain proves S37 of what the migration read from
// sentences: it counts only as long as the row still says it.
func TestOldRowsStayInTheChain(t *testing.T) {
	t.Parallel()
	for name, edit := range map[string]string{
		"a failure made a stop":  "UPDATE journal SET outcome = 'stopped' WHERE detail = 'RomM answered 500'",
		"a stop made a failure":  "UPDATE journal SET outcome = 'failed' WHERE outcome = 'stopped'",
		"another way to undo":    "UPDATE journal SET undo = 'rm -rf /' WHERE undo <> ''",
		"one more way to undo":   "UPDATE journal SET undo = 'rm' WHERE seq = 1",
		"a row of the new form":  "UPDATE journal SET form = 2 WHERE seq = 1",
		"a stop that was not so": "UPDATE journal SET outcome = 'stopped' WHERE outcome = 'done' AND seq = 2",
	} {
		d := openAt(t, releasedFile(t), Options{})
		must(t, d.Verify(t.Context()))
		for _, q := range []string{"DROP TRIGGER journal_no_update", edit} {
			_, err := d.writer.ExecContext(t.Context(), q)
			must(t, err)
		}
		if err := d.Verify(t.Context()); !Altered(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type recordedPlan struct {
	Name, Title string
	Changes     []plan.Change
}

func recorded(t *testing.T) []recordedPlan {
	t.Helper()
	text, err := os.ReadFile("../model/plan/testdata/plans-9ec0bcf.json")
	must(t, err)
	var out []recordedPlan
	must(t, json.Unmarshal(text, &out))
	return out
}
