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
