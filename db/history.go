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
		coalesce(c.outcome, o.outcome), coalesce(c.detail, o.detail), o.hash, o.form, o.undo, o.plan_sum, coalesce(p.purpose, '')
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
	s := storedPlan{
		id: p.PlanID, at: d.stamp(p.At), actor: p.Actor.Raw(), session: session, title: p.Title,
		count: int64(len(p.Changes)), changes: string(changes), purpose: string(p.Purpose),
	}
	return d.write(ctx, "write journal", func(tx *sql.Tx) error {
		_, err := changeRows(ctx, tx, "plan", `INSERT INTO plan (id, at, actor, session, title, count, changes, purpose) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO NOTHING`, s.values(), "id = ?", p.PlanID)
		return err
	})
}

// storedPlan is a plan as the table of plans has it.
type storedPlan struct {
	id                    string
	at                    int64
	actor, session, title string
	count                 int64
	changes, purpose      string
}

const planColumns = "id, at, actor, session, title, count, changes, purpose"

func (s storedPlan) values() []any {
	return []any{s.id, s.at, s.actor, s.session, s.title, s.count, s.changes, s.purpose}
}

func scanPlan(from scanner) (s storedPlan, err error) {
	return s, from.Scan(&s.id, &s.at, &s.actor, &s.session, &s.title, &s.count, &s.changes, &s.purpose)
}

// sum is the checksum of the plan that stands in the journal, in hexadecimal.
func (s storedPlan) sum() string {
	h := newDigest("romm-admin plan 1")
	h.int(s.at)
	h.int(s.count)
	for _, text := range []string{s.id, s.actor, s.session, s.title, s.changes, s.purpose} {
		h.text(text)
	}
	sum := h.sum()
	return hex.EncodeToString(sum[:])
}

// beginning is the checksum of the stored plan when its first change is about to
// be recorded; "" after that, and where none is stored.
func beginning(ctx context.Context, tx *sql.Tx, planID string) (sum string, err error) {
	s, err := scanPlan(tx.QueryRowContext(ctx, "SELECT "+planColumns+` FROM plan
		WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM journal WHERE row = 'open' AND plan_id = ?1)`, planID))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", nil
	case err != nil:
		return "", err
	}
	return s.sum(), nil
}

// recordPlans puts the unfinished plans of a file that had no such rows into the
// journal.
func recordPlans(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, "SELECT "+planColumns+" FROM plan WHERE resolved = 0 ORDER BY at, id")
	all, err := collect(rows, err, scanPlan)
	if err != nil {
		return err
	}
	for _, s := range all {
		_, err := appendRow(ctx, tx, journalRow{row: rowPlan, at: s.at, planSum: s.sum(), entry: plan.JournalEntry{
			Actor: model.Untrusted(s.actor), Session: s.session, PlanID: s.id, Plan: s.title,
		}})
		if err != nil {
			return err
		}
	}
	return nil
}

// unfinished finds the plans with an entry that is still open or of which it is
// not known whether it was made, and those of which some changes were made and
// some were not, without a failure that was reported.
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
	recorded, err := planSum(ctx, tx, id)
	if err != nil {
		return i, err
	}
	s, err := scanPlan(tx.QueryRowContext(ctx, "SELECT "+planColumns+" FROM plan WHERE id = ?", id))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		i.Altered = recorded != ""
		return i, nil
	case err != nil:
		return i, err
	case s.sum() != recorded: // nothing of it is believed
		i.Altered = true
		return i, nil
	}
	if i.Changes, err = plan.Decode([]byte(s.changes)); err != nil {
		return i, fmt.Errorf("the plan %q: %w", model.Clean(id), err)
	}
	return i, nil
}

// verifyPlans compares the unfinished plans with their rows in the journal.
func verifyPlans(ctx context.Context, tx *sql.Tx) error {
	rows, err := tx.QueryContext(ctx, "SELECT "+planColumns+` FROM plan
		WHERE resolved = 0 AND id IN (SELECT plan_id FROM journal WHERE row = 'open') ORDER BY at, id`)
	all, err := collect(rows, err, scanPlan)
	if err != nil {
		return err
	}
	for _, s := range all {
		recorded, err := planSum(ctx, tx, s.id)
		if err != nil {
			return err
		}
		if recorded != s.sum() {
			return altered(fmt.Sprintf("the plan %q is not stored as it was begun", model.Clean(s.id)))
		}
	}
	return nil
}

// planSum is the checksum of the plan that stands in the journal, "" if it
// has none.
func planSum(ctx context.Context, tx *sql.Tx, id string) (sum string, err error) {
	for _, row := range []string{rowOpen, rowPlan} { // each is found by an index, or is rare
		err = tx.QueryRowContext(ctx, `SELECT plan_sum FROM journal
			WHERE row = '`+row+`' AND plan_id = ? AND plan_sum <> '' AND form <> 1 ORDER BY seq LIMIT 1`, id).Scan(&sum)
		if !errors.Is(err, sql.ErrNoRows) {
			return sum, err
		}
	}
	return "", nil
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
		_, err := changeRows(ctx, tx, "plan", "UPDATE plan SET resolved = 1 WHERE id = ?", []any{planID}, "id = ?", planID)
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
