package plan

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/romm-admin/romm-admin/model"
)

// PlanSafeFixes builds the plan of all safe e-mail fixes. Accounts that swap
// addresses, in a ring of any length, are parked: one of them is cleared
// first, so that no two accounts ever carry one address. A fix whose address
// is held by an account that keeps it is left out.
func SafeFixes(r *model.Review) (Plan, error) {
	targets := map[int64]model.Untrusted{}
	for _, p := range r.Pairs {
		if to, ok := p.SafeFix(); ok {
			targets[p.Local.ID] = model.Untrusted(to)
		}
	}
	changes := moveEmails(r, targets)
	if len(changes) == 0 {
		return Plan{}, nothingSafe(r)
	}
	return Plan{
		Title: fmt.Sprintf("set %s to what Authentik sends, verified", model.Counted(len(targets), "RomM address", "RomM addresses")), Changes: changes,
		Command: "romm-admin users fix",
	}, nil
}

// nothingSafe says that there is no address to fix without asking, and how many
// people need somebody who decides.
func nothingSafe(r *model.Review) error {
	left := r.Stats.Problems
	if left == 0 {
		return &model.Error{Code: model.CodeNothing, Msg: "no address has to be fixed", Hint: "nothing needs to be done"}
	}
	return &model.Error{
		Code: model.CodeNothing, Msg: "no address can be fixed safely; " + model.Counted(left, "person needs", "people need") + " a decision",
		Hint: "see whom, and why: romm-admin users list --problems",
	}
}

// PlanMatchEmails builds the plan that gives each of these RomM accounts the
// address of the Authentik user that it pairs with, because somebody chose
// them: what SafeFix leaves to a person's judgement is done here, what RomM
// would refuse is not. Accounts may swap addresses.
func MatchEmails(r *model.Review, ids ...int64) (Plan, error) {
	targets := map[int64]model.Untrusted{}
	index := make(map[int64]int, len(r.Pairs))
	for i, p := range r.Pairs {
		index[p.LocalID()] = i
	}
	for _, id := range ids {
		i, ok := index[id]
		if !ok || id == 0 {
			return Plan{}, noAccount(id)
		}
		p := r.Pairs[i]
		if p.Identity == nil || p.Identity.Email == "" {
			return Plan{}, &model.Error{
				Code: model.CodeInvalid, Msg: fmt.Sprintf("no address in Authentik belongs to the RomM account %s", p.Local.Username),
				Hint: "leave this account out, or pin it to its Authentik user first",
			}
		}
		to, err := model.CheckAddress(p.Identity.Email.Raw())
		if err != nil {
			return Plan{}, err
		}
		if !model.SameAddress(p.Local.Email, model.Untrusted(to)) {
			targets[id] = model.Untrusted(to)
		}
	}
	wanted := len(targets)
	changes := moveEmails(r, targets)
	switch {
	case wanted == 0:
		return Plan{}, &model.Error{Code: model.CodeNothing, Msg: "these accounts have the addresses of Authentik already", Hint: "nothing needs to be done"}
	case len(targets) < wanted:
		return Plan{}, &model.Error{
			Code: model.CodeConflict, Msg: "another RomM account keeps an address that one of these should get",
			Hint: "choose that account too, or give it another address first",
		}
	}
	plan := Plan{Title: fmt.Sprintf("set %s to what Authentik sends", model.Counted(len(targets), "RomM address", "RomM addresses")), Changes: changes, Command: "romm-admin users fix"}
	for _, id := range ids {
		if u, ok := r.Account(id); ok {
			plan.Command += " " + model.ShellWord(u.Username, strconv.FormatInt(id, 10))
		}
	}
	return plan, nil
}

// moveEmails orders the changes so that each address is free when its account
// gets it. It removes from targets what cannot be had.
func moveEmails(r *model.Review, targets map[int64]model.Untrusted) []Change {
	accounts := make(map[int64]model.LocalUser, len(r.World.Locals))
	holder := make(map[string]int64, len(r.World.Locals)) // address key -> account
	for _, u := range r.World.Locals {
		accounts[u.ID] = u
		if k, ok := model.AddressKey(u.Email); ok {
			holder[k] = u.ID
		}
	}
	dropBlocked(targets, holder)
	m := &mover{targets: targets, holder: holder, accounts: accounts, state: map[int64]int{}}
	ids := make([]int64, 0, len(targets))
	for id := range targets {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range ids {
		m.move(id)
	}
	return m.out
}

// dropBlocked removes targets that are held by an account which stays, and
// then those that wait for a removed one.
func dropBlocked(targets map[int64]model.Untrusted, holder map[string]int64) {
	for again := true; again; {
		again = false
		for id, to := range targets {
			k, _ := model.AddressKey(to)
			h, held := holder[k]
			if _, moves := targets[h]; held && h != id && !moves {
				delete(targets, id)
				again = true
			}
		}
	}
}

// mover walks from each account to the one that holds the address it wants,
// and emits the changes from the free end back.
type mover struct {
	targets  map[int64]model.Untrusted
	holder   map[string]int64
	accounts map[int64]model.LocalUser
	state    map[int64]int // 1: on the way, 2: done
	out      []Change
}

func (m *mover) move(id int64) {
	if m.state[id] == 2 {
		return
	}
	m.state[id] = 1
	to := m.targets[id]
	k, _ := model.AddressKey(to)
	if h, held := m.holder[k]; held && h != id {
		if m.state[h] == 1 { // a ring: park the one that it began with
			parked := m.accounts[h]
			m.emit(parked, "", "parked, because accounts swap addresses")
			parked.Email = ""
			m.accounts[h] = parked
		} else {
			m.move(h)
		}
	}
	// The account may have been parked meanwhile, if a ring led back here.
	m.emit(m.accounts[id], to, "Authentik sends this address")
	m.state[id] = 2
}

func (m *mover) emit(u model.LocalUser, to model.Untrusted, reason string) {
	m.out = append(m.out, Change{
		Kind: ChangeLocalEmail, Side: SideRomM, Object: strconv.FormatInt(u.ID, 10),
		Label: u.Username, Before: u.Email, After: to, Reason: reason,
	})
}

// PlanTrust builds the plan that vouches for the present addresses of these
// Authentik users: the trusted-address attribute is set to each (S1). It
// refuses addresses that are missing, not ASCII, or shared.
func Trust(r *model.Review, pks ...int64) (Plan, error) {
	var plan Plan
	index := make(map[int64]int, len(r.Pairs))
	for i, p := range r.Pairs {
		index[p.IdentityPK()] = i
	}
	for _, pk := range pks {
		i, ok := index[pk]
		if !ok || pk == 0 {
			return Plan{}, notInAuthentik(pk)
		}
		p := r.Pairs[i]
		id := *p.Identity
		switch {
		case id.Email == "" || !id.Email.ASCII():
			return Plan{}, &model.Error{
				Code: model.CodeInvalid, Msg: fmt.Sprintf("the Authentik user %s has no plain ASCII address, so none can be vouched for", id.Username),
				Hint: "give the Authentik user an ASCII address first",
			}
		case p.Has(model.FindingDuplicateIDPEmail):
			return Plan{}, &model.Error{
				Code: model.CodeRefused, Msg: fmt.Sprintf("the Authentik user %s shares the address %s with somebody else", id.Username, id.Email),
				Hint: "give each Authentik user an address of their own first",
			}
		case id.TrustedEmail == id.Email:
			continue
		}
		plan.Changes = append(plan.Changes, Change{
			Kind: ChangeTrustedEmail, Side: SideAuthentik, Object: strconv.FormatInt(pk, 10), Label: id.Username,
			Before: id.TrustedEmail, After: id.Email, Reason: "an admin vouches for this address",
		})
	}
	if len(plan.Changes) == 0 {
		return Plan{}, &model.Error{Code: model.CodeNothing, Msg: "these addresses are vouched for already", Hint: "nothing needs to be done"}
	}
	if r.World.Provider.Found && r.World.Provider.Verified != model.VerifiedAddress {
		return Plan{}, &model.Error{
			Code: model.CodeInvalid, Msg: "RomM's provider does not use the trusted address, so this would change nothing",
			Hint: "select the mapping “RomM Email Verification” on the provider first",
		}
	}
	plan.Title = fmt.Sprintf("vouch for the addresses of %d people in Authentik", len(plan.Changes))
	plan.Command, plan.Warning = "romm-admin users verify", r.World.WriteWarning
	for _, c := range plan.Changes {
		plan.Command += " " + model.ShellWord(c.Label, c.Object)
	}
	if len(plan.Changes) == 1 {
		plan.Title = fmt.Sprintf("vouch for the address %s of %s in Authentik", plan.Changes[0].After, plan.Changes[0].Label)
	}
	return plan, nil
}

// PlanIDPEmail builds the plan that sets the address of an Authentik user. An
// address that was vouched for stays so: the admin who sets it vouches for it.
func IDPEmail(r *model.Review, pk int64, email string) (Plan, error) {
	p, ok := byPK(r, pk)
	if !ok {
		return Plan{}, notInAuthentik(pk)
	}
	id := *p.Identity
	after, err := model.CheckAddress(email)
	if err != nil {
		return Plan{}, err
	}
	if model.SameAddress(id.Email, model.Untrusted(after)) {
		return Plan{}, &model.Error{Code: model.CodeNothing, Msg: fmt.Sprintf("the Authentik user %s already has this address", id.Username), Hint: "nothing needs to be done"}
	}
	for _, other := range r.World.Directory.Identities {
		if other.PK != pk && model.SameAddress(other.Email, model.Untrusted(after)) {
			return Plan{}, &model.Error{
				Code: model.CodeConflict, Msg: fmt.Sprintf("Authentik's %s already has %s", other.Username, after),
				Hint: "two users with one address are one person for RomM; give that user another address first",
			}
		}
	}
	change := Change{
		Kind: ChangeIDPEmail, Side: SideAuthentik, Object: strconv.FormatInt(pk, 10), Label: id.Username,
		Before: id.Email, After: model.Untrusted(after), Reason: "RomM links a login by the address that Authentik sends",
	}
	plan := Plan{
		Title: fmt.Sprintf("set the Authentik e-mail of %s to %s", id.Username, after), Changes: []Change{change},
		Command: "romm-admin users set-email " + model.ShellWord(id.Username, change.Object) + " " + model.ShellWord(model.Untrusted(after), "") + " --side authentik",
		Warning: r.World.WriteWarning,
	}
	if id.AddressTrusted() {
		change.Kind, change.Before, change.Reason = ChangeTrustedEmail, id.TrustedEmail, "the admin who sets the address vouches for it"
		plan.Changes = append(plan.Changes, change)
	}
	return plan, nil
}

// PlanEnabled builds the plan that enables or disables RomM accounts.
func Enabled(r *model.Review, enabled bool, ids ...int64) (Plan, error) {
	verb := map[bool]string{true: "enable", false: "disable"}[enabled]
	var plan Plan
	for _, id := range ids {
		u, ok := r.Account(id)
		if !ok {
			return Plan{}, noAccount(id)
		}
		if u.Enabled == enabled {
			continue
		}
		plan.Changes = append(plan.Changes, Change{
			Kind: ChangeLocalEnabled, Side: SideRomM, Object: strconv.FormatInt(id, 10), Label: u.Username,
			Before: model.Untrusted(strconv.FormatBool(u.Enabled)), After: model.Untrusted(strconv.FormatBool(enabled)),
			Reason: "RomM refuses disabled accounts",
		})
	}
	if len(plan.Changes) == 0 {
		return Plan{}, &model.Error{Code: model.CodeNothing, Msg: "nothing to " + verb, Hint: "these accounts are so already"}
	}
	plan.Title, plan.Command = fmt.Sprintf("%s %d RomM accounts", verb, len(plan.Changes)), "romm-admin users "+verb
	for _, c := range plan.Changes {
		plan.Command += " " + model.ShellWord(c.Label, c.Object)
	}
	if len(plan.Changes) == 1 {
		plan.Title = fmt.Sprintf("%s the RomM account %s", verb, plan.Changes[0].Label)
	}
	return plan, nil
}

// PlanRoleNow builds the plan that writes, today, the roles which the next
// logins of these accounts would write (S13).
func RoleNow(r *model.Review, ids ...int64) (Plan, error) {
	want := map[int64]model.Role{}
	for _, p := range r.Pairs {
		if v := p.Verdict; v != nil && v.Outcome == model.SignsIn && v.RoleAfter != v.RoleBefore {
			want[v.UserID] = v.RoleAfter
		}
	}
	var plan Plan
	for _, id := range ids {
		u, ok := r.Account(id)
		if !ok {
			return Plan{}, noAccount(id)
		}
		if role, changes := want[id]; changes {
			plan.Changes = append(plan.Changes, Change{
				Kind: ChangeLocalRole, Side: SideRomM, Object: strconv.FormatInt(id, 10), Label: u.Username,
				Before: model.Untrusted(u.Role), After: model.Untrusted(role), Reason: "the next login would write it",
			})
		}
	}
	if len(plan.Changes) == 0 {
		return Plan{}, &model.Error{Code: model.CodeNothing, Msg: "the next logins change no role of these accounts", Hint: "nothing needs to be done"}
	}
	plan.Title, plan.Command = fmt.Sprintf("write the roles of %s now", model.Counted(len(plan.Changes), "RomM account", "RomM accounts")), "romm-admin users apply-role"
	for _, c := range plan.Changes {
		plan.Command += " " + model.ShellWord(c.Label, c.Object)
	}
	return plan, nil
}

// PlanPin builds the plan that ties an Authentik user to a RomM account;
// localID 0 unpins.
func Pin(r *model.Review, pk, localID int64) (Plan, error) {
	p, ok := byPK(r, pk)
	if !ok {
		return Plan{}, notInAuthentik(pk)
	}
	uid, name := p.Identity.UID, p.Identity.Username
	before, _ := Now(r.World, Change{Kind: ChangePin, Object: uid})
	c := Change{Kind: ChangePin, Side: SideRoleMap, Object: uid, Label: name, Before: before, Reason: "somebody who knows says that they are one person"}
	plan := Plan{Title: fmt.Sprintf("unpin %s", name), Command: "romm-admin users unpin " + model.ShellWord(name, strconv.FormatInt(pk, 10))}
	if localID != 0 {
		u, ok := r.Account(localID)
		if !ok {
			return Plan{}, noAccount(localID)
		}
		for _, l := range r.World.Links {
			if l.LocalID == localID && l.UID != uid {
				return Plan{}, &model.Error{
					Code: model.CodeConflict, Msg: fmt.Sprintf("the RomM account %s is pinned to somebody else", u.Username),
					Hint: "unpin that person first",
				}
			}
		}
		c.After = model.Untrusted(strconv.FormatInt(localID, 10))
		plan.Title = fmt.Sprintf("pin Authentik's %s to the RomM account %s", name, u.Username)
		plan.Command = "romm-admin users pin " + model.ShellWord(name, strconv.FormatInt(pk, 10)) + " " + model.ShellWord(u.Username, strconv.FormatInt(localID, 10))
	}
	if c.Before == c.After {
		return Plan{}, &model.Error{Code: model.CodeNothing, Msg: "nothing to pin or unpin", Hint: "it is so already"}
	}
	plan.Changes = []Change{c}
	return plan, nil
}

func byPK(r *model.Review, pk int64) (model.Pair, bool) {
	i := slices.IndexFunc(r.Pairs, func(p model.Pair) bool { return p.Identity != nil && p.Identity.PK == pk })
	if i < 0 {
		return model.Pair{}, false
	}
	return r.Pairs[i], true
}

func notInAuthentik(pk int64) error {
	return &model.Error{Code: model.CodeNotFound, Msg: fmt.Sprintf("no Authentik user has the key %d", pk), Hint: "reload, the user may be gone"}
}

func noAccount(id int64) error {
	return &model.Error{Code: model.CodeNotFound, Msg: fmt.Sprintf("no RomM account has the id %d", id), Hint: "reload, the account may be gone"}
}
