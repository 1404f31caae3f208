package db

import (
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

func entry(n int) plan.JournalEntry {
	return plan.JournalEntry{
		At: epoch().Add(1), Actor: "alice\x1b[2J", Session: "s1", PlanID: "p1", Plan: "fix e-mails",
		Change: plan.Change{
			Kind: plan.ChangeLocalEmail, Side: plan.SideRomM, Object: fmt.Sprint(n), Label: "bob",
			Before: "old@example.org", After: "new@example.org", Reason: "mismatch",
		},
	}
}

// journalOf writes n entries: the first failed, the second stays open, the
// others are done.
func journalOf(t *testing.T, n int) *DB {
	t.Helper()
	d := openNew(t)
	for i := range n {
		seq, err := d.OpenEntry(t.Context(), entry(i))
		must(t, err)
		switch i {
		case 0:
			must(t, d.CloseEntry(t.Context(), seq, plan.OutcomeFailed, "timeout\x07"))
		case 1:
		default:
			must(t, d.CloseEntry(t.Context(), seq, plan.OutcomeDone, ""))
		}
	}
	return d
}

func TestJournalEntries(t *testing.T) {
	t.Parallel()
	d := journalOf(t, 4)
	must(t, d.Verify(t.Context()))
	got, err := d.Entries(t.Context(), 100, 0)
	must(t, err)
	want := []struct {
		seq             int64
		outcome, detail string
	}{{6, plan.OutcomeDone, ""}, {4, plan.OutcomeDone, ""}, {3, plan.OutcomeOpen, ""}, {1, plan.OutcomeFailed, `timeout\x07`}}
	if len(got) != len(want) {
		t.Fatalf("entries %+v", got)
	}
	for i, w := range want {
		e := entry(3 - i)
		e.Seq, e.Outcome, e.Detail = w.seq, w.outcome, w.detail
		if got[i] != e {
			t.Errorf("got  %+v\nwant %+v", got[i], e)
		}
	}
	older, err := d.Entries(t.Context(), 1, 4)
	if err != nil || len(older) != 1 || older[0].Seq != 3 {
		t.Errorf("%+v %v", older, err)
	}
	head, err := d.JournalHead(t.Context())
	if err != nil || head.Seq != 7 || !strings.HasPrefix(head.String(), "7:") || len(head.String()) != 2+64 {
		t.Errorf("head %s, %v", head, err)
	}
}

func TestJournalRefuses(t *testing.T) {
	t.Parallel()
	d := journalOf(t, 2)
	for _, outcome := range []string{"", "open", "undone"} {
		wantCode(t, d.CloseEntry(t.Context(), 3, outcome, ""), model.CodeInvalid)
	}
	wantCode(t, d.CloseEntry(t.Context(), 1, plan.OutcomeDone, ""), model.CodeConflict, "closed already")
	wantCode(t, d.CloseEntry(t.Context(), 2, plan.OutcomeDone, ""), model.CodeNotFound) // the end of entry 1
	wantCode(t, d.CloseEntry(t.Context(), 99, plan.OutcomeDone, ""), model.CodeNotFound)
	for _, s := range []string{"UPDATE journal SET actor = 'x'", "DELETE FROM journal", "REPLACE INTO journal SELECT * FROM journal"} {
		if _, err := d.writer.ExecContext(t.Context(), s); err == nil {
			t.Errorf("accepted: %s", s)
		}
	}
	must(t, d.Verify(t.Context()))
	// Zero time and a wrong outcome in the entry.
	seq, err := d.OpenEntry(t.Context(), plan.JournalEntry{Outcome: plan.OutcomeDone, Detail: "x"})
	must(t, err)
	got, err := d.Entries(t.Context(), 1, 0)
	must(t, err)
	if got[0].Seq != seq || got[0].Outcome != plan.OutcomeOpen || got[0].Detail != "" || !got[0].At.Equal(epoch()) {
		t.Errorf("entry %+v", got[0])
	}
}

func TestJournalTampering(t *testing.T) {
	t.Parallel()
	// proves S37
	const free = "DROP TRIGGER journal_no_update; DROP TRIGGER journal_no_delete; PRAGMA foreign_keys = OFF"
	tests := map[string]struct {
		statements []string
		says       string
	}{
		"edit a value":               {[]string{"UPDATE journal SET after = 'evil@example.org' WHERE seq = 4"}, "row 4 does not fit"},
		"edit the actor":             {[]string{"UPDATE journal SET actor = 'mallory' WHERE seq = 1"}, "row 1 does not fit"},
		"edit the time":              {[]string{"UPDATE journal SET at = at + 1 WHERE seq = 3"}, "row 3 does not fit"},
		"move text along":            {[]string{"UPDATE journal SET actor = actor || session, session = '' WHERE seq = 1"}, "row 1 does not fit"},
		"edit an outcome":            {[]string{"UPDATE journal SET outcome = 'done' WHERE seq = 2"}, "row 2 does not fit"},
		"edit a reason":              {[]string{"UPDATE journal SET detail = 'never mind' WHERE seq = 2"}, "row 2 does not fit"},
		"give an outcome to another": {[]string{"UPDATE journal SET ref = 3 WHERE seq = 5"}, "row 5 does not fit"},
		"edit a hash":                {[]string{"UPDATE journal SET hash = zeroblob(32) WHERE seq = 4"}, "row 4 does not fit"},
		"delete one":                 {[]string{"DELETE FROM journal WHERE seq = 3"}, "row 3 is missing"},
		"delete the first":           {[]string{"DELETE FROM journal WHERE seq = 1"}, "row 1 is missing"},
		"delete and close the gap":   {[]string{"DELETE FROM journal WHERE seq = 3", "UPDATE journal SET seq = seq - 1, ref = nullif(max(ref - 1, 3), 0) WHERE seq > 3"}, "row 3 does not fit"},
		"reorder": {[]string{
			"UPDATE journal SET seq = 99 WHERE seq = 1", "UPDATE journal SET seq = 1 WHERE seq = 3", "UPDATE journal SET seq = 3, ref = NULL WHERE seq = 99",
		}, "row 1 does not fit"},
		"cut the tail": {[]string{"DELETE FROM journal WHERE seq > 5"}, "rows 6 to 7 are missing at the end"},
		"cut all":      {[]string{"DELETE FROM journal"}, "rows 1 to 7 are missing"},
		"add one": {[]string{`INSERT INTO journal SELECT 8, row, at, actor, session, plan_id, plan, side, kind, object, label,
			before, after, reason, ref, outcome, detail, hash, form, undo, plan_sum FROM journal WHERE seq = 3`}, "row 8 does not fit"},
		"another undo":   {[]string{"UPDATE journal SET undo = 'x' WHERE seq = 3"}, "row 3 does not fit"},
		"the older form": {[]string{"UPDATE journal SET form = 1 WHERE seq = 3"}, "row 3 does not fit"},
		"edit the head":  {[]string{"UPDATE meta SET journal_head = zeroblob(32)"}, "not the end that was written down"},
		"cut the head":   {[]string{"UPDATE meta SET journal_seq = 5"}, "not the end that was written down"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := journalOf(t, 4)
			must(t, d.Verify(t.Context()))
			w, err := connect(d.Path(), modeWrite, 0)
			must(t, err)
			defer func() { _ = w.Close() }()
			for _, s := range append([]string{free}, tt.statements...) {
				if _, err := w.ExecContext(t.Context(), s); err != nil {
					t.Fatalf("%s: %v", s, err)
				}
			}
			wantCode(t, d.Verify(t.Context()), model.CodeInternal, "the journal was altered", tt.says)
		})
	}
}

func TestJournalEditWithANewHash(t *testing.T) {
	t.Parallel()
	// proves S37: anyone who edits a row and makes its hash fit breaks the next
	d := journalOf(t, 4)
	tamper(t, d.Path(), "DROP TRIGGER journal_no_update", "UPDATE journal SET actor = 'mallory' WHERE seq = 4")
	must(t, d.write(t.Context(), "forge", func(tx *sql.Tx) error {
		var prev, forged [32]byte
		_, before, err := scanRow(tx.QueryRowContext(t.Context(), "SELECT "+journalColumns+" FROM journal WHERE seq = 3"))
		must(t, err)
		copy(prev[:], before)
		r, _, err := scanRow(tx.QueryRowContext(t.Context(), "SELECT "+journalColumns+" FROM journal WHERE seq = 4"))
		must(t, err)
		forged = r.hash(prev)
		_, err = tx.ExecContext(t.Context(), "UPDATE journal SET hash = ? WHERE seq = 4", forged[:])
		return err
	}))
	wantCode(t, d.Verify(t.Context()), model.CodeInternal, "row 5 does not fit")
}

func TestNothingIsAddedToACutJournal(t *testing.T) {
	t.Parallel()
	// proves S37: the record cannot be written, so the change must not happen
	d := journalOf(t, 4)
	tamper(t, d.Path(), "DROP TRIGGER journal_no_delete; DELETE FROM journal WHERE seq = 7")
	_, err := d.OpenEntry(t.Context(), entry(9))
	wantCode(t, err, model.CodeInternal, "the journal was altered", "its end is not row 7")
}

func TestJournalSwapOutcomes(t *testing.T) {
	t.Parallel()
	// proves S37: the failed change becomes the done one and the other way round
	d := journalOf(t, 4)
	tamper(
		t, d.Path(), "DROP TRIGGER journal_no_update",
		"UPDATE journal SET outcome = 'done', detail = '' WHERE seq = 2",
		"UPDATE journal SET outcome = 'failed', detail = 'timeout' WHERE seq = 5",
	)
	wantCode(t, d.Verify(t.Context()), model.CodeInternal, "row 2 does not fit")
}

func TestJournalFromManySides(t *testing.T) {
	t.Parallel()
	a := openNew(t)
	b := openAt(t, a.Path(), Options{})
	var wg sync.WaitGroup
	for i := range 8 {
		d := []*DB{a, b}[i%2]
		wg.Go(func() {
			for n := range 5 {
				seq, err := d.OpenEntry(t.Context(), entry(n))
				if err == nil {
					err = d.CloseEntry(t.Context(), seq, plan.OutcomeDone, "")
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	must(t, a.Verify(t.Context()))
	got, err := b.Entries(t.Context(), 1000, 0)
	must(t, err)
	if len(got) != 40 {
		t.Fatalf("%d entries", len(got))
	}
	for _, e := range got {
		if e.Outcome != plan.OutcomeDone {
			t.Errorf("entry %d is %s", e.Seq, e.Outcome)
		}
	}
}
