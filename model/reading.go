package model

import (
	"strings"
	"time"
)

// ReadOptions say what a reading takes in, and how.
type ReadOptions struct {
	// ServiceAccounts takes in Authentik's service accounts, which sign in to
	// nothing by themselves; without it they are left out.
	ServiceAccounts bool
	// FreshPreviews asks Authentik for every preview again, however young the
	// one is that is known.
	FreshPreviews bool
	// Progress is told how far the reading of Authentik is, a step being one
	// person read or previewed. Total grows as more turns out to be needed.
	// It is never called twice at a time; nil is told nothing.
	Progress func(done, total int)
}

// DirectoryReading is one reading of the identity provider.
type DirectoryReading struct {
	System    System
	Directory Directory
	Provider  Provider
	Setup     Setup
	// WriteWarning says what any write to a user loses besides; "" if nothing.
	WriteWarning string
	Warnings     []string
}

// AccountsReading is one reading of the local accounts.
type AccountsReading struct {
	System  System
	Version Version
	Users   []LocalUser
	// OIDCOff is true when RomM itself reports that OIDC is not enabled.
	OIDCOff  bool
	Warnings []string
}

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
	Actor   Untrusted // operating system user, or the SSH key's name
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
