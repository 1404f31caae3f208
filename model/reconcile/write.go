package reconcile

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// writer makes one change of its kind and returns the world with what was read
// back.
type writer func(ctx context.Context, s *Service, w model.World, c plan.Change) (model.World, error)

// writers is the table of them. ChangeRestore and ChangeTrust have none: they
// stand in the journal alone.
var writers = map[plan.ChangeKind]writer{
	plan.ChangeLocalEmail:   writeLocalEmail,
	plan.ChangeLocalEnabled: writeLocalEnabled,
	plan.ChangeLocalRole:    writeLocalRole,
	plan.ChangeLocalAccount: writeAccount,
	plan.ChangeIDPEmail: identityWriter(func(ctx context.Context, d Directory, pk int64, c plan.Change) (model.Identity, error) {
		return d.SetEmail(ctx, pk, c.Before.Raw(), c.After.Raw())
	}),
	plan.ChangeTrustedEmail: identityWriter(func(ctx context.Context, d Directory, pk int64, c plan.Change) (model.Identity, error) {
		return d.SetTrustedEmail(ctx, pk, c.Before.Raw(), c.After.Raw())
	}),
	plan.ChangeRoleRow:     writeRoleRow,
	plan.ChangeDefaultRole: writeDefaultRole,
	plan.ChangePendingRole: writePendingRole,
	plan.ChangePin:         writePin,
	plan.ChangeLink:        writeLink,
	plan.ChangeAssertion:   writeAssertion,
	plan.ChangeScopeMapping: objectWriter(plan.Change.ScopeMappings, func(ctx context.Context, d Directory, mark string, before, after *model.ScopeMapping) error {
		return d.SetMapping(ctx, mark, before, after)
	}),
	plan.ChangeProvider: objectWriter(plan.Change.Providers, func(ctx context.Context, d Directory, clientID string, before, after *model.OAuthProvider) error {
		return d.SetProvider(ctx, clientID, before, after)
	}),
	plan.ChangeApplication: objectWriter(plan.Change.Applications, func(ctx context.Context, d Directory, slug string, before, after *model.Application) error {
		return d.SetApplication(ctx, slug, before, after)
	}),
	plan.ChangeBinding: objectWriter(plan.Change.Bindings, func(ctx context.Context, d Directory, _ string, before, after *model.Binding) error {
		return d.SetBinding(ctx, before, after)
	}),
}

func (s *Service) write(ctx context.Context, w model.World, c plan.Change) (model.World, error) {
	write, ok := writers[c.Kind]
	if !ok {
		return w, &model.Error{Code: model.CodeInternal, Msg: fmt.Sprintf("unknown kind of change %q", c.Kind)}
	}
	return write(ctx, s, w, c)
}

func writeLocalEmail(ctx context.Context, s *Service, w model.World, c plan.Change) (model.World, error) {
	return writeLocal(w, c, func(id int64) (model.LocalUser, error) {
		return s.Accounts.SetEmail(ctx, id, c.Before.Raw(), c.After.Raw())
	})
}

func writeLocalEnabled(ctx context.Context, s *Service, w model.World, c plan.Change) (model.World, error) {
	switches, ok := s.Accounts.(AccountSwitches)
	if !ok {
		return w, cannot("these accounts have no switch for it")
	}
	return writeLocal(w, c, func(id int64) (model.LocalUser, error) {
		return switches.SetEnabled(ctx, id, c.Before == "true", c.After == "true")
	})
}

func writeLocalRole(ctx context.Context, s *Service, w model.World, c plan.Change) (model.World, error) {
	switches, ok := s.Accounts.(AccountSwitches)
	if !ok {
		return w, cannot("these accounts have no switch for it")
	}
	return writeLocal(w, c, func(id int64) (model.LocalUser, error) {
		return switches.SetRole(ctx, id, model.Role(c.Before), model.Role(c.After))
	})
}

func writeLocal(w model.World, c plan.Change, set func(id int64) (model.LocalUser, error)) (model.World, error) {
	id, err := strconv.ParseInt(c.Object, 10, 64)
	if err != nil {
		return w, fmt.Errorf("account id of the change: %w", err)
	}
	user, err := set(id)
	if err != nil {
		return w, err
	}
	w.Locals = slices.Clone(w.Locals)
	for i := range w.Locals {
		if w.Locals[i].ID == id {
			user.Link = w.Locals[i].Link // RomM's API does not know it
			w.Locals[i] = user
		}
	}
	return w, nil
}

// writeLink writes to RomM's own database.
func writeLink(ctx context.Context, s *Service, w model.World, c plan.Change) (model.World, error) {
	before, after, err := c.Links()
	if err != nil {
		return w, err
	}
	id, err := strconv.ParseInt(c.Object, 10, 64)
	if err != nil {
		return w, fmt.Errorf("account id of the change: %w", err)
	}
	if s.Links == nil {
		return w, cannot("RomM's database is not configured")
	}
	user, err := s.Links.SetLink(ctx, id, before, after)
	if err != nil {
		return w, err
	}
	w.Locals = slices.Clone(w.Locals)
	for i := range w.Locals {
		if w.Locals[i].ID == id {
			w.Locals[i].Link = user.Link
		}
	}
	return w, nil
}

// writeAccount makes or removes an account of the embedded directory.
func writeAccount(ctx context.Context, s *Service, w model.World, c plan.Change) (model.World, error) {
	maker, ok := s.Accounts.(AccountMaker)
	before, after, err := c.LocalAccounts()
	switch {
	case !ok:
		return w, cannot("these accounts are made and removed in RomM")
	case err != nil:
		return w, err
	case (before == nil) == (after == nil):
		return w, &model.Error{Code: model.CodeInvalid, Msg: "an account is made or removed, nothing else"}
	}
	locals := slices.Clone(w.Locals)
	if after != nil {
		made, err := maker.AddAccount(ctx, *after)
		if err != nil {
			return w, err
		}
		w.Locals = append(locals, made)
		return w, nil
	}
	if err := maker.RemoveAccount(ctx, *before); err != nil {
		return w, err
	}
	w.Locals = slices.DeleteFunc(locals, func(u model.LocalUser) bool { return u.Username == before.Username })
	return w, nil
}

// identityWriter writes to an Authentik user, and has what is sent for the user
// computed anew where only Authentik can tell.
func identityWriter(set func(context.Context, Directory, int64, plan.Change) (model.Identity, error)) writer {
	return func(ctx context.Context, s *Service, w model.World, c plan.Change) (model.World, error) {
		pk, err := strconv.ParseInt(c.Object, 10, 64)
		if err != nil {
			return w, fmt.Errorf("user key of the change: %w", err)
		}
		identity, err := set(ctx, s.Directory, pk, c)
		if err != nil {
			return w, err
		}
		return s.previewAgain(ctx, w, identity), nil
	}
}

// objectWriter writes an object that set-up makes. The adapter reads it back and
// holds it to what was wanted, so the world after is the one that the change
// says.
func objectWriter[T any](ends func(plan.Change) (before, after *T, err error), set func(ctx context.Context, d Directory, object string, before, after *T) error) writer {
	return func(ctx context.Context, s *Service, w model.World, c plan.Change) (model.World, error) {
		next, err := plan.After(w, c)
		if err != nil {
			return w, err
		}
		before, after, _ := ends(c) // After has read them
		if err := set(ctx, s.Directory, c.Object, before, after); err != nil {
			return w, err
		}
		return next, nil
	}
}

func writeRoleRow(ctx context.Context, s *Service, w model.World, c plan.Change) (model.World, error) {
	row := model.RoleRow{
		Group: model.GroupID(c.Object), Name: c.Label, Role: model.Role(c.After),
		ChangedBy: model.Untrusted(s.Actor), ChangedAt: s.Now(),
	}
	if old, ok := w.Roles.Row(row.Group); ok {
		row.Note = old.Note
	}
	if err := s.Roles.SetRoleRow(ctx, row, model.Role(c.Before)); err != nil {
		return w, err
	}
	return s.readRoles(ctx, w, c)
}

func writeDefaultRole(ctx context.Context, s *Service, w model.World, c plan.Change) (model.World, error) {
	if err := s.Roles.SetDefaultRole(ctx, model.Role(c.After), model.Role(c.Before)); err != nil {
		return w, err
	}
	return s.readRoles(ctx, w, c)
}

// readRoles reads the whole map back. It has to be the one before with this one
// change: nobody else writes while a plan is applied, so that more of a difference
// was made by something in the file that is not ours (S37).
func (s *Service) readRoles(ctx context.Context, w model.World, c plan.Change) (model.World, error) {
	roles, err := s.Roles.RoleMap(ctx)
	if err != nil {
		return w, notReadBack("the role map", err)
	}
	want, err := plan.After(w, c)
	if err != nil {
		return w, err
	}
	if !roles.Same(want.Roles) {
		return w.WithRoles(roles), &model.Error{
			Code: model.CodePartial, Msg: "the change was made, but other roles changed with it that no change names",
			Hint: "reload and look at all groups; then find out what else writes the database: romm-admin history verify",
		}
	}
	return w.WithRoles(roles), nil
}

func writePendingRole(ctx context.Context, s *Service, w model.World, c plan.Change) (model.World, error) {
	row := model.PendingRole{
		Name: model.Untrusted(c.Object), Role: model.Role(c.After),
		ChangedBy: model.Untrusted(s.Actor), ChangedAt: s.Now(),
	}
	if err := s.Roles.SetPendingRole(ctx, row, model.Role(c.Before)); err != nil {
		return w, err
	}
	return plan.After(w, c)
}

// writePin moves or removes a pin. A pin remembers the address that the
// account had when it was set (S14).
func writePin(ctx context.Context, s *Service, w model.World, c plan.Change) (model.World, error) {
	pins, err := s.Roles.Pins(ctx)
	if err != nil {
		return w, fmt.Errorf("read the pins: %w", err)
	}
	now := w
	now.Pins = pins
	if _, err := plan.After(now, c); err != nil { // the file as it is, not as it was read
		return w, err
	}
	if c.After == "" {
		err = s.Roles.Unpin(ctx, c.Object)
	} else {
		link := model.Pin{UID: c.Object, PinnedBy: model.Untrusted(s.Actor), PinnedAt: s.Now()}
		if link.LocalID, err = strconv.ParseInt(c.After.Raw(), 10, 64); err != nil {
			return w, fmt.Errorf("account id of the pin: %w", err)
		}
		for _, u := range w.Locals {
			if u.ID == link.LocalID {
				link.Email = u.Email
			}
		}
		err = s.Roles.Pin(ctx, link)
	}
	if err != nil {
		return w, err
	}
	if w.Pins, err = s.Roles.Pins(ctx); err != nil {
		return w, notReadBack("the pins", err)
	}
	return w, nil
}

// writeAssertion adds or drops one sentence.
func writeAssertion(ctx context.Context, s *Service, w model.World, c plan.Change) (model.World, error) {
	before, err := s.Roles.Assertions(ctx)
	if err != nil {
		return w, fmt.Errorf("read the assertions: %w", err)
	}
	now := w
	now.Assertions = before
	if now, err = plan.After(now, c); err != nil {
		return w, err
	}
	if err := s.Roles.SetAssertions(ctx, now.Assertions, before, model.Untrusted(s.Actor)); err != nil {
		return w, err
	}
	w.Assertions = now.Assertions
	return w, nil
}

func notReadBack(what string, err error) error {
	return &model.Error{
		Code: model.CodePartial, Msg: "the change was made, but " + what + " could not be read back",
		Hint: "reload and look", Err: err,
	}
}

func cannot(msg string) error {
	return &model.Error{Code: model.CodeForbidden, Msg: msg, Hint: "make this change on the other side, in its own interface"}
}
