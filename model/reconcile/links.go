package reconcile

import (
	"context"

	"github.com/romm-admin/romm-admin/model"
)

// LinkStore is RomM's own database. It alone knows who an account is linked to
// (docs/romm.md 7 Links), and how texts compare there.
type LinkStore interface {
	// ReadLinks reads all accounts with their links, in one state.
	ReadLinks(ctx context.Context) (model.LinksReading, error)
	// SetLink replaces the link of an account, with the rules of
	// [Accounts.SetEmail]; the zero link unlinks. It refuses with CodeConflict
	// if another account has the link after, and with CodeRefused where the
	// configuration does not allow it; [model.LinkSQL] is for those people.
	SetLink(ctx context.Context, id int64, before, after model.OIDCLink) (model.LocalUser, error)
	// Fold says which texts are equal in a column, "email" or "username".
	Fold(ctx context.Context, column string, texts []string) ([]model.Folded, error)
	// CheckAccess finds out what the account may do, without changing anything.
	CheckAccess(ctx context.Context) (model.DatabaseAccess, error)
}

// AuditLog is RomM's record of what happened, 5.4 and later: it tells that an
// account is linked, not to whom, and absence proves nothing.
type AuditLog interface {
	// ReadSignIns reads who signed in through the provider, and when last. It
	// needs me.read and users.read of an administrator: without users.read RomM
	// answers as if nobody else had signed in. CodeRefused before 5.4.
	ReadSignIns(ctx context.Context) (model.SignInsReading, error)
}
