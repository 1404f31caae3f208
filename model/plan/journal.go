package plan

import (
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// Outcomes of a journal entry. An entry that is still open belongs to a change
// that is being made, or to a process that died in it. One that was stopped
// failed only because somebody stopped the program meanwhile, and not because
// the change could not be made: its plan can be finished.
const (
	OutcomeOpen    = "open"
	OutcomeDone    = "done"
	OutcomeFailed  = "failed"
	OutcomeStopped = "stopped"
	// OutcomeUnknown is a change that was sent and of which nothing tells yet
	// whether it was made. The object itself tells, later; see [Settle].
	OutcomeUnknown = "unknown"
)

// Unsettled reports whether it is not known what became of the change.
func (e JournalEntry) Unsettled() bool {
	return e.Outcome == OutcomeOpen || e.Outcome == OutcomeUnknown
}

// JournalEntry is one line of the journal: written before its change is tried
// and closed after it. It never holds a secret.
type JournalEntry struct {
	Seq     int64
	At      time.Time
	Actor   model.Untrusted // operating system user, or the SSH key's name
	Session string
	PlanID  string
	Plan    string // the plan's title
	Purpose Purpose
	Change  Change
	Outcome string
	Detail  string // why it was not made, cleaned
	// Undo is the command line that undoes a change which no plan can; "" for
	// all others.
	Undo string
}
