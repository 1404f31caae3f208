package plan

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/romm-admin/romm-admin/model"
)

// LocalAccounts is Providers for ChangeLocalAccount. The accounts have no id.
func (c Change) LocalAccounts() (before, after *model.LocalUser, err error) {
	return ends(c, func(text model.Untrusted) (model.LocalUser, error) {
		var in accountJSON
		err := strictJSON(text, &in)
		return model.LocalUser{
			Username: model.Untrusted(c.Object), Email: in.Email, EmptyEmail: in.EmptyEmail, Role: in.Role, Enabled: in.Enabled,
		}, err
	})
}

// accountLines describes an account of the embedded directory.
func accountLines(u model.LocalUser) []string {
	address := "no address"
	if u.Email != "" {
		address = "address " + u.Email.String()
	}
	enabled := "disabled"
	if u.Enabled {
		enabled = "enabled"
	}
	return []string{address, "role " + model.Clean(string(u.Role)), enabled}
}

// PlanAccounts builds the plan that adds these accounts to the embedded
// directory; their ids are ignored. One that is there already with the same
// values is left out, one that differs is CodeConflict: accounts that are there
// are edited by other plans.
func AddAccounts(r *model.Review, users []model.LocalUser) (Plan, error) {
	if !r.World.RomM.Embedded {
		return Plan{}, &model.Error{
			Code: model.CodeInvalid, Msg: "accounts are kept in RomM, not here", Hint: "make them in RomM, or let people sign in once",
		}
	}
	nameKey := func(u model.LocalUser) string {
		k, _ := model.UsernameKey(u.Username)
		return k
	}
	names, addresses := map[string]model.LocalUser{}, map[string]model.Untrusted{}
	note := func(u model.LocalUser) {
		names[nameKey(u)] = u
		if key, ok := model.AddressKey(u.Email); ok {
			addresses[key] = u.Username
		}
	}
	for _, u := range r.World.Locals {
		note(u)
	}
	p := Plan{Changes: []Change{}}
	for _, u := range users {
		old, there := names[nameKey(u)]
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

// account returns what the world holds where a change of an account writes.
func (e *editor) account(c Change) (model.Untrusted, bool) {
	if i, ok := e.named(c.Object); ok {
		return encodeAccount(e.w.Locals[i]), true
	}
	return "", e.w.RomM.Embedded
}

// setAccount adds or removes an account. The id of a new one is the next that is
// free, until the directory has said which it is.
func (e *editor) setAccount(c Change) error {
	before, after, err := c.LocalAccounts()
	if err != nil {
		return err
	}
	if before != nil && after != nil {
		return &model.Error{Code: model.CodeInvalid, Msg: "an account is made or removed, nothing else", Hint: "change its address, role or switch by themselves"}
	}
	if !e.ownLocals {
		e.w.Locals, e.ownLocals = slices.Clone(e.w.Locals), true
	}
	// The indexes follow: a plan may have thousands of such changes.
	e.local("") // makes the index by id
	i, _ := e.named(c.Object)
	if after == nil {
		last := len(e.w.Locals) - 1
		delete(e.locals, e.w.Locals[i].ID)
		delete(e.names, c.Object)
		if i != last { // their order says nothing
			moved := e.w.Locals[last]
			e.w.Locals[i], e.locals[moved.ID], e.names[moved.Username.Raw()] = moved, i, i
		}
		e.w.Locals = e.w.Locals[:last]
		return nil
	}
	if e.nextID == 0 {
		e.nextID = 1
		for _, u := range e.w.Locals {
			e.nextID = max(e.nextID, u.ID+1)
		}
	}
	after.ID = e.nextID
	e.nextID++
	e.locals[after.ID], e.names[c.Object] = len(e.w.Locals), len(e.w.Locals)
	e.w.Locals = append(e.w.Locals, *after)
	return nil
}

// named finds an account by its username.
func (e *editor) named(username string) (int, bool) {
	if e.names == nil {
		e.names = make(map[string]int, len(e.w.Locals))
		for i, u := range e.w.Locals {
			e.names[u.Username.Raw()] = i
		}
	}
	i, ok := e.names[username]
	return i, ok
}

// guardMade refuses a plan that makes an account with another person's address
// (S4), that removes one somebody is pinned to, or that leaves no enabled admin
// in the directory (S5).
func guardMade(before, after *model.Review, p Plan) error {
	made, removed := map[model.Untrusted]bool{}, map[model.Untrusted]bool{}
	for _, c := range p.Changes {
		if c.Kind == ChangeLocalAccount {
			made[model.Untrusted(c.Object)] = c.Before == ""
			removed[model.Untrusted(c.Object)] = c.After == ""
		}
	}
	if len(made) == 0 {
		return nil
	}
	for _, pair := range after.Pairs {
		if pair.Local != nil && made[pair.Local.Username] && pair.Has(model.FindingSquattedEmail) {
			return &model.Error{
				Code: model.CodeRefused, Msg: fmt.Sprintf("the new account %s would carry the address of another person", pair.Local.Username),
				Hint: "correct its address",
			}
		}
	}
	pinned := map[int64]bool{}
	for _, l := range after.World.Links {
		pinned[l.LocalID] = true
	}
	for _, u := range before.World.Locals {
		if removed[u.Username] && pinned[u.ID] {
			return &model.Error{
				Code: model.CodeRefused, Msg: fmt.Sprintf("the account %s is pinned to an Authentik user", u.Username),
				Hint: "take the pin away first: romm-admin users unpin, with the id " + strconv.FormatInt(u.ID, 10),
			}
		}
	}
	if before.Stats.Admins > 0 && after.Stats.Admins == 0 {
		return &model.Error{
			Code: model.CodeRefused, Msg: "afterwards no account of the embedded directory would be an enabled admin",
			Hint: "make somebody else admin first",
		}
	}
	return nil
}
