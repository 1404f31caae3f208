package model

// Outcome is what a login leads to.
type Outcome string

// The outcomes of a login at RomM.
const (
	SignsIn     Outcome = "signs-in"
	Registers   Outcome = "registers"
	Refused     Outcome = "refused"
	ServerError Outcome = "server-error"
	// NoSession is a login that RomM takes for a success, with an account that
	// is there or a new one, but whose session is not usable: every request
	// with it ends in [Verdict.SessionStatus].
	NoSession Outcome = "no-session"
)

// The rows of the decision table by which an account is found (docs/romm.md 3).
const (
	RuleSignsIn = "18" // by its address
	// RuleDisabled is an account that is disabled; RomM up to 5.3 has written its
	// role before.
	RuleDisabled        = "17"
	RuleByLink          = "21" // by its link, whatever the address
	RuleLinkedElsewhere = "22" // by its address, but it is linked to another identity
	RuleLinks           = "23" // by its address, and it is linked to this identity now
)

// Verdict is what RomM will do at a login (docs/romm.md 3).
type Verdict struct {
	Outcome Outcome
	// Status and Detail are RomM's own answer: HTTP status and the exact
	// `detail` text; Detail is "Internal Server Error" for plain-text 500s
	// and "" for success.
	Status int
	Detail string
	// Rule is the row of the decision table that ended the login, "1" to
	// "23"; "12-4.3" is row 12 as the releases 4.3.x have it.
	Rule string
	// UserID is the account that RomM opens, creates a role for, or refuses;
	// 0 when there is none (yet).
	UserID int64
	// OtherID is the account that RomM may open instead of UserID, because both
	// have the address: PostgreSQL keeps addresses that differ in letter case,
	// and which row comes first changes with every update. 0 otherwise.
	OtherID int64
	// SessionID is the account whose session the browser may end up with
	// when that is not UserID: PostgreSQL looks the username of a session up
	// without letter case. 0 otherwise.
	SessionID int64
	// SessionStatus is what every request with the session is answered with
	// when that is not usable, 401 or 500; 0 otherwise.
	SessionStatus int
	// Username is what a new account is called, or would be if that were not
	// taken (row 15b); "" otherwise.
	Username Untrusted
	// EmailAfter and LinkAfter are the address and the link that the account has
	// after the login, a new one too; zero when there is none. LinkAfter is not
	// Known when RomM has no links, or nobody can tell.
	EmailAfter NullText
	LinkAfter  OIDCLink
	// LinkUnknown is true when the verdict depends on the link of an account
	// that is not known, and is the one that the address leads to; Depends says so
	// in words.
	LinkUnknown bool
	// RoleBefore is the account's role now, RoleAfter the one after the
	// login; equal when the login does not touch it. A refused login can
	// still change the role (row 16 before 17).
	RoleBefore, RoleAfter Role
	// Remedy says what we offer to do about it; "" when nothing is wrong.
	Remedy string
	// Depends is set when the answer depends on something that is not known,
	// such as the database behind RomM; the verdict is then the graver one, but
	// with an OtherID that of the account that comes first (NewAccounts).
	Depends string
}

// Opens reports whether the login gets to an account that is there: RomM writes
// its role, whether the session is usable or not.
func (v Verdict) Opens() bool {
	return v.UserID != 0 && (v.Outcome == SignsIn || v.Outcome == NoSession)
}

// Reply is the status and the words by which somebody notices that the login
// failed.
func (v Verdict) Reply() (status int, text string) {
	if v.Outcome == NoSession {
		return v.SessionStatus, "session not usable"
	}
	return v.Status, v.Detail
}

// OK reports whether the person gets in, as an existing or a new account.
func (v Verdict) OK() bool { return v.Outcome == SignsIn || v.Outcome == Registers }
