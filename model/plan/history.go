package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// Interruption is a plan that was not finished: the program died in
// it, or its record could not be written any more (R15). What is known of it
// comes from the journal.
type Interruption struct {
	PlanID  string
	Title   string
	Purpose Purpose
	Actor   model.Untrusted
	// At is when its last change was begun.
	At time.Time
	// Entries are its changes that were begun, oldest first. An open one may
	// or may not have been made: only the object itself shows it.
	Entries []JournalEntry
	// Changes is the whole plan; nil when only the changes that were begun
	// are known.
	Changes []Change
	// Altered says that the plan as it is stored is not the one that stands in the
	// journal: something else changed it, and Changes is nil (S37).
	Altered bool
	// Held says whether a live program is applying it.
	Held Holding
}

// Holding says whether some program is applying a plan.
type Holding int

// What is known of it.
const (
	HoldingUnknown  Holding = iota // the system cannot tell
	HoldingNobody                  // the process that began it has ended or given it up
	HoldingSomebody                // it is under way
)

// stillRunning is how long a change may take: where it is not known who has
// the plan in hand, one that was begun less than this ago may be under way in
// another program. Every call to the other side ends long before.
const stillRunning = time.Minute

// MayBeRunning reports whether the plan is under way right now, or may be.
func (i Interruption) MayBeRunning(now time.Time) bool {
	return i.Held == HoldingSomebody || i.Held == HoldingUnknown && now.Sub(i.At) < stillRunning
}

// Busy is why the plan cannot be ended now, with CodeConflict: somebody is making
// it, or may be; nil if nobody is.
func (i Interruption) Busy(now time.Time) error {
	switch {
	case !i.MayBeRunning(now):
		return nil
	case i.Held == HoldingSomebody:
		return &model.Error{
			Code: model.CodeConflict, Msg: "another program is making this plan right now",
			Hint: "wait until it has ended, then look again: romm-admin history interrupted",
		}
	}
	return &model.Error{
		Code: model.CodeConflict, Msg: "this plan may be under way in another program: its last change began less than a minute ago",
		Hint: "wait a minute, then look again: romm-admin history interrupted",
	}
}

// underWay is why the plan cannot be ended yet, with CodeConflict: the other side
// may still make a change of which no answer came. What is said of it now, and
// done about it, would not hold then (R15).
func (i Interruption) underWay(r *model.Review) error {
	for _, e := range i.Entries {
		if e.Outcome != OutcomeUnknown || r.World.At.Sub(e.At) >= stillRunning {
			continue
		}
		if now, ok := Current(r.World, e.Change); !ok || !e.Change.same(now, e.Change.After) {
			return &model.Error{
				Code: model.CodeConflict, Msg: fmt.Sprintf("the change of entry %d may still be made: it was sent less than a minute ago, and no answer came", e.Seq),
				Hint: "wait a minute, then try again",
			}
		}
	}
	return nil
}

// Total is the number of changes in the plan, as far as it is known.
func (i Interruption) Total() int { return max(len(i.Changes), len(i.Entries)) }

// Done counts the changes that are known to have been made.
func (i Interruption) Done() int {
	n := 0
	for _, e := range i.Entries {
		if e.Outcome == OutcomeDone {
			n++
		}
	}
	return n
}

// Unknown counts those of which it is not known whether they were made.
func (i Interruption) Unknown() int {
	n := 0
	for _, e := range i.Entries {
		if e.Unsettled() {
			n++
		}
	}
	return n
}

// Undo builds the plan that undoes the changes of these entries, the newest
// first. Changes that failed are left out, and so are those whose
// object is again as it was before. A change whose object was changed again since
// is CodeConflict, an entry that is still open too.
func Undo(r *model.Review, entries []JournalEntry) (Plan, error) {
	if len(entries) == 0 {
		return Plan{}, &model.Error{Code: model.CodeNotFound, Msg: "the journal has no such entry", Hint: "see `romm-admin history`"}
	}
	entries = bySeq(entries)
	done := make([]Change, 0, len(entries))
	for _, e := range entries {
		if err := e.undoneOtherwise(); err != nil && e.Outcome == OutcomeDone {
			return Plan{}, err
		}
		switch e.Outcome {
		case OutcomeUnknown:
			return Plan{}, &model.Error{
				Code: model.CodeConflict, Msg: fmt.Sprintf("it is not known whether the change of entry %d was made", e.Seq),
				Hint: "see `romm-admin history interrupted`",
			}
		case OutcomeOpen:
			return Plan{}, &model.Error{
				Code: model.CodeConflict, Msg: fmt.Sprintf("entry %d was never ended: its change is under way or was cut short", e.Seq),
				Hint: "see `romm-admin history interrupted`",
			}
		case OutcomeDone:
			done = append(done, e.Change)
		}
	}
	last := entries[len(entries)-1]
	if len(done) == 0 {
		return Plan{}, &model.Error{
			Code: model.CodeInvalid, Msg: fmt.Sprintf("entry %d failed, so there is nothing to undo", last.Seq),
			Hint: "see `romm-admin history`",
		}
	}
	p, err := inversePlan(r, done)
	if err != nil {
		return Plan{}, err
	}
	if len(p.Changes) == 0 {
		return Plan{}, &model.Error{
			Code: model.CodeNothing, Msg: fmt.Sprintf("%s: this is undone already", model.Clean(last.Plan)),
			Hint: "nothing needs to be done",
		}
	}
	p.Title, p.Command, p.Purpose = undoTitle(entries), undoCommand(entries), undoes(entries)
	return withWarnings(r, p), nil
}

// FinishTitle is the title of the plan that finishes this one.
func (i Interruption) FinishTitle() string { return "finish: " + model.Clean(i.Title) }

func undoTitle(entries []JournalEntry) string { return "undo: " + model.Clean(entries[0].Plan) }

func undoCommand(entries []JournalEntry) string {
	if len(entries) == 1 {
		return fmt.Sprintf("romm-admin history undo %d", entries[0].Seq)
	}
	return "romm-admin history undo --plan " + model.ShellWord(model.Untrusted(entries[0].PlanID), "")
}

// Resume builds the plan that finishes what was cut short. Changes that
// are in place already are left out; a plan without changes says that nothing
// is left to do. Where a change cannot go on because its object has become
// something else, it is CodeConflict, and so is a plan that was altered.
func Resume(r *model.Review, i Interruption) (Plan, error) {
	if i.Altered {
		return Plan{}, &model.Error{
			Code: model.CodeConflict, Msg: "the plan as it is stored is not the one that was begun: something other than romm-admin changed it",
			Hint: "undo what was made: romm-admin history undo --plan " + model.ShellWord(model.Untrusted(i.PlanID), "") +
				"; and find out who could write the file: romm-admin history verify",
		}
	}
	if err := i.underWay(r); err != nil {
		return Plan{}, err
	}
	p := Plan{
		Title: i.FinishTitle(), Purpose: i.Purpose.finishes(), Changes: []Change{},
		Command: "romm-admin history resume " + model.ShellWord(model.Untrusted(i.PlanID), ""),
	}
	e, rest := newEditor(r.World), i.rest()
	if e.all(rest) {
		return p, nil
	}
	for _, c := range rest {
		now, ok := e.now(c)
		if ok && c.same(now, c.After) {
			continue
		}
		if !ok || !c.same(now, c.Before) {
			return Plan{}, c.drifted(c.Before, now, ok)
		}
		if outdated(r.World, c) {
			return Plan{}, &model.Error{
				Code: model.CodeConflict, Msg: "the role map changed since this plan was cut short, which would publish the older one",
				Hint: "undo it, and plan it again: romm-admin roles publish, or romm-admin setup apply",
			}
		}
		if err := e.apply(c); err != nil {
			return Plan{}, err
		}
		p.Changes = append(p.Changes, e.named(c))
	}
	return withWarnings(r, p), nil
}

// named is the change with the name that the account, user or group of its
// object has in the world: what a stored change says of that is not believed
// (S37).
func (e *editor) named(c Change) Change {
	who, _ := c.kind().subject(c)
	switch {
	case who.account != "":
		if u := e.account(who.account); u != nil {
			c.Label = u.Username
		}
	case who.identity != "":
		if i := e.identity(who.identity); i != nil {
			c.Label = i.Username
		}
	case who.uid != "":
		for _, i := range e.w.Directory.Identities {
			if i.UID == who.uid {
				c.Label = i.Username
			}
		}
	default:
		if g, ok := e.w.Directory.Group(model.GroupID(c.Object)); ok {
			c.Label = g.Name
		}
	}
	return c
}

// rest are the changes from the first one on that is not known to be made.
func (i Interruption) rest() []Change {
	all := i.Changes
	if len(all) < len(i.Entries) {
		all = nil
		for _, e := range i.Entries {
			all = append(all, e.Change)
		}
	}
	for n, e := range i.Entries {
		if e.Outcome != OutcomeDone {
			return all[n:]
		}
	}
	return all[len(i.Entries):]
}

// RollBack builds the plan that undoes what was made before the cut.
// A plan without changes says that everything is as it was.
func RollBack(r *model.Review, i Interruption) (Plan, error) {
	if err := i.underWay(r); err != nil {
		return Plan{}, err
	}
	var made []Change
	for _, e := range bySeq(i.Entries) {
		if e.Outcome != OutcomeFailed { // where nothing was made, nothing is undone
			made = append(made, e.Change)
		}
	}
	p, err := inversePlan(r, made)
	if p.Purpose = PurposeNone; i.Purpose.SetsUp() {
		p.Purpose = PurposeUndoSetUp
	}
	p.Title = "undo: " + model.Clean(i.Title)
	p.Command = "romm-admin history undo --plan " + model.ShellWord(model.Untrusted(i.PlanID), "")
	return withWarnings(r, p), err
}

// inversePlan inverts changes, the last first. A change whose object is as it was
// before is left out.
func inversePlan(r *model.Review, made []Change) (Plan, error) {
	p := Plan{Changes: []Change{}}
	e := newEditor(r.World)
	if e.all(Plan{Changes: made}.Inverse().Changes) {
		return p, nil
	}
	for _, c := range slices.Backward(made) {
		now, ok := e.now(c)
		if ok && c.same(now, c.Before) {
			continue
		}
		if !ok || !c.same(now, c.After) {
			return Plan{}, c.drifted(c.After, now, ok)
		}
		inverse := c.inverse()
		if err := e.apply(inverse); err != nil {
			return Plan{}, err
		}
		p.Changes = append(p.Changes, e.named(inverse))
	}
	return p, nil
}

// all reports whether every object is as the last of the changes to it leaves
// it. An object can be changed twice, when two swap their addresses.
func (e *editor) all(changes []Change) bool {
	type object struct {
		kind ChangeKind
		name string
	}
	last := make(map[object]Change, len(changes))
	for _, c := range changes {
		last[object{c.Kind, c.Object}] = c
	}
	for _, c := range last {
		if now, ok := e.now(c); !ok || !c.same(now, c.After) {
			return false
		}
	}
	return true
}

// Settlement is how an open entry is closed after its object was
// read.
type Settlement struct {
	Seq     int64
	Outcome string
	Detail  string
}

// Settle says for each open entry of the plan whether its change was made: the
// object itself shows it (R15).
func Settle(r *model.Review, i Interruption) []Settlement {
	var out []Settlement
	for _, e := range i.Entries {
		if !e.Unsettled() {
			continue
		}
		s := Settlement{Seq: e.Seq, Outcome: OutcomeFailed, Detail: "cut short before it was made"}
		if now, ok := Current(r.World, e.Change); ok && e.Change.same(now, e.Change.After) {
			s.Outcome, s.Detail = OutcomeDone, "cut short after it was made"
		}
		if e.Outcome == OutcomeUnknown {
			s.Detail = map[string]string{OutcomeDone: "looked at later: it was made", OutcomeFailed: "looked at later: it was not made"}[s.Outcome]
		}
		out = append(out, s)
	}
	return out
}

func bySeq(entries []JournalEntry) []JournalEntry {
	out := slices.Clone(entries)
	slices.SortFunc(out, func(a, b JournalEntry) int { return int(a.Seq - b.Seq) })
	return out
}
