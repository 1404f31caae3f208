package tuitest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// record writes an entry for a change; the caller holds the lock.
func (c *Console) record(planID string, p plan.Plan, i int, err error) {
	e := plan.JournalEntry{
		Seq: int64(len(c.journal) + 1), At: Now().Add(time.Duration(len(c.journal)) * time.Minute), Actor: "ann", Session: "tty1",
		PlanID: planID, Plan: p.Title, Change: p.Changes[i], Outcome: plan.OutcomeDone,
	}
	if err != nil {
		e.Outcome, e.Detail = outcomeOf(err), model.Clean(err.Error())
	}
	c.journal = slices.Insert(c.journal, 0, e)
}

// Journal replaces what the journal holds: entries newest first, and plans
// that were cut short.
func (c *Console) Journal(entries []plan.JournalEntry, cut ...plan.Interruption) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.journal, c.cut = entries, cut
}

// FailJournal makes readings of the journal fail; nil lets them succeed again.
func (c *Console) FailJournal(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.logErr = err
}

// Settled lists the interrupted plans that were closed.
func (c *Console) Settled() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.settled)
}

// History implements tui.Historian.
func (c *Console) History(ctx context.Context, limit int) ([]plan.JournalEntry, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, limited := ctx.Deadline(); !limited {
		return nil, errors.New("the command has no deadline")
	}
	if c.logErr != nil {
		return nil, c.logErr
	}
	return slices.Clone(c.journal[:min(limit, len(c.journal))]), nil
}

// Interrupted implements tui.Historian.
func (c *Console) Interrupted(context.Context) ([]plan.Interruption, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.cut), nil
}

// Settle implements tui.Historian.
func (c *Console) Settle(_ context.Context, _ *model.Review, i plan.Interruption) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settled = append(c.settled, i.PlanID)
	c.cut = slices.DeleteFunc(c.cut, func(x plan.Interruption) bool { return x.PlanID == i.PlanID })
	return nil
}

// Past is a journal over [World]: bob's address was wrong once more, a group
// got its role, a change failed; and a plan that was cut short after the first
// of its two changes.
func Past() ([]plan.JournalEntry, plan.Interruption) {
	at := func(minutes int) time.Time { return Now().Add(-time.Duration(minutes) * time.Minute) }
	entry := func(seq int64, minutes int, actor model.Untrusted, id, p, outcome string, c plan.Change) plan.JournalEntry {
		return plan.JournalEntry{Seq: seq, At: at(minutes), Actor: actor, Session: "tty1", PlanID: id, Plan: p, Change: c, Outcome: outcome}
	}
	email := func(id, name string, before, after model.Untrusted) plan.Change {
		return plan.Change{
			Kind: plan.ChangeLocalEmail, Side: plan.SideRomM, Object: id, Label: model.Untrusted(name), Before: before, After: after,
			Reason: "RomM links a login by this address",
		}
	}
	entries := []plan.JournalEntry{
		entry(6, 5, "ann", "plan-c", "set 2 addresses", plan.OutcomeDone, email("7", "grace", "", "grace@example.org")),
		entry(5, 30, "bea", "plan-b", "set the RomM e-mail of erin to x@example.org", plan.OutcomeFailed, email("5", "erin", "erin@example.org", "x@example.org")),
		entry(4, 60, "ann", "plan-a", "match addresses", plan.OutcomeDone, email("9", "kim", "kim@old.example", "kim@example.org")),
		entry(3, 60, "ann", "plan-a", "match addresses", plan.OutcomeDone, email("3", "bob", "robert@old.example", "bob@old.example")),
		entry(2, 600, "bea", "plan-0", "give the group romm-admins the role admin", plan.OutcomeDone, plan.Change{
			Kind: plan.ChangeRoleRow, Side: plan.SideRoleMap, Object: string(Admins), Label: "romm-admins", Before: "user", After: "admin",
			Reason: "members get it at their next login",
		}),
		entry(1, 900, "ann", "plan-9", "set the RomM e-mail of heidi", plan.OutcomeDone, email("8", "heidi", "", "heidi@wrong.example")),
	}
	entries[1].Detail = "RomM answered 409"
	cut := plan.Interruption{
		PlanID: "plan-c", Title: "set 2 addresses", Actor: "ann", At: at(5), Entries: entries[:1:1],
		Changes: []plan.Change{entries[0].Change, email("4", "carol", "", "carol@example.org")},
	}
	return entries, cut
}

func outcomeOf(err error) string {
	if model.CodeOf(err) == model.CodeUnknown {
		return plan.OutcomeUnknown
	}
	return plan.OutcomeFailed
}
