package model

import "time"

// SignIn is the newest sign-in through the provider that RomM's audit log has of
// an account: since 5.4 the account is linked from then on, to whom it does not
// say (docs/romm.md 7 Audit log).
type SignIn struct {
	LocalID int64
	At      time.Time
	// Registered is whether the account was made by it.
	Registered bool
}

// SignInsReading is what the audit log says. An account that is not in it may be
// linked all the same: events are kept for a while, as well as can be done, and
// a link that was removed since leaves none.
type SignInsReading struct {
	SignIns []SignIn // by account
	// Oldest is when the oldest event of any sign-in was recorded; zero if there
	// is none.
	Oldest time.Time
	// CutShort is whether there are more events than were read.
	CutShort bool
}
