package reconcile

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// Service carries out the use cases. Create it with a literal: every port but
// Links is needed; Now and NewID come from the program that wires it.
type Service struct {
	Directory Directory
	Accounts  Accounts
	Roles     RoleStore
	Journal   Journal
	Links     LinkStore // nil: RomM's own database is not configured

	// Settings are RomM's OIDC settings as configured; version, database and
	// claims_supported are completed from the readings.
	Settings model.Settings
	Warnings []string // about the configuration, shown with every review
	Actor    string   // who acts, for the journal
	Session  string
	ReadOnly bool
	// RomMName and AuthentikName are shown instead of the hosts, if set.
	RomMName, AuthentikName string

	Now   func() time.Time
	NewID func() string
	// Wait is called by Apply and WriteWhole while another program applies a plan,
	// before it is tried again; an error gives up. Nil gives up at once.
	Wait func(ctx context.Context) error

	previews previewCache
}

// Load reads both sides and the role map, at the same time, and judges
// everybody. Where only Authentik can tell what it sends, everybody's claims
// are previewed, unless a preview of the same is known that is young enough.
func (s *Service) Load(ctx context.Context, o model.ReadOptions) (*model.Review, error) {
	var (
		dir        model.DirectoryReading
		accounts   model.AccountsReading
		roles      model.RoleMap
		pins       []model.Pin
		pending    []model.PendingRole
		cut        []plan.Interruption
		assertions []model.Assertion
		doubt      error
		notKept    error
		linked     links
	)
	var accountsRead atomic.Bool
	count := counter{report: o.Progress}
	o.Progress = count.directory
	err := together(ctx,
		func(ctx context.Context) (err error) {
			dir, err = s.Directory.ReadDirectory(ctx, o)
			if err == nil && o.Early != nil && !accountsRead.Load() {
				o.Early(dir.Directory.Identities)
			}
			return wrap("read Authentik", err)
		},
		func(ctx context.Context) (err error) {
			accounts, err = s.Accounts.ReadAccounts(ctx)
			accountsRead.Store(true)
			return wrap("read RomM", err)
		},
		func(ctx context.Context) error {
			linked = s.readLinks(ctx)
			return nil
		},
		func(ctx context.Context) (err error) {
			doubt, notKept = s.Roles.RoleMapDoubt(ctx)
			roles, err = s.Roles.RoleMap(ctx)
			return wrap("read the role map", err)
		},
		func(ctx context.Context) (err error) {
			pins, err = s.Roles.Pins(ctx)
			return wrap("read the pins", err)
		},
		func(ctx context.Context) (err error) {
			cut, err = s.Interrupted(ctx)
			return wrap("read the journal", err)
		},
		func(ctx context.Context) (err error) {
			pending, err = s.Roles.PendingRoles(ctx)
			return wrap("read the pending roles", err)
		},
		func(ctx context.Context) (err error) {
			assertions, err = s.Roles.Assertions(ctx)
			return wrap("read the assertions", err)
		},
	)
	if err != nil {
		return nil, err
	}
	accounts.System.Name = cmp.Or(s.RomMName, accounts.System.Name)
	dir.System.Name = cmp.Or(s.AuthentikName, dir.System.Name)
	titles := make([]string, 0, len(cut))
	for _, i := range cut {
		titles = append(titles, i.Title)
	}
	set := s.Settings
	set.Version = accounts.Version
	if accounts.OIDCOff && !set.Disabled && !set.Assumed {
		accounts.Warnings = append(accounts.Warnings, "RomM reports that its OIDC login is off, although OIDC_ENABLED is true here; RomM counts")
	}
	if set.Disabled && !accounts.OIDCOff && !accounts.System.Embedded {
		accounts.Warnings = append(accounts.Warnings, "OIDC_ENABLED is not true here, although RomM reports that its OIDC login is on; RomM counts")
		set.Disabled = false
	}
	if set.MetadataURL != "" && !set.Version.AtLeast(4, 8, 0) {
		accounts.Warnings = append(accounts.Warnings, fmt.Sprintf("OIDC_SERVER_METADATA_URL is given here, which RomM %s does not look at (4.8.0 and later do): leave it out", set.Version))
	}
	set.Disabled = set.Disabled || accounts.OIDCOff
	set.ClaimsSupported = dir.Provider.ClaimsSupported
	if set.Assumed && dir.Provider.RoleMap {
		set.ClaimRoles = model.RolesClaim
	}
	dir.Provider.Issuer = set.IssuerAt(dir.Provider.Issuer)
	if notKept != nil {
		accounts.Warnings = append(accounts.Warnings, inWords(notKept))
	}
	w := model.World{
		At: s.Now(), RomM: accounts.System, Authentik: dir.System,
		Locals: accounts.Users, Caller: accounts.Caller, Directory: dir.Directory, Pins: pins,
		Roles: roles, RolesDoubt: inWords(doubt), Pending: pending, Assertions: assertions, Provider: dir.Provider, Setup: dir.Setup, Settings: set, WriteWarning: dir.WriteWarning,
		ServiceAccounts: o.ServiceAccounts, CutShort: titles,
		Warnings: slices.Concat(s.Warnings, dir.Warnings, accounts.Warnings),
	}
	s.putLinks(ctx, &w, linked)
	w, err = s.withPreviews(ctx, w, &count)
	if err == nil {
		w, err = s.whoAnswers(ctx, w)
	}
	if err != nil {
		return nil, err
	}
	return model.Judge(w), nil
}

// inWords is an error with what to do about it; "" for none.
func inWords(err error) string {
	if err == nil {
		return ""
	}
	if hint := model.HintOf(err); hint != "" {
		return err.Error() + " (" + hint + ")"
	}
	return err.Error()
}

// together runs the readings at the same time; the first failure cancels the
// others and is the one returned.
func together(ctx context.Context, reads ...func(context.Context) error) error {
	g, all := errgroup.WithContext(ctx)
	for _, read := range reads {
		g.Go(func() error { return model.CatchPanic(func() error { return read(all) }) })
	}
	err := g.Wait()
	// A reading may take being cancelled for a part that cannot be read.
	return cmp.Or(context.Cause(ctx), err)
}

func wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", op, err)
}
