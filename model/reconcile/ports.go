// Package reconcile holds the use cases: read both sides, judge everybody,
// apply a plan. It states the ports that it needs and does no I/O of its own;
// the adapters (authentik, db, db/rommapi) satisfy the ports without importing
// this package.
package reconcile

import (
	"context"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// Directory is the identity provider. Its writes have the rules of
// [Accounts.SetEmail].
type Directory interface {
	// ReadDirectory reads users, groups and what set-up makes. A reading that
	// is not whole says so in Directory.Incomplete; an error means that
	// nothing usable was read.
	ReadDirectory(ctx context.Context, o model.ReadOptions) (model.DirectoryReading, error)
	// Preview computes what an ID token of the provider would hold for a user.
	Preview(ctx context.Context, providerPK, userPK int64) (model.Claims, error)
	// CheckAccess finds out what the token may do, without changing anything.
	CheckAccess(ctx context.Context) (model.Access, error)
	// AnswersForOthers reports whether MayOpen is about the person who was asked
	// for, and not about the caller.
	AnswersForOthers(ctx context.Context) (bool, error)
	// MayOpen asks whether a user may open the application with that slug now.
	MayOpen(ctx context.Context, slug string, userPK int64) (model.AccessAnswer, error)
	// SetupNeeds leaves empty what the token does not see.
	SetupNeeds(ctx context.Context) (model.SetupNeeds, error)
	// ClientSecret is that of the provider with that client id.
	ClientSecret(ctx context.Context, clientID string) (model.Secret, error)

	SetEmail(ctx context.Context, pk int64, before, after string) (model.Identity, error)
	// SetTrustedEmail writes the attribute model.AttrTrustedEmail and nothing
	// else; after == "" removes it.
	SetTrustedEmail(ctx context.Context, pk int64, before, after string) (model.Identity, error)
	// The objects that set-up makes are found by mark, client id and slug,
	// never by name (S36). A nil before makes one, a nil after removes it.
	SetMapping(ctx context.Context, mark string, before, after *model.ScopeMapping) error
	SetProvider(ctx context.Context, clientID string, before, after *model.OAuthProvider) error
	SetApplication(ctx context.Context, slug string, before, after *model.Application) error
	// SetBinding makes or removes the binding of one group or user.
	SetBinding(ctx context.Context, before, after *model.Binding) error
}

// Accounts reads and writes the local accounts: RomM over its API, or the
// embedded directory.
type Accounts interface {
	ReadAccounts(ctx context.Context) (model.AccountsReading, error)
	// SetEmail replaces the account's address. It reads the account again,
	// refuses with CodeConflict unless its address is still before, writes,
	// and returns the account as it is after; after == "" clears the
	// address. An answer of success that changed nothing is an error.
	SetEmail(ctx context.Context, id int64, before, after string) (model.LocalUser, error)
}

// AccountSwitches are the other writes to local accounts, with the rules of
// SetEmail. Accounts that have them satisfy this interface too.
type AccountSwitches interface {
	SetEnabled(ctx context.Context, id int64, before, after bool) (model.LocalUser, error)
	SetRole(ctx context.Context, id int64, before, after model.Role) (model.LocalUser, error)
}

// AccountMaker makes and removes local accounts. Only the embedded directory
// does: RomM's accounts are made in RomM.
type AccountMaker interface {
	// AddAccount makes an account, whose id is ignored, and returns it as it
	// is; CodeConflict if its name or its address is taken.
	AddAccount(ctx context.Context, u model.LocalUser) (model.LocalUser, error)
	// RemoveAccount removes the account of that name, with the rules of SetEmail.
	RemoveAccount(ctx context.Context, before model.LocalUser) error
}

// RoleStore keeps the role map and the pins.
type RoleStore interface {
	RoleMap(ctx context.Context) (model.RoleMap, error)
	// RoleMapDoubt says why the role map is not believed although it can be
	// read, such as that it is older than one that was in force (S27), and why
	// a newer one cannot be remembered.
	RoleMapDoubt(ctx context.Context) (doubt, forgotten error)
	// SetRoleRow stores the row; RoleNone removes it. It refuses with
	// CodeConflict unless the group's role is still before.
	SetRoleRow(ctx context.Context, row model.RoleRow, before model.Role) error
	SetDefaultRole(ctx context.Context, role, before model.Role) error
	Pins(ctx context.Context) ([]model.Pin, error)
	Pin(ctx context.Context, l model.Pin) error
	Unpin(ctx context.Context, uid string) error
	PendingRoles(ctx context.Context) ([]model.PendingRole, error)
	// SetPendingRole has the rules of SetRoleRow.
	SetPendingRole(ctx context.Context, p model.PendingRole, before model.Role) error
	Assertions(ctx context.Context) ([]model.Assertion, error)
	// SetAssertions replaces them, and refuses with CodeConflict unless they
	// are still before.
	SetAssertions(ctx context.Context, after, before []model.Assertion, by model.Untrusted) error
}

// Journal records each change before it is tried and closes the record after
// it. A change whose record cannot be opened does not happen (S37). It remembers
// whole plans too, so that one that is cut short can be finished or undone (R15).
type Journal interface {
	OpenEntry(ctx context.Context, e plan.JournalEntry) (seq int64, err error)
	CloseEntry(ctx context.Context, seq int64, outcome, detail string) error
	// OpenPlan remembers the plan; one that is known is left as it is.
	OpenPlan(ctx context.Context, p plan.Interruption, session string) error
	// HoldPlan takes the right to apply plans, which one program has at a
	// time, until EndPlan or the death of this one; CodeBusy while another has
	// it.
	HoldPlan(planID string) error
	// EndPlan forgets a plan that is held; another one is no mistake.
	EndPlan(planID string)
	// Settle closes the entries that the plan left open and marks it as dealt
	// with.
	Settle(ctx context.Context, planID string, open []plan.Settlement) error

	History
}

// History reads the journal.
type History interface {
	// Entries returns entries, newest first, with numbers below beforeSeq
	// unless that is 0.
	Entries(ctx context.Context, limit int, beforeSeq int64) ([]plan.JournalEntry, error)
	Interrupted(ctx context.Context) ([]plan.Interruption, error)
}
