package plan

import (
	"strings"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// Outcomes of a journal entry. An entry that is still open belongs to a change
// that is being made, or to a process that died in it.
const (
	OutcomeOpen   = "open"
	OutcomeDone   = "done"
	OutcomeFailed = "failed"
)

// JournalEntry is one line of the journal: written before its change is tried
// and closed after it. It never holds a secret.
type JournalEntry struct {
	Seq     int64
	At      time.Time
	Actor   model.Untrusted // operating system user, or the SSH key's name
	Session string
	PlanID  string
	Plan    string // the plan's title
	Change  Change
	Outcome string
	Detail  string // why it failed, cleaned
}

// StoppedDetail begins the detail of an entry that failed since somebody
// stopped the program meanwhile, and not since the change could not be made.
const StoppedDetail = "stopped: "

// Stopped reports whether the change failed only since it was stopped: the plan
// it belongs to can be finished.
func (e JournalEntry) Stopped() bool {
	return e.Outcome == OutcomeFailed && strings.HasPrefix(e.Detail, StoppedDetail)
}
