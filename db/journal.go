package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// The journal is a list of rows that is only ever added to. Recording a change
// takes two of them: an "open" row before it is tried, and a "close" row, which
// names the open one, once it is known what became of it. Each row's hash
// covers everything in it and the hash of the row before it, of either
// kind. So closing an entry cannot break the chain, because no row is
// touched again; an outcome cannot be altered or given to another entry,
// because the row that holds it is in the chain as well; and the order in
// which things ended is kept. The newest hash also stands in meta, so that
// missing rows at the end are noticed.
//
// The first row of a plan of several changes holds the checksum of it as it is
// stored, so that nothing else is finished in its name.
//
// Somebody who owns the file can rebuild all of it. Only a head that was copied
// elsewhere, see [DB.JournalHead], tells that (S37).

// journalRow is one row as it is hashed.
type journalRow struct {
	seq, at int64
	row     string // plan, open or close
	entry   plan.JournalEntry
	ref     int64  // the open row that a close row is about, else 0
	form    int64  // how it is hashed
	planSum string // of the stored plan that begins here, see storedPlan.sum
}

// The forms of a row's hash.
const (
	formOldest = 1 // of the rows that the third migration found
	formNow    = 2
)

const (
	rowPlan  = "plan"
	rowOpen  = "open"
	rowClose = "close"
)

// hash covers the row and, through before, everything before it.
func (r journalRow) hash(before [sha256.Size]byte) [sha256.Size]byte {
	h := newDigest("romm-admin journal 1")
	h.int(r.seq)
	h.text(r.row)
	h.int(r.at)
	for _, s := range r.texts() {
		h.text(s)
	}
	h.int(r.ref)
	if r.form == formOldest {
		h.text(r.oldestOutcome())
	} else {
		h.text(r.entry.Outcome)
	}
	h.text(r.entry.Detail)
	if r.form != formOldest {
		h.int(r.form)
		h.text(r.entry.Undo)
		h.text(r.planSum)
	}
	h.text(string(before[:]))
	return h.sum()
}

// oldestOutcome is the outcome as rows of the oldest form were hashed: what the
// migration read from their sentences counts only as long as they still say it.
func (r journalRow) oldestOutcome() string {
	e := r.entry
	told := strings.HasPrefix(e.Detail, "stopped: ")
	switch {
	case e.Undo != "" && !strings.Contains(e.Change.Reason, "`"+e.Undo+"`"), e.Outcome == plan.OutcomeFailed && told:
		return "not what the row says"
	case e.Outcome == plan.OutcomeStopped && told:
		return plan.OutcomeFailed
	}
	return e.Outcome
}

// texts are the fields of the change, in the order of the columns.
func (r journalRow) texts() []string {
	e, c := r.entry, r.entry.Change
	return []string{
		e.Actor.Raw(), e.Session, e.PlanID, e.Plan, string(c.Side), string(c.Kind),
		c.Object, c.Label.Raw(), c.Before.Raw(), c.After.Raw(), c.Reason,
	}
}

// Head is the end of the journal: the number of its last row and that row's
// hash. Kept outside the database, it proves that the journal still contains
// all that it contained then.
type Head struct {
	Seq  int64
	Hash [sha256.Size]byte
}

// String returns "12:ab34…", the form to print or to store.
func (h Head) String() string { return fmt.Sprintf("%d:%s", h.Seq, hex.EncodeToString(h.Hash[:])) }

// OpenEntry records a change that is about to be tried and returns its number.
// If it fails the change must not be made (S37). A zero At becomes now; the
// outcome is OutcomeOpen whatever e says. It must not hold a secret.
func (d *DB) OpenEntry(ctx context.Context, e plan.JournalEntry) (int64, error) {
	e.Outcome, e.Detail = plan.OutcomeOpen, ""
	r := journalRow{row: rowOpen, at: d.stamp(e.At), entry: e}
	err := d.write(ctx, "write journal", func(tx *sql.Tx) (err error) {
		if r.planSum, err = beginning(ctx, tx, e.PlanID); err != nil {
			return err
		}
		r.seq, err = appendRow(ctx, tx, r)
		return err
	})
	if err != nil {
		return 0, err
	}
	return r.seq, nil
}

// CloseEntry records what became of the change: OutcomeDone, or another one but
// OutcomeOpen with the reason. An entry is closed once, or once more after
// OutcomeUnknown; a second time is CodeConflict.
func (d *DB) CloseEntry(ctx context.Context, seq int64, outcome, detail string) error {
	switch outcome {
	case plan.OutcomeDone, plan.OutcomeFailed, plan.OutcomeStopped, plan.OutcomeUnknown:
	default:
		return &model.Error{
			Code: model.CodeInvalid, Op: "close journal entry",
			Msg: fmt.Sprintf("an entry cannot end as %q", model.Clean(outcome)),
		}
	}
	return d.write(ctx, "close journal entry", func(tx *sql.Tx) error {
		return d.closeEntry(ctx, tx, seq, outcome, detail)
	})
}

// recorded makes a change of this file between the two rows of its entry, in the
// one transaction. The outcome is OutcomeDone, whatever e says.
func (d *DB) recorded(ctx context.Context, tx *sql.Tx, e plan.JournalEntry, change func() error) error {
	e.Outcome, e.Detail = plan.OutcomeOpen, ""
	seq, err := appendRow(ctx, tx, journalRow{row: rowOpen, at: d.stamp(e.At), entry: e})
	if err != nil {
		return err
	}
	if err := change(); err != nil {
		return err
	}
	return d.closeEntry(ctx, tx, seq, plan.OutcomeDone, "")
}

func (d *DB) closeEntry(ctx context.Context, tx *sql.Tx, seq int64, outcome, detail string) error {
	var row string
	var closed bool
	err := tx.QueryRowContext(ctx,
		"SELECT row, EXISTS (SELECT 1 FROM journal WHERE ref = o.seq AND outcome <> 'unknown') FROM journal o WHERE seq = ?", seq).Scan(&row, &closed)
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && row != rowOpen:
		return &model.Error{Code: model.CodeNotFound, Msg: fmt.Sprintf("the journal has no entry %d", seq)}
	case err != nil:
		return err
	case closed:
		return &model.Error{
			Code: model.CodeConflict, Msg: fmt.Sprintf("journal entry %d is closed already", seq),
			Hint: "look at it in the history: somebody else has ended it",
		}
	}
	_, err = appendRow(ctx, tx, journalRow{
		row: rowClose, at: d.opts.Now().UnixNano(), ref: seq,
		entry: plan.JournalEntry{Outcome: outcome, Detail: model.Clean(detail)},
	})
	return err
}

// appendRow puts a row at the end of the chain and returns its number. The
// transaction holds the write lock, so nobody else can be at the same end.
func appendRow(ctx context.Context, tx *sql.Tx, r journalRow) (int64, error) {
	head, err := journalHead(ctx, tx)
	if err != nil {
		return 0, err
	}
	r.seq, r.form = head.Seq+1, formNow
	sum := r.hash(head.Hash)
	args := []any{r.seq, r.row, r.at}
	for _, s := range r.texts() {
		args = append(args, s)
	}
	args = append(args, sql.NullInt64{Int64: r.ref, Valid: r.ref != 0}, r.entry.Outcome, r.entry.Detail, sum[:], r.form, r.entry.Undo, r.planSum)
	_, err = tx.ExecContext(ctx, `INSERT INTO journal (`+journalColumns+`)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, args...)
	if primary(err) == sqlite3.SQLITE_CONSTRAINT {
		return 0, altered(fmt.Sprintf("its end is not row %d any more", head.Seq))
	}
	if err != nil {
		return 0, err
	}
	_, err = tx.ExecContext(ctx, "UPDATE meta SET journal_seq = ?, journal_head = ?", r.seq, sum[:])
	return r.seq, err
}

const journalColumns = "seq, row, at, actor, session, plan_id, plan, side, kind, object, label, before, after, reason, ref, outcome, detail, hash, form, undo, plan_sum"

// scanRow reads all columns of one row, and into more what follows them.
func scanRow(s scanner, more ...any) (r journalRow, hash []byte, err error) {
	e, c := &r.entry, &r.entry.Change
	var ref sql.NullInt64
	err = s.Scan(append([]any{
		&r.seq, &r.row, &r.at, &e.Actor, &e.Session, &e.PlanID, &e.Plan, &c.Side, &c.Kind,
		&c.Object, &c.Label, &c.Before, &c.After, &c.Reason, &ref, &e.Outcome, &e.Detail, &hash, &r.form, &e.Undo, &r.planSum,
	}, more...)...)
	r.ref = ref.Int64
	e.Seq, e.At = r.seq, moment(r.at)
	return r, hash, err
}

// maxEntries bounds one page of the journal and of the login record.
const maxEntries = 1000

// page brings a limit into 1 to maxEntries.
func page(limit int) int { return min(max(limit, 1), maxEntries) }

// Entries returns entries, newest first: at most limit (1 to 1000), with
// numbers below beforeSeq unless that is 0. Numbers have gaps, because the end
// of an entry has a number of its own.
func (d *DB) Entries(ctx context.Context, limit int, beforeSeq int64) ([]plan.JournalEntry, error) {
	var out []plan.JournalEntry
	err := d.read(ctx, "read journal", func(tx *sql.Tx) error {
		var err error
		out, err = queryEntries(ctx, tx, "AND (?1 <= 0 OR o.seq < ?1) ORDER BY o.seq DESC LIMIT ?2", beforeSeq, page(limit))
		return err
	})
	return out, err
}

// JournalHead returns the end of the journal, for a copy outside the database.
func (d *DB) JournalHead(ctx context.Context) (Head, error) {
	var h Head
	err := d.read(ctx, "read journal head", func(tx *sql.Tx) (err error) {
		h, err = journalHead(ctx, tx)
		return err
	})
	return h, err
}

func journalHead(ctx context.Context, tx *sql.Tx) (h Head, err error) {
	var sum []byte
	if err := tx.QueryRowContext(ctx, "SELECT journal_seq, journal_head FROM meta").Scan(&h.Seq, &sum); err != nil {
		return h, fmt.Errorf("read journal head: %w", err)
	}
	if copy(h.Hash[:], sum) != len(h.Hash) {
		return h, errors.New("read journal head: the hash has the wrong length")
	}
	return h, nil
}

// Verify follows the whole chain and reports the first row that does not fit:
// one that was edited, removed, moved, or cut off at the end; then a stored plan
// that is not the one that the journal has, and a table that does not fit its
// checksum (S37).
func (d *DB) Verify(ctx context.Context) error {
	_, err := d.VerifyFrom(ctx, Head{})
	return err
}

// VerifyFrom is [DB.Verify] against a head that was kept elsewhere: the
// journal must still contain that row with that hash, which tells a cut tail,
// a rebuilt chain, an older copy and another file. The zero Head proves
// nothing more. It returns the head as it is now. See [Altered].
func (d *DB) VerifyFrom(ctx context.Context, kept Head) (head Head, err error) {
	err = d.read(ctx, "verify journal", func(tx *sql.Tx) error {
		if head, err = journalHead(ctx, tx); err != nil {
			return err
		}
		if err := verifyChain(ctx, tx, head, kept); err != nil {
			return err
		}
		if err := verifyPlans(ctx, tx); err != nil {
			return err
		}
		return verifySums(ctx, tx)
	})
	return head, err
}

func verifyChain(ctx context.Context, tx *sql.Tx, want, kept Head) (err error) {
	rows, err := tx.QueryContext(ctx, "SELECT "+journalColumns+" FROM journal ORDER BY seq")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	var at Head
	for rows.Next() {
		r, stored, err := scanRow(rows)
		if err != nil {
			return err
		}
		if r.seq != at.Seq+1 {
			return altered(fmt.Sprintf("row %d is missing", at.Seq+1))
		}
		sum := r.hash(at.Hash)
		if string(sum[:]) != string(stored) {
			return altered(fmt.Sprintf("row %d does not fit its hash: it, or the row before it, was changed", r.seq))
		}
		at = Head{Seq: r.seq, Hash: sum}
		if at.Seq == kept.Seq && at != kept {
			return altered(fmt.Sprintf("row %d is not the one that the kept head names: the rows up to it were rebuilt, or this is another file", at.Seq))
		}
	}
	switch err := rows.Err(); {
	case err != nil:
		return err
	case at.Seq < want.Seq:
		return altered(fmt.Sprintf("rows %d to %d are missing at the end", at.Seq+1, want.Seq))
	case at != want:
		return altered(fmt.Sprintf("it ends with row %d, which is not the end that was written down", at.Seq))
	case at.Seq < kept.Seq:
		return altered(fmt.Sprintf("it ends with row %d, the kept head names row %d: its end was cut off, or an older copy is back", at.Seq, kept.Seq))
	}
	return nil
}
