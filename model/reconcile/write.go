package reconcile

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/romm-admin/romm-admin/model"
	"github.com/romm-admin/romm-admin/model/plan"
)

// write makes one change and returns the world with what was read back.
func (s *Service) write(ctx context.Context, w model.World, c plan.Change) (model.World, error) {
	switch c.Kind {
	case plan.ChangeLocalEmail, plan.ChangeLocalEnabled, plan.ChangeLocalRole:
		return s.writeLocal(ctx, w, c)
	case plan.ChangeLocalAccount:
		return s.writeAccount(ctx, w, c)
	case plan.ChangeIDPEmail, plan.ChangeTrustedEmail:
		return s.writeIdentity(ctx, w, c)
	case plan.ChangeRoleRow, plan.ChangeDefaultRole:
		return s.writeRoleMap(ctx, w, c)
	case plan.ChangePendingRole:
		row := model.PendingRole{
			Name: model.Untrusted(c.Object), Role: model.Role(c.After),
			ChangedBy: model.Untrusted(s.Actor), ChangedAt: s.Now(),
		}
		if err := s.Roles.SetPendingRole(ctx, row, model.Role(c.Before)); err != nil {
			return w, err
		}
		return plan.After(w, c)
	case plan.ChangePin:
		return s.writePin(ctx, w, c)
	case plan.ChangeAssertion:
		return s.writeAssertion(ctx, w, c)
	case plan.ChangeScopeMapping, plan.ChangeProvider, plan.ChangeApplication, plan.ChangeBinding:
		return s.writeSetup(ctx, w, c)
	}
	return w, &model.Error{Code: model.CodeInternal, Msg: fmt.Sprintf("unknown kind of change %q", c.Kind)}
}

func (s *Service) writeLocal(ctx context.Context, w model.World, c plan.Change) (model.World, error) {
	id, err := strconv.ParseInt(c.Object, 10, 64)
	if err != nil {
		return w, fmt.Errorf("account id of the change: %w", err)
	}
	var user model.LocalUser
	switch switches, ok := s.Accounts.(AccountSwitches); {
	case c.Kind == plan.ChangeLocalEmail:
		user, err = s.Accounts.SetEmail(ctx, id, c.Before.Raw(), c.After.Raw())
	case !ok:
		return w, cannot("these accounts have no switch for it")
	case c.Kind == plan.ChangeLocalEnabled:
		user, err = switches.SetEnabled(ctx, id, c.Before == "true", c.After == "true")
	default:
		user, err = switches.SetRole(ctx, id, model.Role(c.Before), model.Role(c.After))
	}
	if err != nil {
		return w, err
	}
	w.Locals = slices.Clone(w.Locals)
	for i := range w.Locals {
		if w.Locals[i].ID == id {
			w.Locals[i] = user
		}
	}
	return w, nil
}

// writeAccount makes or removes an account of the embedded directory.
func (s *Service) writeAccount(ctx context.Context, w model.World, c plan.Change) (model.World, error) {
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

func (s *Service) writeIdentity(ctx context.Context, w model.World, c plan.Change) (model.World, error) {
	pk, err := strconv.ParseInt(c.Object, 10, 64)
	if err != nil {
		return w, fmt.Errorf("user key of the change: %w", err)
	}
	dir, ok := s.Directory.(DirectoryWriter)
	if !ok {
		return w, cannot("this directory can only be read")
	}
	set := dir.SetEmail
	if c.Kind == plan.ChangeTrustedEmail {
		set = dir.SetTrustedEmail
	}
	identity, err := set(ctx, pk, c.Before.Raw(), c.After.Raw())
	if err != nil {
		return w, err
	}
	return s.previewAgain(ctx, w, identity), nil
}

func (s *Service) writeRoleMap(ctx context.Context, w model.World, c plan.Change) (model.World, error) {
	var err error
	if c.Kind == plan.ChangeDefaultRole {
		err = s.Roles.SetDefaultRole(ctx, model.Role(c.After), model.Role(c.Before))
	} else {
		row := model.RoleRow{
			Group: model.GroupID(c.Object), Name: c.Label, Role: model.Role(c.After),
			ChangedBy: model.Untrusted(s.Actor), ChangedAt: s.Now(),
		}
		if old, ok := w.Roles.Row(row.Group); ok {
			row.Note = old.Note
		}
		err = s.Roles.SetRoleRow(ctx, row, model.Role(c.Before))
	}
	if err != nil {
		return w, err
	}
	roles, err := s.Roles.RoleMap(ctx)
	if err != nil {
		return w, notReadBack("the role map", err)
	}
	return w.WithRoles(roles), nil
}

// writePin moves or removes a pin. A pin remembers the address that the
// account had when it was set (S14).
func (s *Service) writePin(ctx context.Context, w model.World, c plan.Change) (model.World, error) {
	links, err := s.Roles.Links(ctx)
	if err != nil {
		return w, fmt.Errorf("read the pins: %w", err)
	}
	now := w
	now.Links = links
	if _, err := plan.After(now, c); err != nil { // the file as it is, not as it was read
		return w, err
	}
	if c.After == "" {
		err = s.Roles.Unpin(ctx, c.Object)
	} else {
		link := model.Link{UID: c.Object, PinnedBy: model.Untrusted(s.Actor).String(), PinnedAt: s.Now()}
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
	if w.Links, err = s.Roles.Links(ctx); err != nil {
		return w, notReadBack("the pins", err)
	}
	return w, nil
}

// writeAssertion adds or drops one sentence.
func (s *Service) writeAssertion(ctx context.Context, w model.World, c plan.Change) (model.World, error) {
	before, err := s.Roles.Assertions(ctx)
	if err != nil {
		return w, fmt.Errorf("read the assertions: %w", err)
	}
	now := w
	if now.Assertions, err = parse(before); err != nil {
		return w, err
	}
	if now, err = plan.After(now, c); err != nil {
		return w, err
	}
	lines := slices.DeleteFunc(slices.Clone(before), func(l string) bool { return l == c.Before.Raw() })
	if c.After != "" {
		lines = append(lines, c.After.Raw())
	}
	if err := s.Roles.SetAssertions(ctx, lines, before, model.Untrusted(s.Actor)); err != nil {
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
