package db

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// entryQuery reads announced changes with what became of them.
const entryQuery = `SELECT o.seq, o.row, o.at, o.actor, o.session, o.plan_id, o.plan, o.side, o.kind,
		o.object, o.label, o.before, o.after, o.reason, o.ref,
		coalesce(c.outcome, o.outcome), coalesce(c.detail, o.detail), o.hash, o.form, o.undo, coalesce(p.purpose, '')
	FROM journal o LEFT JOIN journal c ON c.seq = (SELECT max(seq) FROM journal WHERE ref = o.seq) LEFT JOIN plan p ON p.id = o.plan_id WHERE o.row = 'open' `

func queryEntries(ctx context.Context, tx *sql.Tx, where string, args ...any) ([]plan.JournalEntry, error) {
	rows, err := tx.QueryContext(ctx, entryQuery+where, args...)
	return collect(rows, err, func(s scanner) (plan.JournalEntry, error) {
		var purpose plan.Purpose
		r, _, err := scanRow(s, &purpose)
		r.entry.Purpose = purpose
		return r.entry, err
	})
}

// Entry returns one entry of the journal; CodeNotFound if there is none of
// that number.
func (d *DB) Entry(ctx context.Context, seq int64) (plan.JournalEntry, error) {
	var out plan.JournalEntry
	err := d.read(ctx, "read journal", func(tx *sql.Tx) error {
		all, err := queryEntries(ctx, tx, "AND o.seq = ?", seq)
		if err == nil && len(all) == 0 {
			return &model.Error{
				Code: model.CodeNotFound, Msg: fmt.Sprintf("the journal has no entry %d", seq),
				Hint: "see `romm-admin history`; the numbers have gaps",
			}
		}
		if err == nil {
			out = all[0]
		}
		return err
	})
	return out, err
}

// PlanEntries returns the entries of one plan, oldest first; CodeNotFound if
// the journal does not know it.
func (d *DB) PlanEntries(ctx context.Context, planID string) ([]plan.JournalEntry, error) {
	var out []plan.JournalEntry
	err := d.read(ctx, "read journal", func(tx *sql.Tx) (err error) {
		out, err = queryEntries(ctx, tx, "AND o.plan_id = ? ORDER BY o.seq", planID)
		if err == nil && len(out) == 0 {
			return &model.Error{
				Code: model.CodeNotFound, Msg: fmt.Sprintf("the journal has no plan %q", model.Clean(planID)),
				Hint: "see `romm-admin history --json`",
			}
		}
		return err
	})
	return out, err
}

// OpenPlan remembers a plan, whole, before its first change is announced, so
// that it can be finished if it is cut short, and what it is for. Of the plan
// only PlanID, Title, Purpose, Actor, At (zero becomes now) and Changes count;
// session is who makes it. A plan that is known already is left as it is.
func (d *DB) OpenPlan(ctx context.Context, p plan.Interruption, session string) error {
	changes, err := plan.Encode(p.Changes)
	if err != nil {
		return translate("write journal", d.path, err)
	}
	return d.write(ctx, "write journal", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO plan (id, at, actor, session, title, count, changes, purpose) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO NOTHING`,
			p.PlanID, d.stamp(p.At), p.Actor.Raw(), session, p.Title, len(p.Changes), string(changes), p.Purpose)
		return err
	})
}

// unfinished finds the plans with an entry that is still open or of which it is
// not known whether it was made, and those of which some changes were made and some were not, without a failure that was
// reported.
const unfinished = `
	SELECT DISTINCT o.plan_id FROM journal o
		WHERE o.row = 'open' AND NOT EXISTS (SELECT 1 FROM journal c WHERE c.ref = o.seq AND c.outcome <> 'unknown')
	UNION SELECT p.id FROM plan p WHERE p.resolved = 0
		AND (SELECT count(*) FROM journal o JOIN journal c ON c.ref = o.seq
			WHERE o.row = 'open' AND o.plan_id = p.id AND c.outcome = 'done') BETWEEN 1 AND p.count - 1
		AND NOT EXISTS (SELECT 1 FROM journal o JOIN journal c ON c.ref = o.seq
			WHERE o.row = 'open' AND o.plan_id = p.id AND c.outcome = 'failed')`

func unfinishedPlans(ctx context.Context, tx *sql.Tx) ([]string, error) {
	rows, err := tx.QueryContext(ctx, unfinished)
	return collect(rows, err, func(s scanner) (id string, err error) { return id, s.Scan(&id) })
}

// Interrupted returns the plans that have not ended, newest first.
// A plan that is being made right now is among them, see
// [plan.Interruption.MayBeRunning].
func (d *DB) Interrupted(ctx context.Context) ([]plan.Interruption, error) {
	var ids []string
	err := d.read(ctx, "read journal", func(tx *sql.Tx) (err error) {
		ids, err = unfinishedPlans(ctx, tx)
		return err
	})
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	holders := d.holders(ids)
	var out []plan.Interruption
	err = d.read(ctx, "read journal", func(tx *sql.Tx) error {
		ids, err := unfinishedPlans(ctx, tx)
		if err != nil {
			return err
		}
		for _, id := range ids {
			i, err := interruption(ctx, tx, id)
			if err != nil {
				return err
			}
			i.Held = holders[id]
			out = append(out, i)
		}
		return nil
	})
	sortInterruptions(out)
	return out, err
}

func interruption(ctx context.Context, tx *sql.Tx, id string) (plan.Interruption, error) {
	i := plan.Interruption{PlanID: id}
	var err error
	if i.Entries, err = queryEntries(ctx, tx, "AND o.plan_id = ? ORDER BY o.seq", id); err != nil {
		return i, err
	}
	last := i.Entries[len(i.Entries)-1] // the query that found the id saw one
	i.Title, i.Purpose, i.Actor, i.At = last.Plan, last.Purpose, last.Actor, last.At
	var changes []byte
	err = tx.QueryRowContext(ctx, "SELECT changes FROM plan WHERE id = ?", id).Scan(&changes)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return i, nil
	case err != nil:
		return i, err
	}
	if i.Changes, err = plan.Decode(changes); err != nil {
		return i, fmt.Errorf("the plan %q: %w", model.Clean(id), err)
	}
	return i, nil
}

// Settle closes what an interrupted plan left open and marks it as dealt with,
// all or nothing. An entry that was closed meanwhile is CodeConflict.
func (d *DB) Settle(ctx context.Context, planID string, open []plan.Settlement) error {
	return d.write(ctx, "close journal entry", func(tx *sql.Tx) error {
		for _, s := range open {
			if err := d.closeEntry(ctx, tx, s.Seq, s.Outcome, s.Detail); err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, "UPDATE plan SET resolved = 1 WHERE id = ?", planID)
		return err
	})
}

// ParseHead reads the form that [Head.String] writes.
func ParseHead(s string) (Head, error) {
	var h Head
	seq, sum, ok := strings.Cut(strings.TrimSpace(s), ":")
	n, err := strconv.ParseInt(seq, 10, 64)
	raw, hexErr := hex.DecodeString(sum)
	if !ok || err != nil || hexErr != nil || n < 0 || len(raw) != len(h.Hash) {
		return h, &model.Error{
			Code: model.CodeInvalid, Msg: fmt.Sprintf("%q is not the head of a journal", model.Clean(s)),
			Hint: "it is what `romm-admin history head` prints: a number, a colon and 64 hexadecimal digits",
		}
	}
	h.Seq = n
	copy(h.Hash[:], raw)
	return h, nil
}

// alteredError is the cause of the errors that [Altered] knows.
type alteredError struct{ what string }

func (e alteredError) Error() string { return e.what }

// Altered reports whether err says that the journal was altered, as opposed to
// that it could not be read.
func Altered(err error) bool {
	var a alteredError
	return errors.As(err, &a)
}

func altered(msg string) error {
	return &model.Error{
		Code: model.CodeInternal, Msg: "the journal was altered", Err: alteredError{msg},
		Hint: "keep a copy of the file as it is, compare it with a backup, and find out who could write it",
	}
}

func sortInterruptions(all []plan.Interruption) {
	slices.SortFunc(all, func(a, b plan.Interruption) int { return b.At.Compare(a.At) })
}
