package plan

import (
	"cmp"
	"context"
	"fmt"

	"github.com/romm-admin/romm-admin/model"
)

// Enabled builds the plan that enables or disables RomM accounts.
func Enabled(ctx context.Context, r *model.Review, enabled bool, ids ...int64) (Draft, error) {
	verb := map[bool]string{true: "enable", false: "disable"}[enabled]
	var b batch
	err := b.eachAccount(ctx, peopleOf(r), ids, func(p *model.Pair) error {
		if p.Local.Enabled == enabled {
			return alreadySo("the account %s is so already", p.Local.Username)
		}
		return b.addIfAllowed(r, Change{
			Kind: ChangeLocalEnabled, Side: SideRomM, Object: decimal(p.Local.ID).Raw(), Label: p.Local.Username,
			Before: enabledText(p.Local.Enabled), After: enabledText(enabled), Reason: "RomM refuses disabled accounts",
		})
	})
	if err != nil {
		return Draft{}, err
	}
	changes := b.Plan.Changes
	b.Plan.Title, b.Plan.Command = fmt.Sprintf("%s %d RomM accounts", verb, len(changes)), commandFor("romm-admin users "+verb, changes)
	if len(changes) == 1 {
		b.Plan.Title = fmt.Sprintf("%s the RomM account %s", verb, changes[0].Label)
	}
	return b.finish(&model.Error{Code: model.CodeNothing, Msg: "nothing to " + verb, Hint: "these accounts are so already"})
}

// RoleNow builds the plan that writes, today, the roles which the next logins of
// these accounts would write (S13). RomM writes the role before it finds the
// account disabled, so the login of a disabled one counts, too (docs/romm.md
// row 16). A login that is refused for want of a role writes none: who stays admin
// so gets the lowest role (docs/romm.md row 12).
func RoleNow(ctx context.Context, r *model.Review, ids ...int64) (Draft, error) {
	const refused = "no login writes a role that lets nobody in, so RomM would keep the role admin"
	want, why := map[int64]model.Role{}, map[int64]string{}
	for _, p := range r.Pairs {
		if p.Has(model.FindingKeepsAdmin) {
			roles := r.World.Settings.Version.Roles()
			want[p.Local.ID], why[p.Local.ID] = roles[len(roles)-1], refused
			continue
		}
		if v := p.Verdict; v != nil && (v.Opens() || v.Rule == model.RuleDisabled) && v.RoleAfter != v.RoleBefore {
			want[v.UserID] = v.RoleAfter
		}
	}
	nothing := alreadySo("the next logins change no role of these accounts")
	var b batch
	err := b.eachAccount(ctx, peopleOf(r), ids, func(p *model.Pair) error {
		role, changes := want[p.Local.ID]
		if !changes {
			return nothing
		}
		return b.addIfAllowed(r, Change{
			Kind: ChangeLocalRole, Side: SideRomM, Object: decimal(p.Local.ID).Raw(), Label: p.Local.Username,
			Before: model.Untrusted(p.Local.Role), After: model.Untrusted(role), Reason: cmp.Or(why[p.Local.ID], "the next login would write it"),
		})
	})
	if err != nil {
		return Draft{}, err
	}
	changes := b.Plan.Changes
	b.Plan.Title = fmt.Sprintf("write the roles of %s now", model.Counted(len(changes), "RomM account", "RomM accounts"))
	b.Plan.Command = commandFor("romm-admin users apply-role", changes)
	return b.finish(nothing)
}

// AddAccounts builds the plan that adds these accounts to the embedded
// directory; their ids are ignored. One that is there already with the same
// values is left out, one that differs is CodeConflict: accounts that are there
// are edited by other plans.
func AddAccounts(r *model.Review, users []model.LocalUser) (Plan, error) {
	if !r.World.RomM.Embedded {
		return Plan{}, &model.Error{
			Code: model.CodeInvalid, Msg: "accounts are kept in RomM, not here", Hint: "make them in RomM, or let people sign in once",
		}
	}
	names, addresses := map[string]model.LocalUser{}, map[string]model.Untrusted{}
	note := func(u model.LocalUser) {
		names[nameKey(u.Username)] = u
		if key, ok := model.AddressKey(u.Email); ok {
			addresses[key] = u.Username
		}
	}
	for _, u := range r.World.Locals {
		note(u)
	}
	p := Plan{Changes: []Change{}}
	for _, u := range users {
		old, there := names[nameKey(u.Username)]
		if there && old.Username == u.Username && encodeAccount(old) == encodeAccount(u) {
			continue
		}
		if there {
			return Plan{}, &model.Error{
				Code: model.CodeConflict, Msg: fmt.Sprintf("the account %s is there already and differs from the file", old.Username),
				Hint: "an import adds accounts only; change that one in the console, or leave it out of the file",
			}
		}
		if key, ok := model.AddressKey(u.Email); ok {
			if holder, taken := addresses[key]; taken {
				return Plan{}, &model.Error{
					Code: model.CodeConflict, Msg: fmt.Sprintf("User with email %s already exists", u.Email), Hint: fmt.Sprintf("the account %s has it", holder),
				}
			}
		}
		note(u)
		p.Changes = append(p.Changes, Change{
			Kind: ChangeLocalAccount, Side: SideRomM, Object: u.Username.Raw(), Label: u.Username, After: encodeAccount(u),
			Reason: "an account of the embedded directory",
		})
	}
	switch len(p.Changes) {
	case 0:
		return Plan{}, &model.Error{Code: model.CodeNothing, Msg: "these accounts are there already", Hint: "nothing needs to be done"}
	case 1:
		p.Title = fmt.Sprintf("add the account %s to the embedded directory", p.Changes[0].Label)
	default:
		p.Title = fmt.Sprintf("add %d accounts to the embedded directory", len(p.Changes))
	}
	return p, nil
}
