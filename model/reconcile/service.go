package reconcile

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/romm-admin/romm-admin/model"
)

// Service carries out the use cases. Create it with a literal: every port is
// needed; Now and NewID come from the program that wires it.
type Service struct {
	Directory Directory
	Accounts  Accounts
	Roles     RoleStore
	Journal   Journal

	// Settings are RomM's OIDC settings as configured; version, database and
	// claims_supported are completed from the readings.
	Settings model.Settings
	Actor    string // who acts, for the journal
	Session  string
	ReadOnly bool
	// RomMName and AuthentikName are shown instead of the hosts, if set.
	RomMName, AuthentikName string

	Now   func() time.Time
	NewID func() string
}

// Load reads both sides and the role map, at the same time, and judges
// everybody.
func (s *Service) Load(ctx context.Context) (*model.Review, error) {
	var (
		dir      model.DirectoryReading
		accounts model.AccountsReading
		roles    model.RoleMap
		links    []model.Link
	)
	err := together(ctx,
		func(ctx context.Context) (err error) {
			dir, err = s.Directory.ReadDirectory(ctx)
			return wrap("read Authentik", err)
		},
		func(ctx context.Context) (err error) {
			accounts, err = s.Accounts.ReadAccounts(ctx)
			return wrap("read RomM", err)
		},
		func(ctx context.Context) (err error) {
			roles, err = s.Roles.RoleMap(ctx)
			return wrap("read the role map", err)
		},
		func(ctx context.Context) (err error) {
			links, err = s.Roles.Links(ctx)
			return wrap("read the pins", err)
		},
	)
	if err != nil {
		return nil, err
	}
	accounts.System.Name = cmp.Or(s.RomMName, accounts.System.Name)
	dir.System.Name = cmp.Or(s.AuthentikName, dir.System.Name)
	set := s.Settings
	set.Version = accounts.Version
	set.Disabled = set.Disabled || accounts.OIDCOff
	set.ClaimsSupported = dir.Provider.ClaimsSupported
	if set.Assumed && dir.Provider.RoleMap {
		set.ClaimRoles = model.RolesClaim
	}
	return model.Judge(model.World{
		At: s.Now(), RomM: accounts.System, Authentik: dir.System,
		Locals: accounts.Users, Directory: dir.Directory, Links: links,
		Roles: roles, Provider: dir.Provider, Settings: set,
		Warnings: slices.Concat(dir.Warnings, accounts.Warnings),
	}), nil
}

// together runs the readings at the same time; the first failure cancels the
// others and is the one returned.
func together(ctx context.Context, reads ...func(context.Context) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for _, read := range reads {
		wg.Go(func() {
			if err := read(ctx); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

func wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", op, err)
}

// Apply carries the plan out against the review that it was made from: the
// guard first, then change by change: record, write, read back, close the
// record. It stops at the first failure; the changes after it are not tried.
// The review that it returns is judged from what was read back.
func (s *Service) Apply(ctx context.Context, r *model.Review, p model.Plan) (*model.Review, model.Report) {
	report := model.Report{Plan: p}
	fail := func(c model.Change, err error) (*model.Review, model.Report) {
		report.Results = append(report.Results, model.ChangeResult{Change: c, Err: err})
		return r, report
	}
	if len(p.Changes) == 0 {
		return fail(model.Change{}, &model.Error{Code: model.CodeInvalid, Msg: "the plan is empty"})
	}
	if s.ReadOnly {
		return fail(p.Changes[0], &model.Error{
			Code: model.CodeRefused, Msg: "read-only mode: nothing is written", Hint: "start without --read-only to change something",
		})
	}
	if _, _, err := r.Simulate(p); err != nil {
		return fail(p.Changes[0], err)
	}
	w, planID := r.World, s.NewID()
	for _, c := range p.Changes {
		next, err := s.apply(ctx, w, planID, p.Title, c)
		report.Results = append(report.Results, model.ChangeResult{Change: c, Err: err})
		w = next // as read back, also when only the record could not be closed
		if err != nil {
			break
		}
	}
	return model.Judge(w), report
}

// apply makes one change and returns the world with what was read back.
func (s *Service) apply(ctx context.Context, w model.World, planID, title string, c model.Change) (model.World, error) {
	seq, err := s.Journal.OpenEntry(ctx, model.JournalEntry{
		At: s.Now(), Actor: model.Untrusted(s.Actor), Session: s.Session,
		PlanID: planID, Plan: title, Change: c, Outcome: model.OutcomeOpen,
	})
	if err != nil { // no record, no change (S37)
		return w, fmt.Errorf("write the journal: %w", err)
	}
	next, err := s.write(ctx, w, c)
	outcome, detail := model.OutcomeDone, ""
	if err != nil {
		outcome, detail = model.OutcomeFailed, model.Clean(err.Error())
	}
	// The record is closed even when the caller has gone away meanwhile.
	if closeErr := s.Journal.CloseEntry(context.WithoutCancel(ctx), seq, outcome, detail); closeErr != nil {
		err = errors.Join(err, fmt.Errorf("close the journal entry %d: %w", seq, closeErr))
	}
	return next, err
}
