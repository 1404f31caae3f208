package db

import (
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// begin announces the first n changes of the plan; all but the last get the
// outcome done, the last one ends as last says, "" leaves it open, "stopped" is
// of somebody who stopped the program.
func begin(t *testing.T, d *DB, planID string, n int, last string) (seqs []int64) {
	t.Helper()
	for i := range n {
		e := entry(i)
		e.PlanID = planID
		seq, err := d.OpenEntry(t.Context(), e)
		must(t, err)
		seqs = append(seqs, seq)
		outcome := plan.OutcomeDone
		if i == n-1 {
			outcome = last
		}
		if outcome != "" {
			must(t, d.CloseEntry(t.Context(), seq, outcome, ""))
		}
	}
	return seqs
}

func samplePlan(id string, n int) plan.Interruption {
	p := plan.Interruption{PlanID: id, Title: "fix e-mails", Actor: "alice"}
	for i := range n {
		p.Changes = append(p.Changes, entry(i).Change)
	}
	return p
}

func TestInterruptedPlansAreFound(t *testing.T) {
	t.Parallel()
	// proves R15
	for _, tt := range []struct {
		name     string
		recorded int // changes of the plan that is remembered; 0 for none
		begun    int
		last     string
		want     bool
	}{
		{"whole", 3, 3, plan.OutcomeDone, false},
		{"cut before the first", 3, 0, "", false},
		{"cut in the first", 3, 1, "", true},
		{"cut between two", 3, 2, plan.OutcomeDone, true},
		{"cut in the last", 3, 3, "", true},
		{"failed and reported", 3, 2, plan.OutcomeFailed, false},
		{"stopped in the first", 3, 1, "stopped", false},
		{"stopped in the second", 3, 2, "stopped", true},
		{"stopped in the last", 3, 3, "stopped", true},
		{"one change, cut", 0, 1, "", true},
		{"one change, whole", 0, 1, plan.OutcomeDone, false},
	} {
		d := openNew(t)
		begin(t, d, "other", 2, plan.OutcomeDone)
		if tt.recorded > 0 {
			must(t, d.OpenPlan(t.Context(), samplePlan("p", tt.recorded), "s1"))
			must(t, d.OpenPlan(t.Context(), samplePlan("p", 1), "s1")) // known already
		}
		begin(t, d, "p", tt.begun, tt.last)
		all, err := d.Interrupted(t.Context())
		must(t, err)
		if len(all) == 1 != tt.want || len(all) > 1 {
			t.Errorf("%s: %+v", tt.name, all)
		}
		if !tt.want {
			continue
		}
		i := all[0]
		if i.PlanID != "p" || i.Title != "fix e-mails" || i.Actor != entry(0).Actor || !i.At.Equal(entry(0).At) ||
			len(i.Entries) != tt.begun || len(i.Changes) != tt.recorded {
			t.Errorf("%s: %+v", tt.name, i)
		}
		for n, c := range i.Changes {
			if c != entry(n).Change {
				t.Errorf("%s: change %d came back as %+v", tt.name, n, c)
			}
		}
		var open []plan.Settlement
		if tt.last == "" {
			open = []plan.Settlement{{Seq: i.Entries[tt.begun-1].Seq, Outcome: plan.OutcomeDone, Detail: "looked"}}
		}
		must(t, d.Settle(t.Context(), "p", open))
		if all, err := d.Interrupted(t.Context()); err != nil || len(all) != 0 {
			t.Errorf("%s: still there: %+v %v", tt.name, all, err)
		}
		must(t, d.Verify(t.Context()))
	}
}

func TestSettleIsAllOrNothing(t *testing.T) {
	t.Parallel()
	d := openNew(t)
	must(t, d.OpenPlan(t.Context(), samplePlan("p", 3), "s1"))
	seq := begin(t, d, "p", 1, "")[0]
	err := d.Settle(t.Context(), "p", []plan.Settlement{{Seq: seq, Outcome: plan.OutcomeDone}, {Seq: 99, Outcome: plan.OutcomeDone}})
	wantCode(t, err, model.CodeNotFound)
	if all, err := d.Interrupted(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("%+v %v", all, err)
	}
	must(t, d.CloseEntry(t.Context(), seq, plan.OutcomeDone, ""))
	wantCode(t, d.Settle(t.Context(), "p", []plan.Settlement{{Seq: seq, Outcome: plan.OutcomeDone}}), model.CodeConflict)
}

func TestEntryAndPlanEntries(t *testing.T) {
	t.Parallel()
	d := openNew(t)
	seqs := begin(t, d, "p", 2, plan.OutcomeDone)
	e, err := d.Entry(t.Context(), seqs[1])
	if err != nil || e.Seq != 3 || e.Outcome != plan.OutcomeDone {
		t.Errorf("%+v %v", e, err)
	}
	_, err = d.Entry(t.Context(), 2) // the end of the first
	wantCode(t, err, model.CodeNotFound)
	all, err := d.PlanEntries(t.Context(), "p")
	if err != nil || len(all) != 2 || all[0].Seq != 1 {
		t.Errorf("%+v %v", all, err)
	}
	_, err = d.PlanEntries(t.Context(), "x")
	wantCode(t, err, model.CodeNotFound)
}

func TestVerifyAgainstAKeptHead(t *testing.T) {
	t.Parallel()
	// proves S37
	d := journalOf(t, 3)
	kept, err := d.JournalHead(t.Context())
	must(t, err)
	parsed, err := ParseHead(" " + kept.String() + "\n")
	if err != nil || parsed != kept {
		t.Fatalf("%v %v", parsed, err)
	}
	more := begin(t, d, "p", 2, plan.OutcomeDone)
	if now, err := d.VerifyFrom(t.Context(), kept); err != nil || now.Seq != more[1]+1 {
		t.Errorf("%v %v", now, err)
	}
	late, err := d.JournalHead(t.Context())
	must(t, err)

	// The end is cut off and the chain's own head restored: whole in itself.
	var sum []byte
	must(t, d.reader.QueryRowContext(t.Context(), "SELECT hash FROM journal WHERE seq = ?", kept.Seq).Scan(&sum))
	must(t, d.Close())
	tamper(t, d.Path(), "DROP TRIGGER journal_no_delete", "PRAGMA foreign_keys = OFF", "DELETE FROM journal WHERE seq > "+kept.String()[:1],
		"CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal BEGIN\n    SELECT RAISE(ABORT, 'the journal is append-only');\nEND")
	w := writerOf(t, d.Path())
	_, err = w.ExecContext(t.Context(), "UPDATE meta SET journal_seq = ?, journal_head = ?", kept.Seq, sum)
	must(t, err)
	must(t, w.Close())
	cut := openAt(t, d.Path(), Options{})
	must(t, cut.Verify(t.Context()))
	_, err = cut.VerifyFrom(t.Context(), late)
	wantCode(t, err, model.CodeInternal, "altered", "cut off")
	if !Altered(err) || Altered(nil) {
		t.Errorf("%v is not known as an alteration", err)
	}
	// Rebuilt: other rows in their place.
	begin(t, cut, "forged", 2, plan.OutcomeDone)
	must(t, cut.Verify(t.Context()))
	_, err = cut.VerifyFrom(t.Context(), late)
	wantCode(t, err, model.CodeInternal, "not the one that the kept head names")
	// Another file.
	_, err = openNew(t).VerifyFrom(t.Context(), late)
	if !Altered(err) {
		t.Errorf("another file: %v", err)
	}
	for _, s := range []string{"", "x", "1", "1:", "1:abcd", "-1:" + late.String()[2:], late.String() + "00"} {
		_, err := ParseHead(s)
		wantCode(t, err, model.CodeInvalid)
	}
}

func TestSwitches(t *testing.T) {
	t.Parallel()
	d := openNew(t)
	a := d.Accounts()
	bob := addUser(t, d, "bob", "bob@example.org")
	root, err := a.AddAccount(t.Context(), model.LocalUser{Username: "root", Role: model.RoleAdmin, Enabled: true})
	must(t, err)
	admin := root.ID
	_, err = a.SetEnabled(t.Context(), admin, true, false)
	wantCode(t, err, model.CodeRefused, "last enabled admin") // proves S5
	_, err = a.SetRole(t.Context(), admin, model.RoleAdmin, model.RoleUser)
	wantCode(t, err, model.CodeRefused, "last enabled admin") // proves S5
	u, err := a.SetEnabled(t.Context(), bob, true, false)
	if err != nil || u.Enabled {
		t.Errorf("%+v %v", u, err)
	}
	_, err = a.SetEnabled(t.Context(), bob, true, false)
	wantCode(t, err, model.CodeConflict, "is disabled now, not enabled") // proves S35
	u, err = a.SetRole(t.Context(), bob, model.RoleUser, model.RoleAdmin)
	if err != nil || u.Role != model.RoleAdmin {
		t.Errorf("%+v %v", u, err)
	}
	_, err = a.SetRole(t.Context(), admin, model.RoleAdmin, model.RoleUser)
	wantCode(t, err, model.CodeRefused) // bob is disabled
	_, err = a.SetEnabled(t.Context(), bob, false, true)
	must(t, err)
	_, err = a.SetRole(t.Context(), admin, model.RoleAdmin, model.RoleUser)
	must(t, err)
	_, err = a.SetRole(t.Context(), admin, model.RoleAdmin, model.RoleUser)
	wantCode(t, err, model.CodeConflict)
	_, err = a.SetRole(t.Context(), bob, model.RoleAdmin, model.RoleEditor)
	wantCode(t, err, model.CodeInvalid, "editor")
	_, err = a.SetRole(t.Context(), 99, model.RoleAdmin, model.RoleUser)
	wantCode(t, err, model.CodeNotFound)
}
