package reconcile

import (
	"context"
	"slices"
	"strings"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
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

// CheckLinks refuses a plan with links that could not be written, before anybody
// is asked and before its first change. It gives the statements to those who run
// them themselves (docs/permissions.md).
func (s *Service) CheckLinks(ctx context.Context, p plan.Plan) error {
	if !p.ChangesLinks() {
		return nil
	}
	if s.Links == nil {
		return refuseLinks(p, s.Settings.Database, "RomM's own database, where links stand, is not configured",
			"set ROMM_DB_DRIVER and DB_HOST, DB_NAME, DB_USER, DB_PASSWD as RomM has them, and ROMM_DB_WRITE=true")
	}
	access, err := s.Links.CheckAccess(ctx)
	lacks := slices.Concat(access.Missing, access.MissingWrite)
	switch {
	case err != nil:
		return err
	case !access.Linking:
		return refuseLinks(p, access.Kind, "this RomM has no links yet: they came with 5.4", "upgrade RomM")
	case !access.Write:
		return refuseLinks(p, access.Kind, "RomM's database is only read", "set ROMM_DB_WRITE=true (romm.db_write in the file)")
	case len(lacks) > 0:
		return refuseLinks(p, access.Kind, "the account in RomM's database lacks "+strings.Join(lacks, " and "), "run this there as its owner: "+strings.Join(access.Grant, " "))
	}
	return nil
}

// refuseLinks says how to come to the same without us: a person runs the
// statements, and the next reading shows whether the links are so.
func refuseLinks(p plan.Plan, kind model.Database, msg, hint string) error {
	all, err := p.LinkSQL(kind)
	if err != nil {
		return err
	}
	var texts []string
	for _, s := range all {
		text := strings.Join(s.SQL, " ")
		if len(all) > 1 {
			text = "on " + string(s.Database) + ": " + text
		}
		texts = append(texts, text)
	}
	return &model.Error{
		Code: model.CodeRefused, Rule: string(plan.RuleCannotBeWritten), Msg: msg + ", so no link is changed",
		Hint: hint + "; or run this in RomM's database yourself, then reload, which shows whom the account is linked to: " + strings.Join(texts, "; "),
	}
}
